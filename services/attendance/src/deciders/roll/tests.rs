use chrono::Duration;
use linli_platform::testing::{Given, at, given};
use proptest::prelude::*;

use super::*;

const ACTIVITY: Uuid = Uuid::from_u128(0xac);
const START: &str = "2026-11-05T09:00:00+08:00";

fn start() -> DateTime<Utc> {
    at(START)
}

/// So many minutes after the start, or before it.
fn minute(n: i64) -> DateTime<Utc> {
    start() + Duration::minutes(n)
}

fn end() -> DateTime<Utc> {
    minute(120)
}

fn earlier() -> DateTime<Utc> {
    start() - Duration::days(3)
}

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn opened(capacity: u32) -> RollEvent {
    RollEvent::RollOpened {
        activity: ACTIVITY,
        recurrence_id: "20261105T090000".into(),
        start: start(),
        end: end(),
        capacity,
        attendance: Attendance::Names,
        guardian_consent: false,
    }
}

fn registered(n: u128) -> RollEvent {
    RollEvent::Registered { resident: who(n), proxy: None }
}

fn waitlisted(n: u128) -> RollEvent {
    RollEvent::Waitlisted { resident: who(n), proxy: None, instead_of: None }
}

fn promoted(n: u128) -> RollEvent {
    RollEvent::Promoted { resident: who(n) }
}

fn withdrawn(n: u128) -> RollEvent {
    RollEvent::Withdrawn { resident: who(n) }
}

fn came(n: u128, minutes: i64) -> RollEvent {
    entered(n, Way::List, minute(minutes))
}

fn entered(n: u128, way: Way, at: DateTime<Utc>) -> RollEvent {
    RollEvent::CheckedIn { resident: who(n), way, at, proxy: None, merged: None }
}

fn excused(n: u128) -> RollEvent {
    RollEvent::Excused { resident: who(n), remark: None, proxy: None }
}

fn excuse(n: u128) -> Command {
    Command::Excuse { resident: who(n), remark: None, proxy: None }
}

fn expected(people: &[u128]) -> RollEvent {
    let residents = people.iter().copied().map(who).collect();
    RollEvent::Expected { residents, by: String::new() }
}

fn reversed(n: u128, minutes_before: u32) -> RollEvent {
    RollEvent::CheckInReversed { resident: who(n), minutes_before, into: None }
}

fn left(n: u128, at: DateTime<Utc>, minutes: u32) -> RollEvent {
    RollEvent::CheckedOut { resident: who(n), at, minutes }
}

fn closed() -> RollEvent {
    done(end(), 0, 0)
}

fn done(at: DateTime<Utc>, present: u32, minutes: u32) -> RollEvent {
    let (expected, excused, absent) = (0, 0, Vec::new());
    RollEvent::RollClosed { at, present, minutes, expected, excused, absent }
}

fn register(n: u128) -> Command {
    Command::Register { resident: who(n), proxy: None, guardian_ok: true }
}

fn withdraw(n: u128) -> Command {
    Command::Withdraw { resident: who(n) }
}

fn tick(n: u128, way: Way, staff: bool) -> Command {
    Command::CheckIn { resident: who(n), way, at: None, proxy: None, staff }
}

fn paper(n: u128, at: DateTime<Utc>) -> Command {
    let (way, at) = (Way::Paper, Some(at));
    Command::CheckIn { resident: who(n), way, at, proxy: None, staff: true }
}

fn check_out(n: u128, minutes: Option<u32>) -> Command {
    Command::CheckOut { resident: who(n), at: None, minutes }
}

fn roll(events: impl IntoIterator<Item = RollEvent>) -> Given<Roll> {
    given::<Roll>(events)
}

#[test]
fn nothing_is_done_before_the_roll_is_opened_and_opening_is_once() {
    let open = Command::Open {
        activity: ACTIVITY,
        recurrence_id: "20261105T090000".into(),
        start: start(),
        end: end(),
        capacity: 10,
        attendance: Attendance::Names,
        guardian_consent: false,
    };
    roll([]).when(register(1), earlier()).then_rejected(&Rejection::NotOpened);
    roll([]).when(open.clone(), earlier()).then([opened(10)]);
    roll([opened(10)]).when(open, earlier()).then_nothing();
}

#[test]
fn places_are_given_in_order_and_a_repeated_wish_changes_nothing() {
    roll([opened(2)]).when(register(1), earlier()).then([registered(1)]);
    roll([opened(2), registered(1)]).when(register(1), earlier()).then_nothing();
    let full = roll([opened(2), registered(1), registered(2)]);
    full.when(register(3), earlier()).then([waitlisted(3)]);
    roll([opened(1), registered(1), waitlisted(2)]).when(register(2), earlier()).then_nothing();
    let proxy = Some(who(9));
    roll([opened(0)])
        .when(Command::Register { resident: who(1), proxy, guardian_ok: true }, earlier())
        .then([RollEvent::Registered { resident: who(1), proxy }]);
}

