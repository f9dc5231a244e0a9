//! Plans every notice: hears what happens to occurrences, who wants to know and who takes part,
//! and orders batches from the `delivery` streams.
//!
//! Planned reminders are no rows of their own. Residents with the same wish stand in one
//! *group* (target, lead times, quiet hours, summary), and a timer is set per occurrence and
//! instant at which some group is due. Only when it fires are the group's members looked up. So
//! 20,000 subscriptions to everything cost one timer per occurrence and lead time.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::StreamId,
    process::{Action, Input, Process, Rows},
    projection::Fact,
};
use uuid::Uuid;

use crate::{
    contract::{
        AnnouncementEvent, DeliveryEvent, FollowupEvent, MachineEvent, SubscriptionEvent,
        heard::{ActivityEvent, DutyEvent, Heard, ResidentEvent, RollEvent, StaffEvent},
    },
    deciders::DeliveryCommand,
    values::{Key, Purpose},
};

mod announce;
mod covers;
mod digest;
mod groups;
mod outcomes;
mod plan;
mod quiet;
mod state;
#[cfg(test)]
mod tests;

use state::{occurrence_id, source};

/// The process.
pub enum Reminders {}

/// What this process wants.
type Wish = Action<DeliveryCommand>;

impl Process<Heard> for Reminders {
    const NAME: &'static str = "reminders";
    const VERSION: u32 = 3;
    type Command = DeliveryCommand;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        match input {
            Input::Event(fact) => state::hear(rows, fact),
            Input::Timer { name, due } => state::ring(rows, name, *due),
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Wish> {
        match input {
            Input::Event(fact) => hear(rows, fact, now),
            Input::Timer { name, due } => ring(rows, name, *due),
        }
    }
}

fn ring(rows: &Rows<'_>, name: &str, due: DateTime<Utc>) -> Vec<Wish> {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["lead", community, occurrence, _] => plan::remind(rows, community, occurrence, due),
        ["digest", community] => digest::send(rows, community, due),
        ["retry", ..] => outcomes::retry(rows, due),
        _ => vec![],
    }
}

fn hear(rows: &Rows<'_>, fact: &Fact<Heard>, now: DateTime<Utc>) -> Vec<Wish> {
    let stream = &fact.source.stream;
    let community = stream.community();
    match &fact.event {
        Heard::Activity(event) => calendar(rows, stream, event, now),
        Heard::Roll(event) => roll(rows, stream, event, now),
        Heard::Duty(DutyEvent::DutyClaimed { resident, .. }) => {
            plan::await_participant(rows, community, stream.id(), *resident, now)
        }
        Heard::Duty(DutyEvent::DutyUnfilled { .. }) => {
            plan::unfilled(rows, community, stream.id(), now)
        }
        Heard::Standing(event) => covers::tell(rows, stream, event, now),
        Heard::Announcement(AnnouncementEvent::Announced { what, of, .. }) => {
            announce::tell(rows, stream, (*what, of), now)
        }
        Heard::Subscription(SubscriptionEvent::Subscribed { subscription, .. }) => {
            groups::joined(rows, stream, *subscription, now)
        }
        Heard::Subscription(SubscriptionEvent::QuietHoursSet { .. }) => {
            stream.uuid().map(|resident| quiet::changed(rows, resident, now)).unwrap_or_default()
        }
        Heard::Resident(ResidentEvent::SignInAsked { n })
        | Heard::Staff(StaffEvent::StaffSignInAsked { n }) => {
            stream.uuid().map(|person| sign_in(rows, person, *n, now)).unwrap_or_default()
        }
        Heard::Delivery(event) => delivery(rows, stream, event, now),
        Heard::Followup(FollowupEvent::Resent { key }) => outcomes::resend(rows, stream, *key, now),
        Heard::Machine(MachineEvent::HoursSet { .. }) => {
            let mut wishes = plan::replanned(rows, now);
            wishes.extend(digest::timers(rows, now));
            wishes
        }
        Heard::Venue(_)
        | Heard::Place(_)
        | Heard::Resident(_)
        | Heard::Staff(_)
        | Heard::Duty(_)
        | Heard::Team(_)
        | Heard::Announcement(_)
        | Heard::Subscription(_)
        | Heard::Followup(_) => vec![],
    }
}

fn calendar(
    rows: &Rows<'_>,
    stream: &StreamId,
    event: &ActivityEvent,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let community = stream.community();
    match event {
        ActivityEvent::OccurrenceOpened { recurrence_id, .. } => {
            plan::timers(rows, community, &occurrence_id(stream, recurrence_id), now)
        }
        ActivityEvent::OccurrenceMoved { recurrence_id, .. } => {
            let id = occurrence_id(stream, recurrence_id);
            let mut wishes = plan::changed(rows, community, &id, now);
            wishes.extend(plan::timers(rows, community, &id, now));
            wishes
        }
        ActivityEvent::OccurrenceCancelled { recurrence_id, .. } => {
            plan::changed(rows, community, &occurrence_id(stream, recurrence_id), now)
        }
        ActivityEvent::ActivityDrafted { .. }
        | ActivityEvent::ActivityDescribed { .. }
        | ActivityEvent::SegmentAdded { .. }
        | ActivityEvent::OccurrenceDescribed { .. } => vec![],
    }
}

fn roll(rows: &Rows<'_>, stream: &StreamId, event: &RollEvent, now: DateTime<Utc>) -> Vec<Wish> {
    let (community, id) = (stream.community(), stream.id());
    match event {
        RollEvent::Registered { resident } => {
            plan::await_participant(rows, community, id, *resident, now)
        }
        RollEvent::Promoted { resident } => {
            let mut wishes = plan::await_participant(rows, community, id, *resident, now);
            wishes.extend(plan::promoted(rows, community, id, *resident, now));
            wishes
        }
        RollEvent::Waitlisted { .. } | RollEvent::Withdrawn { .. } | RollEvent::Excused { .. } => {
            vec![]
        }
    }
}

fn delivery(
    rows: &Rows<'_>,
    stream: &StreamId,
    event: &DeliveryEvent,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    match event {
        DeliveryEvent::DeliveriesStarted { keys, .. } => plan::overtaken(rows, stream, keys, now),
        DeliveryEvent::DeliveriesSettled { attempt, outcomes } => {
            outcomes::settled(rows, stream, *attempt, outcomes, now)
        }
        DeliveryEvent::DeliveriesHeld { until, attempt, .. } => {
            vec![outcomes::timer(stream, *until, *attempt)]
        }
        DeliveryEvent::DeliveriesMissed { .. }
        | DeliveryEvent::DeliveriesSuperseded { .. }
        | DeliveryEvent::DeliveriesSuppressed { .. } => vec![],
    }
}

fn sign_in(rows: &Rows<'_>, person: Uuid, n: u32, now: DateTime<Utc>) -> Vec<Wish> {
    // The day in UTC: a stream a day keeps each of them short, whatever the day is called.
    let id = format!("sign-in-{}", now.format("%Y-%m-%d"));
    let Some(to) = source("_", &id) else { return vec![] };
    outcomes::send(rows, &to, 1, &[Key::mail(person, 0, Purpose::SignIn(n))], false, now)
}
