use super::*;

fn opened() -> Vec<Event> {
    [published(), vec![Event::OccurrenceOpened(november())]].concat()
}

fn open(opening: Opening) -> Command {
    Command::Open { opening, own: false }
}

fn id() -> RecurrenceId {
    november().recurrence_id
}

fn to(start: &str) -> Move {
    let start = at(start);
    Move {
        id: id(),
        opening: None,
        seen: None,
        start,
        end: start + chrono::TimeDelta::minutes(90),
        all_day: false,
        venue: Some(Uuid::from_u128(2)),
        reason: "场地检修".into(),
        past: false,
    }
}

fn moved(revision: u32, start: &str) -> Event {
    let Move { id, start, end, all_day, venue, reason, .. } = to(start);
    let zone = "Asia/Shanghai".into();
    let recurrence_id = id;
    Event::OccurrenceMoved(Moved {
        recurrence_id,
        revision,
        start,
        end,
        all_day,
        zone,
        venue,
        reason,
    })
}

fn off() -> Cancel {
    Cancel { id: id(), opening: None, seen: None, reason: "大雨".into(), past: false }
}

fn cancelled(revision: u32) -> Event {
    Event::OccurrenceCancelled { recurrence_id: id(), revision, reason: "大雨".into() }
}

const LATER: &str = "2026-11-13T19:30:00+08:00";

#[test]
fn an_occurrence_is_opened_once() {
    let ready: Given<Activities> = given(published());
    ready.when(open(november()), now()).then([Event::OccurrenceOpened(november())]);
    let there: Given<Activities> = given(opened());
    there.when(open(november()), now()).then_nothing();
    let off: Given<Activities> = given([opened(), vec![cancelled(1)]].concat());
    off.when(open(november()), now()).then_rejected(&Rejection::Cancelled(id()));
}

#[test]
fn only_what_a_published_rule_has_ahead_is_opened() {
    let draft: Given<Activities> = given([drafted(), segment(1, "2026-01-01", EVENING)]);
    draft.when(open(november()), now()).then_rejected(&Rejection::NotPublished);
    let ready: Given<Activities> = given(published());
    let begun = at("2026-11-12T19:30:00+08:00");
    let rejection = Rejection::Begun { id: id(), start: begun };
    ready.when(open(november()), begun).then_rejected(&rejection);
    let strange = Opening { segment: 2, ..november() };
    let rejection = Rejection::NotOfSegment { id: id(), segment: 2 };
    ready.when(open(strange), now()).then_rejected(&rejection);
    let backwards = Opening { end: november().start, ..november() };
    ready.when(open(backwards), now()).then_rejected(&Rejection::EndsBeforeStart);
    let mars = Opening { zone: "Mars".into(), ..november() };
    ready.when(open(mars), now()).then_rejected(&Rejection::Zone("Mars".into()));
}

#[test]
fn a_fact_stands_for_what_a_new_segment_has_on_its_day() {
    let new = segment(2, "2026-11-03", AFTERNOON);
    let there: Given<Activities> = given([opened(), vec![new]].concat());
    let late = opening("20261112T150000", "2026-11-12T15:00:00+08:00");
    let late = Opening { segment: 2, ..late };
    let rejection = Rejection::StandsAlready { id: late.recurrence_id, by: id() };
    there.when(open(late), now()).then_rejected(&rejection);
    // The old segment has ended.
    let december = opening("20261212T193000", "2026-12-12T19:30:00+08:00");
    let rejection = Rejection::NotOfSegment { id: december.recurrence_id, segment: 1 };
    there.when(open(december.clone()), now()).then_rejected(&rejection);
    let december =
        Opening { segment: 2, ..opening("20261212T150000", "2026-12-12T15:00:00+08:00") };
    there.when(open(december.clone()), now()).then([Event::OccurrenceOpened(december)]);
}

