use linli_platform::{
    entropy::Entropy,
    ids::{Actor, EventRef, Position, StreamId, Version},
    projection::Fact,
    testing::at,
};

use super::*;
use crate::contract::{Attendance, heard::Described};

const ACTIVITY: Uuid = Uuid::from_u128(0xac);
const RID: &str = "20261105T090000";

fn start() -> DateTime<Utc> {
    at("2026-11-05T01:00:00Z")
}

fn end() -> DateTime<Utc> {
    at("2026-11-05T03:00:00Z")
}

fn key() -> OccurrenceKey {
    OccurrenceKey::new("xiguan", ACTIVITY, RID)
}

/// The process with its rows, told one thing after the other.
struct Told(Rows<'static>);

impl Told {
    fn event(&mut self, event: Heard, now: DateTime<Utc>) -> Vec<Action<Order>> {
        let stream: StreamId = "xiguan/calendar/activity/a".parse().unwrap();
        let fact = Fact {
            source: EventRef { stream, version: Version(1) },
            position: Position(1),
            at: now,
            cmd: Entropy::seeded(1).command(),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        self.input(&Input::Event(&fact), now)
    }

    fn input(&mut self, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        Rolls::evolve(&mut self.0, input);
        Rolls::react(&self.0, input, now)
    }

    fn calendar(&mut self, event: CalendarEvent) -> Vec<Action<Order>> {
        let community = "xiguan".to_owned();
        let event = Heard::Calendar { community, activity: ACTIVITY, event };
        self.event(event, at("2026-10-01T00:00:00Z"))
    }
}

fn duties(tea: u32) -> Vec<DutyPlace> {
    vec![DutyPlace { name: "tea".into(), places: tea }]
}

fn described(duties: Vec<DutyPlace>) -> Described {
    Described { duties, guardian_consent: true, ..Described::default() }
}

fn drafted(duties: Vec<DutyPlace>) -> CalendarEvent {
    CalendarEvent::ActivityDrafted { slug: "tea-party".into(), description: described(duties) }
}

fn opened() -> CalendarEvent {
    CalendarEvent::OccurrenceOpened {
        venue: String::new(),
        recurrence_id: RID.into(),
        start: start(),
        end: end(),
        zone: "Asia/Shanghai".into(),
        capacity: 20,
        attendance: Attendance::Names,
    }
}

fn roll_order(command: roll::Command) -> Action<Order> {
    Action::Command { to: key().roll().unwrap(), command: Order::Roll(command) }
}

fn duty_order(command: duty::Command) -> Action<Order> {
    Action::Command { to: key().duty().unwrap(), command: Order::Duty(command) }
}

fn set(tea: u32) -> Action<Order> {
    duty_order(duty::Command::Set { duties: duties(tea), start: start(), end: end() })
}

fn closes(end: DateTime<Utc>) -> Action<Order> {
    Action::SetTimer { name: timer(&key()), due: end + CLOSED_AFTER }
}

#[test]
fn an_opened_occurrence_gets_a_roll_its_duties_and_the_time_to_close() {
    let mut told = Told(Rows::default());
    assert_eq!(told.calendar(drafted(duties(2))), []);
    let open = roll::Command::Open {
        activity: ACTIVITY,
        recurrence_id: RID.into(),
        start: start(),
        end: end(),
        capacity: 20,
        attendance: Attendance::Names,
        guardian_consent: true,
    };
    assert_eq!(told.calendar(opened()), [roll_order(open), closes(end()), set(2)]);
    let due = end() + CLOSED_AFTER;
    let timer = timer(&key());
    let close = told.input(&Input::Timer { name: &timer, due }, due);
    assert_eq!(close, [roll_order(roll::Command::Close)]);
}

#[test]
fn a_move_moves_the_roll_and_the_closing_and_a_cancellation_ends_both() {
    let mut told = Told(Rows::default());
    told.calendar(drafted(Vec::new()));
    told.calendar(opened());
    let (start, end) = (at("2026-11-12T01:00:00Z"), at("2026-11-12T03:00:00Z"));
    let moved = CalendarEvent::OccurrenceMoved {
        venue: String::new(),
        reason: String::new(),
        recurrence_id: RID.into(),
        revision: 1,
        start,
        end,
        zone: "Asia/Shanghai".into(),
    };
    let order = roll_order(roll::Command::Move { revision: 1, start, end });
    assert_eq!(told.calendar(moved), [order, closes(end)]);
    let cancelled = CalendarEvent::OccurrenceCancelled {
        recurrence_id: RID.into(),
        revision: 2,
        reason: String::new(),
    };
    let order = roll_order(roll::Command::Cancel { revision: 2 });
    assert_eq!(told.calendar(cancelled), [order, clear(&key())]);
}

#[test]
fn a_capacity_of_its_own_is_passed_on_and_mere_words_are_not() {
    let mut told = Told(Rows::default());
    told.calendar(drafted(Vec::new()));
    told.calendar(opened());
    let described = |capacity| CalendarEvent::OccurrenceDescribed {
        text: None,
        recurrence_id: RID.into(),
        title: Some("Tea".into()),
        title_en: None,
        capacity,
    };
    assert_eq!(told.calendar(described(None)), []);
    let set = roll_order(roll::Command::SetCapacity { capacity: 30 });
    assert_eq!(told.calendar(described(Some(30))), [set]);
}

#[test]
fn changed_duties_reach_the_occurrences_ahead_and_no_others() {
    let mut told = Told(Rows::default());
    told.calendar(drafted(duties(2)));
    told.calendar(opened());
    let changed =
        |places| CalendarEvent::ActivityDescribed { description: described(duties(places)) };
    assert_eq!(told.calendar(changed(2)), []);
    assert_eq!(told.calendar(changed(3)), [set(3)]);
    let after =
        Heard::Calendar { community: "xiguan".into(), activity: ACTIVITY, event: changed(4) };
    assert_eq!(told.event(after, end()), []);
    let closed = RollEvent::RollClosed {
        at: end(),
        present: 0,
        minutes: 0,
        expected: 0,
        excused: 0,
        absent: Vec::new(),
    };
    let answer = told.event(Heard::Roll(key(), closed), end());
    assert_eq!(answer, [clear(&key())]);
    assert_eq!(told.calendar(changed(5)), [], "a closed roll needs nobody any more");
}
