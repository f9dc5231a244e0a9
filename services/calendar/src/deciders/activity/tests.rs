use linli_almanac::RuleError;
use linli_platform::testing::{Given, at, given};

use super::*;
use crate::{
    contract::{Duty, Moved, Visibility},
    values::segment::SegmentError,
};

mod occurrences;

fn talk() -> Description {
    Description { title: "邻里议事日".into(), minutes: 90, ..Description::default() }
}

fn drafted() -> Event {
    Event::ActivityDrafted { slug: "talk".into(), description: talk() }
}

fn added(segment: u32, from: &str, rule: &str) -> SegmentAdded {
    let (from, zone) = (from.parse().unwrap(), "Asia/Shanghai".to_owned());
    SegmentAdded { segment, from, until: None, rule: rule.to_owned(), zone }
}

const EVENING: &str = "cron = \"0 30 19 12 * *\"";
const AFTERNOON: &str = "cron = \"0 0 15 12 * *\"";

fn segment(segment: u32, from: &str, rule: &str) -> Event {
    Event::SegmentAdded(added(segment, from, rule))
}

fn now() -> DateTime<Utc> {
    at("2026-11-02T08:00:00+08:00")
}

fn published() -> Vec<Event> {
    vec![drafted(), segment(1, "2026-01-01", EVENING), Event::ActivityPublished {}]
}

fn opening(id: &str, start: &str) -> Opening {
    let start = at(start);
    Opening {
        recurrence_id: id.parse().unwrap(),
        segment: 1,
        start,
        end: start + chrono::TimeDelta::minutes(90),
        all_day: false,
        zone: "Asia/Shanghai".into(),
        venue: Some(Uuid::from_u128(2)),
        capacity: 0,
        attendance: crate::contract::Attendance::Names,
        unsettled: false,
    }
}

fn november() -> Opening {
    opening("20261112T193000", "2026-11-12T19:30:00+08:00")
}

fn add(added: SegmentAdded) -> Command {
    let SegmentAdded { from, until, rule, zone, .. } = added;
    Command::AddSegment { seen: None, from, until, rule, zone }
}

#[test]
fn a_draft_is_made_once() {
    let draft = |slug: &str, description| Command::Draft { slug: slug.into(), description };
    let none: Given<Activities> = given([]);
    none.when(draft("talk", talk()), now()).then([drafted()]);
    let there: Given<Activities> = given([drafted()]);
    there.when(draft("talk", talk()), now()).then_nothing();
    let other = Description { minutes: 60, ..talk() };
    let rejection = Rejection::AlreadyDrafted("talk".into());
    there.when(draft("talk", other), now()).then_rejected(&rejection);
    none.when(Command::Publish, now()).then_rejected(&Rejection::Unknown);
    for slug in ["", "Talk", "议事", "a--b", "-a", "a b"] {
        none.when(draft(slug, talk()), now()).then_rejected(&Rejection::Slug(slug.into()));
    }
}

#[test]
fn a_description_that_contradicts_itself_is_refused() {
    let venue = Some(Uuid::from_u128(1));
    let duty = Duty { name: "记录".into(), places: 0 };
    let wrong = [
        (Description { title: " ".into(), ..talk() }, Rejection::TitleMissing),
        (
            Description { title: "议".repeat(81), ..talk() },
            Rejection::TooLong { field: "title", max: 80 },
        ),
        (Description { visibility: Visibility::Team, ..talk() }, Rejection::TeamMissing),
        (
            Description { venue, rotation: vec![Uuid::from_u128(2)], ..talk() },
            Rejection::VenueAndRotation,
        ),
        (Description { duties: vec![duty], ..talk() }, Rejection::Duty),
        (Description { minutes: 10_081, ..talk() }, Rejection::TooManyMinutes(10_081)),
        (Description { minutes: 0, ..talk() }, Rejection::MinutesMissing),
    ];
    let there: Given<Activities> = given(published());
    for (description, rejection) in wrong {
        there.when(Command::Describe { seen: None, description }, now()).then_rejected(&rejection);
    }
}

