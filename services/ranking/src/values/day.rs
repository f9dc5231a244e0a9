//! One person's day: all that its occurrences earn, within the day's limit.

use linli_platform::ids::EventRef;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::OccurrenceKey;
use crate::contract::Ground;

/// What one occurrence earns a person on one ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The occurrence.
    pub key: OccurrenceKey,
    /// For what.
    pub ground: Ground,
    /// Points before the day's limit.
    pub earned: u32,
    /// Points within it.
    pub points: u32,
    /// Attendances.
    pub times: u32,
    /// Minutes of service.
    pub minutes: u32,
    /// The day's limit by the occurrence's rules; 0 is none.
    pub day_max: u32,
    /// What earned it.
    pub cause: EventRef,
    /// The code of the community of that day.
    pub community: String,
    /// The code of the building of that day.
    pub building: String,
    /// The teams of that day.
    pub teams: Vec<Uuid>,
    /// Rises with each change.
    pub revision: u32,
}

/// All shares of a person's day, in the order in which they came up. One that became nothing stays,
/// so that its revision goes on rising.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day(pub Vec<Share>);

impl Day {
    /// Puts a share in place of what the same occurrence earned on the same ground, gives each its
    /// points within the limit, and answers with all that changed. A limit takes from what came
    /// last.
    pub fn set(&mut self, share: Share) -> Vec<Share> {
        let same = |other: &Share| other.key == share.key && other.ground == share.ground;
        let before: Vec<_> = self.0.iter().map(Share::worth).collect();
        match self.0.iter_mut().find(|other| same(other)) {
            Some(there) => {
                let revision = there.revision;
                *there = Share { revision, ..share };
            }
            None if share.is_nothing() => return Vec::new(),
            None => self.0.push(share),
        }
        let mut given = 0_u32;
        let mut changed = Vec::new();
        for (n, share) in self.0.iter_mut().enumerate() {
            let left = match share.day_max {
                0 => u32::MAX,
                max => max.saturating_sub(given),
            };
            share.points = share.earned.min(left);
            given = given.saturating_add(share.points);
            if before.get(n) != Some(&share.worth()) {
                share.revision += 1;
                changed.push(share.clone());
            }
        }
        changed
    }
}

impl Share {
    /// Whether it earns and counts nothing.
    pub fn is_nothing(&self) -> bool {
        (self.earned, self.times, self.minutes) == (0, 0, 0)
    }

    fn worth(&self) -> (u32, u32, u32, u32) {
        (self.earned, self.points, self.times, self.minutes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(n: u128, earned: u32, day_max: u32) -> Share {
        Share {
            key: OccurrenceKey::new("xiguan", Uuid::from_u128(n), "20261105T090000"),
            ground: Ground::Attendance,
            earned,
            points: 0,
            times: u32::from(earned > 0),
            minutes: 0,
            day_max,
            cause: "xiguan/attendance/roll/a@1".parse().unwrap(),
            community: "xiguan".into(),
            building: "xiguan-1".into(),
            teams: Vec::new(),
            revision: 0,
        }
    }

    fn points(changed: &[Share]) -> Vec<(u128, u32)> {
        changed.iter().map(|share| (share.key.activity.as_u128(), share.points)).collect()
    }

    #[test]
    fn the_limit_takes_from_what_came_last_and_gives_back_what_becomes_free() {
        let mut day = Day::default();
        assert_eq!(points(&day.set(share(1, 8, 10))), [(1, 8)]);
        assert_eq!(points(&day.set(share(2, 5, 10))), [(2, 2)]);
        assert_eq!(points(&day.set(share(3, 5, 10))), [(3, 0)]);
        assert_eq!(points(&day.set(share(1, 0, 10))), [(1, 0), (2, 5), (3, 5)]);
        assert_eq!(points(&day.set(share(1, 0, 10))), []);
        assert_eq!(points(&day.set(share(4, 0, 10))), []);
        assert_eq!(day.0.len(), 3);
    }

    proptest! {
        #[test]
        fn no_day_gives_more_than_its_limit_and_none_gives_less_than_it_could(
            steps in proptest::collection::vec((0_u128..5, 0_u32..12), 1..30),
            max in 0_u32..25,
        ) {
            let mut day = Day::default();
            let mut told = std::collections::BTreeMap::new();
            for (n, earned) in steps {
                for changed in day.set(share(n, earned, max)) {
                    told.insert(changed.key.activity, changed.points);
                }
                let earned: u32 = day.0.iter().map(|share| share.earned).sum();
                let given: u32 = day.0.iter().map(|share| share.points).sum();
                prop_assert_eq!(given, if max == 0 { earned } else { earned.min(max) });
                // Whoever hears of the changes alone comes to the same.
                prop_assert_eq!(given, told.values().sum::<u32>());
            }
        }
    }
}
