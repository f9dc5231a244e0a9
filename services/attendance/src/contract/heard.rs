//! What attendance hears, in its own words: of its own streams everything, of the calendar and of
//! people as much as it needs.

use chrono::{DateTime, Utc};
use linli_platform::{commit::NewEvent, ids::StreamId, tables::Noted};
use serde::Deserialize;
use uuid::Uuid;

use super::{Attendance, DutyEvent, DutyPlace, RollEvent, StandingEvent};
use crate::values::{KeyError, OccurrenceKey, StandingKey};

mod people;

pub use people::{PlaceEvent, ResidentEvent, TeamEvent};

/// One event that concerns attendance.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Of a roll.
    Roll(OccurrenceKey, RollEvent),
    /// Of an occurrence's duties.
    Duty(OccurrenceKey, DutyEvent),
    /// Of a standing duty.
    Standing(StandingKey, StandingEvent),
    /// Of an activity and its occurrences.
    Calendar {
        /// The community that hosts.
        community: String,
        /// The activity.
        activity: Uuid,
        /// What happened.
        event: CalendarEvent,
    },
    /// What the process asked for in vain.
    Process(Noted),
    /// Of a resident.
    Resident(Uuid, ResidentEvent),
    /// Of the place with this code.
    Place(String, PlaceEvent),
    /// Of a team.
    Team(Uuid, TeamEvent),
    /// Of a venue.
    Venue(Uuid, VenueEvent),
}

/// Of the calendar's `venue` streams.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum VenueEvent {
    /// A venue is new.
    VenueAdded {
        /// What it is.
        #[serde(default)]
        description: VenueDescribed,
    },
    /// A venue was described anew.
    VenueChanged {
        /// What it is now.
        #[serde(default)]
        description: VenueDescribed,
    },
}

/// What of a venue concerns attendance.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VenueDescribed {
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
}

/// What of an activity concerns attendance.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Described {
    /// Its title.
    pub title: String,
    /// Its title in English; may be empty.
    pub title_en: String,
    /// Who sees it and may register.
    pub visibility: Visibility,
    /// Whose own it is, for [`Visibility::Team`].
    pub teams: Vec<Uuid>,
    /// For whom it is, in the organiser's words.
    pub audience: String,
    /// What its notice says.
    pub text: String,
    /// The same in English; may be empty.
    pub text_en: String,
    /// Whether there is a list of those expected.
    pub expected: bool,
    /// Whether those under 14 need a guardian's consent.
    pub guardian_consent: bool,
    /// What there is to do at each occurrence.
    pub duties: Vec<DutyPlace>,
}

/// Who sees an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// The members of its teams.
    Team,
    /// Staff alone.
    Staff,
}

/// Of the calendar's `activity` streams.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CalendarEvent {
    /// An activity was drafted.
    ActivityDrafted {
        /// Its name in links.
        #[serde(default)]
        slug: String,
        /// What it is.
        #[serde(default)]
        description: Described,
    },
    /// An activity was described anew.
    ActivityDescribed {
        /// What it is now.
        #[serde(default)]
        description: Described,
    },
    /// An occurrence was opened.
    OccurrenceOpened {
        /// Which.
        recurrence_id: String,
        /// When it begins.
        start: DateTime<Utc>,
        /// When it ends.
        end: DateTime<Utc>,
        /// The zone of its wall-clock times.
        #[serde(default)]
        zone: String,
        /// Where; empty for nowhere in particular.
        #[serde(default)]
        venue: String,
        /// Places; 0 is no limit.
        #[serde(default)]
        capacity: u32,
        /// How people are recorded.
        #[serde(default)]
        attendance: Attendance,
    },
    /// An occurrence has words of its own.
    OccurrenceDescribed {
        /// Which.
        recurrence_id: String,
        /// Its own title.
        #[serde(default)]
        title: Option<String>,
        /// Its own title in English.
        #[serde(default)]
        title_en: Option<String>,
        /// What its own notice says.
        #[serde(default)]
        text: Option<String>,
        /// Its own number of places.
        #[serde(default)]
        capacity: Option<u32>,
    },
    /// An occurrence takes place at another time or venue.
    OccurrenceMoved {
        /// Which.
        recurrence_id: String,
        /// Its revision with this.
        #[serde(default)]
        revision: u32,
        /// When it begins now.
        start: DateTime<Utc>,
        /// When it ends now.
        end: DateTime<Utc>,
        /// The zone of its wall-clock times.
        #[serde(default)]
        zone: String,
        /// Where; empty for nowhere in particular.
        #[serde(default)]
        venue: String,
        /// Why, as published.
        #[serde(default)]
        reason: String,
    },
    /// An occurrence does not take place.
    OccurrenceCancelled {
        /// Which.
        recurrence_id: String,
        /// Its revision with this.
        #[serde(default)]
        revision: u32,
        /// Why, as published.
        #[serde(default)]
        reason: String,
    },
}

/// The purpose of a guardian's consent, as the contract of people names it.
pub const GUARDIAN: &str = "GUARDIAN";

const OF_CALENDAR: [&str; 6] = [
    "activityDrafted",
    "activityDescribed",
    "occurrenceOpened",
    "occurrenceDescribed",
    "occurrenceMoved",
    "occurrenceCancelled",
];
const OF_PEOPLE: [&str; 9] = [
    "residentRegistered",
    "residentChanged",
    "residentMoved",
    "consentGiven",
    "consentWithdrawn",
    "teamJoined",
    "teamLeft",
    "residentMerged",
    "residentErased",
];
const OF_PLACES: [&str; 2] = ["placeAdded", "placeChanged"];
const OF_TEAMS: [&str; 3] = ["teamFounded", "teamRenamed", "teamEnded"];
const OF_VENUES: [&str; 2] = ["venueAdded", "venueChanged"];

/// Decodes what concerns attendance; `None` for all else.
pub fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Heard>, serde_json::Error> {
    use serde::de::Error as _;
    let wrong = |error: KeyError| serde_json::Error::custom(error);
    let name = event.name();
    Ok(match (stream.service(), stream.category(), stream.uuid()) {
        ("attendance", "roll", _) => {
            Some(Heard::Roll(OccurrenceKey::of(stream).map_err(wrong)?, event.decode()?))
        }
        ("attendance", "duty", Some(id)) => {
            Some(Heard::Standing(StandingKey::new(stream.community(), id), event.decode()?))
        }
        ("attendance", "duty", None) => {
            Some(Heard::Duty(OccurrenceKey::of(stream).map_err(wrong)?, event.decode()?))
        }
        ("attendance", "process", _) => Some(Heard::Process(event.decode()?)),
        ("calendar", "activity", Some(activity)) if OF_CALENDAR.contains(&name) => {
            let (community, event) = (stream.community().to_owned(), event.decode()?);
            Some(Heard::Calendar { community, activity, event })
        }
        ("people", "resident", Some(resident)) if OF_PEOPLE.contains(&name) => {
            Some(Heard::Resident(resident, event.decode()?))
        }
        ("people", "place", _) if OF_PLACES.contains(&name) => {
            Some(Heard::Place(stream.id().to_owned(), event.decode()?))
        }
        ("people", "team", Some(team)) if OF_TEAMS.contains(&name) => {
            Some(Heard::Team(team, event.decode()?))
        }
        ("calendar", "venue", Some(venue)) if OF_VENUES.contains(&name) => {
            Some(Heard::Venue(venue, event.decode()?))
        }
        _ => None,
    })
}