#[test]
fn a_stale_form_is_refused_with_both_sides() {
    let first = Description { text: "第一次".into(), ..talk() };
    let second = Description { text: "第二次".into(), ..talk() };
    let described = Event::ActivityDescribed { description: first.clone() };
    let there: Given<Activities> = given([published(), vec![described]].concat());
    let describe = |seen, description| Command::Describe { seen: Some(Version(seen)), description };
    assert_eq!(there.state().described, Version(4));
    there
        .when(describe(4, second.clone()), now())
        .then([Event::ActivityDescribed { description: second.clone() }]);
    there.when(describe(1, first.clone()), now()).then_nothing();
    let stale = Stale {
        seen: Version(1),
        current: Version(4),
        yours: Shown::Activity(Box::new(second.clone())),
        now: Shown::Activity(Box::new(first)),
    };
    let rejection = Rejection::StaleForm(Box::new(stale));
    there.when(describe(1, second), now()).then_rejected(&rejection);
}

#[test]
fn what_a_form_does_not_show_does_not_make_it_stale() {
    let opened = Event::OccurrenceOpened(november());
    let there: Given<Activities> = given([published(), vec![opened]].concat());
    let description = Description { text: "新".into(), ..talk() };
    let describe = Command::Describe { seen: Some(Version(1)), description: description.clone() };
    there.when(describe, now()).then([Event::ActivityDescribed { description }]);
}

#[test]
fn a_rule_is_read_before_it_is_written() {
    let there: Given<Activities> = given([drafted()]);
    there.when(add(added(1, "2026-01-01", EVENING)), now()).then([segment(
        1,
        "2026-01-01",
        EVENING,
    )]);
    let no_kind = Rejection::Segment(SegmentError::Rule(RuleError::NoKind));
    there.when(add(added(1, "2026-01-01", "at = \"19:00\"")), now()).then_rejected(&no_kind);
    let mars = SegmentAdded { zone: "Mars/Olympus".into(), ..added(1, "2026-01-01", EVENING) };
    let rejection = Rejection::Segment(SegmentError::Zone("Mars/Olympus".into()));
    there.when(add(mars), now()).then_rejected(&rejection);
    let (from, until) = ("2026-01-13".parse().unwrap(), "2026-02-11".parse().unwrap());
    let short = SegmentAdded { until: Some(until), ..added(1, "2026-01-13", EVENING) };
    let rejection = Rejection::Segment(SegmentError::NoDates { from, until: Some(until) });
    there.when(add(short), now()).then_rejected(&rejection);
    let early = "2026-01-01".parse().unwrap();
    let backwards = SegmentAdded { until: Some(early), ..added(1, "2026-01-13", EVENING) };
    let rejection = Rejection::Segment(SegmentError::Order { from, until: early });
    there.when(add(backwards), now()).then_rejected(&rejection);
}

#[test]
fn a_refused_rule_says_what_is_wrong_and_what_to_write() {
    let there: Given<Activities> = given([drafted()]);
    let told = |from: &str, rule: &str| {
        let command = add(added(1, from, rule));
        Activities::decide(there.state(), command, now()).unwrap_err().to_string()
    };
    assert!(told("2026-01-01", "cron = \"0 30 19 31 2 *\"").contains("never"));
    assert!(told("2150-01-01", EVENING).contains("1901-01-01 to 2099-12-31"));
    assert!(told("2026-01-01", "cron = [").contains("can't be read"));
    assert!(told("2026-01-01", "cron = \"30 19 12 * *\"").contains("seconds come first"));
}