#[test]
fn registration_ends_with_the_start_and_a_cancellation() {
    let open = roll([opened(0)]);
    open.when(register(1), minute(-1)).then([registered(1)]);
    open.when(register(1), start()).then_rejected(&Rejection::Started(start()));
    let cancelled = roll([opened(0), RollEvent::RollCancelled { revision: 1 }]);
    cancelled.when(register(1), earlier()).then_rejected(&Rejection::Cancelled);
    roll([opened(0), closed()]).when(register(1), end()).then_rejected(&Rejection::Closed);
}

#[test]
fn a_child_needs_a_guardians_consent_where_the_activity_asks_for_it() {
    let asks = RollEvent::RollOpened {
        activity: ACTIVITY,
        recurrence_id: "20261105T090000".into(),
        start: start(),
        end: end(),
        capacity: 0,
        attendance: Attendance::Names,
        guardian_consent: true,
    };
    let child = Command::Register { resident: who(1), proxy: None, guardian_ok: false };
    roll([asks.clone()]).when(child.clone(), earlier()).then_rejected(&Rejection::GuardianConsent);
    roll([asks]).when(register(1), earlier()).then([registered(1)]);
    roll([opened(0)]).when(child, earlier()).then([registered(1)]);
}

#[test]
fn people_are_not_registered_where_they_are_counted() {
    let counted = RollEvent::RollOpened {
        activity: ACTIVITY,
        recurrence_id: "20261105T090000".into(),
        start: start(),
        end: end(),
        capacity: 0,
        attendance: Attendance::Headcount,
        guardian_consent: false,
    };
    roll([counted]).when(register(1), earlier()).then_rejected(&Rejection::NotByName);
}

#[test]
fn a_freed_place_goes_to_the_first_in_line_until_two_hours_before() {
    let full = || roll([opened(1), registered(1), waitlisted(2), waitlisted(3)]);
    full().when(withdraw(1), earlier()).then([withdrawn(1), promoted(2)]);
    full().when(withdraw(2), earlier()).then([withdrawn(2)]);
    full().when(withdraw(1), minute(-120)).then([withdrawn(1), promoted(2)]);
    full().when(withdraw(1), minute(-119)).then([withdrawn(1)]);
    full().when(withdraw(4), earlier()).then_nothing();
    full().when(excuse(1), earlier()).then([excused(1), promoted(2)]);
    let late = roll([opened(1), registered(1), waitlisted(2), waitlisted(3), withdrawn(1)]);
    late.when(register(4), minute(-60)).then([registered(4)]);
    late.when(register(3), minute(-60)).then([promoted(3)]);
    full().when(withdraw(1), start()).then_rejected(&Rejection::Started(start()));
}

#[test]
fn a_place_of_nobody_goes_to_the_first_and_a_double_s_to_the_other_entry() {
    let over = |n, into: Option<u128>| {
        let into = into.map(who);
        Command::HandOver { resident: who(n), into }
    };
    let full = || roll([opened(1), registered(1), waitlisted(2), waitlisted(3)]);
    full().when(over(1, None), earlier()).then([withdrawn(1), promoted(2)]);
    full().when(over(2, None), earlier()).then([withdrawn(2)]);
    full().when(over(4, None), earlier()).then_nothing();
    full().when(over(1, Some(1)), earlier()).then_nothing();
    full().when(over(1, Some(9)), earlier()).then([withdrawn(1), registered(9)]);
    full().when(over(1, Some(3)), earlier()).then([withdrawn(1), promoted(3)]);
    full().when(over(2, Some(3)), earlier()).then([withdrawn(2)]);
    let instead = RollEvent::Waitlisted { resident: who(9), proxy: None, instead_of: Some(who(2)) };
    full().when(over(2, Some(9)), earlier()).then([instead.clone(), withdrawn(2)]);
    let moved_up =
        roll([opened(1), registered(1), waitlisted(2), waitlisted(3), instead, withdrawn(2)]);
    assert_eq!(moved_up.state().waiting(), [who(9), who(3)], "the line keeps its order");
    let both = roll([opened(2), registered(1), registered(2), waitlisted(3)]);
    both.when(over(1, Some(2)), earlier()).then([withdrawn(1), promoted(3)]);
    full().when(over(1, None), start()).then_rejected(&Rejection::Started(start()));
    let there = roll([opened(1), registered(1), came(1, -30)]);
    there.when(over(1, None), minute(-20)).then_rejected(&Rejection::Present);
}

