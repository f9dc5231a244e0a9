//! Nouns of the calendar. Pure.

pub mod agenda;
pub mod desk;
pub mod feed;
pub mod ics;
pub mod key;
pub mod line;
pub mod notice;
pub mod plan;
pub mod segment;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use linli_almanac::zoned;

/// The zone of an IANA name that a decider has let pass.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// The instant at which a civil day begins in a zone.
pub fn midnight(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    zoned::resolve(zone, date.and_time(NaiveTime::MIN)).to_utc()
}
