//! Quiet hours that change, wishes that change while something is held, and the weekly summary.

use super::*;

const SUMMARY: &str = "xiguan/notifier/delivery/digest-2026-W46";

impl World {
    fn set_quiet(&mut self, resident: u128, from: &str, until: &str) -> Vec<DeliveryCommand> {
        let stream = format!("_/notifier/subscription/{}", Uuid::from_u128(resident));
        self.hear(&stream, json!({ "quietHoursSet": { "from": from, "until": until } }))
    }

    /// Holds a delivery, as the decider does in quiet hours.
    fn hold(&mut self, key: Key, until: &str) {
        let held = DeliveryEvent::DeliveriesHeld { until: at(until), attempt: 1, keys: vec![key] };
        self.delivery(&held);
    }

    /// Lets the series' next occurrence be opened, on Thursday, 12 November.
    fn open_next(&mut self) {
        self.calendar(json!({ "occurrenceOpened": {
            "recurrenceId": "20261112T090000", "start": "2026-11-12T01:00:00Z",
            "end": "2026-11-12T03:00:00Z", "zone": "Asia/Shanghai"
        } }));
    }

    fn cancel_next(&mut self) -> Vec<DeliveryCommand> {
        self.calendar(json!({ "occurrenceCancelled": {
            "recurrenceId": "20261112T090000", "revision": 1, "reason": "暴雨"
        } }))
    }
}

#[test]
fn new_quiet_hours_lose_no_reminder() {
    let mut world = World::new(MONTHLY);
    world.subscribe(1, &[600], "DEFAULT");
    world.roll("registered", 2);
    // Wanted at 23:00, for 9 o'clock: it would come at 7 in the morning. Then nothing is quiet.
    world.pass("2026-11-04T23:30:00+08:00");
    let commands = world.set_quiet(1, "00:00", "00:00");
    assert_eq!(starts(&commands), [key(1, 0, Purpose::Lead(600))]);
    assert_eq!(starts(&world.set_quiet(1, "00:00", "00:01")), [], "it is in the past by both");
    // Theirs would come at 7 too; by new hours until 8 it would have come the evening before.
    let commands = world.set_quiet(2, "22:00", "08:00");
    assert_eq!(starts(&commands), [key(2, 0, Purpose::Lead(120))]);
    let DeliveryCommand::Start { late, .. } = &commands[0] else { panic!("{commands:?}") };
    assert!(late.quiet.is_some(), "the decider holds it until 8");
    assert_eq!(world.pass("2026-11-06T00:00:00+08:00"), []);
}

#[test]
fn what_is_held_goes_to_those_alone_who_still_want_it() {
    let mut world = World::new(MONTHLY);
    let [left, stopped, stays, ended] = [1, 2, 3, 4].map(|n| key(n, 0, Purpose::Lead(120)));
    for n in 1..=3 {
        world.roll("registered", n);
    }
    world.subscribe(4, &[120], "NEVER");
    world.now = at("2026-11-05T06:30:00+08:00");
    for key in [left, stopped, stays, ended] {
        world.hold(key, "2026-11-05T08:00:00+08:00");
    }
    world.roll("withdrawn", 1);
    let [two, four] = [2, 4].map(Uuid::from_u128);
    world.hear(&format!("_/notifier/subscription/{two}"), json!({ "remindersStopped": {} }));
    let end = json!({ "unsubscribed": { "subscription": Uuid::from_u128(99) } });
    world.hear(&format!("xiguan/notifier/subscription/{four}"), end);
    let held = world.timers.iter().find(|(name, _)| name.starts_with("retry/"));
    let (name, due) = held.map(|(name, due)| (name.clone(), *due)).unwrap();
    let commands = world.act(&Input::Timer { name: &name, due }, due);
    assert_eq!(starts(&commands), [stays]);
    let missed = DeliveryCommand::Miss { keys: vec![left, stopped, ended] };
    assert_eq!(commands.last(), Some(&missed));
}

