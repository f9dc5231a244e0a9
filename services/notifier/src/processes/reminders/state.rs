//! What the process remembers, and how each input changes it. The rows' keys:
//!
//! | key | what |
//! |---|---|
//! | `occ/<community>/<occurrence>` | an opened [`Occurrence`] |
//! | `act/<community>/<activity>` | its [`Activity`] |
//! | `place/<code>` | a [`Place`], for its zone |
//! | `part/<occurrence>/<resident>`, `mine/<resident>/<community>/<occurrence>` | [`Part`] |
//! | `told/<occurrence>/<resident>` | the newest revision that they were told |
//! | `sub/…`, `group/…`, `member/…`, `quiet/…`, `stop/…` | subscriptions, see `groups` |
//! | `summed/<community>/<ISO week>/<resident>` | who got a summary, see `digest` |
//! | `hours` | when the host runs |
//! | `standing/<community>/<duty>`, `cover/<stream>` | see `covers` |
//! | `home/<resident>`, `lives/<community>/<resident>`, `agrees/<resident>`, `told-of/<stream>` | see `announce` |
//! | `team/<resident>/<team>`, `gone/<resident>`, `asked/<person>/<n>` | people |
//! | `retry/<stream>/<due>/<attempt>`, `ripe`, `doubt/<stream>|<key>` | see `outcomes` |

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::{Asia::Shanghai, Tz};
use linli_platform::{ids::StreamId, process::Rows, projection::Fact};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{announce, covers, digest, groups, outcomes};
use crate::{
    contract::{
        MachineEvent,
        heard::{
            ActivityEvent, Description, DutyEvent, Heard, PlaceEvent, ResidentEvent, RollEvent,
            StaffEvent, Visibility,
        },
    },
    values::is_frequent,
};

/// An opened occurrence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Occurrence {
    pub activity: String,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub zone: Tz,
    pub venue: String,
    pub revision: u32,
    pub cancelled: bool,
    /// When it was opened, or its newest revision was made.
    pub since: DateTime<Utc>,
    /// Its own kinds; empty for the activity's.
    pub kinds: Vec<String>,
}

/// An activity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Activity {
    pub kinds: Vec<String>,
    pub visibility: Visibility,
    pub teams: Vec<String>,
    /// Whether it is held weekly or more often.
    pub frequent: bool,
    /// The member of staff who looks after it.
    #[serde(default)]
    pub contact: Option<Uuid>,
}

/// How somebody takes part in an occurrence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Part {
    pub registered: bool,
    pub waiting: bool,
    pub duties: BTreeSet<String>,
}

