use std::collections::BTreeMap;

use chrono::TimeDelta;
use linli_platform::{
    commit::NewEvent,
    ids::{Actor, CommandId, EventRef, Position, Version},
    testing::at,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    contract::{
        Class::{self, Indeterminate, Transient},
        Outcome,
        heard::hear as heard,
    },
    deciders::Late,
    values::Quiet,
};

mod quiet;

const ACTIVITY: &str = "00000000-0000-0000-0000-00000000000a";
const OCC: &str = "00000000-0000-0000-0000-00000000000a-20261105T090000";
const DELIVERY: &str =
    "xiguan/notifier/delivery/00000000-0000-0000-0000-00000000000a-20261105T090000";

/// The process alone, with the timers that the platform would keep.
struct World {
    rows: Rows<'static>,
    timers: BTreeMap<String, DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl World {
    /// An activity whose occurrence on 5 November at 9 was opened on 2 November.
    fn new(rule: &str) -> Self {
        let rows = Rows::default();
        let now = at("2026-11-02T08:00:00+08:00");
        let mut world = Self { rows, timers: BTreeMap::new(), now };
        let stream = format!("xiguan/calendar/activity/{ACTIVITY}");
        let description = json!({ "title": "党员日", "kinds": ["党员日"] });
        let drafted = json!({ "slug": "party-day", "description": description });
        world.hear(&stream, json!({ "activityDrafted": drafted }));
        let segment = json!({
            "segment": 1, "from": "2026-11-01", "rule": rule, "zone": "Asia/Shanghai"
        });
        world.hear(&stream, json!({ "segmentAdded": segment }));
        world.hear(
            &stream,
            json!({ "occurrenceOpened": {
            "recurrenceId": "20261105T090000", "start": "2026-11-05T01:00:00Z",
            "end": "2026-11-05T03:00:00Z", "zone": "Asia/Shanghai", "venue": "v1"
        } }),
        );
        world
    }

    fn act(&mut self, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<DeliveryCommand> {
        Reminders::evolve(&mut self.rows, input);
        let mut commands = Vec::new();
        for wish in Reminders::react(&self.rows, input, now) {
            match wish {
                Action::Command { command, .. } => commands.push(command),
                Action::SetTimer { name, due } => {
                    self.timers.insert(name, due);
                }
                Action::ClearTimer { name } => {
                    self.timers.remove(&name);
                }
            }
        }
        commands
    }

    fn hear(&mut self, stream: &str, event: impl serde::Serialize) -> Vec<DeliveryCommand> {
        let stream: StreamId = stream.parse().unwrap();
        let event = NewEvent::of(&event).unwrap();
        let Some(event) = heard(&stream, &event).unwrap() else { return vec![] };
        let fact = Fact {
            source: EventRef { stream, version: Version(1) },
            position: Position(1),
            at: self.now,
            cmd: CommandId(Uuid::from_u128(1)),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        self.act(&Input::Event(&fact), self.now)
    }

    fn calendar(&mut self, event: Value) -> Vec<DeliveryCommand> {
        self.hear(&format!("xiguan/calendar/activity/{ACTIVITY}"), event)
    }

    fn roll(&mut self, event: &str, resident: u128) -> Vec<DeliveryCommand> {
        let resident = Uuid::from_u128(resident);
        let event = json!({ event: { "resident": resident } });
        self.hear(&format!("xiguan/attendance/roll/{OCC}"), event)
    }

    fn delivery(&mut self, event: &DeliveryEvent) -> Vec<DeliveryCommand> {
        self.hear(DELIVERY, serde_json::to_value(event).unwrap())
    }

    fn subscribe(&mut self, resident: u128, leads: &[u32], digest: &str) {
        let resident = Uuid::from_u128(resident);
        self.hear(
            &format!("xiguan/notifier/subscription/{resident}"),
            json!({ "subscribed": {
            "subscription": Uuid::from_u128(99), "what": "KIND", "of": "党员日",
            "leadMinutes": leads, "channels": ["email"], "digest": digest
        } }),
        );
    }

    /// Rings all timers up to an instant, in order; what was sent, with when.
    fn pass(&mut self, until: &str) -> Vec<(DateTime<Utc>, Vec<Key>)> {
        let mut sent = Vec::new();
        while let Some((name, due)) =
            self.timers.clone().into_iter().min_by_key(|(name, due)| (*due, name.clone()))
            && due <= at(until)
        {
            self.timers.remove(&name);
            self.now = due;
            for command in self.act(&Input::Timer { name: &name, due }, due) {
                let DeliveryCommand::Start { keys, .. } = command else { continue };
                sent.push((due, keys));
            }
        }
        self.now = at(until);
        sent
    }
}

const MONTHLY: &str = "cron = \"0 0 9 5 * *\"";
const WEEKLY: &str = "cron = \"0 0 9 * * Thu\"";

fn key(resident: u128, revision: u32, purpose: Purpose) -> Key {
    Key::mail(Uuid::from_u128(resident), revision, purpose)
}

fn moved(revision: u32, start: &str) -> Value {
    let end = at(start) + TimeDelta::hours(2);
    json!({ "occurrenceMoved": {
        "recurrenceId": "20261105T090000", "revision": revision, "start": at(start), "end": end,
        "zone": "Asia/Shanghai", "venue": "v1", "reason": "停电"
    } })
}

fn cancelled(revision: u32) -> Value {
    json!({ "occurrenceCancelled": {
        "recurrenceId": "20261105T090000", "revision": revision, "reason": "暴雨"
    } })
}

fn started(keys: &[Key]) -> DeliveryEvent {
    DeliveryEvent::DeliveriesStarted { attempt: 1, keys: keys.to_vec() }
}

fn settled(key: Key, attempt: u32, class: Class) -> DeliveryEvent {
    let outcomes = vec![Outcome { key, class, code: "451".into() }];
    DeliveryEvent::DeliveriesSettled { attempt, outcomes }
}

/// All keys of the starts among commands.
fn starts(commands: &[DeliveryCommand]) -> Vec<Key> {
    let keys = commands.iter().filter_map(|command| match command {
        DeliveryCommand::Start { keys, .. } => Some(keys.clone()),
        _ => None,
    });
    keys.flatten().collect()
}

#[test]
fn subscribers_are_reminded_by_their_own_lead_times() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[1440, 60], "DEFAULT");
    world.subscribe(2, &[60], "DEFAULT");
    let both = vec![key(1, 0, Purpose::Lead(60)), key(2, 0, Purpose::Lead(60))];
    assert_eq!(
        world.pass("2026-11-06T00:00:00+08:00"),
        [
            (at("2026-11-04T09:00:00+08:00"), vec![key(1, 0, Purpose::Lead(1440))]),
            (at("2026-11-05T08:00:00+08:00"), both),
        ]
    );
}

#[test]
fn quiet_hours_pull_an_early_reminder_to_the_evening_before() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[180], "DEFAULT");
    let resident = Uuid::from_u128(1);
    let quiet = json!({ "quietHoursSet": { "from": "21:30", "until": "08:00" } });
    world.hear(&format!("_/notifier/subscription/{resident}"), quiet);
    let evening = at("2026-11-04T20:30:00+08:00");
    let sent = world.pass("2026-11-06T00:00:00+08:00");
    assert_eq!(sent, [(evening, vec![key(1, 0, Purpose::Lead(180))])]);
}

