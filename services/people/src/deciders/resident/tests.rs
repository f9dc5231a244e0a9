use chrono::TimeDelta;
use linli_platform::testing::{at, given};

use super::*;

const ME: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);
const NOON: &str = "2026-11-02T12:00:00+08:00";

fn sealed(person: Uuid) -> Sealed {
    Sealed { person, v: 1, nonce: vec![0; 12], boxed: vec![9; 20] }
}

fn who() -> Registered {
    Registered {
        community: "xiguan".into(),
        building: "xiguan-b03".into(),
        name: sealed(ME),
        phone: None,
        email: None,
        flat: None,
        language: "zh".into(),
        large_type: false,
        party_member: false,
        volunteer: true,
        building_head: false,
        under_14: false,
        synthetic: true,
    }
}

fn child() -> Registered {
    Registered { under_14: true, ..who() }
}

fn registered() -> Event {
    Event::ResidentRegistered(who())
}

fn register(who: Registered, consents: &[Purpose]) -> Command {
    Command::Register { who: Box::new(who), consents: consents.to_vec(), how: "paper".into() }
}

fn given_consent(purpose: Purpose) -> Event {
    Event::ConsentGiven { purpose, how: "paper".into() }
}

fn consent(purpose: Purpose) -> Command {
    Command::GiveConsent { purpose, how: "paper".into() }
}

fn change(seen: Option<u32>, change: Changed) -> Command {
    Command::Change { seen, change: Box::new(change) }
}

#[test]
fn a_name_and_a_building_suffice() {
    let none = given::<Residents>([]);
    none.when(register(who(), &[]), at(NOON)).then([registered()]);
    let consents = [Purpose::Storage, Purpose::Reminders, Purpose::Storage];
    none.when(register(who(), &consents), at(NOON)).then([
        registered(),
        given_consent(Purpose::Reminders),
        given_consent(Purpose::Storage),
    ]);
    let homeless = Registered { building: String::new(), ..who() };
    none.when(register(homeless, &[]), at(NOON)).then_rejected(&Rejection::BuildingMissing);
    let foreign = Registered { phone: Some(sealed(OTHER)), ..who() };
    none.when(register(foreign, &[]), at(NOON)).then_rejected(&Rejection::SealedForAnother);
    let there = given::<Residents>([registered()]);
    there.when(register(who(), &[]), at(NOON)).then_rejected(&Rejection::Taken);
    none.when(Command::IssueCard(Uuid::nil()), at(NOON)).then_rejected(&Rejection::Unknown);
}

#[test]
fn only_what_is_new_is_written() {
    let there = given::<Residents>([registered()]);
    let same = Changed { volunteer: Some(true), language: Some("zh".into()), ..Changed::default() };
    there.when(change(None, same), at(NOON)).then_nothing();
    let both = Changed {
        volunteer: Some(true),
        large_type: Some(true),
        phone: Some(sealed(ME)),
        ..Changed::default()
    };
    let news = Changed { large_type: Some(true), phone: Some(sealed(ME)), ..Changed::default() };
    there.when(change(None, both), at(NOON)).then([Event::ResidentChanged(news)]);
    let french = Changed { language: Some("fr".into()), ..Changed::default() };
    there.when(change(None, french), at(NOON)).then_rejected(&Rejection::LanguageUnknown);
    let foreign = Changed { flat: Some(sealed(OTHER)), ..Changed::default() };
    there.when(change(None, foreign), at(NOON)).then_rejected(&Rejection::SealedForAnother);
}

#[test]
fn a_form_opened_before_the_last_change_is_refused() {
    let large = Changed { large_type: Some(true), ..Changed::default() };
    let head = Changed { building_head: Some(true), ..Changed::default() };
    let there = given::<Residents>([registered(), Event::ResidentChanged(large)]);
    there
        .when(change(Some(1), head.clone()), at(NOON))
        .then_rejected(&Rejection::Stale { seen: 1, now: 2 });
    there.when(change(Some(2), head.clone()), at(NOON)).then([Event::ResidentChanged(head)]);
}

#[test]
fn moving_keeps_the_stream() {
    let there = given::<Residents>([registered()]);
    let go = |community: &str, building: &str| Command::Move {
        community: community.into(),
        building: building.into(),
    };
    there.when(go("xiguan", "xiguan-b03"), at(NOON)).then_nothing();
    there
        .when(go("xiguan", "xiguan-b04"), at(NOON))
        .then([Event::ResidentMoved { community: "xiguan".into(), building: "xiguan-b04".into() }]);
    there.when(go("xiguan", ""), at(NOON)).then_rejected(&Rejection::BuildingMissing);
}

#[test]
fn a_child_needs_a_guardian_first_and_last() {
    let none = given::<Residents>([]);
    let alone = register(child(), &[Purpose::Reminders]);
    none.when(alone, at(NOON)).then_rejected(&Rejection::GuardianMissing);
    let there = given::<Residents>([Event::ResidentRegistered(child())]);
    there.when(consent(Purpose::Rankings), at(NOON)).then_rejected(&Rejection::GuardianMissing);
    there.when(consent(Purpose::Guardian), at(NOON)).then([given_consent(Purpose::Guardian)]);
    let guarded = given::<Residents>([
        Event::ResidentRegistered(child()),
        given_consent(Purpose::Guardian),
        given_consent(Purpose::Rankings),
    ]);
    let withdraw = |purpose| Command::WithdrawConsent { purpose };
    guarded.when(withdraw(Purpose::Guardian), at(NOON)).then([
        Event::ConsentWithdrawn { purpose: Purpose::Rankings },
        Event::ConsentWithdrawn { purpose: Purpose::Guardian },
    ]);
    guarded.when(withdraw(Purpose::Reminders), at(NOON)).then_nothing();
}

