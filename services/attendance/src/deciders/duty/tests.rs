use linli_platform::testing::{Given, at, given};

use super::*;

fn start() -> DateTime<Utc> {
    at("2026-11-05T09:00:00+08:00")
}

fn end() -> DateTime<Utc> {
    at("2026-11-05T11:00:00+08:00")
}

fn before() -> DateTime<Utc> {
    at("2026-11-03T09:00:00+08:00")
}

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn places(welcome: u32, tea: u32) -> Vec<DutyPlace> {
    [("welcome", welcome), ("tea", tea)]
        .map(|(name, places)| DutyPlace { name: name.into(), places })
        .to_vec()
}

fn set(welcome: u32, tea: u32) -> DutyEvent {
    DutyEvent::DutiesSet { duties: places(welcome, tea), start: start(), end: end() }
}

fn claimed(n: u128, duty: &str) -> DutyEvent {
    DutyEvent::DutyClaimed { duty: duty.into(), resident: who(n), proxy: None, instead_of: None }
}

fn claim(n: u128, duty: &str) -> Command {
    Command::Claim { duty: duty.into(), resident: who(n), proxy: None }
}

fn release(n: u128, duty: &str) -> Command {
    Command::Release { duty: duty.into(), resident: who(n) }
}

fn duties(events: impl IntoIterator<Item = DutyEvent>) -> Given<Duty> {
    given::<Duty>(events)
}

#[test]
fn duties_are_set_once_and_again_when_they_change() {
    let asked =
        |welcome, tea| Command::Set { duties: places(welcome, tea), start: start(), end: end() };
    duties([]).when(asked(1, 2), before()).then([set(1, 2)]);
    duties([set(1, 2)]).when(asked(1, 2), before()).then_nothing();
    duties([set(1, 2)]).when(asked(2, 2), before()).then([set(2, 2)]);
    duties([set(1, 2), DutyEvent::DutiesCancelled {}])
        .when(asked(1, 2), before())
        .then([set(1, 2)]);
}

#[test]
fn a_duty_takes_no_more_than_its_places() {
    duties([set(1, 2)]).when(claim(1, "welcome"), before()).then([claimed(1, "welcome")]);
    let taken = || duties([set(1, 2), claimed(1, "welcome")]);
    taken().when(claim(1, "welcome"), before()).then_nothing();
    taken().when(claim(2, "welcome"), before()).then_rejected(&Rejection::Full(1));
    taken().when(claim(2, "tea"), before()).then([claimed(2, "tea")]);
    let lowered = duties([set(2, 2), claimed(1, "welcome"), claimed(2, "welcome"), set(1, 2)]);
    lowered.when(claim(3, "welcome"), before()).then_rejected(&Rejection::Full(1));
    lowered.when(claim(2, "welcome"), before()).then_nothing();
}

#[test]
fn one_person_has_one_duty_at_a_time() {
    let taken = || duties([set(1, 2), claimed(1, "welcome")]);
    taken().when(claim(1, "tea"), before()).then_rejected(&Rejection::OtherDuty("welcome".into()));
    let unknown = Rejection::Unknown("cleaning".into());
    taken().when(claim(2, "cleaning"), before()).then_rejected(&unknown);
    let released = DutyEvent::DutyReleased { duty: "welcome".into(), resident: who(1) };
    taken().when(release(1, "welcome"), before()).then([released.clone()]);
    taken().when(release(1, "tea"), before()).then_nothing();
    duties([set(1, 2), claimed(1, "welcome"), released])
        .when(claim(1, "tea"), before())
        .then([claimed(1, "tea")]);
}

#[test]
fn nothing_is_claimed_of_what_is_over_or_cancelled() {
    duties([set(1, 2)]).when(claim(1, "tea"), start()).then([claimed(1, "tea")]);
    duties([set(1, 2)]).when(claim(1, "tea"), end()).then_rejected(&Rejection::Over(end()));
    duties([set(1, 2)]).when(Command::Cancel, before()).then([DutyEvent::DutiesCancelled {}]);
    duties([]).when(Command::Cancel, before()).then_nothing();
    let cancelled = || duties([set(1, 2), claimed(1, "tea"), DutyEvent::DutiesCancelled {}]);
    cancelled().when(Command::Cancel, before()).then_nothing();
    cancelled().when(claim(2, "tea"), before()).then_rejected(&Rejection::Cancelled);
    cancelled().when(release(1, "tea"), before()).then_rejected(&Rejection::Cancelled);
}

#[test]
fn a_duty_of_nobody_is_free_and_a_double_s_goes_to_the_other_entry() {
    let over = |n, into: Option<u128>| {
        let into = into.map(who);
        Command::HandOver { resident: who(n), into }
    };
    let taken = || duties([set(1, 2), claimed(1, "welcome"), claimed(2, "tea")]);
    let released = || DutyEvent::DutyReleased { duty: "welcome".into(), resident: who(1) };
    taken().when(over(1, None), before()).then([released()]);
    taken().when(over(1, Some(3)), before()).then([released(), claimed(3, "welcome")]);
    taken().when(over(1, Some(2)), before()).then([released()]);
    taken().when(over(1, Some(1)), before()).then_nothing();
    taken().when(over(3, None), before()).then_nothing();
    taken().when(over(1, None), end()).then_rejected(&Rejection::Over(end()));
}