#[test]
fn an_own_time_is_kept_from_the_start() {
    let ready: Given<Activities> = given(published());
    let own = Opening { start: at("2026-11-12T15:00:00+08:00"), ..november() };
    ready
        .when(Command::Open { opening: own.clone(), own: true }, now())
        .then([Event::OccurrenceOpened(own), Event::OccurrenceKept { recurrence_id: id() }]);
}

#[test]
fn a_move_has_a_reason_and_a_revision() {
    let there: Given<Activities> = given(opened());
    there.when(Command::Move(to(LATER)), now()).then([moved(1, LATER)]);
    let again: Given<Activities> = given([opened(), vec![moved(1, LATER)]].concat());
    again.when(Command::Move(to(LATER)), now()).then_nothing();
    let back = "2026-11-12T19:30:00+08:00";
    again.when(Command::Move(to(back)), now()).then([moved(2, back)]);
    let silent = Move { reason: "  ".into(), ..to(LATER) };
    there.when(Command::Move(silent), now()).then_rejected(&Rejection::ReasonMissing);
    let backwards = Move { end: at(LATER), ..to(LATER) };
    there.when(Command::Move(backwards), now()).then_rejected(&Rejection::EndsBeforeStart);
    let early = "2026-11-01T09:00:00+08:00";
    there.when(Command::Move(to(early)), now()).then_rejected(&Rejection::InPast(at(early)));
    let stated = Move { past: true, ..to(early) };
    there.when(Command::Move(stated), now()).then([moved(1, early)]);
}

#[test]
fn what_is_only_computed_is_opened_by_its_move_or_cancellation() {
    let ready: Given<Activities> = given(published());
    ready.when(Command::Move(to(LATER)), now()).then_rejected(&Rejection::NotOpened(id()));
    let with = Some(november());
    ready
        .when(Command::Move(Move { opening: with.clone(), ..to(LATER) }), now())
        .then([Event::OccurrenceOpened(november()), moved(1, LATER)]);
    ready
        .when(Command::Cancel(Cancel { opening: with, ..off() }), now())
        .then([Event::OccurrenceOpened(november()), cancelled(1)]);
    let other = opening("20261212T193000", "2026-12-12T19:30:00+08:00");
    ready
        .when(Command::Cancel(Cancel { opening: Some(other), ..off() }), now())
        .then_rejected(&Rejection::NotOpened(id()));
}

#[test]
fn a_cancellation_is_final() {
    let there: Given<Activities> = given(opened());
    there.when(Command::Cancel(off()), now()).then([cancelled(1)]);
    let silent = Cancel { reason: String::new(), ..off() };
    there.when(Command::Cancel(silent), now()).then_rejected(&Rejection::ReasonMissing);
    let over = at("2026-11-13T08:00:00+08:00");
    let end = november().end;
    there.when(Command::Cancel(off()), over).then_rejected(&Rejection::InPast(end));
    let stated = Cancel { past: true, ..off() };
    there.when(Command::Cancel(stated), over).then([cancelled(1)]);
    let off_already: Given<Activities> = given([opened(), vec![cancelled(1)]].concat());
    off_already.when(Command::Cancel(off()), now()).then_nothing();
    let rejection = Rejection::Cancelled(id());
    off_already.when(Command::Move(to(LATER)), now()).then_rejected(&rejection);
    off_already.when(Command::Keep { id: id() }, now()).then_rejected(&rejection);
}

const DAY: chrono::TimeDelta = chrono::TimeDelta::hours(24);

#[test]
fn a_day_after_its_end_nothing_of_it_changes() {
    let there: Given<Activities> = given(opened());
    let end = november().end;
    let (still, closed) = (end + DAY - chrono::TimeDelta::seconds(1), end + DAY);
    let rejection = Rejection::LongOver { id: id(), end };
    let off = || Command::Cancel(Cancel { past: true, ..off() });
    there.when(off(), still).then([cancelled(1)]);
    there.when(off(), closed).then_rejected(&rejection);
    let elsewhere = || Command::Move(Move { past: true, ..to(LATER) });
    there.when(elsewhere(), still).then([moved(1, LATER)]);
    there.when(elsewhere(), closed).then_rejected(&rejection);
    // One that was never opened is computed, and over as well.
    let ready: Given<Activities> = given(published());
    let cancel = Cancel { opening: Some(november()), past: true, ..self::off() };
    ready.when(Command::Cancel(cancel), closed).then_rejected(&rejection);
}

