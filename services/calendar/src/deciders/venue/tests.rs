use linli_platform::testing::{Given, at, given};

use linli_platform::ids::Version;

use super::*;

fn hall() -> VenueDescription {
    VenueDescription { name: "近邻议事厅".into(), capacity: 60, ..VenueDescription::default() }
}

fn added() -> Event {
    Event::VenueAdded { description: hall() }
}

fn now() -> DateTime<Utc> {
    at("2026-11-02T08:00:00+08:00")
}

fn asked(occurrence: &str, revision: u32, start: &str, end: &str) -> Booking {
    let instant = |clock: &str| at(&format!("2026-11-12T{clock}:00+08:00"));
    let (start, end) = (instant(start), instant(end));
    Booking { occurrence: occurrence.to_owned(), revision, start, end }
}

fn clash(booking: Booking, with: &[&str]) -> Event {
    let with = with.iter().map(ToString::to_string).collect();
    Event::VenueClashed(Clash { booking, with })
}

fn closure(start: &str, end: &str) -> Closure {
    let Booking { start, end, .. } = asked("", 0, start, end);
    Closure { closure: Uuid::from_u128(7), from: start, until: end, reason: "检修".into() }
}

const CLOSED: &str = "closure/00000000-0000-0000-0000-000000000007";

#[test]
fn a_venue_is_added_once_and_changed_as_a_whole() {
    let none: Given<Venues> = given([]);
    none.when(Command::Add(hall()), now()).then([added()]);
    let unnamed = VenueDescription { name: " ".into(), ..hall() };
    none.when(Command::Add(unnamed.clone()), now()).then_rejected(&Rejection::NameMissing);
    none.when(Command::Change { seen: None, description: hall() }, now())
        .then_rejected(&Rejection::Unknown);
    let there: Given<Venues> = given([added()]);
    let other = VenueDescription { capacity: 7, ..hall() };
    let stale = Command::Change { seen: Some(Version(0)), description: other };
    let (seen, current) = (Version(0), Version(1));
    let rejection = Rejection::StaleForm { seen, current, now: hall() };
    there.when(stale, now()).then_rejected(&rejection);
    there.when(Command::Add(hall()), now()).then_nothing();
    there.when(Command::Change { seen: None, description: hall() }, now()).then_nothing();
    let larger = VenueDescription { capacity: 80, ..hall() };
    let rejection = Rejection::AlreadyAdded(hall().name);
    there.when(Command::Add(larger.clone()), now()).then_rejected(&rejection);
    there
        .when(Command::Change { seen: None, description: unnamed }, now())
        .then_rejected(&Rejection::NameMissing);
    let changed = Event::VenueChanged { description: larger.clone() };
    there
        .when(Command::Change { seen: Some(Version(1)), description: larger }, now())
        .then([changed]);
}

#[test]
fn who_comes_first_has_it_and_the_other_clashes() {
    let there: Given<Venues> = given([added()]);
    let first = asked("a", 0, "09:00", "10:00");
    there.when(Command::Book(first.clone()), now()).then([Event::VenueBooked(first.clone())]);
    let booked: Given<Venues> = given([added(), Event::VenueBooked(first.clone())]);
    booked.when(Command::Book(first), now()).then_nothing();
    let second = asked("b", 0, "09:30", "10:30");
    booked.when(Command::Book(second.clone()), now()).then([clash(second, &["a"])]);
    let after = asked("c", 0, "10:00", "11:00");
    booked.when(Command::Book(after.clone()), now()).then([Event::VenueBooked(after)]);
}

#[test]
fn a_moved_occurrence_books_anew_and_an_old_request_is_nothing() {
    let first = asked("a", 1, "09:00", "10:00");
    let booked: Given<Venues> = given([added(), Event::VenueBooked(first)]);
    let later = asked("a", 2, "09:30", "10:30");
    booked.when(Command::Book(later.clone()), now()).then([Event::VenueBooked(later)]);
    booked.when(Command::Book(asked("a", 0, "08:00", "09:00")), now()).then_nothing();
}

#[test]
fn what_is_released_goes_to_who_waits_longest() {
    let (a, b) = (asked("a", 0, "09:00", "10:00"), asked("b", 0, "09:30", "10:30"));
    let c = asked("c", 0, "09:45", "10:15");
    let events = [
        added(),
        Event::VenueBooked(a.clone()),
        clash(b.clone(), &["a"]),
        clash(c.clone(), &["a"]),
    ];
    let there: Given<Venues> = given(events.clone());
    let release = Command::Release { occurrence: "a".into() };
    let released = Event::VenueReleased { occurrence: "a".into() };
    there.when(release.clone(), now()).then([released.clone(), Event::VenueBooked(b.clone())]);
    let moved = asked("a", 1, "14:00", "15:00");
    there
        .when(Command::Book(moved.clone()), now())
        .then([Event::VenueBooked(moved), Event::VenueBooked(b)]);
    let gone: Given<Venues> = given(events.into_iter().chain([released]));
    gone.when(release, now()).then_nothing();
}

#[test]
fn a_closure_turns_bookings_into_clashes_until_it_ends() {
    let (a, b) = (asked("a", 0, "09:00", "10:00"), asked("b", 0, "14:00", "15:00"));
    let booked = [added(), Event::VenueBooked(a.clone()), Event::VenueBooked(b)];
    let there: Given<Venues> = given(booked.clone());
    let morning = closure("08:00", "12:00");
    let closed = [Event::VenueClosed(morning.clone()), clash(a.clone(), &[CLOSED])];
    there.when(Command::Close(morning.clone()), now()).then(closed.clone());
    let shut: Given<Venues> = given(booked.into_iter().chain(closed));
    shut.when(Command::Close(morning), now()).then_nothing();
    let c = asked("c", 0, "09:00", "09:30");
    shut.when(Command::Book(c.clone()), now()).then([clash(c, &[CLOSED])]);
    let closure = Uuid::from_u128(7);
    shut.when(Command::Reopen { closure }, now())
        .then([Event::VenueReopened { closure }, Event::VenueBooked(a)]);
    there.when(Command::Reopen { closure }, now()).then_nothing();
}

#[test]
fn a_closure_has_an_end_and_a_reason() {
    let there: Given<Venues> = given([added()]);
    let backwards = closure("12:00", "12:00");
    there.when(Command::Close(backwards), now()).then_rejected(&Rejection::EndsBeforeStart);
    let silent = Closure { reason: " ".into(), ..closure("08:00", "12:00") };
    there.when(Command::Close(silent), now()).then_rejected(&Rejection::ReasonMissing);
}
