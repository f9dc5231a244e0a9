//! What the calendar publishes, word for word as in `proto/linli/calendar/v1/calendar.proto`. Of
//! `people` it hears how places and teams are called and who belongs to a team, of `attendance` who
//! comes and who has a duty.

mod activity;
mod attendance;
mod others;
mod people;
mod serial;
mod venue;

use linli_platform::{commit::NewEvent, ids::StreamId};

pub use activity::{
    ActivityEvent, Attendance, Description, Duty, Moved, Opening, SegmentAdded, Visibility, Words,
};
pub use attendance::{AttendanceEvent, occurrence_of};
pub use others::{
    CadenceEvent, CadencePromise, FeedEvent, HolidayDay, HolidayKind, HolidayPaper, HolidaysEvent,
    Per,
};
pub use people::{PeopleEvent, Place};
pub use venue::{Booking, Clash, Closure, VenueDescription, VenueEvent};

/// The name of the service, the second part of its streams' names.
pub const SERVICE: &str = "calendar";

/// The service that says how places and teams are called.
pub const PEOPLE: &str = "people";

/// The service that says who comes to an occurrence.
pub const ATTENDANCE: &str = "attendance";

/// What the calendar hears. Which activity, venue or cadence it is stands in the
/// name of the stream.
#[derive(Debug, Clone, PartialEq)]
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
    /// Of places and teams.
    People(PeopleEvent),
    /// Of who comes to an occurrence.
    Attendance(AttendanceEvent),
}

/// Reads an event in these words; `None` for what does not concern the calendar.
pub fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Heard>, serde_json::Error> {
    if stream.service() == PEOPLE {
        return Ok(PeopleEvent::hear(event)?.map(Heard::People));
    }
    if stream.service() == ATTENDANCE {
        return Ok(AttendanceEvent::hear(event)?.map(Heard::Attendance));
    }
    if stream.service() != SERVICE {
        return Ok(None);
    }
    Ok(Some(match stream.category() {
        "activity" => Heard::Activity(event.decode()?),
        "venue" => Heard::Venue(event.decode()?),
        "holidays" => Heard::Holidays(event.decode()?),
        "cadence" => Heard::Cadence(event.decode()?),
        "feed" => Heard::Feed(event.decode()?),
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests;
