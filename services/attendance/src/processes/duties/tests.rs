use chrono::{NaiveDate, TimeDelta};
use linli_platform::testing::at;

use super::*;
use crate::{
    contract::{StandingEvent, Way},
    deciders::standing,
    processes::tests::Told,
    values::StandingKey,
};

fn key() -> OccurrenceKey {
    OccurrenceKey::new("xiguan", Uuid::from_u128(0xac), "20261105T090000")
}

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn start() -> DateTime<Utc> {
    at("2026-11-05T01:00:00Z")
}

fn early() -> DateTime<Utc> {
    at("2026-10-20T00:00:00Z")
}

fn near() -> DateTime<Utc> {
    start() - TimeDelta::days(2)
}

fn place(places: u32) -> Vec<DutyPlace> {
    vec![DutyPlace { name: "tea".into(), places }]
}

fn set() -> DutyEvent {
    DutyEvent::DutiesSet { duties: place(2), start: start(), end: start() + TimeDelta::hours(2) }
}

fn claimed(n: u128) -> DutyEvent {
    DutyEvent::DutyClaimed { duty: "tea".into(), resident: who(n), proxy: None, instead_of: None }
}

fn released(n: u128) -> DutyEvent {
    DutyEvent::DutyReleased { duty: "tea".into(), resident: who(n) }
}

fn timer() -> String {
    format!("unfilled/{}", key())
}

fn rings(due: DateTime<Utc>) -> Action<Order> {
    Action::SetTimer { name: timer(), due }
}

fn order(command: duty::Command) -> Action<Order> {
    Action::Command { to: key().duty().unwrap(), command: Order::Duty(command) }
}

fn duty(told: &mut Told<Duties>, now: DateTime<Utc>, event: DutyEvent) -> Vec<Action<Order>> {
    told.at(now, Heard::Duty(key(), event))
}

#[test]
fn two_days_before_it_is_told_that_somebody_is_missing() {
    let mut duties = Told::new();
    assert_eq!(duty(&mut duties, early(), set()), [rings(near())]);
    duty(&mut duties, early(), claimed(1));
    assert_eq!(duties.timer(&timer(), near()), [order(duty::Command::Alert)]);
    let unfilled = DutyEvent::DutyUnfilled { duties: place(1), start: start() };
    duty(&mut duties, near(), unfilled);
    assert_eq!(duties.timer(&timer(), near()), [], "not a second time");
    duty(&mut duties, near(), claimed(2));
    let later = near() + TimeDelta::hours(5);
    assert_eq!(duty(&mut duties, later, released(2)), [rings(later)]);
    assert_eq!(duties.timer(&timer(), later), [], "the same is missing as was told");
    assert_eq!(duty(&mut duties, later, released(1)), [rings(later)]);
    assert_eq!(duties.timer(&timer(), later), [order(duty::Command::Alert)]);
    assert_eq!(duty(&mut duties, start(), released(1)), [], "it has begun");
}

#[test]
fn nothing_is_told_of_what_is_filled_given_over_or_cancelled() {
    let mut duties = Told::new();
    duty(&mut duties, early(), set());
    duty(&mut duties, early(), claimed(1));
    duty(&mut duties, early(), claimed(2));
    assert_eq!(duties.timer(&timer(), near()), []);
    let asked = DutyEvent::StandInAsked { duty: "tea".into(), resident: who(2) };
    assert_eq!(duty(&mut duties, near(), asked), [rings(near())]);
    assert_eq!(duties.timer(&timer(), near()), [order(duty::Command::Alert)]);
    // A stand-in takes it: given back and claimed at once, so that the timer finds it filled.
    assert_eq!(duty(&mut duties, near(), released(2)), [rings(near())]);
    duty(&mut duties, near(), claimed(3));
    assert_eq!(duties.timer(&timer(), near()), []);
    duty(&mut duties, near(), released(3));
    let clear = Action::ClearTimer { name: timer() };
    assert_eq!(duty(&mut duties, near(), DutyEvent::DutiesCancelled {}), [clear]);
    assert_eq!(duties.timer(&timer(), near()), []);
}

fn came(n: u128) -> RollEvent {
    RollEvent::CheckedIn {
        resident: who(n),
        way: Way::List,
        at: start(),
        proxy: None,
        merged: None,
    }
}

fn closed() -> RollEvent {
    let (present, minutes, expected, excused, absent) = (2, 240, 0, 0, Vec::new());
    RollEvent::RollClosed { at: start(), present, minutes, expected, excused, absent }
}

#[test]
fn whose_duty_is_done_shows_when_the_roll_closes_and_after() {
    let mut duties = Told::new();
    duty(&mut duties, early(), set());
    duty(&mut duties, early(), claimed(1));
    duty(&mut duties, early(), claimed(2));
    let roll = |duties: &mut Told<Duties>, event| duties.at(start(), Heard::Roll(key(), event));
    assert_eq!(roll(&mut duties, came(1)), []);
    assert_eq!(roll(&mut duties, came(9)), []);
    let settle = |n| order(duty::Command::Settle { present: vec![who(n)] });
    assert_eq!(roll(&mut duties, closed()), [settle(1)]);
    duty(&mut duties, start(), DutyEvent::DutyDone { duty: "tea".into(), resident: who(1) });
    assert_eq!(roll(&mut duties, came(2)), [settle(2)], "from paper");
    assert_eq!(roll(&mut duties, came(8)), []);
    let into = Some(who(7));
    let reversed = |n| RollEvent::CheckInReversed { resident: who(n), minutes_before: 120, into };
    let unsettle = order(duty::Command::Unsettle { resident: who(1), into });
    assert_eq!(roll(&mut duties, reversed(1)), [unsettle]);
    assert_eq!(roll(&mut duties, reversed(9)), []);
}

#[test]
fn two_days_before_somebody_is_away_it_is_told_that_nobody_stands_in() {
    let mut duties = Told::new();
    let key = StandingKey::new("xiguan", who(0x5d));
    let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
    let (resident, from_on, until_on) = (who(1), day(5), day(9));
    let asked = StandingEvent::CoverAsked { resident, from_on, until_on };
    let name = format!("cover/{key}/{resident}/2026-11-05");
    let due = at("2026-11-03T00:00:00Z");
    let standing =
        |duties: &mut Told<Duties>, event| duties.at(early(), Heard::Standing(key.clone(), event));
    let set = Action::SetTimer { name: name.clone(), due };
    assert_eq!(standing(&mut duties, asked.clone()), [set]);
    let alert = Order::Standing(standing::Command::AlertCover { resident, from_on });
    let alert = Action::Command { to: key.stream().unwrap(), command: alert };
    assert_eq!(duties.timer(&name, due), [alert]);
    let instead_of = resident;
    let taken = StandingEvent::CoverTaken { resident: who(2), instead_of, from_on, until_on };
    assert_eq!(standing(&mut duties, taken), [Action::ClearTimer { name: name.clone() }]);
    assert_eq!(duties.timer(&name, due), []);
    standing(&mut duties, asked);
    standing(&mut duties, StandingEvent::StandingDutyEnded {});
    assert_eq!(duties.timer(&name, due), []);
}
