//! What the process remembers, and under which keys.

use chrono::{DateTime, NaiveDate, Utc};
use linli_platform::ids::EventRef;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contract::{Header, Rules, Sum},
    values::{OccurrenceKey, Rates},
};

/// A place, under `place/<code>`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Place {
    pub parent: String,
    pub zone: String,
}

/// Rules that a place adopted; all of one place's under `rules/<code>`, the oldest first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Adopted {
    pub from: NaiveDate,
    pub rules: Rules,
    pub source: EventRef,
}

/// An activity, under `activity/<community>/<uuid>`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Activity {
    pub kinds: Vec<String>,
    pub teams: Vec<Uuid>,
    pub partners: Vec<String>,
}

/// An occurrence, under `occurrence/<key>`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Occurrence {
    pub start: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
    pub all_day: bool,
    pub zone: String,
    /// Its own kinds; empty: the activity's.
    pub kinds: Vec<String>,
    pub cancelled: bool,
    pub closed: Option<Closed>,
    pub headcount: Option<u32>,
    pub present: u32,
    pub minutes: u32,
    /// What it is and gives, once its tally is opened: later changes of the activity, or of the
    /// rules, do not touch it.
    pub opened: Option<Opened>,
    /// What its tally says that it counts for.
    pub told: Option<Sum>,
}

/// Who closed a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Closed {
    /// The program, because time had passed.
    ByItself,
    /// A person, who thereby says that nobody else came.
    ByHand,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Opened {
    pub header: Header,
    pub rates: Rates,
}

/// Somebody at an occurrence by the roll's own words, under `there/<key>/<resident>`.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct There {
    /// The check-in.
    pub came: Option<EventRef>,
    /// The minutes credited, and by which event.
    pub minutes: Option<(u32, EventRef)>,
    /// The duties done, and by which event.
    pub duties: Vec<(String, EventRef)>,
}

/// A resident, under `resident/<uuid>`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Resident {
    /// Where they have lived, the first first.
    pub homes: Vec<Home>,
    pub teams: Vec<Member>,
    /// Who they are, if they were written down twice.
    pub into: Option<Uuid>,
    /// Other entries that were theirs.
    pub aliases: Vec<Uuid>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Home {
    pub from: NaiveDate,
    pub community: String,
    pub building: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Member {
    pub team: Uuid,
    pub from: NaiveDate,
    /// The first day on which they are not.
    pub until: Option<NaiveDate>,
}

impl Resident {
    /// Where they lived on a day; the first home for a day before all.
    pub fn home(&self, on: NaiveDate) -> Home {
        let then = self.homes.iter().rev().find(|home| home.from <= on);
        then.or(self.homes.first()).cloned().unwrap_or_default()
    }

    /// Which teams they belonged to on a day.
    pub fn teams(&self, on: NaiveDate) -> Vec<Uuid> {
        let then = |m: &&Member| m.from <= on && m.until.is_none_or(|until| on < until);
        self.teams.iter().filter(then).map(|m| m.team).collect()
    }
}

pub(super) fn place_row(code: &str) -> String {
    format!("place/{code}")
}

pub(super) fn rules_row(code: &str) -> String {
    format!("rules/{code}")
}

pub(super) fn activity_row(community: &str, activity: Uuid) -> String {
    format!("activity/{community}/{activity}")
}

pub(super) fn occurrence_row(key: &OccurrenceKey) -> String {
    format!("occurrence/{key}")
}

pub(super) fn there_row(key: &OccurrenceKey, resident: Uuid) -> String {
    format!("there/{key}/{resident}")
}

pub(super) fn resident_row(resident: Uuid) -> String {
    format!("resident/{resident}")
}

/// All of a person's days; one with the date behind it.
pub(super) fn day_rows(resident: Uuid) -> String {
    format!("day/{resident}/")
}

pub(super) fn day_row(resident: Uuid, on: NaiveDate) -> String {
    format!("day/{resident}/{on}")
}

pub(super) fn timer_name(key: &OccurrenceKey) -> String {
    format!("over/{key}")
}

pub(super) fn timer_key(name: &str) -> Option<OccurrenceKey> {
    let mut parts = name.strip_prefix("over/")?.split('/');
    let (community, activity, recurrence_id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(OccurrenceKey::new(community, activity.parse().ok()?, recurrence_id))
}