#[test]
fn more_places_promote_and_fewer_than_registered_are_refused() {
    let full = || roll([opened(2), registered(1), registered(2), waitlisted(3), waitlisted(4)]);
    let set = |capacity| Command::SetCapacity { capacity };
    full().when(set(2), earlier()).then_nothing();
    full().when(set(3), earlier()).then([RollEvent::CapacitySet { capacity: 3 }, promoted(3)]);
    let all = [RollEvent::CapacitySet { capacity: 0 }, promoted(3), promoted(4)];
    full().when(set(0), earlier()).then(all);
    let no = Rejection::BelowRegistered { registered: 2, asked: 1 };
    full().when(set(1), earlier()).then_rejected(&no);
    full().when(set(3), minute(-5)).then([RollEvent::CapacitySet { capacity: 3 }]);
}

#[test]
fn a_move_keeps_everybody_and_an_old_revision_changes_nothing() {
    let later = start() + Duration::days(7);
    let moving = |revision| Command::Move { revision, start: later, end: later };
    let moved = RollEvent::RollMoved { revision: 1, start: later, end: later };
    roll([opened(1), registered(1)]).when(moving(1), earlier()).then([moved.clone()]);
    roll([opened(1), moved.clone()]).when(moving(1), earlier()).then_nothing();
    let cancel = Command::Cancel { revision: 2 };
    let cancelled = RollEvent::RollCancelled { revision: 2 };
    roll([opened(1), moved.clone()]).when(cancel.clone(), earlier()).then([cancelled.clone()]);
    roll([opened(1), moved.clone(), cancelled]).when(cancel, earlier()).then_nothing();
    // A place that nobody got because it was too late goes to the first again in time.
    roll([opened(1), registered(1), waitlisted(2), withdrawn(1)])
        .when(moving(1), minute(-30))
        .then([moved, promoted(2)]);
}

#[test]
fn the_door_is_open_from_an_hour_before_until_the_end_and_for_staff_a_day_longer() {
    let open = || roll([opened(0), registered(1)]);
    let early = Rejection::TooEarly(minute(-60));
    open().when(tick(1, Way::Code, false), minute(-61)).then_rejected(&early);
    open().when(tick(1, Way::List, true), start() - Duration::days(1)).then_rejected(&early);
    let came_at = |way, at| entered(1, way, at);
    open().when(tick(1, Way::Code, false), minute(-60)).then([came_at(Way::Code, minute(-60))]);
    open().when(tick(1, Way::Code, false), minute(121)).then_rejected(&Rejection::TooLate(end()));
    let next_day = end() + Duration::hours(24);
    open().when(tick(1, Way::List, true), next_day).then([came_at(Way::List, next_day)]);
    let too_late = Rejection::TooLate(next_day);
    open().when(tick(1, Way::List, true), next_day + Duration::minutes(1)).then_rejected(&too_late);
    roll([opened(0), came(1, 0)]).when(tick(1, Way::Card, true), minute(9)).then_nothing();
}

#[test]
fn nobody_lets_themselves_into_a_full_room_but_staff_may() {
    let full = || roll([opened(2), registered(1), came(3, 0), waitlisted(4)]);
    full().when(tick(4, Way::Code, false), minute(1)).then_rejected(&Rejection::Full(2));
    full().when(tick(4, Way::List, true), minute(1)).then([came(4, 1)]);
    let own = RollEvent::CheckedIn {
        resident: who(1),
        way: Way::Code,
        at: minute(1),
        proxy: Some(who(3)),
        merged: None,
    };
    let relative = Command::CheckIn {
        resident: who(1),
        way: Way::Code,
        at: None,
        proxy: Some(who(3)),
        staff: false,
    };
    full().when(relative, minute(1)).then([own]);
    let in_the_room = roll([opened(2), registered(1), registered(2), waitlisted(4), came(4, 1)]);
    assert!(in_the_room.state().waiting().is_empty(), "who is in the room waits no more");
}

#[test]
fn paper_bears_the_time_written_on_it_and_no_other_day() {
    let open = || roll([opened(0), registered(1)]);
    let week_later = end() + Duration::days(7);
    let from_paper = |at| entered(1, Way::Paper, at);
    open().when(paper(1, minute(10)), week_later).then([from_paper(minute(10))]);
    open().when(tick(1, Way::Paper, true), week_later).then([from_paper(start())]);
    let other = |at, until| Rejection::OtherDay { at, from: minute(-60), until };
    let day_before = start() - Duration::days(1);
    open().when(paper(1, day_before), week_later).then_rejected(&other(day_before, end()));
    open().when(paper(1, minute(60)), minute(30)).then_rejected(&other(minute(60), minute(30)));
    open().when(paper(1, day_before), day_before).then_rejected(&Rejection::TooEarly(minute(-60)));
}

