//! Who looks after standing duties, and what they are told when nobody stands in at one.
//!
//! `standing/<community>/<duty>` is the contact, if there is one; `cover/<delivery stream>` is when
//! it is of no use any more to tell.

use chrono::{DateTime, Days, NaiveTime, Utc};
use linli_almanac::zoned::resolve;
use linli_platform::{ids::StreamId, process::Rows};
use uuid::Uuid;

use super::{
    Wish, outcomes,
    state::{source, zone},
};
use crate::{
    contract::heard::StandingEvent,
    values::{Key, Purpose, cover_source},
};

fn contact(stream: &StreamId) -> String {
    format!("standing/{}/{}", stream.community(), stream.id())
}

fn deliveries(stream: &StreamId, event: &StandingEvent) -> Option<StreamId> {
    match event {
        StandingEvent::StandingDutySet { .. } => None,
        StandingEvent::CoverMissing { resident, from_on, .. } => {
            source(stream.community(), &cover_source(stream.id(), *resident, *from_on))
        }
    }
}

/// Takes an event into the rows.
pub(super) fn hear(rows: &mut Rows<'_>, stream: &StreamId, event: &StandingEvent) {
    match event {
        StandingEvent::StandingDutySet { contact: told, .. } => rows.put(&contact(stream), told),
        StandingEvent::CoverMissing { until_on, .. } => {
            let after = until_on.checked_add_days(Days::new(1)).unwrap_or(*until_on);
            let zone = zone(rows, stream.community());
            let ends = resolve(zone, after.and_time(NaiveTime::MIN)).to_utc();
            if let Some(to) = deliveries(stream, event) {
                rows.put(&format!("cover/{to}"), &ends);
            }
        }
    }
}

/// Tells the contact of a standing duty that nobody stands in.
pub(super) fn tell(
    rows: &Rows<'_>,
    stream: &StreamId,
    event: &StandingEvent,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let contact = rows.get::<Option<Uuid>>(&contact(stream)).flatten();
    match (contact, deliveries(stream, event)) {
        (Some(contact), Some(to)) => {
            outcomes::send(rows, &to, 1, &[Key::mail(contact, 0, Purpose::Unfilled)], false, now)
        }
        _ => vec![],
    }
}

/// When telling is of no use any more; `None` for a stream that is of no such days.
pub(super) fn expires(rows: &Rows<'_>, to: &StreamId) -> Option<DateTime<Utc>> {
    rows.get(&format!("cover/{to}"))
}
