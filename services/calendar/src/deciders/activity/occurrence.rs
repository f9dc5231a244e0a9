//! Commands about one occurrence.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use linli_almanac::RecurrenceId;
use linli_platform::ids::Version;

use super::{
    Activity, Cancel, Event, Move, Occurrence, Rejection, Shown, Standing, belongs, checks,
};
use crate::{
    contract::{Moved, Opening, Words},
    deciders::reason,
};

/// So long after the end of an occurrence attendance closes its roll.
const ROLL_CLOSES_AFTER: TimeDelta = TimeDelta::hours(24);

pub(super) fn open(
    state: &Activity,
    opening: Opening,
    own: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Rejection> {
    let id = opening.recurrence_id;
    match state.occurrences.get(&id) {
        Some(one) if one.standing == Standing::Cancelled => return Err(Rejection::Cancelled(id)),
        Some(_) => return Ok(Vec::new()),
        None => {}
    }
    let start = opening.start;
    let mut events = vec![opened(state, opening)?];
    if start <= now {
        return Err(Rejection::Begun { id, start });
    }
    if own {
        events.push(Event::OccurrenceKept { recurrence_id: id });
    }
    Ok(events)
}

/// The event of an opening that fits the activity, whenever it is.
fn opened(state: &Activity, mut opening: Opening) -> Result<Event, Rejection> {
    if !state.published {
        return Err(Rejection::NotPublished);
    }
    belongs(state, opening.recurrence_id, opening.segment)?;
    if opening.end <= opening.start {
        return Err(Rejection::EndsBeforeStart);
    }
    if opening.zone.parse::<Tz>().is_err() {
        return Err(Rejection::Zone(opening.zone));
    }
    // Own words may have come before.
    let words = state.words.get(&opening.recurrence_id);
    if let Some(capacity) = words.and_then(|(words, _)| words.capacity) {
        opening.capacity = capacity;
    }
    Ok(Event::OccurrenceOpened(opening))
}

pub(super) fn describe(
    state: &Activity,
    seen: Option<Version>,
    words: Words,
) -> Result<Vec<Event>, Rejection> {
    let id = words.recurrence_id;
    let (current, version) = match state.words.get(&id) {
        Some((words, version)) => (words.clone(), *version),
        None => (Words::none(id), Version(0)),
    };
    if current == words {
        return Ok(Vec::new());
    }
    checks::fresh(seen, version, || {
        (Shown::Words(Box::new(words.clone())), Shown::Words(Box::new(current)))
    })?;
    let opened = state.occurrences.contains_key(&id);
    let inside = state.segments.iter().any(|segment| belongs(state, id, segment.number).is_ok());
    if !opened && !inside {
        return Err(Rejection::NotOfSegment { id, segment: state.next_segment() - 1 });
    }
    let mut checked = state.description.clone();
    checked.title = words.title.clone().unwrap_or(checked.title);
    checked.title_en = words.title_en.clone().unwrap_or(checked.title_en);
    checked.text = words.text.clone().unwrap_or(checked.text);
    checks::description(&checked)?;
    Ok(vec![Event::OccurrenceDescribed(words)])
}

/// The occurrence to change, with the event that opens it first if it was none.
fn to_change(
    state: &Activity,
    id: RecurrenceId,
    opening: Option<Opening>,
) -> Result<(Occurrence, Option<Event>), Rejection> {
    if let Some(one) = state.occurrences.get(&id) {
        return Ok((one.clone(), None));
    }
    let opening = opening.filter(|opening| opening.recurrence_id == id);
    let event = opened(state, opening.ok_or(Rejection::NotOpened(id))?)?;
    let mut after = state.clone().with(&event);
    let one = after.occurrences.remove(&id).ok_or(Rejection::NotOpened(id))?;
    Ok((one, Some(event)))
}

/// Whether the form showed the occurrence as computed and it is just so, opened meanwhile or not.
fn shows(opening: Option<&Opening>, state: &Activity, id: RecurrenceId) -> bool {
    let Some(one) = state.occurrences.get(&id) else { return true };
    let same = |opening: &Opening| {
        (opening.start, opening.end, opening.venue) == (one.start, one.end, one.venue)
    };
    one.revision == 0 && opening.is_some_and(same)
}

/// Refuses what is so long over that its roll is closed and its hours are credited: nobody would
/// hear of the change, and the counts would contradict it.
fn not_long_over(one: &Occurrence, id: RecurrenceId, now: DateTime<Utc>) -> Result<(), Rejection> {
    if one.end + ROLL_CLOSES_AFTER <= now {
        return Err(Rejection::LongOver { id, end: one.end });
    }
    Ok(())
}

pub(super) fn move_to(
    state: &Activity,
    command: Move,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Rejection> {
    let Move { id, opening, seen, start, end, all_day, venue, reason: why, past } = command;
    let as_shown = shows(opening.as_ref(), state, id);
    let (one, opened) = to_change(state, id, opening)?;
    if one.standing == Standing::Cancelled {
        return Err(Rejection::Cancelled(id));
    }
    let is_there = |one: &Occurrence| {
        (one.start, one.end, one.all_day, one.venue) == (start, end, all_day, venue)
    };
    if opened.is_none() && is_there(&one) {
        return Ok(Vec::new());
    }
    not_long_over(&one, id, now)?;
    if !as_shown {
        checks::fresh(seen, one.changed, || {
            let yours = Occurrence { start, end, all_day, venue, ..one.clone() };
            (Shown::Place(Box::new(yours)), Shown::Place(Box::new(one.clone())))
        })?;
    }
    let reason = reason(&why).ok_or(Rejection::ReasonMissing)?;
    if end <= start {
        return Err(Rejection::EndsBeforeStart);
    }
    if start <= now && !past {
        return Err(Rejection::InPast(start));
    }
    let (zone, revision) = (one.zone, one.revision + 1);
    let moved = Moved { recurrence_id: id, revision, start, end, all_day, zone, venue, reason };
    Ok(opened.into_iter().chain([Event::OccurrenceMoved(moved)]).collect())
}

pub(super) fn cancel(
    state: &Activity,
    command: Cancel,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Rejection> {
    let Cancel { id, opening, seen, reason: why, past } = command;
    let as_shown = shows(opening.as_ref(), state, id);
    let (one, opened) = to_change(state, id, opening)?;
    if one.standing == Standing::Cancelled {
        return Ok(Vec::new());
    }
    not_long_over(&one, id, now)?;
    if !as_shown {
        checks::fresh(seen, one.changed, || {
            (Shown::Cancelled, Shown::Place(Box::new(one.clone())))
        })?;
    }
    let reason = reason(&why).ok_or(Rejection::ReasonMissing)?;
    if one.end <= now && !past {
        return Err(Rejection::InPast(one.end));
    }
    let cancelled =
        Event::OccurrenceCancelled { recurrence_id: id, revision: one.revision + 1, reason };
    Ok(opened.into_iter().chain([cancelled]).collect())
}

/// Said again after the next change of the rule it is recorded again: it answers the new question.
pub(super) fn keep(state: &Activity, id: RecurrenceId) -> Result<Vec<Event>, Rejection> {
    match state.occurrences.get(&id) {
        None => Err(Rejection::NotOpened(id)),
        Some(one) if one.standing == Standing::Cancelled => Err(Rejection::Cancelled(id)),
        Some(_) => Ok(vec![Event::OccurrenceKept { recurrence_id: id }]),
    }
}