#[test]
fn whoever_registers_is_reminded_without_a_subscription_and_nobody_else() {
    let mut world = World::new(MONTHLY);
    world.roll("registered", 1);
    world.roll("waitlisted", 2);
    world.roll("registered", 3);
    world.roll("withdrawn", 3);
    let sent = world.pass("2026-11-06T00:00:00+08:00");
    let day = (at("2026-11-04T09:00:00+08:00"), vec![key(1, 0, Purpose::Lead(1440))]);
    assert_eq!(sent[0], day);
    assert_eq!(sent[1].1, [key(1, 0, Purpose::Lead(120))]);
    assert_eq!(sent.len(), 2);
}

#[test]
fn a_move_fences_tells_whom_it_concerns_and_plans_anew() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[1440], "DEFAULT");
    world.subscribe(4, &[60], "DEFAULT");
    world.roll("waitlisted", 2);
    world.hear(
        &format!("xiguan/attendance/duty/{OCC}"),
        json!({ "dutyClaimed": {
        "duty": "登记", "resident": Uuid::from_u128(3)
    } }),
    );
    world.pass("2026-11-04T12:00:00+08:00");
    world.delivery(&started(&[key(1, 0, Purpose::Lead(1440))]));
    let commands = world.calendar(moved(1, "2026-11-07T14:00:00+08:00"));
    assert_eq!(commands[0], DeliveryCommand::Supersede { revision: 1 });
    assert_eq!(starts(&commands), [1, 2, 3].map(|n| key(n, 1, Purpose::Changed)));
    let DeliveryCommand::Start { late, .. } = &commands[1] else { panic!("{commands:?}") };
    assert_eq!(late.quiet, None, "a change goes past quiet hours");
    let sent = world.pass("2026-11-08T00:00:00+08:00");
    let keys: Vec<Key> = sent.into_iter().flat_map(|(_, keys)| keys).collect();
    let again = [(1, 1440), (3, 1440), (3, 120), (4, 60)];
    assert_eq!(keys, again.map(|(n, lead)| key(n, 1, Purpose::Lead(lead))));
}

