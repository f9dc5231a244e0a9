//! What the notifier hears, in its own words. Fields and events of others that it does not need
//! are left out; what its own streams say is read whole.

use chrono::{DateTime, NaiveDate, Utc};
use linli_platform::{commit::NewEvent, ids::StreamId};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{AnnouncementEvent, DeliveryEvent, FollowupEvent, MachineEvent, SubscriptionEvent};

/// One event that concerns the notifier, by the category of its stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Of an activity and its occurrences.
    Activity(ActivityEvent),
    /// Of a venue.
    Venue(VenueEvent),
    /// Of a place.
    Place(PlaceEvent),
    /// Of a resident.
    Resident(ResidentEvent),
    /// Of a member of staff.
    Staff(StaffEvent),
    /// Of a volunteer team.
    Team(TeamEvent),
    /// Of the roll of an occurrence.
    Roll(RollEvent),
    /// Of the duties of an occurrence.
    Duty(DutyEvent),
    /// Of a standing duty.
    Standing(StandingEvent),
    /// Of a resident's subscriptions.
    Subscription(SubscriptionEvent),
    /// Of deliveries.
    Delivery(DeliveryEvent),
    /// Of what people decided about deliveries.
    Followup(FollowupEvent),
    /// Of what the community tells.
    Announcement(AnnouncementEvent),
    /// Of the machine that the hand runs on.
    Machine(MachineEvent),
}

/// Who sees an activity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Members of its teams.
    Team,
    /// Staff.
    Staff,
}

/// What an activity is, as far as it matters for reminding.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Description {
    /// In Chinese, or as it was written.
    pub title: String,
    /// In English; may be empty.
    pub title_en: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whose own it is.
    pub teams: Vec<String>,
    /// The member of staff who looks after it: a UUID, or empty.
    pub contact: String,
}

/// What happens to an activity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are the calendar's, told in its .proto file")]
pub enum ActivityEvent {
    ActivityDrafted {
        #[serde(default)]
        slug: String,
        #[serde(default)]
        description: Description,
    },
    ActivityDescribed {
        #[serde(default)]
        description: Description,
    },
    SegmentAdded {
        from: NaiveDate,
        #[serde(default)]
        rule: String,
        #[serde(default)]
        zone: String,
    },
    OccurrenceOpened {
        recurrence_id: String,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        #[serde(default)]
        all_day: bool,
        #[serde(default)]
        zone: String,
        #[serde(default)]
        venue: String,
    },
    OccurrenceDescribed {
        recurrence_id: String,
        title: Option<String>,
        title_en: Option<String>,
        #[serde(default)]
        kinds: Vec<String>,
    },
    OccurrenceMoved {
        recurrence_id: String,
        #[serde(default)]
        revision: u32,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        #[serde(default)]
        all_day: bool,
        #[serde(default)]
        zone: String,
        #[serde(default)]
        venue: String,
        #[serde(default)]
        reason: String,
    },
    OccurrenceCancelled {
        recurrence_id: String,
        #[serde(default)]
        revision: u32,
        #[serde(default)]
        reason: String,
    },
}

/// What a venue is called.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VenueName {
    /// In Chinese, or as it was written.
    pub name: String,
    /// In English; may be empty.
    pub name_en: String,
}

/// What happens to a venue.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are the calendar's, told in its .proto file")]
pub enum VenueEvent {
    VenueAdded { description: VenueName },
    VenueChanged { description: VenueName },
}

/// What happens to a place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of people, told in its .proto file")]
pub enum PlaceEvent {
    PlaceAdded {
        code: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        name_en: String,
        #[serde(default)]
        parent: String,
        #[serde(default)]
        zone: String,
    },
    PlaceChanged {
        #[serde(default)]
        name: String,
        #[serde(default)]
        name_en: String,
    },
}

/// What happens to a resident.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of people, told in its .proto file")]
pub enum ResidentEvent {
    ResidentRegistered {
        #[serde(default)]
        community: String,
    },
    ResidentMoved {
        #[serde(default)]
        community: String,
    },
    ConsentGiven {
        #[serde(default)]
        purpose: Consent,
    },
    ConsentWithdrawn {
        #[serde(default)]
        purpose: Consent,
    },
    TeamJoined {
        team: String,
    },
    TeamLeft {
        team: String,
    },
    SignInAsked {
        #[serde(default)]
        n: u32,
    },
    ResidentMerged {
        into: Uuid,
    },
    ResidentErased {},
}

/// What a consent is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Consent {
    /// To be written to.
    #[default]
    Reminders,
    /// Anything else.
    #[serde(other)]
    Other,
}