#[test]
fn consents_teams_and_proxies_are_given_once_and_ended_once() {
    let there = given::<Residents>([
        registered(),
        given_consent(Purpose::Reminders),
        Event::TeamJoined { team: OTHER },
        Event::ProxyAllowed { proxy: OTHER },
    ]);
    for again in [
        consent(Purpose::Reminders),
        Command::JoinTeam(OTHER),
        Command::AllowProxy(OTHER),
        Command::LeaveTeam(ME),
        Command::EndProxy(ME),
    ] {
        there.when(again, at(NOON)).then_nothing();
    }
    let withdraw = Command::WithdrawConsent { purpose: Purpose::Reminders };
    let withdrawn = Event::ConsentWithdrawn { purpose: Purpose::Reminders };
    there.when(withdraw, at(NOON)).then([withdrawn]);
    there.when(Command::LeaveTeam(OTHER), at(NOON)).then([Event::TeamLeft { team: OTHER }]);
    there.when(Command::EndProxy(OTHER), at(NOON)).then([Event::ProxyEnded { proxy: OTHER }]);
    there.when(Command::AllowProxy(ME), at(NOON)).then_rejected(&Rejection::Oneself);
    there.when(Command::MergeInto(ME), at(NOON)).then_rejected(&Rejection::Oneself);
}

#[test]
fn five_links_an_hour() {
    let start = at(NOON);
    let asked = |n: u32| Event::SignInAsked { n, at: start + TimeDelta::minutes(i64::from(n)) };
    let four = given::<Residents>([registered(), asked(1), asked(2), asked(3), asked(4)]);
    let now = start + TimeDelta::minutes(10);
    four.when(Command::AskSignIn, now).then([Event::SignInAsked { n: 5, at: now }]);
    let five = given::<Residents>(std::iter::once(registered()).chain((1..=5).map(asked)));
    five.when(Command::AskSignIn, now).then_rejected(&Rejection::AskedTooOften);
    let later = start + TimeDelta::minutes(61);
    five.when(Command::AskSignIn, later).then([Event::SignInAsked { n: 6, at: later }]);
}

#[test]
fn the_erased_and_the_merged_are_left_alone() {
    let merged = given::<Residents>([registered(), Event::ResidentMerged { into: OTHER }]);
    merged.when(Command::IssueCard(Uuid::nil()), at(NOON)).then_rejected(&Rejection::Merged(OTHER));
    merged.when(Command::MergeInto(OTHER), at(NOON)).then_nothing();
    merged.when(Command::Erase, at(NOON)).then([Event::ResidentErased {}]);
    let erased = given::<Residents>([registered(), Event::ResidentErased {}]);
    erased.when(Command::Erase, at(NOON)).then_nothing();
    for command in [
        register(who(), &[]),
        change(None, Changed { large_type: Some(true), ..Changed::default() }),
        Command::Move { community: "xiguan".into(), building: "xiguan-b04".into() },
        consent(Purpose::Reminders),
        Command::WithdrawConsent { purpose: Purpose::Reminders },
        Command::JoinTeam(OTHER),
        Command::LeaveTeam(OTHER),
        Command::AllowProxy(OTHER),
        Command::EndProxy(OTHER),
        Command::AskSignIn,
        Command::IssueCard(Uuid::nil()),
        Command::MergeInto(OTHER),
    ] {
        erased.when(command, at(NOON)).then_rejected(&Rejection::Erased);
    }
}

#[test]
fn who_takes_over_agrees_to_what_the_double_did_but_not_to_what_they_withdrew() {
    let now = at(NOON);
    let taken = || Taken {
        double: OTHER,
        consents: BTreeSet::from([Purpose::Storage, Purpose::Reminders, Purpose::Rankings]),
        teams: vec![OTHER],
        proxies: vec![ME, OTHER],
    };
    let take = || Command::TakeOver(Box::new(taken()));
    let agreed = |purpose| Event::ConsentGiven { purpose, how: "merge".into() };
    let taken_at = |at| Event::DoubleTakenOver { double: OTHER, at };
    let there = given::<Residents>([
        registered(),
        Event::ConsentGiven { purpose: Purpose::Storage, how: "paper".into() },
        Event::ConsentGiven { purpose: Purpose::Rankings, how: "paper".into() },
        Event::ConsentWithdrawn { purpose: Purpose::Rankings },
    ]);
    let done = [
        taken_at(now),
        agreed(Purpose::Reminders),
        Event::TeamJoined { team: OTHER },
        Event::ProxyAllowed { proxy: OTHER },
    ];
    there.when(take(), now).then(done.clone());
    let after = given::<Residents>(std::iter::once(registered()).chain(done));
    after.when(Command::MergeInto(OTHER), now).then_rejected(&Rejection::Crossed);
    let later = now + TimeDelta::minutes(1);
    after.when(Command::MergeInto(OTHER), later).then([Event::ResidentMerged { into: OTHER }]);
    let child = child();
    let child = given::<Residents>([Event::ResidentRegistered(child)]);
    let others = [Event::TeamJoined { team: OTHER }, Event::ProxyAllowed { proxy: OTHER }];
    child.when(take(), now).then(std::iter::once(taken_at(now)).chain(others).collect::<Vec<_>>());
    let oneself = Command::TakeOver(Box::new(Taken { double: ME, ..taken() }));
    there.when(oneself, now).then_rejected(&Rejection::Oneself);
}
