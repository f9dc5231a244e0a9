//! What ranking hears, in its own words: of its own streams everything; of the calendar, of
//! attendance and of people as much as it needs.

use chrono::{DateTime, Utc};
use linli_platform::{commit::NewEvent, ids::StreamId};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    BulletinEvent, ScheduleEvent, ScoringEvent, TallyEvent, WalletEvent,
    lists::{ListEvent, NoticeEvent, OF_LISTS, OF_NOTICES},
};
use crate::values::{KeyError, OccurrenceKey};

mod people;

pub use people::{PlaceEvent, PlaceKind, ResidentEvent, TeamEvent};

/// One event that concerns ranking.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Of a place's rules.
    Scoring(String, ScoringEvent),
    /// Of what an occurrence has earned.
    Tally(OccurrenceKey, TallyEvent),
    /// Of somebody's wallet.
    Wallet(Uuid, WalletEvent),
    /// Of when a place's bulletins come out.
    Schedule(String, ScheduleEvent),
    /// Of a place's bulletins.
    Bulletin {
        /// The place.
        place: String,
        /// What happened.
        event: BulletinEvent,
    },
    /// Of a roll.
    Roll(OccurrenceKey, RollEvent),
    /// Of a roll, who was expected and how it was.
    List(OccurrenceKey, ListEvent),
    /// Of what was sent in a community.
    Notice(String, NoticeEvent),
    /// Of an occurrence's duties.
    Duty(OccurrenceKey, DutyEvent),
    /// Of an activity and its occurrences.
    Calendar {
        /// The community that hosts.
        community: String,
        /// The activity.
        activity: Uuid,
        /// What happened.
        event: CalendarEvent,
    },
    /// Of a place.
    Place(String, PlaceEvent),
    /// Of a resident.
    Resident(Uuid, ResidentEvent),
    /// Of a team.
    Team(Uuid, TeamEvent),
}

/// Of attendance's `roll` streams.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RollEvent {
    /// Somebody is there.
    CheckedIn {
        /// Who.
        resident: Uuid,
    },
    /// Somebody has left, and their time is credited.
    CheckedOut {
        /// Who.
        resident: Uuid,
        /// Minutes credited.
        #[serde(default)]
        minutes: u32,
    },
    /// Somebody's credited time was wrong.
    HoursCorrected {
        /// Whose.
        resident: Uuid,
        /// Minutes credited now.
        #[serde(default)]
        minutes: u32,
    },
    /// Somebody was not there after all.
    CheckInReversed {
        /// Who.
        resident: Uuid,
    },
    /// People were counted.
    HeadcountGiven {
        /// How many in all.
        #[serde(default)]
        people: u32,
    },
    /// The roll is closed.
    RollClosed {},
}

/// Of attendance's `duty` streams.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DutyEvent {
    /// Somebody had a duty and was there.
    DutyDone {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
    },
    /// It was not they, or they were not there.
    DutyDoneReversed {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
    },
}

/// What of an activity concerns ranking.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Described {
    /// Its title.
    pub title: String,
    /// Its title in English; may be empty.
    pub title_en: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whose own it is, for one of a team.
    pub teams: Vec<Uuid>,
    /// The codes of the places that join in.
    pub partners: Vec<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
        /// Whether it lasts all day.
        #[serde(default)]
        all_day: bool,
        /// The zone of its wall-clock times.
        #[serde(default)]
        zone: String,
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
        /// Its own kinds; empty: the activity's.
        #[serde(default)]
        kinds: Vec<String>,
    },
    /// An occurrence takes place at another time or venue.
    OccurrenceMoved {
        /// Which.
        recurrence_id: String,
        /// When it begins now.
        start: DateTime<Utc>,
        /// When it ends now.
        end: DateTime<Utc>,
        /// Whether it lasts all day.
        #[serde(default)]
        all_day: bool,
        /// The zone of its wall-clock times.
        #[serde(default)]
        zone: String,
    },
    /// An occurrence does not take place.
    OccurrenceCancelled {
        /// Which.
        recurrence_id: String,
    },
}

const OF_ROLL: [&str; 6] = [
    "checkedIn",
    "checkedOut",
    "hoursCorrected",
    "checkInReversed",
    "headcountGiven",
    "rollClosed",
];
const OF_DUTY: [&str; 2] = ["dutyDone", "dutyDoneReversed"];
const OF_CALENDAR: [&str; 6] = [
    "activityDrafted",
    "activityDescribed",
    "occurrenceOpened",
    "occurrenceDescribed",
    "occurrenceMoved",
    "occurrenceCancelled",
];
const OF_PLACE: [&str; 2] = ["placeAdded", "placeChanged"];
const OF_RESIDENT: [&str; 6] = [
    "residentRegistered",
    "residentMoved",
    "teamJoined",
    "teamLeft",
    "residentMerged",
    "residentErased",
];
const OF_TEAM: [&str; 2] = ["teamFounded", "teamRenamed"];

/// Decodes what concerns ranking; `None` for all else.
pub fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Heard>, serde_json::Error> {
    use serde::de::Error as _;
    let key = || OccurrenceKey::of(stream).map_err(|e: KeyError| serde_json::Error::custom(e));
    let name = event.name();
    Ok(match (stream.service(), stream.category()) {
        ("ranking", "scoring") => {
            Some(Heard::Scoring(stream.community().to_owned(), event.decode()?))
        }
        ("ranking", "tally") => Some(Heard::Tally(key()?, event.decode()?)),
        ("ranking", "schedule") => {
            Some(Heard::Schedule(stream.community().to_owned(), event.decode()?))
        }
        ("ranking", "bulletin") => {
            let (place, event) = (stream.community().to_owned(), event.decode()?);
            Some(Heard::Bulletin { place, event })
        }
        ("attendance", "roll") if OF_ROLL.contains(&name) => {
            Some(Heard::Roll(key()?, event.decode()?))
        }
        ("attendance", "roll") if OF_LISTS.contains(&name) => {
            Some(Heard::List(key()?, event.decode()?))
        }
        ("notifier", "delivery" | "announcement") if OF_NOTICES.contains(&name) => {
            Some(Heard::Notice(stream.community().to_owned(), event.decode()?))
        }
        ("attendance", "duty") if OF_DUTY.contains(&name) => {
            Some(Heard::Duty(key()?, event.decode()?))
        }
        ("people", "place") if OF_PLACE.contains(&name) => {
            Some(Heard::Place(stream.id().to_owned(), event.decode()?))
        }
        (service, category) => match (service, category, stream.uuid()) {
            ("ranking", "wallet", Some(resident)) => Some(Heard::Wallet(resident, event.decode()?)),
            ("calendar", "activity", Some(activity)) if OF_CALENDAR.contains(&name) => {
                let (community, event) = (stream.community().to_owned(), event.decode()?);
                Some(Heard::Calendar { community, activity, event })
            }
            ("people", "resident", Some(resident)) if OF_RESIDENT.contains(&name) => {
                Some(Heard::Resident(resident, event.decode()?))
            }
            ("people", "team", Some(team)) if OF_TEAM.contains(&name) => {
                Some(Heard::Team(team, event.decode()?))
            }
            _ => None,
        },
    })
}
