//! What an activity's segments compute: its occurrences, before any of them is a fact.

use std::{collections::BTreeMap, ops::RangeInclusive};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use linli_almanac::{Computed, HolidayTable, RecurrenceId, Start, YEARS, rotation};
use uuid::Uuid;

use super::{
    midnight,
    segment::{Segment, span},
};
use crate::contract::{Description, Opening};

/// The furthest that holidays move an occurrence from its nominal date, with room to spare.
const MOVED_DAYS_MAX: u64 = 45;

/// An occurrence as it is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its lasting name.
    pub id: RecurrenceId,
    /// The segment that computes it.
    pub segment: u32,
    /// The civil date of its start in its zone.
    pub starts_on: NaiveDate,
    /// When it begins; all day: midnight in the zone.
    pub start: DateTime<Utc>,
    /// When it ends; all day: the next midnight.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    pub all_day: bool,
    /// Its zone.
    pub zone: Tz,
    /// Where, by rotation if need be.
    pub venue: Option<Uuid>,
    /// Its date hangs on holidays that are not yet known.
    pub unsettled: bool,
}

/// The ids of the occurrences that are facts, each with the segment that computed it.
pub type Facts = BTreeMap<RecurrenceId, u32>;

/// An activity's occurrences that start within `window` as its segments compute them, in the order
/// of their starts.
pub fn planned(
    segments: &[Segment],
    retired_from: Option<NaiveDate>,
    description: &Description,
    window: &RangeInclusive<NaiveDate>,
    holidays: &HolidayTable,
) -> Vec<Planned> {
    let mut all = Vec::new();
    for (n, segment) in segments.iter().enumerate() {
        let Some((first, last)) = span(segments, n) else { continue };
        let Some(window) = near(window, first, last) else { continue };
        // A window within the almanac's years is never refused.
        let computed = segment.rule.occurrences(window, segment.zone, holidays);
        let alive = |c: &Computed| {
            (first..=last).contains(&c.nominal) && retired_from.is_none_or(|end| c.nominal < end)
        };
        let here = computed.unwrap_or_default().into_iter().filter(alive);
        // Counting is not for nothing, and most take no turns.
        let passed = if description.rotation.is_empty() { 0 } else { segment.rule.passed(first) };
        all.extend(here.map(|computed| place(segment, &computed, description, passed)));
    }
    all.sort_by_key(|planned| (planned.start, planned.id));
    all
}

/// Those of `planned` that no fact stands for: neither one of the same id, nor one that an earlier
/// segment computed on the same nominal date.
pub fn open_ended(mut planned: Vec<Planned>, facts: &Facts) -> Vec<Planned> {
    planned.retain(|planned| stands_for(facts, planned.id, planned.segment).is_none());
    planned
}

/// The fact that stands for what `segment` computes as `id`.
pub fn stands_for(facts: &Facts, id: RecurrenceId, segment: u32) -> Option<RecurrenceId> {
    if facts.contains_key(&id) {
        return Some(id);
    }
    on_date(facts, id.date).find(|(_, by)| *by < segment).map(|(id, _)| id)
}

fn on_date(facts: &Facts, date: NaiveDate) -> impl Iterator<Item = (RecurrenceId, u32)> {
    // An all-day id is the first of its date.
    let last = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(NaiveTime::MIN);
    let range = RecurrenceId::all_day(date)..=RecurrenceId::at(date, last);
    facts.range(range).map(|(id, by)| (*id, *by))
}

/// The window around a nominal date in which its occurrence starts, wherever holidays put it.
pub fn around(nominal: NaiveDate) -> RangeInclusive<NaiveDate> {
    let days = Days::new(MOVED_DAYS_MAX);
    nominal.checked_sub_days(days).unwrap_or(nominal)
        ..=nominal.checked_add_days(days).unwrap_or(nominal)
}

/// The part of a window in which occurrences of these nominal dates can start.
fn near(
    window: &RangeInclusive<NaiveDate>,
    first: NaiveDate,
    last: NaiveDate,
) -> Option<RangeInclusive<NaiveDate>> {
    let lowest = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1)?;
    let highest = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31)?;
    let from = (*around(first).start()).max(*window.start()).max(lowest);
    let to = (*around(last).end()).min(*window.end()).min(highest);
    (from <= to).then_some(from..=to)
}

/// `passed` occurrences of the rule come before the segment, which begins the turns anew.
fn place(
    segment: &Segment,
    computed: &Computed,
    description: &Description,
    passed: u32,
) -> Planned {
    let zone = segment.zone;
    let (start, end, all_day) = match computed.start {
        Start::AllDay(date) => {
            let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
            (midnight(zone, date), midnight(zone, next), true)
        }
        Start::At(start) => {
            let minutes = TimeDelta::minutes(description.minutes.into());
            (start.to_utc(), start.to_utc() + minutes, false)
        }
    };
    let turns = &description.rotation;
    let turn = rotation::pick(turns.len(), computed.index, passed);
    let turn = turn.and_then(|n| turns.get(n).copied());
    Planned {
        id: computed.id,
        segment: segment.number,
        starts_on: computed.starts_on,
        start,
        end,
        all_day,
        zone,
        venue: turn.or(description.venue),
        unsettled: computed.unsettled,
    }
}

impl Planned {
    /// The fact that it becomes when it is opened.
    pub fn opening(&self, description: &Description) -> Opening {
        Opening {
            recurrence_id: self.id,
            segment: self.segment,
            start: self.start,
            end: self.end,
            all_day: self.all_day,
            zone: self.zone.to_string(),
            venue: self.venue,
            capacity: description.capacity,
            attendance: description.attendance,
            unsettled: self.unsettled,
        }
    }
}

/// The civil month of a year as a window.
pub fn month(year: i32, month: u32) -> Option<RangeInclusive<NaiveDate>> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next = first.checked_add_months(chrono::Months::new(1))?;
    debug_assert_eq!(next.day(), 1);
    Some(first..=next.pred_opt()?)
}

#[cfg(test)]
mod tests;
