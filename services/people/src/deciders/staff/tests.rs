use linli_platform::testing::{at, given};

use super::*;

const ME: Uuid = Uuid::from_u128(1);
const NOON: &str = "2026-11-02T12:00:00+08:00";

fn sealed(person: Uuid) -> Sealed {
    Sealed { person, v: 1, nonce: vec![0; 12], boxed: vec![9; 20] }
}

fn join(language: &str) -> Command {
    Command::Join { name: sealed(ME), email: Some(sealed(ME)), language: language.into() }
}

fn joined() -> Event {
    Event::StaffJoined { name: sealed(ME), email: Some(sealed(ME)), language: "zh".into() }
}

fn give(role: &str, community: &str) -> Command {
    Command::GiveRole { role: role.into(), community: community.into() }
}

fn given_role(role: &str, community: &str) -> Event {
    Event::RoleGiven { role: role.into(), community: community.into() }
}

#[test]
fn somebody_joins_once() {
    given::<Staff>([]).when(join("zh"), at(NOON)).then([joined()]);
    given::<Staff>([]).when(join("fr"), at(NOON)).then_rejected(&Rejection::LanguageUnknown);
    given::<Staff>([joined()]).when(join("zh"), at(NOON)).then_rejected(&Rejection::Taken);
    given::<Staff>([]).when(Command::Leave, at(NOON)).then_rejected(&Rejection::Unknown);
    let foreign = Command::Join {
        name: sealed(ME),
        email: Some(sealed(Uuid::from_u128(2))),
        language: "zh".into(),
    };
    given::<Staff>([]).when(foreign, at(NOON)).then_rejected(&Rejection::SealedForAnother);
}

#[test]
fn a_role_is_known_and_holds_in_a_place() {
    let there = given::<Staff>([joined(), given_role("organiser", "xiguan")]);
    there.when(give("organiser", "xiguan"), at(NOON)).then_nothing();
    there
        .when(give("organiser", "guangling"), at(NOON))
        .then([given_role("organiser", "guangling")]);
    there.when(give("caretaker", "xiguan"), at(NOON)).then_rejected(&Rejection::RoleUnknown);
    there.when(give("viewer", ""), at(NOON)).then_rejected(&Rejection::PlaceMissing);
    let take = |role: &str| Command::TakeRole { role: role.into(), community: "xiguan".into() };
    there.when(take("viewer"), at(NOON)).then_nothing();
    there
        .when(take("organiser"), at(NOON))
        .then([Event::RoleTaken { role: "organiser".into(), community: "xiguan".into() }]);
}

#[test]
fn only_what_is_new_is_written() {
    let there = given::<Staff>([joined()]);
    let change = |name, language: &str| Command::Change {
        name,
        email: None,
        language: Some(language.to_owned()),
    };
    there.when(change(None, "zh"), at(NOON)).then_nothing();
    there.when(change(Some(sealed(ME)), "zh"), at(NOON)).then([Event::StaffChanged {
        name: Some(sealed(ME)),
        email: None,
        language: None,
    }]);
}

#[test]
fn whoever_left_has_no_roles_and_gets_none() {
    let gone = given::<Staff>([joined(), given_role("viewer", "*"), Event::StaffLeft {}]);
    gone.when(give("viewer", "*"), at(NOON)).then_rejected(&Rejection::Left);
    gone.when(Command::Leave, at(NOON)).then_nothing();
    gone.when(Command::Erase, at(NOON)).then([Event::StaffErased {}]);
    let erased = given::<Staff>([joined(), Event::StaffErased {}]);
    erased.when(Command::Erase, at(NOON)).then_nothing();
    erased.when(Command::AskSignIn, at(NOON)).then_rejected(&Rejection::Erased);
}

#[test]
fn the_sixth_link_within_an_hour_is_refused() {
    let asked = |n| Event::StaffSignInAsked { n, at: at(NOON) };
    let four = given::<Staff>(std::iter::once(joined()).chain((1..=4).map(asked)));
    four.when(Command::AskSignIn, at(NOON)).then([asked(5)]);
    let five = given::<Staff>(std::iter::once(joined()).chain((1..=5).map(asked)));
    five.when(Command::AskSignIn, at(NOON)).then_rejected(&Rejection::AskedTooOften);
}
