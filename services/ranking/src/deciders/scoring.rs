//! `scoring`: what a place gives points for, from a date on.
//!
//! What always holds:
//! - Rules follow each other by date: none begins on or before the day on which the last ones do.
//! - After the first ones none begins before tomorrow, so that nothing is scored twice.
//! - No rules contradict themselves: a kind stands once and has a rate of its own, something earns
//!   points, and the day's limit leaves room for each single thing that earns.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_platform::decider::Decider;

use crate::{
    SERVICE,
    contract::{KindRates, Rules, ScoringEvent},
};

#[cfg(test)]
mod tests;

/// The id of each place's stream of rules.
pub const POINTS: &str = "points";
/// The highest rate that is not taken for a slip of the finger.
pub const RATE_MAX: u32 = 1_000;
/// The highest limit per day, and the largest base of a group.
pub const LIMIT_MAX: u32 = 10_000;

/// What can be asked of a place's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Adopt rules.
    Adopt {
        /// The first date they hold for.
        from: NaiveDate,
        /// The rules.
        rules: Rules,
        /// The place's zone, by which today is told.
        zone: Tz,
    },
}

/// Why rules are not adopted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing would ever earn a point.
    #[error("these rules give no points for anything: set a rate for attendance, hours or duties")]
    NothingEarns,
    /// A rate is given for no kind.
    #[error("a rate is given for a kind without a name: name it, or take the line away")]
    KindUnnamed,
    /// A kind has two rates.
    #[error("the kind '{0}' stands twice: keep one of its lines")]
    KindTwice(String),
    /// A kind is named and has no rate of its own.
    #[error("the kind '{0}' is named and given no rate: give it one, or take the line away")]
    KindWithoutRate(String),
    /// A rate is absurd.
    #[error("a rate of {0} points can't be meant; the highest is {RATE_MAX}")]
    AbsurdRate(u32),
    /// A limit is absurd.
    #[error("a limit of {0} can't be meant; the highest is {LIMIT_MAX}")]
    AbsurdLimit(u32),
    /// The limit of a day is below what one thing earns.
    #[error(
        "the day's limit of {limit} points is below the {rate} that one thing earns, so nobody \
             could ever earn it: raise the limit or lower the rate"
    )]
    LimitBelowRate {
        /// The limit.
        limit: u32,
        /// The rate.
        rate: u32,
    },
    /// Rules hold from that day or a later one already.
    #[error("rules hold from {last} on already; choose a later date than that, not {from}")]
    NotAfter {
        /// The date asked for.
        from: NaiveDate,
        /// The last rules' first date.
        last: NaiveDate,
    },
    /// The date has passed.
    #[error(
        "{from} is not ahead: what was earned stays as it was scored; choose {earliest} or later"
    )]
    Past {
        /// The date asked for.
        from: NaiveDate,
        /// The first that can be.
        earliest: NaiveDate,
    },
}

/// The last rules that were adopted, and from when.
pub type State = Option<(NaiveDate, Rules)>;

/// The decider of category `scoring`.
pub enum Scoring {}

impl Decider for Scoring {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "scoring";
    type Command = Command;
    type Event = ScoringEvent;
    type State = State;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        Command::Adopt { from, rules, zone }: Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<ScoringEvent>, Rejection> {
        if state.as_ref().is_some_and(|(last, there)| (*last, there) == (from, &rules)) {
            return Ok(Vec::new());
        }
        check(&rules)?;
        if let Some((last, _)) = state {
            let last = *last;
            let today = now.with_timezone(&zone).date_naive();
            let earliest = today.succ_opt().unwrap_or(today);
            if from <= last {
                return Err(Rejection::NotAfter { from, last });
            }
            if from < earliest {
                return Err(Rejection::Past { from, earliest });
            }
        }
        Ok(vec![ScoringEvent::ScoringAdopted { from, rules }])
    }

    fn evolve(_: State, event: &ScoringEvent) -> State {
        let ScoringEvent::ScoringAdopted { from, rules } = event;
        Some((*from, rules.clone()))
    }
}

/// Whether rules agree with themselves.
pub fn check(rules: &Rules) -> Result<(), Rejection> {
    let mut seen = std::collections::BTreeSet::new();
    for KindRates { kind, attendance, hour, duty } in &rules.kinds {
        if kind.trim().is_empty() {
            return Err(Rejection::KindUnnamed);
        }
        if !seen.insert(kind) {
            return Err(Rejection::KindTwice(kind.clone()));
        }
        if (attendance, hour, duty) == (&None, &None, &None) {
            return Err(Rejection::KindWithoutRate(kind.clone()));
        }
    }
    let of_kinds = rules.kinds.iter().flat_map(|kind| [kind.attendance, kind.hour, kind.duty]);
    let general = [rules.attendance, rules.hour, rules.duty];
    let highest = general.into_iter().chain(of_kinds.flatten()).max().unwrap_or(0);
    if highest == 0 {
        return Err(Rejection::NothingEarns);
    }
    if highest > RATE_MAX {
        return Err(Rejection::AbsurdRate(highest));
    }
    let limit = rules.day_max.max(rules.base_min);
    if limit > LIMIT_MAX {
        return Err(Rejection::AbsurdLimit(limit));
    }
    if rules.day_max > 0 && highest > rules.day_max {
        return Err(Rejection::LimitBelowRate { limit: rules.day_max, rate: highest });
    }
    Ok(())
}

impl Rejection {
    /// The words that tell it, and what stands in them.
    pub fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Self::NothingEarns => ("no_nothing_earns", vec![]),
            Self::KindUnnamed => ("no_kind_unnamed", vec![]),
            Self::KindTwice(kind) => ("no_kind_twice", vec![("kind", kind.clone())]),
            Self::KindWithoutRate(kind) => ("no_kind_without_rate", vec![("kind", kind.clone())]),
            Self::AbsurdRate(rate) => {
                ("no_absurd_rate", vec![("n", rate.to_string()), ("max", RATE_MAX.to_string())])
            }
            Self::AbsurdLimit(limit) => {
                ("no_absurd_limit", vec![("n", limit.to_string()), ("max", LIMIT_MAX.to_string())])
            }
            Self::LimitBelowRate { limit, rate } => {
                ("no_limit_below_rate", vec![("n", limit.to_string()), ("rate", rate.to_string())])
            }
            Self::NotAfter { last, .. } => ("no_not_after", vec![("date", last.to_string())]),
            Self::Past { earliest, .. } => ("no_past", vec![("date", earliest.to_string())]),
        }
    }
}