impl Part {
    /// Whether they are counted on, and so reminded.
    pub fn comes(&self) -> bool {
        self.registered || !self.duties.is_empty()
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Place {
    pub parent: String,
    zone: String,
}

pub(super) fn occurrence_id(activity: &StreamId, recurrence_id: &str) -> String {
    format!("{}-{recurrence_id}", activity.id())
}

/// The stream of a source's deliveries.
pub(super) fn source(community: &str, id: &str) -> Option<StreamId> {
    StreamId::new(community, "notifier", "delivery", id).ok()
}

pub(super) fn occurrence(rows: &Rows<'_>, community: &str, id: &str) -> Option<Occurrence> {
    rows.get(&format!("occ/{community}/{id}"))
}

pub(super) fn activity(rows: &Rows<'_>, community: &str, occurrence: &Occurrence) -> Activity {
    rows.get(&format!("act/{community}/{}", occurrence.activity)).unwrap_or_default()
}

/// The zone of a community: its own, or that of a place above it.
pub(super) fn zone(rows: &Rows<'_>, community: &str) -> Tz {
    let mut code = community.to_owned();
    // Places are few levels deep; the bound guards against a ring of parents.
    for _ in 0..16 {
        let Some(place) = rows.get::<Place>(&format!("place/{code}")) else { break };
        match place.zone.parse() {
            Ok(zone) => return zone,
            Err(_) => code = place.parent,
        }
    }
    Shanghai
}

/// The last part of a row's key as an id.
pub(super) fn last_id(key: &str) -> Option<Uuid> {
    key.rsplit('/').next()?.parse().ok()
}

/// Takes an event into the rows.
pub(super) fn hear(rows: &mut Rows<'_>, fact: &Fact<Heard>) {
    let stream = &fact.source.stream;
    match &fact.event {
        Heard::Activity(event) => calendar(rows, stream, event, fact.at),
        Heard::Place(event) => place(rows, event),
        Heard::Resident(event) => {
            if let Some(resident) = stream.uuid() {
                person(rows, resident, event, fact.at);
            }
        }
        Heard::Staff(StaffEvent::StaffSignInAsked { n }) => {
            rows.put(&format!("asked/{}/{n}", stream.id()), &fact.at);
        }
        Heard::Staff(StaffEvent::StaffErased {}) => gone(rows, stream.id()),
        Heard::Roll(event) => roll(rows, stream, event),
        Heard::Duty(DutyEvent::DutyClaimed { duty, resident }) => {
            part(rows, stream, *resident, |p| {
                p.duties.insert(duty.clone());
            });
        }
        Heard::Duty(DutyEvent::DutyReleased { duty, resident }) => {
            part(rows, stream, *resident, |p| {
                p.duties.remove(duty);
            });
        }
        Heard::Standing(event) => covers::hear(rows, stream, event),
        Heard::Announcement(event) => announce::hear(rows, stream, event, fact.at),
        Heard::Subscription(event) => groups::hear(rows, stream, event),
        Heard::Delivery(event) => outcomes::hear(rows, stream, event, fact.at),
        Heard::Machine(MachineEvent::HoursSet { hours }) => rows.put("hours", hours),
        Heard::Duty(DutyEvent::DutyUnfilled { .. })
        | Heard::Venue(_)
        | Heard::Team(_)
        | Heard::Followup(_) => {}
    }
}

/// Takes a timer into the rows.
pub(super) fn ring(rows: &mut Rows<'_>, name: &str, due: DateTime<Utc>) {
    if name.starts_with("retry/") {
        outcomes::ripen(rows, name);
    } else if let Some(community) = name.strip_prefix("digest/") {
        digest::forget(rows, community, due);
    } else if let Some(id) = name.strip_prefix("over/") {
        forget(rows, id);
    }
}

fn calendar(rows: &mut Rows<'_>, stream: &StreamId, event: &ActivityEvent, at: DateTime<Utc>) {
    let (community, activity) = (stream.community(), stream.id().to_owned());
    let row = |id: &str| format!("occ/{community}/{}", occurrence_id(stream, id));
    match event {
        ActivityEvent::ActivityDrafted { description, .. }
        | ActivityEvent::ActivityDescribed { description } => {
            let key = format!("act/{community}/{activity}");
            let frequent = rows.get::<Activity>(&key).is_some_and(|a| a.frequent);
            let Description { kinds, visibility, teams, contact, .. } = description.clone();
            let contact = contact.parse().ok();
            rows.put(&key, &Activity { kinds, visibility, teams, frequent, contact });
        }
        ActivityEvent::SegmentAdded { from, rule, zone } => {
            let key = format!("act/{community}/{activity}");
            let mut activity = rows.get::<Activity>(&key).unwrap_or_default();
            activity.frequent = is_frequent(*from, rule, zone);
            rows.put(&key, &activity);
        }
        ActivityEvent::OccurrenceOpened { recurrence_id, start, end, zone, venue, .. } => {
            let (start, end, venue) = (*start, *end, venue.clone());
            let zone = zone.parse().unwrap_or(Shanghai);
            let (revision, cancelled, since, kinds) = (0, false, at, vec![]);
            let opened =
                Occurrence { activity, start, end, zone, venue, revision, cancelled, since, kinds };
            rows.put(&row(recurrence_id), &opened);
        }
        ActivityEvent::OccurrenceDescribed { recurrence_id, kinds, .. } => {
            change(rows, &row(recurrence_id), |occ| occ.kinds.clone_from(kinds));
        }
        ActivityEvent::OccurrenceMoved { recurrence_id, revision, start, end, venue, .. } => {
            change(rows, &row(recurrence_id), |occ| {
                (occ.start, occ.end, occ.venue) = (*start, *end, venue.clone());
                (occ.revision, occ.cancelled, occ.since) = (*revision, false, at);
            });
        }
        ActivityEvent::OccurrenceCancelled { recurrence_id, revision, .. } => {
            change(rows, &row(recurrence_id), |occ| {
                (occ.revision, occ.cancelled, occ.since) = (*revision, true, at);
            });
        }
    }
}

/// Changes an occurrence, and leaves what it was before.
fn change(rows: &mut Rows<'_>, key: &str, how: impl FnOnce(&mut Occurrence)) {
    if let Some(before) = rows.get::<Occurrence>(key) {
        let mut occurrence = before.clone();
        how(&mut occurrence);
        rows.put(key, &occurrence);
        rows.leave(before);
    }
}

fn place(rows: &mut Rows<'_>, event: &PlaceEvent) {
    if let PlaceEvent::PlaceAdded { code, parent, zone, .. } = event {
        let place = Place { parent: parent.clone(), zone: zone.clone() };
        rows.put(&format!("place/{code}"), &place);
    }
}

fn person(rows: &mut Rows<'_>, resident: Uuid, event: &ResidentEvent, at: DateTime<Utc>) {
    match event {
        ResidentEvent::TeamJoined { team } => rows.put(&format!("team/{resident}/{team}"), &()),
        ResidentEvent::TeamLeft { team } => rows.remove(&format!("team/{resident}/{team}")),
        ResidentEvent::SignInAsked { n } => rows.put(&format!("asked/{resident}/{n}"), &at),
        ResidentEvent::ResidentMerged { .. } | ResidentEvent::ResidentErased {} => {
            groups::leave_all(rows, resident);
            gone(rows, &resident.to_string());
        }
        // The directory knows who consents at the moment of sending; whom to ask it for, these.
        ResidentEvent::ResidentRegistered { .. }
        | ResidentEvent::ResidentMoved { .. }
        | ResidentEvent::ConsentGiven { .. }
        | ResidentEvent::ConsentWithdrawn { .. } => announce::settle(rows, resident, event),
    }
}

fn gone(rows: &mut Rows<'_>, person: &str) {
    for (key, _) in rows.scan::<serde_json::Value>(&format!("asked/{person}/")) {
        rows.remove(&key);
    }
    announce::forget(rows, person);
    rows.put(&format!("gone/{person}"), &());
}

fn roll(rows: &mut Rows<'_>, stream: &StreamId, event: &RollEvent) {
    let (resident, registered, waiting) = match event {
        RollEvent::Registered { resident } | RollEvent::Promoted { resident } => {
            (resident, true, false)
        }
        RollEvent::Waitlisted { resident } => (resident, false, true),
        RollEvent::Withdrawn { resident } | RollEvent::Excused { resident } => {
            (resident, false, false)
        }
    };
    part(rows, stream, *resident, |p| (p.registered, p.waiting) = (registered, waiting));
}

fn part(rows: &mut Rows<'_>, of: &StreamId, resident: Uuid, how: impl FnOnce(&mut Part)) {
    let key = format!("part/{}/{resident}", of.id());
    let mine = format!("mine/{resident}/{}/{}", of.community(), of.id());
    let mut part = rows.get::<Part>(&key).unwrap_or_default();
    how(&mut part);
    if part.comes() || part.waiting {
        rows.put(&key, &part);
        rows.put(&mine, &());
    } else {
        rows.remove(&key);
        rows.remove(&mine);
    }
}

/// Lets go of all that was remembered for an occurrence, `<community>/<occurrence>`.
fn forget(rows: &mut Rows<'_>, id: &str) {
    let Some((community, occurrence)) = id.split_once('/') else { return };
    for (key, _) in rows.scan::<serde_json::Value>(&format!("part/{occurrence}/")) {
        if let Some(resident) = last_id(&key) {
            rows.remove(&format!("mine/{resident}/{community}/{occurrence}"));
        }
        rows.remove(&key);
    }
    let stream = format!("{community}/notifier/delivery/{occurrence}");
    let prefixes =
        [format!("told/{occurrence}/"), format!("retry/{stream}/"), format!("doubt/{stream}|")];
    for prefix in prefixes {
        for (key, _) in rows.scan::<serde_json::Value>(&prefix) {
            rows.remove(&key);
        }
    }
    rows.remove(&format!("occ/{community}/{occurrence}"));
}
