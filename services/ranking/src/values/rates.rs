//! What one occurrence gives points for.

use serde::{Deserialize, Serialize};

use crate::contract::Rules;

/// The points of one occurrence, by its kinds, as the rules of its date have them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Points for being there.
    pub attendance: u32,
    /// Points per full hour of service.
    pub hour: u32,
    /// Points per duty done.
    pub duty: u32,
    /// The most points per person and day; 0 is no limit.
    pub day_max: u32,
}

impl Rates {
    /// The rates of an occurrence of these kinds; of several kinds the highest of each count.
    pub fn of(rules: &Rules, kinds: &[String]) -> Self {
        let special = || rules.kinds.iter().filter(|special| kinds.contains(&special.kind));
        let highest = |rate: fn(&crate::contract::KindRates) -> Option<u32>, general: u32| {
            special().map(|special| rate(special).unwrap_or(general)).max().unwrap_or(general)
        };
        Self {
            attendance: highest(|special| special.attendance, rules.attendance),
            hour: highest(|special| special.hour, rules.hour),
            duty: highest(|special| special.duty, rules.duty),
            day_max: rules.day_max,
        }
    }

    /// Points for so many minutes of service: full shares of an hour, nothing rounded up.
    pub fn of_minutes(&self, minutes: u32) -> u32 {
        u32::try_from(u64::from(minutes) * u64::from(self.hour) / 60).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::KindRates;

    #[test]
    fn of_several_kinds_the_highest_rate_counts_and_counts_once() {
        let kind = |kind: &str, attendance, hour| KindRates {
            kind: kind.into(),
            attendance,
            hour,
            duty: None,
        };
        let kinds = vec![kind("talk", Some(1), Some(0)), kind("volunteer", Some(5), None)];
        let rules =
            Rules { attendance: 2, hour: 3, duty: 4, kinds, day_max: 20, ..Rules::default() };
        let of = |kinds: &[&str]| {
            let kinds: Vec<_> = kinds.iter().map(|&kind| kind.to_owned()).collect();
            let rates = Rates::of(&rules, &kinds);
            (rates.attendance, rates.hour, rates.duty, rates.day_max)
        };
        assert_eq!(of(&[]), (2, 3, 4, 20));
        assert_eq!(of(&["festival"]), (2, 3, 4, 20));
        assert_eq!(of(&["talk"]), (1, 0, 4, 20));
        assert_eq!(of(&["talk", "volunteer"]), (5, 3, 4, 20));
    }

    #[test]
    fn hours_give_points_by_the_minute_and_never_too_many() {
        let rates = Rates { hour: 2, ..Rates::default() };
        assert_eq!([0, 29, 30, 59, 60, 90].map(|m| rates.of_minutes(m)), [0, 0, 1, 1, 2, 3]);
    }
}