fn asked(n: u128, duty: &str) -> DutyEvent {
    DutyEvent::StandInAsked { duty: duty.into(), resident: who(n) }
}

fn released(n: u128, duty: &str) -> DutyEvent {
    DutyEvent::DutyReleased { duty: duty.into(), resident: who(n) }
}

fn stand_in(n: u128, duty: &str) -> Command {
    Command::StandIn { duty: duty.into(), resident: who(n), proxy: None }
}

#[test]
fn somebody_stands_in_for_the_first_who_asked_and_until_then_it_is_theirs() {
    let ask = |n, duty: &str| Command::AskStandIn { duty: duty.into(), resident: who(n) };
    let both = || duties([set(1, 2), claimed(1, "tea"), claimed(2, "tea")]);
    both().when(ask(1, "tea"), before()).then([asked(1, "tea")]);
    both().when(ask(1, "welcome"), before()).then_rejected(&Rejection::NotTheirs("welcome".into()));
    let nobody = Rejection::NobodyAsks("tea".into());
    both().when(stand_in(3, "tea"), before()).then_rejected(&nobody);
    let asking = || {
        duties([set(1, 2), claimed(1, "tea"), claimed(2, "tea"), asked(2, "tea"), asked(1, "tea")])
    };
    asking().when(ask(1, "tea"), before()).then_nothing();
    let takes = DutyEvent::DutyClaimed {
        duty: "tea".into(),
        resident: who(3),
        proxy: None,
        instead_of: Some(who(2)),
    };
    asking().when(stand_in(3, "tea"), before()).then([released(2, "tea"), takes.clone()]);
    asking().when(stand_in(1, "tea"), before()).then_nothing();
    asking().when(stand_in(3, "tea"), end()).then_rejected(&Rejection::Over(end()));
    let busy = duties([set(1, 2), claimed(1, "tea"), asked(1, "tea"), claimed(3, "welcome")]);
    busy.when(stand_in(3, "tea"), before()).then_rejected(&Rejection::OtherDuty("welcome".into()));
    let over = duties([set(1, 2), claimed(2, "tea"), asked(2, "tea"), released(2, "tea"), takes]);
    over.when(stand_in(4, "tea"), before()).then_rejected(&nobody);
    let withdraw = |n| Command::WithdrawStandIn { duty: "tea".into(), resident: who(n) };
    let comes = DutyEvent::StandInWithdrawn { duty: "tea".into(), resident: who(2) };
    asking().when(withdraw(2), before()).then([comes]);
    both().when(withdraw(2), before()).then_nothing();
}

#[test]
fn who_is_missing_is_told_two_days_before_and_again_when_others_are() {
    let unfilled = |welcome: u32, tea: u32| DutyEvent::DutyUnfilled {
        duties: places(welcome, tea).into_iter().filter(|place| place.places > 0).collect(),
        start: start(),
    };
    let empty = || duties([set(1, 2)]);
    empty().when(Command::Alert, before()).then([unfilled(1, 2)]);
    empty().when(Command::Alert, before() - TimeDelta::seconds(1)).then_nothing();
    empty().when(Command::Alert, start()).then_nothing();
    duties([set(1, 2), unfilled(1, 2)]).when(Command::Alert, before()).then_nothing();
    let one = duties([set(1, 2), unfilled(1, 2), claimed(1, "welcome")]);
    one.when(Command::Alert, before()).then([unfilled(0, 2)]);
    let all = [set(1, 2), claimed(1, "welcome"), claimed(2, "tea"), claimed(3, "tea")];
    duties(all.clone()).when(Command::Alert, before()).then_nothing();
    let away = duties(all.into_iter().chain([asked(3, "tea")]));
    away.when(Command::Alert, before()).then([unfilled(0, 1)]);
    duties([set(1, 2), DutyEvent::DutiesCancelled {}])
        .when(Command::Alert, before())
        .then_nothing();
}

#[test]
fn a_duty_is_done_once_by_who_had_it_and_was_there() {
    let done = |n, duty: &str| DutyEvent::DutyDone { duty: duty.into(), resident: who(n) };
    let settle =
        |present: &[u128]| Command::Settle { present: present.iter().copied().map(who).collect() };
    let taken = || duties([set(1, 2), claimed(1, "welcome"), claimed(2, "tea")]);
    taken().when(settle(&[1, 9]), end()).then([done(1, "welcome")]);
    duties([set(1, 2), claimed(1, "tea"), done(1, "tea")]).when(settle(&[1]), end()).then_nothing();
    let unsettle =
        |n, into: Option<u128>| Command::Unsettle { resident: who(n), into: into.map(who) };
    let undone = |into: Option<u128>| DutyEvent::DutyDoneReversed {
        duty: "tea".into(),
        resident: who(1),
        into: into.map(who),
    };
    let one = || duties([set(1, 2), claimed(1, "tea"), done(1, "tea")]);
    one().when(unsettle(1, None), end()).then([undone(None)]);
    one().when(unsettle(2, None), end()).then_nothing();
    one().when(unsettle(1, Some(5)), end()).then([undone(Some(5)), done(5, "tea")]);
    let both = duties([set(1, 2), done(1, "tea"), done(5, "tea")]);
    both.when(unsettle(1, Some(5)), end()).then([undone(Some(5))]);
}