#[test]
fn leads_that_a_move_leaves_behind_are_covered_by_its_notice() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[1440], "DEFAULT");
    world.subscribe(2, &[1440], "DEFAULT");
    world.roll("registered", 1);
    // Brought forward to this afternoon: the day before is past.
    let commands = world.calendar(moved(1, "2026-11-02T14:00:00+08:00"));
    assert_eq!(starts(&commands), [key(1, 1, Purpose::Changed)]);
    let sent = world.pass("2026-11-06T00:00:00+08:00");
    let keys: Vec<Key> = sent.into_iter().flat_map(|(_, keys)| keys).collect();
    // The subscriber who knows nothing yet is told in place of the reminder that can't be.
    assert_eq!(keys, [key(2, 1, Purpose::Lead(1440))]);
}

#[test]
fn a_cancellation_goes_out_at_once_and_nothing_after_it() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[60], "DEFAULT");
    world.roll("registered", 2);
    world.now = at("2026-11-04T23:00:00+08:00");
    let commands = world.calendar(cancelled(1));
    assert_eq!(starts(&commands), [key(2, 1, Purpose::Changed)]);
    let expires = Some(at("2026-11-05T09:00:00+08:00"));
    let at_once = Late { expires, quiet: None };
    assert!(matches!(&commands[1], DeliveryCommand::Start { late, .. } if *late == at_once));
    assert_eq!(world.pass("2026-11-08T00:00:00+08:00"), []);
}

#[test]
fn a_batch_that_was_under_way_when_the_change_came_is_told_of_it() {
    let mut world = World::new(MONTHLY);
    world.calendar(moved(1, "2026-11-07T14:00:00+08:00"));
    let commands = world.delivery(&started(&[key(5, 0, Purpose::Lead(60))]));
    assert_eq!(starts(&commands), [key(5, 1, Purpose::Changed)]);
    assert_eq!(world.delivery(&started(&[key(5, 1, Purpose::Changed)])), []);
}

#[test]
fn a_mended_text_sends_nothing() {
    let mut world = World::new(MONTHLY);
    world.roll("registered", 1);
    let text = json!({ "recurrenceId": "20261105T090000", "title": "党员活动日" });
    assert_eq!(world.calendar(json!({ "occurrenceDescribed": text })), []);
}

#[test]
fn who_moves_up_from_the_waiting_list_is_told() {
    let mut world = World::new(MONTHLY);
    world.roll("waitlisted", 1);
    let commands = world.roll("promoted", 1);
    assert_eq!(starts(&commands), [key(1, 0, Purpose::Promoted)]);
    let DeliveryCommand::Start { late, .. } = &commands[0] else { panic!("{commands:?}") };
    assert_eq!(late.quiet.map(|(quiet, _)| quiet), Some(Quiet::default()));
    world.now = at("2026-11-05T02:00:00+08:00");
    let commands = world.calendar(moved(1, "2026-11-05T08:00:00+08:00"));
    assert_eq!(starts(&commands), [key(1, 1, Purpose::Changed)]);
    let commands = world.roll("promoted", 2);
    let DeliveryCommand::Start { late, .. } = &commands[0] else { panic!("{commands:?}") };
    assert_eq!(late.quiet, None, "it begins before anybody would read it in the morning");
}

