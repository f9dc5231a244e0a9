//! `bulletin`: all bulletins of one series of one place. A process alone asks.
//!
//! What always holds:
//! - Each period has one bulletin, for ever; who asks again changes nothing.
//! - Numbers rise by one, and a bulletin is made by somebody who knew the one before: what it
//!   corrects is corrected once.
//! - The checksum is that of the content, in parts or not.
//! - No bulletin is of a period that is not over.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_platform::decider::Decider;
use serde::{Deserialize, Serialize};

use crate::{
    SERVICE,
    contract::BulletinEvent,
    values::{StatPeriod, checksum},
};

#[cfg(test)]
mod tests;

/// What can be asked of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take a part of a long content.
    Part {
        /// For which period.
        period: StatPeriod,
        /// Which part, from 1.
        part: u32,
        /// The text.
        text: String,
    },
    /// Publish.
    Publish {
        /// The number of the last one that its maker knew.
        after: u32,
        /// For which period.
        period: StatPeriod,
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
        /// When the period is over.
        over: DateTime<Utc>,
        /// When the figures were taken.
        cut_off: DateTime<Utc>,
        /// The content; empty if it was given in parts.
        content: String,
        /// In how many parts.
        parts: u32,
        /// The checksum of the content.
        checksum: String,
    },
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Rejection {
    /// The period goes on.
    #[error("{0} is not over before {1}")]
    NotOver(StatPeriod, DateTime<Utc>),
    /// Another came out in between.
    #[error("it was made after number {made_after}, and number {last} is out: make it anew")]
    Outdated {
        /// What its maker knew.
        made_after: u32,
        /// The last one.
        last: u32,
    },
    /// Not all parts are there, or not these.
    #[error("the parts of its content are not there: give them again from the first")]
    Incomplete,
    /// The content is not what its checksum says.
    #[error("its content does not fit its checksum")]
    Checksum,
}

impl Rejection {
    /// Whether it can be made anew and then goes out.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Outdated { .. } | Self::Incomplete)
    }

    /// The key of its words and what they are filled in with, with times as a wall clock in `zone`
    /// has them.
    pub fn told(&self, zone: Tz) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Self::NotOver(period, over) => {
                let over = over.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
                ("no_bulletin_yet", vec![("period", period.to_string()), ("over", over)])
            }
            Self::Outdated { last, .. } => ("no_bulletin_outdated", vec![("n", last.to_string())]),
            Self::Incomplete => ("no_bulletin_incomplete", vec![]),
            Self::Checksum => ("no_bulletin_checksum", vec![]),
        }
    }
}

/// What a series remembers.
#[derive(Debug, Clone, Default)]
pub struct State {
    out: BTreeMap<StatPeriod, u32>,
    begun: Option<Begun>,
}

#[derive(Debug, Clone)]
struct Begun {
    period: StatPeriod,
    parts: u32,
    text: String,
}

impl State {
    /// The number of the last one.
    pub fn last(&self) -> u32 {
        self.out.values().copied().max().unwrap_or(0)
    }
}

/// The decider of category `bulletin`.
pub enum Bulletin {}

impl Decider for Bulletin {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "bulletin";
    type Command = Command;
    type Event = BulletinEvent;
    type State = State;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<BulletinEvent>, Rejection> {
        match command {
            Command::Part { period, .. } | Command::Publish { period, .. }
                if state.out.contains_key(&period) =>
            {
                Ok(Vec::new())
            }
            Command::Part { period, part, text } => {
                let there = state.begun.as_ref().filter(|begun| begun.period == period);
                if part == 1 || there.is_some_and(|begun| begun.parts + 1 == part) {
                    Ok(vec![BulletinEvent::BulletinPart { period, part, text }])
                } else {
                    Err(Rejection::Incomplete)
                }
            }
            Command::Publish {
                after,
                period,
                from_on,
                until_on,
                over,
                cut_off,
                content,
                parts,
                checksum,
            } => {
                if now < over {
                    return Err(Rejection::NotOver(period, over));
                }
                let last = state.last();
                if after != last {
                    return Err(Rejection::Outdated { made_after: after, last });
                }
                fits(state, period, &content, parts, &checksum)?;
                let number = last + 1;
                Ok(vec![BulletinEvent::BulletinPublished {
                    number,
                    period,
                    from_on,
                    until_on,
                    cut_off,
                    content,
                    parts,
                    checksum,
                }])
            }
        }
    }

    fn evolve(mut state: State, event: &BulletinEvent) -> State {
        match event {
            BulletinEvent::BulletinPart { period, part, text } => {
                let before = state.begun.take().filter(|_| *part > 1);
                let before = before.map(|begun| begun.text).unwrap_or_default();
                let text = before + text;
                state.begun = Some(Begun { period: *period, parts: *part, text });
            }
            BulletinEvent::BulletinPublished { number, period, .. } => {
                state.begun = None;
                state.out.insert(*period, *number);
            }
        }
        state
    }
}

fn fits(
    state: &State,
    period: StatPeriod,
    content: &str,
    parts: u32,
    sum: &str,
) -> Result<(), Rejection> {
    if parts == 0 {
        return if checksum(content) == sum { Ok(()) } else { Err(Rejection::Checksum) };
    }
    let there = state.begun.as_ref();
    let there = there.filter(|begun| (begun.period, begun.parts) == (period, parts));
    match there {
        Some(begun) if content.is_empty() && checksum(&begun.text) == sum => Ok(()),
        _ => Err(Rejection::Incomplete),
    }
}