#[test]
fn a_form_that_shows_an_old_time_is_refused() {
    let there: Given<Activities> = given([opened(), vec![moved(1, LATER)]].concat());
    let current = there.state().occurrences[&id()].changed;
    assert_eq!(current, Version(5));
    let evening = "2026-11-14T18:00:00+08:00";
    let stale = Move { seen: Some(Version(4)), ..to(evening) };
    let rejected = Activities::decide(there.state(), Command::Move(stale), now()).unwrap_err();
    let Rejection::StaleForm(both) = rejected else { panic!("{rejected}") };
    assert_eq!((both.seen, both.current), (Version(4), Version(5)));
    let Shown::Place(place) = both.now else { panic!("{:?}", both.now) };
    assert_eq!(place.start, at(LATER));
    let fresh = Move { seen: Some(Version(5)), ..to(evening) };
    there.when(Command::Move(fresh), now()).then([moved(2, evening)]);
    let stale = Cancel { seen: Some(Version(4)), ..off() };
    let rejected = Activities::decide(there.state(), Command::Cancel(stale), now()).unwrap_err();
    assert!(matches!(rejected, Rejection::StaleForm(_)));
}

#[test]
fn opened_as_the_form_showed_it_computed_is_not_stale() {
    let there: Given<Activities> = given(opened());
    let form = Move { seen: Some(Version(0)), opening: Some(november()), ..to(LATER) };
    there.when(Command::Move(form), now()).then([moved(1, LATER)]);
}

#[test]
fn own_words_have_no_revision_and_may_come_before() {
    let describe = |seen, words| Command::DescribeOccurrence { seen, words };
    let own =
        Words {
            title: Some("座椅样式三选一".into()), capacity: Some(20), ..Words::none(id())
        };
    let ready: Given<Activities> = given(published());
    let described = Event::OccurrenceDescribed(own.clone());
    ready.when(describe(None, own.clone()), now()).then([described.clone()]);
    let there: Given<Activities> = given([published(), vec![described]].concat());
    there.when(describe(Some(Version(0)), own.clone()), now()).then_nothing();
    there
        .when(open(november()), now())
        .then([Event::OccurrenceOpened(Opening { capacity: 20, ..november() })]);
    let typo = Words { title: Some("座椅三选一".into()), ..own.clone() };
    let rejected =
        Activities::decide(there.state(), describe(Some(Version(0)), typo.clone()), now());
    assert!(matches!(rejected, Err(Rejection::StaleForm(_))));
    there
        .when(describe(Some(Version(4)), typo.clone()), now())
        .then([Event::OccurrenceDescribed(typo)]);
    let elsewhere = "20251212T193000".parse().unwrap();
    let rejection = Rejection::NotOfSegment { id: elsewhere, segment: 1 };
    let words = Words { text: Some("旧".into()), ..Words::none(elsewhere) };
    ready.when(describe(None, words), now()).then_rejected(&rejection);
    let empty = Words { title: Some(String::new()), ..Words::none(id()) };
    ready.when(describe(None, empty), now()).then_rejected(&Rejection::TitleMissing);
}

#[test]
fn keeping_answers_each_change_of_the_rule() {
    let kept = Event::OccurrenceKept { recurrence_id: id() };
    let there: Given<Activities> = given([opened(), vec![kept.clone()]].concat());
    there.when(Command::Keep { id: id() }, now()).then([kept]);
    let ready: Given<Activities> = given(published());
    ready.when(Command::Keep { id: id() }, now()).then_rejected(&Rejection::NotOpened(id()));
}