/// What happens to a member of staff.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of people, told in its .proto file")]
pub enum StaffEvent {
    StaffErased {},
    StaffSignInAsked {
        #[serde(default)]
        n: u32,
    },
}

/// What happens to a volunteer team.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of people, told in its .proto file")]
pub enum TeamEvent {
    TeamFounded {
        #[serde(default)]
        community: String,
        #[serde(default)]
        name: String,
    },
    TeamRenamed {
        #[serde(default)]
        name: String,
    },
    TeamEnded {},
}

/// What happens on the roll of an occurrence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of attendance, told in its .proto file")]
pub enum RollEvent {
    Registered { resident: Uuid },
    Waitlisted { resident: Uuid },
    Promoted { resident: Uuid },
    Withdrawn { resident: Uuid },
    Excused { resident: Uuid },
}

/// What happens to the duties of an occurrence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of attendance, told in its .proto file")]
pub enum DutyEvent {
    DutyClaimed {
        #[serde(default)]
        duty: String,
        resident: Uuid,
    },
    DutyReleased {
        #[serde(default)]
        duty: String,
        resident: Uuid,
    },
    DutyUnfilled {
        #[serde(default)]
        duties: Vec<Missing>,
    },
}

/// What happens to a standing duty, which belongs to no occurrence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the words are those of attendance, told in its .proto file")]
pub enum StandingEvent {
    StandingDutySet {
        #[serde(default)]
        name: String,
        #[serde(default)]
        name_en: String,
        #[serde(default)]
        contact: Option<Uuid>,
    },
    CoverMissing {
        resident: Uuid,
        from_on: NaiveDate,
        until_on: NaiveDate,
    },
}

/// How many are missing at a duty.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Missing {
    /// The duty's name.
    pub name: String,
    /// How many.
    pub places: u32,
}

const ACTIVITY: &[&str] = &[
    "activityDrafted",
    "activityDescribed",
    "segmentAdded",
    "occurrenceOpened",
    "occurrenceDescribed",
    "occurrenceMoved",
    "occurrenceCancelled",
];
const VENUE: &[&str] = &["venueAdded", "venueChanged"];
const PLACE: &[&str] = &["placeAdded", "placeChanged"];
const RESIDENT: &[&str] = &[
    "residentRegistered",
    "residentMoved",
    "consentGiven",
    "consentWithdrawn",
    "teamJoined",
    "teamLeft",
    "signInAsked",
    "residentMerged",
    "residentErased",
];
const STAFF: &[&str] = &["staffErased", "staffSignInAsked"];
const TEAM: &[&str] = &["teamFounded", "teamRenamed", "teamEnded"];
const ROLL: &[&str] = &["registered", "waitlisted", "promoted", "withdrawn", "excused"];
const DUTY: &[&str] = &["dutyClaimed", "dutyReleased", "dutyUnfilled"];
const STANDING: &[&str] = &["standingDutySet", "coverMissing"];

/// Reads what concerns the notifier, and passes over the rest.
pub fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Heard>, serde_json::Error> {
    let known = |names: &[&str]| names.contains(&event.name());
    match (stream.service(), stream.category()) {
        ("calendar", "activity") if known(ACTIVITY) => read(event, Heard::Activity),
        ("calendar", "venue") if known(VENUE) => read(event, Heard::Venue),
        ("people", "place") if known(PLACE) => read(event, Heard::Place),
        ("people", "resident") if known(RESIDENT) => read(event, Heard::Resident),
        ("people", "staff") if known(STAFF) => read(event, Heard::Staff),
        ("people", "team") if known(TEAM) => read(event, Heard::Team),
        ("attendance", "roll") if known(ROLL) => read(event, Heard::Roll),
        ("attendance", "duty") if known(DUTY) => read(event, Heard::Duty),
        ("attendance", "duty") if known(STANDING) => read(event, Heard::Standing),
        ("notifier", "subscription") => read(event, Heard::Subscription),
        ("notifier", "delivery") => read(event, Heard::Delivery),
        ("notifier", "followup") => read(event, Heard::Followup),
        ("notifier", "announcement") => read(event, Heard::Announcement),
        ("notifier", "machine") => read(event, Heard::Machine),
        _ => Ok(None),
    }
}

fn read<E: DeserializeOwned>(
    event: &NewEvent,
    heard: fn(E) -> Heard,
) -> Result<Option<Heard>, serde_json::Error> {
    event.decode().map(|event| Some(heard(event)))
}
