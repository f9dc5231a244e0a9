//! Wall-clock times in a zone.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

/// Hours to look later when a zone doesn't show a wall-clock time: an ordinary gap is over after
/// one; a zone that crosses the date line leaves out a whole day.
const LATER_HOURS: [i64; 5] = [0, 1, 2, 3, 24];

/// The instant of a wall-clock time: in a gap (the clock is put forward) one hour later, in a fold
/// (it is put back) the earlier of the two.
pub fn resolve(zone: Tz, local: NaiveDateTime) -> DateTime<Tz> {
    for hours in LATER_HOURS {
        match zone.from_local_datetime(&(local + Duration::hours(hours))) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => return instant,
            LocalResult::None => {}
        }
    }
    zone.from_utc_datetime(&local)
}
