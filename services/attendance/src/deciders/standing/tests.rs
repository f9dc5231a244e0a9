use chrono::TimeDelta;
use linli_platform::testing::{Given, at, given};

use super::*;

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-02T08:00:00+08:00")
}

fn stairs(places: u32) -> Described {
    Described {
        name: "stairs".into(),
        name_en: String::new(),
        about: "kept free".into(),
        building: "xg-1".into(),
        places,
        from_on: day(1),
        until_on: Some(day(20)),
        contact: Some(who(40)),
    }
}

fn says(what: Described) -> Command {
    Command::Set { what, seen: None }
}

fn set(places: u32) -> StandingEvent {
    stairs(places).told()
}

fn claimed(n: u128) -> StandingEvent {
    StandingEvent::StandingDutyClaimed { resident: who(n), proxy: None }
}

fn claim(n: u128, on: NaiveDate) -> Command {
    Command::Claim { resident: who(n), proxy: None, on }
}

fn asked(n: u128, from: u32, until: u32) -> StandingEvent {
    StandingEvent::CoverAsked { resident: who(n), from_on: day(from), until_on: day(until) }
}

fn ask(n: u128, from: u32, until: u32) -> Command {
    let (from_on, until_on) = (day(from), day(until));
    Command::AskCover { resident: who(n), from_on, until_on, on: day(2) }
}

fn taken(n: u128, instead_of: u128, from: u32, until: u32) -> StandingEvent {
    let (resident, instead_of) = (who(n), who(instead_of));
    StandingEvent::CoverTaken { resident, instead_of, from_on: day(from), until_on: day(until) }
}

fn take(n: u128, instead_of: u128, from: u32) -> Command {
    Command::TakeCover { resident: who(n), instead_of: who(instead_of), from_on: day(from) }
}

fn withdrawn(n: u128, from: u32) -> StandingEvent {
    StandingEvent::CoverWithdrawn { resident: who(n), from_on: day(from) }
}

fn released(n: u128) -> StandingEvent {
    StandingEvent::StandingDutyReleased { resident: who(n) }
}

fn duty(events: impl IntoIterator<Item = StandingEvent>) -> Given<Standing> {
    given::<Standing>(events)
}

#[test]
fn a_standing_duty_is_set_once_and_its_words_make_sense() {
    duty([]).when(says(stairs(2)), now()).then([set(2)]);
    duty([set(2)]).when(says(stairs(2)), now()).then_nothing();
    duty([set(2)]).when(says(stairs(3)), now()).then([set(3)]);
    let seen = |places, seen| Command::Set { what: stairs(places), seen: Some(Version(seen)) };
    let changed = || duty([set(2), claimed(1), set(4), claimed(2)]);
    changed().when(seen(5, 3), now()).then([set(5)]);
    changed().when(seen(4, 1), now()).then_nothing();
    let stale = Rejection::Stale { current: Version(3), now: Box::new(stairs(4)) };
    changed().when(seen(5, 1), now()).then_rejected(&stale);
    let nameless = Described { name: " ".into(), ..stairs(2) };
    duty([]).when(says(nameless), now()).then_rejected(&Rejection::Nameless);
    let absurd = Rejection::AbsurdPlaces { places: 0, max: PLACES_MAX };
    duty([]).when(says(stairs(0)), now()).then_rejected(&absurd);
    let backwards = Described { from_on: day(25), ..stairs(2) };
    let no = Rejection::Backwards { from_on: day(25), until_on: day(20) };
    duty([]).when(says(backwards), now()).then_rejected(&no);
    duty([set(2)]).when(Command::End, now()).then([StandingEvent::StandingDutyEnded {}]);
    duty([]).when(Command::End, now()).then_nothing();
    duty([set(2), StandingEvent::StandingDutyEnded {}]).when(Command::End, now()).then_nothing();
}