#[test]
fn a_timed_rule_has_a_length_and_an_all_day_one_has_none() {
    let all_day = "solar_term = \"清明\"";
    let description = Description { minutes: 0, ..talk() };
    let day = || Event::ActivityDescribed { description: description.clone() };
    let drafted = || vec![drafted(), segment(1, "2026-01-01", EVENING)];
    // A draft may become all-day in two steps, in either order, and is published when both are made.
    let there: Given<Activities> = given(drafted());
    there
        .when(Command::Describe { seen: None, description: description.clone() }, now())
        .then([day()]);
    there.when(add(added(2, "2026-01-01", all_day)), now()).then([segment(
        2,
        "2026-01-01",
        all_day,
    )]);
    let half: Given<Activities> = given([drafted(), vec![day()]].concat());
    half.when(Command::Publish, now()).then_rejected(&Rejection::MinutesMissing);
    let half: Given<Activities> =
        given([drafted(), vec![segment(2, "2026-01-01", all_day)]].concat());
    half.when(Command::Publish, now()).then_rejected(&Rejection::MinutesForAllDay(90));
    let whole = [drafted(), vec![segment(2, "2026-01-01", all_day), day()]].concat();
    let whole: Given<Activities> = given(whole);
    whole.when(Command::Publish, now()).then([Event::ActivityPublished {}]);
    // Once published, each must fit the other at once.
    let there: Given<Activities> = given(published());
    let rejection = Rejection::MinutesForAllDay(90);
    there.when(add(added(2, "2026-12-01", all_day)), now()).then_rejected(&rejection);
    let describe = Command::Describe { seen: None, description };
    there.when(describe, now()).then_rejected(&Rejection::MinutesMissing);
}

#[test]
fn this_and_future_begins_today_at_the_earliest() {
    let there: Given<Activities> = given(published());
    there.when(add(added(2, "2026-12-01", AFTERNOON)), now()).then([segment(
        2,
        "2026-12-01",
        AFTERNOON,
    )]);
    there.when(add(added(1, "2026-01-01", EVENING)), now()).then_nothing();
    let (from, today) = ("2026-11-01".parse().unwrap(), "2026-11-02".parse().unwrap());
    let rejection = Rejection::SegmentInPast { from, today };
    there.when(add(added(2, "2026-11-01", AFTERNOON)), now()).then_rejected(&rejection);
    let stale = Command::AddSegment {
        seen: Some(Version(0)),
        from: "2026-12-01".parse().unwrap(),
        until: None,
        rule: AFTERNOON.into(),
        zone: "Asia/Shanghai".into(),
    };
    let rejected = Activities::decide(there.state(), stale, now()).unwrap_err();
    assert!(matches!(rejected, Rejection::StaleForm(stale) if stale.current == Version(2)));
    let retired = Event::ActivityRetired { from };
    let over: Given<Activities> = given([published(), vec![retired]].concat());
    over.when(add(added(2, "2026-12-01", AFTERNOON)), now())
        .then_rejected(&Rejection::Retired(from));
}

#[test]
fn a_draft_without_dates_is_not_published() {
    let there: Given<Activities> = given([drafted()]);
    there.when(Command::Publish, now()).then_rejected(&Rejection::NoRule);
    let ready: Given<Activities> = given([drafted(), segment(1, "2026-01-01", EVENING)]);
    ready.when(Command::Publish, now()).then([Event::ActivityPublished {}]);
    given::<Activities>(published()).when(Command::Publish, now()).then_nothing();
}

#[test]
fn an_activity_retires_from_a_date() {
    let from = "2027-01-01".parse().unwrap();
    let retired = Event::ActivityRetired { from };
    given::<Activities>(published()).when(Command::Retire { from }, now()).then([retired.clone()]);
    let over: Given<Activities> = given([published(), vec![retired]].concat());
    over.when(Command::Retire { from }, now()).then_nothing();
    let january = opening("20270112T193000", "2027-01-12T19:30:00+08:00");
    over.when(Command::Open { opening: january, own: false }, now())
        .then_rejected(&Rejection::Retired(from));
}

#[test]
fn a_month_is_published_in_one_command() {
    let ready: Given<Activities> = given([drafted(), segment(1, "2026-01-01", EVENING)]);
    let past = opening("20261012T193000", "2026-10-12T19:30:00+08:00");
    let openings = vec![past, november()];
    let publish = Command::PublishMonth { openings, own: false };
    ready
        .when(publish.clone(), now())
        .then([Event::ActivityPublished {}, Event::OccurrenceOpened(november())]);
    let opened = Event::OccurrenceOpened(november());
    given::<Activities>([published(), vec![opened]].concat()).when(publish, now()).then_nothing();
}