#[test]
fn whoever_is_erased_or_stopped_all_is_not_reminded() {
    let mut world = World::new(MONTHLY);
    for n in 1..=3 {
        world.subscribe(n, &[60], "DEFAULT");
    }
    world.roll("registered", 1);
    let [gone, stopped] = [1, 2].map(Uuid::from_u128);
    world.hear(&format!("_/people/resident/{gone}"), json!({ "residentErased": {} }));
    world.hear(&format!("_/notifier/subscription/{stopped}"), json!({ "remindersStopped": {} }));
    let sent = world.pass("2026-11-04T10:00:00+08:00");
    assert_eq!(sent, []);
    assert_eq!(starts(&world.calendar(cancelled(1))), []);
    let mut other = World::new(MONTHLY);
    other.subscribe(3, &[60], "DEFAULT");
    assert_eq!(other.pass("2026-11-06T00:00:00+08:00").len(), 1);
}

#[test]
fn a_passing_trouble_is_tried_again_later_and_given_up_after_eight_times() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[60], "NEVER");
    let lead = key(1, 0, Purpose::Lead(1440));
    world.now = at("2026-11-04T09:00:00+08:00");
    let settled = |attempt, class| settled(lead, attempt, class);
    assert_eq!(world.delivery(&settled(1, Transient)), []);
    let sent = world.pass("2026-11-04T09:00:30+08:00");
    assert_eq!(sent.iter().map(|(_, keys)| keys.clone()).collect::<Vec<_>>(), [vec![lead]]);
    let given_up = world.delivery(&settled(9, Transient));
    assert_eq!(given_up, [DeliveryCommand::Miss { keys: vec![lead] }]);
    let again = world.delivery(&settled(1, Indeterminate));
    assert!(matches!(&again[..], [DeliveryCommand::Start { attempt: 2, resend: false, .. }]));
    let by_hand = serde_json::to_value(FollowupEvent::Resent { key: lead }).unwrap();
    let by_hand = world.hear(&DELIVERY.replace("delivery", "followup"), by_hand);
    assert!(matches!(&by_hand[..], [DeliveryCommand::Start { attempt: 2, resend: true, .. }]));
}

#[test]
fn two_batches_that_fail_at_once_are_both_tried_again() {
    let mut world = World::new(MONTHLY);
    let keys = [1, 2].map(|n| key(n, 0, Purpose::Lead(1440)));
    for n in [1, 2] {
        world.subscribe(n, &[60], "NEVER");
    }
    assert!(keys.iter().all(|key| world.delivery(&settled(*key, 1, Transient)).is_empty()));
    let tried = world.pass("2026-11-02T08:05:00+08:00").into_iter();
    assert_eq!(tried.flat_map(|(_, keys)| keys).collect::<Vec<_>>(), keys);
}

#[test]
fn a_trouble_that_outlasts_what_is_remembered_of_the_occurrence_is_given_up() {
    let mut world = World::new(MONTHLY);
    world.pass("2026-11-07T09:00:00+08:00");
    let key = key(1, 0, Purpose::Promoted);
    world.delivery(&settled(key, 1, Transient));
    let (name, due) = world.timers.pop_first().unwrap();
    let told = world.act(&Input::Timer { name: &name, due }, due);
    assert_eq!(told, [DeliveryCommand::Miss { keys: vec![key] }]);
}

#[test]
fn many_subscribers_cost_one_timer_and_batches_of_64() {
    let mut world = World::new(MONTHLY);
    for n in 1..=200 {
        world.subscribe(n, &[60], "DEFAULT");
    }
    let leads = world.timers.keys().filter(|name| name.starts_with("lead/")).count();
    assert_eq!(leads, 1);
    let sent = world.pass("2026-11-06T00:00:00+08:00");
    let sizes: Vec<usize> = sent.iter().map(|(_, keys)| keys.len()).collect();
    assert_eq!(sizes, [64, 64, 64, 8]);
}

#[test]
fn a_link_to_sign_in_goes_out_at_once_for_a_quarter_of_an_hour() {
    let mut world = World::new(MONTHLY);
    let person = Uuid::from_u128(1);
    let commands =
        world.hear(&format!("_/people/resident/{person}"), json!({ "signInAsked": { "n": 3 } }));
    assert_eq!(starts(&commands), [key(1, 0, Purpose::SignIn(3))]);
    let expires = Some(world.now + TimeDelta::minutes(15));
    let DeliveryCommand::Start { late, .. } = &commands[0] else { panic!("{commands:?}") };
    assert_eq!(*late, Late { expires, quiet: None });
}
