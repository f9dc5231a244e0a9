//! What a look at a month tells: what `linli simulate --plan --json` prints.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// A month as it would be.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The community's code.
    pub community: String,
    /// The month, as `2026-12`.
    pub month: String,
    /// The days that hold something.
    pub days: Vec<Day>,
    /// Venues that two occurrences want at once.
    pub venue_clashes: Vec<VenueClash>,
    /// People who are to be at two places at once.
    pub people_clashes: Vec<PeopleClash>,
    /// What people would get.
    pub messages: Messages,
}

/// One day.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    /// The date.
    pub date: NaiveDate,
    /// Occurrences that start then, cancelled ones aside.
    pub occurrences: usize,
    /// Of these, drafts and computed ones that publishing makes facts.
    pub new: usize,
    /// Their length together, in minutes; those that last all day aside.
    pub minutes: i64,
    /// How many people their duties need.
    pub duty_places: u32,
}

/// A venue that can't be had.
#[derive(Debug, Clone, Serialize)]
pub struct VenueClash {
    /// The occurrence that can't have it.
    pub title: String,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// How the venue is called.
    pub venue: String,
}

/// Somebody who can't be at both.
#[derive(Debug, Clone, Serialize)]
pub struct PeopleClash {
    /// Who: the contact in charge, a team, or so many residents with a place or duty at both.
    pub who: Who,
    /// The one that begins first.
    pub first: String,
    /// The other one.
    pub second: String,
    /// When that begins.
    pub start: DateTime<Utc>,
}

/// Who can't be at both.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// A member of staff.
    Contact(Uuid),
    /// A team whose own both are.
    Team(Uuid),
    /// So many residents.
    Residents(usize),
}

/// How many messages people would get in the month.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct Messages {
    /// Residents who live there.
    pub residents: usize,
    /// Who has an address and consents to be written to.
    pub reachable: usize,
    /// Who would get any.
    pub receiving: usize,
    /// All messages to them.
    pub total: usize,
    /// Half of those who get any get at most so many.
    pub p50: usize,
    /// Nineteen of twenty of them.
    pub p95: usize,
    /// The most that anybody gets.
    pub max: usize,
}

impl Messages {
    /// From how many each receiver would get.
    pub(super) fn of(mut each: Vec<usize>, residents: usize, reachable: usize) -> Self {
        each.sort_unstable();
        let part = |percent: usize| {
            let rank = (each.len() * percent).div_ceil(100).saturating_sub(1);
            each.get(rank).copied().unwrap_or_default()
        };
        let (receiving, total) = (each.len(), each.iter().sum());
        let (p50, p95, max) = (part(50), part(95), part(100));
        Self { residents, reachable, receiving, total, p50, p95, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nineteen_of_twenty_are_counted_among_those_who_get_any() {
        let told = Messages::of((1..=20).collect(), 100, 40);
        assert_eq!((told.p50, told.p95, told.max), (10, 19, 20));
        assert_eq!((told.receiving, told.total), (20, 210));
        assert_eq!(Messages::of(vec![], 5, 1).max, 0);
        assert_eq!(Messages::of(vec![7], 5, 1).p50, 7);
    }
}