#[test]
fn a_weekly_series_comes_as_one_summary_unless_each_is_wanted() {
    let mut world = World::new(WEEKLY);
    world.subscribe(1, &[60], "DEFAULT");
    world.subscribe(2, &[60], "NEVER");
    world.open_next();
    let sent = world.pass("2026-11-13T00:00:00+08:00");
    let sunday = (at("2026-11-08T18:00:00+08:00"), vec![key(1, 0, Purpose::Digest)]);
    let single = |day: &str| (at(day), vec![key(2, 0, Purpose::Lead(60))]);
    // The first was opened when its week's summary was out.
    let first = [1, 2].map(|n| key(n, 0, Purpose::Lead(60))).to_vec();
    let first = (at("2026-11-05T08:00:00+08:00"), first);
    assert_eq!(sent, [first, sunday, single("2026-11-12T08:00:00+08:00")]);
}

#[test]
fn whoever_got_the_summary_is_told_of_a_change() {
    let mut world = World::new(WEEKLY);
    for n in [1, 2, 4] {
        world.subscribe(n, &[60], "DEFAULT");
    }
    world.open_next();
    world.pass("2026-11-08T18:00:00+08:00");
    let [reader, without] = [1, 4].map(|n| key(n, 0, Purpose::Digest));
    let summary = started(&[reader, without]);
    world.hear(SUMMARY, serde_json::to_value(&summary).unwrap());
    let (reason, keys) = ("no-address".to_owned(), vec![without]);
    let suppressed = DeliveryEvent::DeliveriesSuppressed { reason, keys };
    world.hear(SUMMARY, serde_json::to_value(&suppressed).unwrap());
    world.subscribe(3, &[60], "DEFAULT");
    let told = starts(&world.cancel_next());
    assert_eq!(told, [key(1, 1, Purpose::Changed)], "neither 2 and 4, who did not get it, nor 3");
    assert_eq!(world.pass("2026-11-14T00:00:00+08:00"), []);
}

#[test]
fn a_change_before_the_summary_is_told_by_it_alone() {
    let mut world = World::new(WEEKLY);
    world.subscribe(1, &[60], "DEFAULT");
    world.open_next();
    let summary = started(&[key(1, 0, Purpose::Digest)]);
    world.hear(&SUMMARY.replace("W46", "W45"), serde_json::to_value(&summary).unwrap());
    assert_eq!(starts(&world.cancel_next()), []);
}

#[test]
fn who_got_which_summary_is_forgotten_a_week_later() {
    let mut world = World::new(WEEKLY);
    world.subscribe(1, &[60], "DEFAULT");
    let summary = started(&[key(1, 0, Purpose::Digest)]);
    world.hear(SUMMARY, serde_json::to_value(&summary).unwrap());
    let kept = |world: &World| world.rows.scan::<()>("summed/").len();
    world.pass("2026-11-15T18:00:00+08:00");
    assert_eq!(kept(&world), 1, "its week still runs");
    world.pass("2026-11-22T18:00:00+08:00");
    assert_eq!(kept(&world), 0);
}

#[test]
fn what_comes_up_after_the_summary_is_reminded_of_once() {
    let mut world = World::new(WEEKLY);
    world.subscribe(1, &[1440, 60], "DEFAULT");
    world.subscribe(2, &[], "ALWAYS");
    world.pass("2026-11-09T08:00:00+08:00");
    world.open_next();
    let day_before = at("2026-11-11T09:00:00+08:00");
    let both = [1, 2].map(|n| key(n, 0, Purpose::Lead(1440)));
    assert_eq!(world.pass("2026-11-11T12:00:00+08:00"), [(day_before, both.to_vec())]);
    let delivery = DELIVERY.replace("20261105", "20261112");
    world.hear(&delivery, serde_json::to_value(started(&both)).unwrap());
    assert_eq!(world.pass("2026-11-14T00:00:00+08:00"), [], "no second one");
}

#[test]
fn the_summary_comes_before_the_host_is_off_for_the_weekend() {
    let mut world = World::new(WEEKLY);
    world.subscribe(1, &[60], "DEFAULT");
    world.open_next();
    let hours = json!({ "hoursSet": { "hours": ["mon-fri 08:00-17:30"] } });
    world.hear("_/notifier/machine/hours", hours);
    world.pass("2026-11-05T12:00:00+08:00");
    let sent = world.pass("2026-11-09T08:00:00+08:00");
    let friday = at("2026-11-06T16:30:00+08:00");
    assert_eq!(sent, [(friday, vec![key(1, 0, Purpose::Digest)])]);
}
