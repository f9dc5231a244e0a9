//! Opens occurrences of published activities as they enter the window of 60 days: when one is
//! published or gets a new rule, when holidays are adopted, and every day just after midnight in its
//! zone.
//!
//! An occurrence whose date hangs on holidays that are not known waits for them, until 14 days
//! ahead: then it is opened where `keep` has it, and says so. What has begun is never opened.
//!
//! Rows: `activity/<uuid>`; `fact/<uuid>/<recurrence id>` = the segment that computed it;
//! `due/<zone>/<date>/<uuid>`, the day to look at it again; `paper/<year>`.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use linli_almanac::{HolidayTable, RecurrenceId};
use linli_platform::{
    ids::StreamId,
    process::{Action, Input, Process, Rows},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contract::{
        ActivityEvent as Event, Description, Heard, HolidayPaper, HolidaysEvent, Opening as Opened,
        SERVICE, SegmentAdded,
    },
    deciders::activity::Command,
    values::{
        midnight,
        plan::{self, Facts, Planned},
        segment::Segment,
        zone,
    },
};

#[cfg(test)]
mod tests;

/// How long before it starts an occurrence becomes a fact.
pub const WINDOW_DAYS: u64 = 60;
/// How long before it starts it does so although its holidays are not known.
pub const UNSETTLED_DAYS: u64 = 14;
/// How far beyond the window the next one is looked for.
const BEYOND_DAYS: u64 = 45;
/// Just after midnight.
const DAILY_AFTER: TimeDelta = TimeDelta::minutes(5);
/// What an occurrence that was asked for counts as until it is opened: it stands for itself alone.
/// Whether one that was asked for in vain is noted so hangs on whether a timer or an event of its
/// very instant came first: in tables built anew it may be noted or not.
pub const ASKED: u32 = u32::MAX;

/// The process.
pub enum Opening {}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Activity {
    community: String,
    description: Description,
    segments: Vec<SegmentAdded>,
    published: bool,
    retired_from: Option<NaiveDate>,
    /// The row under which it is due.
    due: Option<String>,
}

/// What an input brings about.
#[derive(Debug, Default)]
struct Out {
    openings: Vec<(StreamId, Opened)>,
    /// Activities to look at as soon as all that happened now is known.
    look: Option<String>,
    /// Zones whose next midnight matters.
    zones: BTreeSet<String>,
}

impl Process<Heard> for Opening {
    const NAME: &'static str = "opening";
    const VERSION: u32 = 1;
    type Command = Command;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let out = match input {
            Input::Event(fact) => {
                let look = match &fact.event {
                    Heard::Activity(event) => activity(rows, &fact.source.stream, event),
                    Heard::Holidays(HolidaysEvent::HolidaysAdopted(paper)) => {
                        rows.put(&paper_key(paper.year), paper);
                        Some("all".to_owned())
                    }
                    _ => None,
                };
                // The version makes the timer's name, and so its commands' ids, its own.
                let look = look.map(|what| format!("look/{what}/{}", fact.source.version));
                Out { look, ..Out::default() }
            }
            Input::Timer { name, due } => timer(rows, name, *due),
        };
        rows.leave(out);
    }

    fn react(
        rows: &Rows<'_>,
        _input: &Input<'_, Heard>,
        now: DateTime<Utc>,
    ) -> Vec<Action<Command>> {
        let out: Out = rows.left().unwrap_or_default();
        let open = out.openings.into_iter().map(|(to, opening)| Action::Command {
            to,
            command: Command::Open { opening, own: false },
        });
        let look = out.look.map(|name| Action::SetTimer { name, due: now });
        let daily = out.zones.into_iter().map(|name| Action::SetTimer {
            due: next_midnight(zone(&name), now),
            name: format!("daily/{name}"),
        });
        open.chain(look).chain(daily).collect()
    }
}

fn next_midnight(zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    let due = midnight(zone, today) + DAILY_AFTER;
    if due > now { due } else { midnight(zone, plus(today, 1)) + DAILY_AFTER }
}

