//! What the calendar publishes, word for word as in `proto/linli/calendar/v1/calendar.proto`. It
//! hears no other service.

mod activity;
mod others;
mod serial;
mod venue;

use linli_platform::{commit::NewEvent, ids::StreamId};

pub use activity::{
    ActivityEvent, Attendance, Description, Duty, Moved, Opening, SegmentAdded, Visibility, Words,
};
pub use others::{
    CadenceEvent, CadencePromise, FeedEvent, HolidayDay, HolidayKind, HolidayPaper, HolidaysEvent,
    Per,
};
pub use venue::{Booking, Clash, Closure, VenueDescription, VenueEvent};

/// The name of the service, the second part of its streams' names.
pub const SERVICE: &str = "calendar";

/// What the calendar hears: its own streams. Which activity, venue or cadence it is stands in the
/// name of the stream.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all that is heard is of activities")]
pub enum Heard {
    /// Of an activity and its occurrences.
    Activity(ActivityEvent),
    /// Of a venue and its bookings.
    Venue(VenueEvent),
    /// Of a year's public holidays.
    Holidays(HolidaysEvent),
    /// Of a promise.
    Cadence(CadenceEvent),
    /// Of the name in the feeds' UIDs.
    Feed(FeedEvent),
}

/// Reads an event in these words; `None` for what does not concern the calendar.
pub fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Heard>, serde_json::Error> {
    if stream.service() != SERVICE {
        return Ok(None);
    }
    Ok(Some(match stream.category() {
        "activity" => Heard::Activity(event.decode()?),
        "venue" => Heard::Venue(event.decode()?),
        "holidays" => Heard::Holidays(event.decode()?),
        "cadence" => Heard::Cadence(event.decode()?),
        "feed" => Heard::Feed(event.decode()?),
        // What the calendar's own processes note.
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests;