#[test]
fn it_takes_no_more_people_than_places_and_nobody_after_its_last_day() {
    duty([set(1)]).when(claim(1, day(2)), now()).then([claimed(1)]);
    duty([set(1), claimed(1)]).when(claim(1, day(2)), now()).then_nothing();
    duty([set(1), claimed(1)]).when(claim(2, day(2)), now()).then_rejected(&Rejection::Full(1));
    duty([set(1)]).when(claim(1, day(21)), now()).then_rejected(&Rejection::Ended);
    duty([]).when(claim(1, day(2)), now()).then_rejected(&Rejection::Ended);
    let ended = duty([set(1), StandingEvent::StandingDutyEnded {}]);
    ended.when(claim(1, day(2)), now()).then_rejected(&Rejection::Ended);
    let back = duty([set(1), claimed(1), released(1)]);
    back.when(claim(2, day(2)), now()).then([claimed(2)]);
}

#[test]
fn who_is_away_keeps_it_and_one_other_stands_in() {
    let kept = || duty([set(2), claimed(1)]);
    kept().when(ask(1, 5, 9), now()).then([asked(1, 5, 9)]);
    kept().when(ask(2, 5, 9), now()).then_rejected(&Rejection::NotTheirs);
    let away = || duty([set(2), claimed(1), asked(1, 5, 9)]);
    away().when(ask(1, 5, 9), now()).then_nothing();
    away().when(ask(1, 9, 12), now()).then_rejected(&Rejection::AwayAlready(day(5)));
    away().when(ask(1, 10, 12), now()).then([asked(1, 10, 12)]);
    let last = day(2) + TimeDelta::days(AWAY_DAYS_MAX);
    let past = Rejection::OtherDays { from_on: day(1), until_on: day(3), first: day(2), last };
    kept().when(ask(1, 1, 3), now()).then_rejected(&past);
    let backwards = Rejection::OtherDays { from_on: day(9), until_on: day(5), first: day(2), last };
    kept().when(ask(1, 9, 5), now()).then_rejected(&backwards);
    away().when(take(3, 1, 5), now()).then([taken(3, 1, 5, 9)]);
    away().when(take(1, 1, 5), now()).then_rejected(&Rejection::Oneself);
    away().when(take(3, 1, 6), now()).then_rejected(&Rejection::NobodyAsks(day(6)));
    let covered = || duty([set(2), claimed(1), asked(1, 5, 9), taken(3, 1, 5, 9)]);
    covered().when(take(3, 1, 5), now()).then_nothing();
    covered().when(take(4, 1, 5), now()).then_rejected(&Rejection::Taken);
    assert!(covered().state().by().contains(&who(1)));
    let comes = Command::WithdrawCover { resident: who(1), from_on: day(5) };
    covered().when(comes.clone(), now()).then([withdrawn(1, 5)]);
    kept().when(comes, now()).then_nothing();
}

#[test]
fn that_nobody_stands_in_is_told_once() {
    let alert = Command::AlertCover { resident: who(1), from_on: day(5) };
    let missing =
        StandingEvent::CoverMissing { resident: who(1), from_on: day(5), until_on: day(9) };
    let away = [set(2), claimed(1), asked(1, 5, 9)];
    duty(away.clone()).when(alert.clone(), now()).then([missing.clone()]);
    duty(away.clone().into_iter().chain([missing])).when(alert.clone(), now()).then_nothing();
    duty(away.into_iter().chain([taken(3, 1, 5, 9)])).when(alert, now()).then_nothing();
}

#[test]
fn who_leaves_it_leaves_nothing_behind_and_a_double_leaves_it_to_the_other() {
    let covered =
        || duty([set(2), claimed(1), asked(1, 5, 9), taken(3, 1, 5, 9), asked(1, 12, 13)]);
    let release = Command::Release { resident: who(1) };
    let gone = [withdrawn(1, 5), withdrawn(1, 12), released(1)];
    covered().when(release.clone(), now()).then(gone.clone());
    duty([set(2)]).when(release, now()).then_nothing();
    let over = |into: Option<u128>| Command::HandOver { resident: who(1), into: into.map(who) };
    covered().when(over(None), now()).then(gone.clone());
    covered().when(over(Some(1)), now()).then(gone.clone());
    let handed = [claimed(2), asked(2, 5, 9), taken(3, 2, 5, 9), asked(2, 12, 13)];
    covered().when(over(Some(2)), now()).then(gone.into_iter().chain(handed));
    let both = duty([set(2), claimed(1), claimed(2)]);
    both.when(over(Some(2)), now()).then([released(1)]);
    duty([set(2)]).when(over(Some(2)), now()).then_nothing();
}
