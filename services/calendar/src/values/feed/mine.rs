//! What a person has to do with occurrences, for their own feed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use linli_almanac::RecurrenceId;
use uuid::Uuid;

use crate::values::agenda::{Glance, State};

/// How a person stands to an occurrence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// They don't come, or not any more.
    #[default]
    Not,
    /// They have a place.
    Registered,
    /// They wait for one.
    Waiting,
}

/// A person's part in an occurrence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Whether they come.
    pub standing: Standing,
    /// The duties that they have claimed.
    pub duties: Vec<String>,
    /// When any of this last changed.
    pub at: DateTime<Utc>,
}

impl Part {
    /// Whether there is nothing left of it.
    pub fn is_over(&self) -> bool {
        self.standing == Standing::Not && self.duties.is_empty()
    }

    /// Whether they are expected there.
    fn is_expected(&self) -> bool {
        self.standing == Standing::Registered || !self.duties.is_empty()
    }
}

/// The words of a person's own feed.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Goes before the title where they have a place: 【已报名】.
    pub registered: String,
    /// Goes before the title where they wait: 【候补】.
    pub waiting: String,
    /// Goes before the title where they have a duty: 【岗位】.
    pub duty: String,
    /// Goes before the names of their duties.
    pub duties: String,
}

/// A person's parts in occurrences; empty for feeds that are nobody's own.
#[derive(Debug, Clone, Default)]
pub struct Mine {
    /// By activity and occurrence.
    pub parts: BTreeMap<Uuid, BTreeMap<RecurrenceId, Part>>,
    /// Activities that the feed holds for these parts alone, not for all that see them.
    pub alone: BTreeSet<Uuid>,
    /// So many minutes before what they are expected at, the calendar program says so; 0: never.
    pub alarm_minutes: u32,
    /// The words.
    pub marks: Marks,
}

impl Mine {
    /// Their part in one occurrence.
    pub(super) fn part(&self, it: &Glance<'_>) -> Option<&Part> {
        self.parts.get(&it.activity.id)?.get(&it.id)
    }

    /// What goes before the title.
    pub(super) fn mark(&self, part: Option<&Part>) -> &str {
        match part {
            Some(part) if !part.duties.is_empty() => &self.marks.duty,
            Some(Part { standing: Standing::Registered, .. }) => &self.marks.registered,
            Some(Part { standing: Standing::Waiting, .. }) => &self.marks.waiting,
            _ => "",
        }
    }

    /// How long before the start the program says so: of an all-day one at six in the evening
    /// before.
    pub(super) fn alarm(&self, it: &Glance<'_>, part: Option<&Part>) -> Option<u32> {
        let takes_place = !matches!(it.state, State::Cancelled | State::Held);
        let wanted = takes_place && self.alarm_minutes > 0 && part.is_some_and(Part::is_expected);
        wanted.then_some(if it.all_day { 6 * 60 } else { self.alarm_minutes })
    }
}
