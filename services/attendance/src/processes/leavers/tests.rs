use linli_platform::{
    entropy::Entropy,
    ids::{Actor, EventRef, Position, StreamId, Version},
    projection::Fact,
    testing::at,
};

use super::*;
use crate::contract::{Attendance, DutyPlace};

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn key(n: u128) -> OccurrenceKey {
    OccurrenceKey::new("xiguan", Uuid::from_u128(n), "20261105T090000")
}

fn start() -> DateTime<Utc> {
    at("2026-11-05T01:00:00Z")
}

fn end() -> DateTime<Utc> {
    at("2026-11-05T03:00:00Z")
}

fn before() -> DateTime<Utc> {
    at("2026-11-02T00:00:00Z")
}

/// The process with its rows, told one thing after the other.
struct Told(Rows<'static>);

impl Told {
    fn at(&mut self, now: DateTime<Utc>, event: Heard) -> Vec<Action<Order>> {
        let stream: StreamId = "xiguan/attendance/roll/a".parse().unwrap();
        let fact = Fact {
            source: EventRef { stream, version: Version(1) },
            position: Position(1),
            at: now,
            cmd: Entropy::seeded(1).command(),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        Leavers::evolve(&mut self.0, &Input::Event(&fact));
        Leavers::react(&self.0, &Input::Event(&fact), now)
    }

    fn roll(&mut self, n: u128, event: RollEvent) -> Vec<Action<Order>> {
        self.at(before(), Heard::Roll(key(n), event))
    }

    fn duty(&mut self, n: u128, event: DutyEvent) -> Vec<Action<Order>> {
        self.at(before(), Heard::Duty(key(n), event))
    }

    fn erased(&mut self, n: u128) -> Vec<Action<Order>> {
        self.at(before(), Heard::Resident(who(n), ResidentEvent::ResidentErased {}))
    }

    fn merged(&mut self, n: u128, into: u128) -> Vec<Action<Order>> {
        let merged = ResidentEvent::ResidentMerged { into: who(into) };
        self.at(before(), Heard::Resident(who(n), merged))
    }

    /// Rolls and duties of so many occurrences.
    fn with(occurrences: u128) -> Self {
        let mut told = Self(Rows::default());
        for n in 1..=occurrences {
            told.roll(n, opened());
            told.duty(n, set());
        }
        told
    }
}

fn opened() -> RollEvent {
    RollEvent::RollOpened {
        activity: Uuid::nil(),
        recurrence_id: "20261105T090000".into(),
        start: start(),
        end: end(),
        capacity: 1,
        attendance: Attendance::Names,
        guardian_consent: false,
    }
}

fn set() -> DutyEvent {
    let duties = vec![DutyPlace { name: "tea".into(), places: 1 }];
    DutyEvent::DutiesSet { duties, start: start(), end: end() }
}

fn registered(n: u128) -> RollEvent {
    RollEvent::Registered { resident: who(n), proxy: None }
}

fn waitlisted(n: u128) -> RollEvent {
    RollEvent::Waitlisted { resident: who(n), proxy: None, instead_of: None }
}

fn claimed(n: u128) -> DutyEvent {
    DutyEvent::DutyClaimed { duty: "tea".into(), resident: who(n), proxy: None, instead_of: None }
}

fn came(n: u128) -> RollEvent {
    let (way, at) = (crate::contract::Way::List, start());
    RollEvent::CheckedIn { resident: who(n), way, at, proxy: None, merged: None }
}

fn closed() -> RollEvent {
    let (present, minutes, expected, excused, absent) = (0, 0, 0, 0, Vec::new());
    RollEvent::RollClosed { at: end(), present, minutes, expected, excused, absent }
}

fn off_roll(n: u128, resident: u128, into: Option<u128>) -> Action<Order> {
    let (resident, into) = (who(resident), into.map(who));
    let command = Order::Roll(roll::Command::HandOver { resident, into });
    Action::Command { to: key(n).roll().unwrap(), command }
}

fn off_duty(n: u128, resident: u128, into: Option<u128>) -> Action<Order> {
    let (resident, into) = (who(resident), into.map(who));
    let command = Order::Duty(duty::Command::HandOver { resident, into });
    Action::Command { to: key(n).duty().unwrap(), command }
}

#[test]
fn whoever_is_erased_leaves_all_that_lies_ahead_and_nobody_else_does() {
    let mut told = Told::with(3);
    assert_eq!(told.roll(1, registered(7)), []);
    assert_eq!(told.roll(2, waitlisted(7)), []);
    assert_eq!(told.duty(3, claimed(7)), []);
    told.roll(1, registered(8));
    told.roll(3, registered(7));
    told.roll(3, RollEvent::Withdrawn { resident: who(7) });
    let all = [off_duty(3, 7, None), off_roll(1, 7, None), off_roll(2, 7, None)];
    assert_eq!(told.erased(7), all);
    assert_eq!(told.erased(9), []);
}

#[test]
fn the_double_s_places_go_to_the_other_entry_through_all_mergers() {
    let mut told = Told::with(1);
    told.roll(1, registered(7));
    told.duty(1, claimed(7));
    assert_eq!(told.merged(8, 9), []);
    assert_eq!(told.merged(7, 8), [off_duty(1, 7, Some(9)), off_roll(1, 7, Some(9))]);
    told.erased(9);
    assert_eq!(told.roll(1, registered(7)), [off_roll(1, 7, None)]);
    told.merged(1, 2);
    told.merged(2, 1);
    assert_eq!(told.roll(1, registered(1)), [off_roll(1, 1, None)], "a circle is nobody");
}

#[test]
fn one_who_asks_after_being_erased_is_taken_off_again() {
    let mut told = Told::with(1);
    told.erased(7);
    assert_eq!(told.roll(1, waitlisted(7)), [off_roll(1, 7, None)]);
    assert_eq!(told.roll(1, RollEvent::Promoted { resident: who(7) }), [off_roll(1, 7, None)]);
    assert_eq!(told.duty(1, claimed(7)), [off_duty(1, 7, None)]);
}

#[test]
fn what_is_cancelled_or_begun_is_left_until_it_lies_ahead_again() {
    let mut told = Told::with(2);
    for n in [1, 2] {
        told.roll(n, registered(7));
        told.duty(n, claimed(7));
    }
    told.roll(1, RollEvent::RollCancelled { revision: 1 });
    told.duty(1, DutyEvent::DutiesCancelled {});
    let erased = Heard::Resident(who(7), ResidentEvent::ResidentErased {});
    assert_eq!(told.at(start(), erased), [off_duty(2, 7, None)], "a duty lasts until the end");
    let later = end() + chrono::TimeDelta::days(7);
    let moved = RollEvent::RollMoved { revision: 2, start: later, end: later };
    assert_eq!(told.roll(1, moved.clone()), [off_roll(1, 7, None)]);
    assert_eq!(told.roll(2, moved), [off_roll(2, 7, None)]);
    assert_eq!(told.duty(1, set()), [off_duty(1, 7, None)]);
}

#[test]
fn nothing_is_kept_of_a_closed_roll() {
    let mut told = Told::with(1);
    told.roll(1, registered(7));
    told.duty(1, claimed(7));
    told.roll(1, closed());
    assert_eq!(told.0.scan::<serde_json::Value>(""), []);
    assert_eq!(told.erased(7), []);
}

#[test]
fn what_was_attended_counts_for_the_entry_that_stays_however_long_ago() {
    let mut told = Told::with(2);
    told.roll(1, came(7));
    told.roll(1, closed());
    told.roll(2, came(7));
    let into = Some(8);
    assert_eq!(told.merged(7, 8), [off_roll(1, 7, into), off_roll(2, 7, into)]);
    // A check-in of the double that comes onto the log after the merger is handed over, too.
    told.roll(3, opened());
    assert_eq!(told.roll(3, came(7)), [off_roll(3, 7, into)]);
    let reversed =
        RollEvent::CheckInReversed { resident: who(7), minutes_before: 0, into: Some(who(8)) };
    for n in [1, 2, 3] {
        told.roll(n, reversed.clone());
    }
    told.roll(1, came(8));
    assert_eq!(told.merged(8, 9), [off_roll(1, 8, Some(9))], "nothing is left of the first");
    told.roll(1, came(9));
    assert_eq!(told.erased(9), [], "who is erased has been there all the same");
}

#[test]
fn the_expected_are_handed_over_as_long_as_the_roll_is_open() {
    let mut told = Told::with(1);
    told.roll(1, RollEvent::Expected { residents: vec![who(7), who(8)], by: String::new() });
    assert_eq!(told.erased(8), [off_roll(1, 8, None)]);
    let merged = Heard::Resident(who(7), ResidentEvent::ResidentMerged { into: who(9) });
    assert_eq!(told.at(start(), merged), [off_roll(1, 7, Some(9))], "also once it has begun");
}

#[test]
fn a_standing_duty_goes_to_the_other_entry_or_back() {
    let mut told = Told::with(0);
    let key = StandingKey::new("xiguan", who(0x5d));
    let standing = |told: &mut Told, event| told.at(before(), Heard::Standing(key.clone(), event));
    let claim = |n| StandingEvent::StandingDutyClaimed { resident: who(n), proxy: None };
    let over = |n, into: Option<u128>| Action::Command {
        to: key.stream().unwrap(),
        command: Order::Standing(standing::Command::HandOver {
            resident: who(n),
            into: into.map(who),
        }),
    };
    standing(&mut told, claim(7));
    assert_eq!(told.merged(7, 8), [over(7, Some(8))]);
    standing(&mut told, StandingEvent::StandingDutyReleased { resident: who(7) });
    standing(&mut told, claim(8));
    assert_eq!(told.erased(8), [over(8, None)]);
    assert_eq!(standing(&mut told, claim(8)), [over(8, None)], "who is gone takes nothing on");
}