#[test]
fn after_the_closing_only_paper_comes_in_and_is_credited_at_once() {
    let closed = || roll([opened(0), closed()]);
    let in_time = end() + Duration::hours(1);
    closed().when(tick(1, Way::List, true), in_time).then_rejected(&Rejection::Closed);
    let late = entered(1, Way::Paper, minute(5));
    closed().when(paper(1, minute(5)), in_time).then([late, left(1, end(), 120)]);
}

#[test]
fn check_out_credits_the_time_there_and_never_more_than_the_occurrence_lasts() {
    let there = || roll([opened(0), came(1, -30)]);
    there().when(check_out(1, None), minute(15)).then([left(1, minute(15), 45)]);
    there().when(check_out(1, None), minute(180)).then([left(1, minute(180), 120)]);
    there().when(check_out(1, Some(30)), minute(90)).then([left(1, minute(90), 30)]);
    let absurd = Rejection::AbsurdHours { minutes: 121, max: 120 };
    there().when(check_out(1, Some(121)), end()).then_rejected(&absurd);
    there().when(check_out(2, None), end()).then_rejected(&Rejection::NotPresent);
    roll([opened(0), came(1, 0), left(1, end(), 120)])
        .when(check_out(1, None), end())
        .then_nothing();
    let before = Command::CheckOut { resident: who(1), at: Some(minute(-40)), minutes: None };
    let no = Rejection::OtherDay { at: minute(-40), from: minute(-30), until: minute(9) };
    there().when(before, minute(9)).then_rejected(&no);
}

#[test]
fn hours_are_corrected_with_what_stood_before() {
    let credited = || roll([opened(0), came(1, 0), left(1, end(), 120)]);
    let correct = |resident, minutes| Command::CorrectHours { resident, minutes, remark: None };
    credited().when(correct(who(1), 90), end()).then([RollEvent::HoursCorrected {
        resident: who(1),
        minutes_before: 120,
        minutes: 90,
        remark: None,
    }]);
    credited().when(correct(who(1), 120), end()).then_nothing();
    credited().when(correct(who(2), 90), end()).then_rejected(&Rejection::NotPresent);
    let absurd = Rejection::AbsurdHours { minutes: 721, max: 720 };
    credited().when(correct(who(1), 721), end()).then_rejected(&absurd);
}

#[test]
fn a_reversed_check_in_can_be_made_again() {
    let reverse = Command::ReverseCheckIn { resident: who(1) };
    roll([opened(0), came(1, 0)]).when(reverse.clone(), end()).then([reversed(1, 0)]);
    let credited = roll([opened(0), came(1, 0), left(1, end(), 120)]);
    credited.when(reverse.clone(), end()).then([reversed(1, 120)]);
    roll([opened(0)]).when(reverse, end()).then_nothing();
    let again = roll([opened(0), came(1, 0), reversed(1, 0)]);
    assert_eq!(again.state().present, 0);
    again.when(tick(1, Way::List, true), minute(7)).then([came(1, 7)]);
}

#[test]
fn an_excuse_is_for_those_who_are_not_there() {
    let registered_one = || roll([opened(0), registered(1)]);
    registered_one().when(excuse(1), minute(30)).then([excused(1)]);
    roll([opened(0), expected(&[1])]).when(excuse(1), minute(30)).then([excused(1)]);
    roll([opened(0)]).when(excuse(1), minute(30)).then_rejected(&Rejection::NotExpected);
    roll([opened(0), registered(1), excused(1)]).when(excuse(1), minute(30)).then_nothing();
    roll([opened(0), came(1, 0)]).when(excuse(1), minute(30)).then_rejected(&Rejection::Present);
    let came_after_all = roll([opened(0), registered(1), excused(1), came(1, 5)]);
    assert_eq!(came_after_all.state().standing(who(1)), Standing::None);
}

#[test]
fn a_headcount_is_never_below_the_names() {
    let two = || roll([opened(0), came(1, 0), came(2, 0)]);
    let count = |people| Command::GiveHeadcount { people };
    two().when(count(40), minute(30)).then([RollEvent::HeadcountGiven { people: 40 }]);
    let below = Rejection::BelowNamed { named: 2, people: 1 };
    two().when(count(1), minute(30)).then_rejected(&below);
    two().when(count(40), earlier()).then_rejected(&Rejection::TooEarly(minute(-60)));
    two().when(count(u32::MAX), end()).then_rejected(&Rejection::AbsurdHeadcount(u32::MAX));
    roll([opened(0), RollEvent::HeadcountGiven { people: 40 }])
        .when(count(40), end())
        .then_nothing();
}

mod any_sequence;
mod closing;
mod expected_and_rated;
mod merged;