fn plus(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

fn activity_key(id: &str) -> String {
    format!("activity/{id}")
}

fn paper_key(year: u32) -> String {
    format!("paper/{year}")
}

/// Takes in what happened to an activity; whether to look at what is to be opened now.
fn activity(rows: &mut Rows<'_>, stream: &StreamId, event: &Event) -> Option<String> {
    let key = activity_key(stream.id());
    if let Event::OccurrenceOpened(opening) = event {
        let fact = format!("fact/{}/{}", stream.id(), opening.recurrence_id);
        rows.put(&fact, &opening.segment);
        return None;
    }
    if let Event::ActivityDrafted { description, .. } = event {
        let drafted = Activity {
            community: stream.community().to_owned(),
            description: bare(description),
            segments: Vec::new(),
            published: false,
            retired_from: None,
            due: None,
        };
        rows.put(&key, &drafted);
        return None;
    }
    let mut known: Activity = rows.get(&key)?;
    match event {
        Event::ActivityDescribed { description } => known.description = bare(description),
        Event::SegmentAdded(added) => {
            known.segments.push(added.clone());
            forget_asked(rows, stream.id());
        }
        Event::ActivityPublished {} => known.published = true,
        Event::ActivityRetired { from } => known.retired_from = Some(*from),
        Event::ActivityDrafted { .. }
        | Event::OccurrenceOpened(_)
        | Event::OccurrenceDescribed(_)
        | Event::OccurrenceMoved(_)
        | Event::OccurrenceCancelled { .. }
        | Event::OccurrenceKept { .. } => return None,
    }
    rows.put(&key, &known);
    let ruled = matches!(event, Event::ActivityPublished {} | Event::SegmentAdded(_));
    (known.published && ruled).then(|| stream.id().to_owned())
}

/// What was asked for by an older rule may have been asked in vain: the new rule came first. It is
/// asked for again; what was opened after all is so once.
fn forget_asked(rows: &mut Rows<'_>, id: &str) {
    for (key, segment) in rows.scan::<u32>(&format!("fact/{id}/")) {
        if segment == ASKED {
            rows.remove(&key);
        }
    }
}

/// Only what an opening needs.
fn bare(description: &Description) -> Description {
    Description {
        venue: description.venue,
        rotation: description.rotation.clone(),
        minutes: description.minutes,
        capacity: description.capacity,
        attendance: description.attendance,
        ..Description::default()
    }
}

fn timer(rows: &mut Rows<'_>, name: &str, due: DateTime<Utc>) -> Out {
    let mut out = Out::default();
    match name.split_once('/') {
        Some(("daily", name)) => {
            let today = due.with_timezone(&zone(name)).date_naive();
            out.zones.insert(name.to_owned());
            for (key, id) in rows.scan::<Uuid>(&format!("due/{name}/{today}/")) {
                rows.remove(&key);
                look(rows, &id.to_string(), due, &mut out);
            }
        }
        Some(("look", rest)) => match rest.split('/').next() {
            Some("all") => {
                for (key, _) in rows.scan::<Activity>("activity/") {
                    look(rows, key.trim_start_matches("activity/"), due, &mut out);
                }
            }
            Some(id) => look(rows, id, due, &mut out),
            None => {}
        },
        _ => {}
    }
    out
}

/// Finds what of an activity is to be opened, and the day to look again.
fn look(rows: &mut Rows<'_>, id: &str, now: DateTime<Utc>, out: &mut Out) {
    let Some(mut known) = rows.get::<Activity>(&activity_key(id)) else { return };
    let segments: Vec<_> = known.segments.iter().flat_map(Segment::parse).collect();
    let (Some(zone), true) = (segments.last().map(|last| last.zone), known.published) else {
        return;
    };
    let Ok(stream) = StreamId::new(&known.community, SERVICE, "activity", id) else { return };
    let today = now.with_timezone(&zone).date_naive();
    let window = today..=plus(today, WINDOW_DAYS + BEYOND_DAYS);
    let facts = facts(rows, id, today);
    let papers = papers(rows, today);
    let planned =
        plan::planned(&segments, known.retired_from, &known.description, &window, &papers);
    let mut next = plus(today, BEYOND_DAYS);
    for planned in plan::open_ended(planned, &facts) {
        if planned.start <= now {
            continue;
        }
        let days = if planned.unsettled { UNSETTLED_DAYS } else { WINDOW_DAYS };
        if let Some(wait) = waits_until(&planned, days, today) {
            next = next.min(wait);
            continue;
        }
        rows.put(&format!("fact/{id}/{}", planned.id), &ASKED);
        out.openings.push((stream.clone(), planned.opening(&known.description)));
    }
    if let Some(due) = known.due.take() {
        rows.remove(&due);
    }
    let due = format!("due/{}/{next}/{id}", zone.name());
    rows.put(&due, &id);
    known.due = Some(due);
    rows.put(&activity_key(id), &known);
    out.zones.insert(zone.name().to_owned());
}

/// The day on which an occurrence comes within so many days, if that is not today or before.
fn waits_until(planned: &Planned, days: u64, today: NaiveDate) -> Option<NaiveDate> {
    planned.starts_on.checked_sub_days(Days::new(days)).filter(|day| *day > today)
}

/// The facts of an activity; those long past are forgotten.
fn facts(rows: &mut Rows<'_>, id: &str, today: NaiveDate) -> Facts {
    let prefix = format!("fact/{id}/");
    let mut facts = Facts::new();
    for (key, segment) in rows.scan::<u32>(&prefix) {
        let Ok(id) = key.trim_start_matches(&prefix).parse::<RecurrenceId>() else { continue };
        if plus(id.date, WINDOW_DAYS) < today {
            rows.remove(&key);
        } else {
            facts.insert(id, segment);
        }
    }
    facts
}

fn papers(rows: &Rows<'_>, today: NaiveDate) -> HolidayTable {
    let mut table = HolidayTable::new();
    for year in today.year() - 1..=today.year() + 1 {
        let key = u32::try_from(year).map(paper_key).unwrap_or_default();
        if let Some(paper) = rows.get::<HolidayPaper>(&key) {
            // The decider let no paper pass that can't be adopted.
            let _ = table.adopt(paper.to_almanac());
        }
    }
    table
}
