//! One occurrence as the desk's forms carry it: which, where it was shown, at which version; and
//! from a form to a move or a cancellation.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use linli_almanac::{RecurrenceId, zoned};
use linli_platform::{ids::Version, web::Refusal};
use uuid::Uuid;

use super::{
    ask::Desk,
    fields::Fields,
    told::{Reason, one},
};
use crate::{
    deciders::activity::{Cancel, Command, Move},
    projections::{activities, agenda},
    values::{agenda::Entry, midnight},
};

/// The longest that an occurrence can be moved to last: a week.
const MINUTES_MAX: i64 = 7 * 24 * 60;

/// An occurrence of this community by the names of a link: activity (id or slug) and recurrence id.
pub(super) async fn find(desk: &Desk, activity: &str, id: &str) -> Result<Entry, Refusal> {
    let id: RecurrenceId = id.parse().map_err(|_| Refusal::missing())?;
    let (code, now, activity) = (desk.code().to_owned(), desk.now, activity.to_owned());
    let found = desk.read(move |db| {
        let found = match activity.parse::<Uuid>() {
            Ok(id) => Some(id),
            Err(_) => activities::by_slug(db, &code, &activity)?.map(|activity| activity.id),
        };
        let Some(activity) = found else { return Ok(None) };
        agenda::occurrence_by_id(db, activity, id, now)
    });
    let own = |entry: &Entry| entry.activity.community == desk.code();
    found.await?.filter(own).ok_or_else(Refusal::missing)
}

/// What a form shows of an occurrence that has no version yet: computed ones change with rules.
pub(super) fn shown(entry: &Entry) -> String {
    let venue = entry.venue.map(|id| id.to_string()).unwrap_or_default();
    format!("{}/{}/{venue}", entry.start.timestamp(), entry.end.timestamp())
}

/// Whether a form still shows the occurrence as it is; facts are told apart by the decider.
pub(super) fn is_fresh(entry: &Entry, seen: Version, was_shown: &str) -> bool {
    seen != Version(0) || was_shown == shown(entry)
}

/// The start as a form's field has it: date and time, or the date alone.
pub(super) fn local(start: DateTime<Utc>, all_day: bool, zone: Tz) -> String {
    let pattern = if all_day { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M" };
    start.with_timezone(&zone).format(pattern).to_string()
}

/// A local time of a form as an instant; of an all-day occurrence the midnight of a date.
pub(super) fn instant(text: &str, all_day: bool, zone: Tz) -> Result<DateTime<Utc>, Reason> {
    if all_day {
        let date: Result<NaiveDate, _> = text.parse();
        return date.map(|date| midnight(zone, date)).map_err(|_| one("desk-no-date", text));
    }
    let time = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"];
    let time = time.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let time = time.ok_or_else(|| one("desk-no-date-time", text))?;
    Ok(zoned::resolve(zone, time).to_utc())
}

/// Where and when a form wants an occurrence.
pub(super) struct Wanted<'a> {
    pub start: &'a str,
    /// Its length; empty for the length that it has.
    pub minutes: &'a str,
    pub venue: &'a str,
    pub reason: &'a str,
    pub past: bool,
}

/// The command that moves an occurrence as a form says.
pub(super) fn moved(
    entry: &Entry,
    seen: Version,
    venues: &[(Uuid, String)],
    wanted: &Wanted<'_>,
) -> Result<Command, Reason> {
    let start = instant(wanted.start, entry.all_day, entry.zone)?;
    let length = match wanted.minutes {
        "" => entry.end - entry.start,
        text => {
            let minutes = text.parse().ok().filter(|n| (1..=MINUTES_MAX).contains(n));
            TimeDelta::minutes(minutes.ok_or_else(|| one("desk-no-length", text))?)
        }
    };
    let known = |id: &Uuid| entry.venue == Some(*id) || venues.iter().any(|(one, _)| one == id);
    let venue = match wanted.venue {
        "" => None,
        text => {
            let id = text.parse().ok().filter(known);
            Some(id.ok_or_else(|| one("desk-no-venue", text))?)
        }
    };
    Ok(Command::Move(Move {
        id: entry.id,
        opening: Some(entry.opening()),
        seen: Some(seen),
        start,
        end: start + length,
        all_day: entry.all_day,
        venue,
        reason: wanted.reason.to_owned(),
        past: wanted.past,
    }))
}

/// The command that calls an occurrence off.
pub(super) fn cancelled(entry: &Entry, seen: Version, reason: &str, past: bool) -> Command {
    let (id, opening, reason) = (entry.id, Some(entry.opening()), reason.to_owned());
    Command::Cancel(Cancel { id, opening, seen: Some(seen), reason, past })
}

/// The version that a form carries in a field; 0 where it shows no fact.
pub(super) fn seen(fields: &Fields, name: &str) -> Version {
    Version(fields.get(name).parse().unwrap_or_default())
}
