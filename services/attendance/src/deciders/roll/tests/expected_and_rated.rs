use super::*;

fn sealed() -> Sealed {
    Sealed { person: who(1), v: 1, nonce: vec![7; 12], boxed: vec![9; 20] }
}

fn rate(n: u128, comment: Option<Sealed>) -> Command {
    Command::Rate { resident: who(n), rating: Rating::Satisfied, comment }
}

fn rated(n: u128, comment: Option<Sealed>) -> RollEvent {
    RollEvent::Rated { resident: who(n), rating: Rating::Satisfied, comment }
}

#[test]
fn people_are_expected_once_and_as_a_group() {
    let expect = |people: &[u128]| Command::Expect {
        residents: people.iter().copied().map(who).collect(),
        by: "role:party-member".into(),
    };
    let by_role = |people: &[u128]| RollEvent::Expected {
        residents: people.iter().copied().map(who).collect(),
        by: "role:party-member".into(),
    };
    roll([opened(0)]).when(expect(&[2, 1, 2]), earlier()).then([by_role(&[1, 2])]);
    roll([opened(0), by_role(&[1, 2])]).when(expect(&[1, 2, 3]), earlier()).then([by_role(&[3])]);
    roll([opened(0), by_role(&[1, 2])]).when(expect(&[2]), earlier()).then_nothing();
    roll([opened(0), closed()]).when(expect(&[1]), end()).then_rejected(&Rejection::Closed);
    let many: Vec<u128> = (1..=6_001).collect();
    let too_many = Rejection::TooManyNames(NAMES_MAX);
    roll([opened(0)]).when(expect(&many), earlier()).then_rejected(&too_many);
}

#[test]
fn whoever_is_not_expected_any_more_keeps_their_place() {
    let drop = |n| Command::DropExpected { resident: who(n) };
    let dropped = RollEvent::ExpectationDropped { resident: who(1) };
    let listed = || roll([opened(0), registered(1), expected(&[1])]);
    listed().when(drop(1), earlier()).then([dropped.clone()]);
    listed().when(drop(2), earlier()).then_nothing();
    let kept = roll([opened(0), registered(1), expected(&[1]), dropped]);
    assert_eq!(kept.state().standing(who(1)), Standing::Registered);
}

#[test]
fn the_closing_says_who_was_expected_excused_and_absent() {
    // 1 came, 2 and 3 did not, 4 is excused, 5 came unexpected, 6 waited in vain.
    let before = [
        opened(2),
        registered(1),
        registered(2),
        expected(&[1, 3, 4]),
        waitlisted(6),
        excused(4),
        came(1, 0),
        came(5, 0),
    ];
    let day_after = end() + Duration::hours(24);
    let closed = RollEvent::RollClosed {
        at: day_after,
        present: 2,
        minutes: 240,
        expected: 4,
        excused: 1,
        absent: vec![who(2), who(3)],
    };
    let credited = [left(1, end(), 120), left(5, end(), 120)];
    roll(before).when(Command::Close, day_after).then(credited.into_iter().chain([closed]));
}

#[test]
fn a_family_comes_in_all_or_none() {
    let arrival = |n| Arrival {
        resident: who(n),
        way: Way::Code,
        at: None,
        proxy: (n != 1).then_some(who(1)),
        staff: false,
    };
    let all = |people: &[u128]| Command::CheckInAll {
        arrivals: people.iter().copied().map(arrival).collect(),
    };
    let entered = |n: u128| RollEvent::CheckedIn {
        resident: who(n),
        way: Way::Code,
        at: start(),
        proxy: (n != 1).then_some(who(1)),
        merged: None,
    };
    let open = || roll([opened(3), registered(1), registered(2)]);
    open().when(all(&[1, 2]), start()).then([entered(1), entered(2)]);
    open().when(all(&[1, 1]), start()).then([entered(1)]);
    roll([opened(3), came(1, -5)]).when(all(&[1, 2]), start()).then([entered(2)]);
    // One place is free; the second of the two who have none stays out, and so do all.
    let why = Box::new(Rejection::Full(3));
    let full = Rejection::OneOf { resident: who(4), why };
    open().when(all(&[1, 3, 4]), start()).then_rejected(&full);
}

#[test]
fn only_who_was_there_rates_and_once() {
    let there = || roll([opened(0), came(1, 0)]);
    there().when(rate(1, None), minute(60)).then([rated(1, None)]);
    there().when(rate(1, Some(sealed())), end()).then([rated(1, Some(sealed()))]);
    there().when(rate(2, None), end()).then_rejected(&Rejection::NotThere);
    let before = Rejection::RatedTooEarly(start());
    roll([opened(0), came(1, -30)]).when(rate(1, None), minute(-10)).then_rejected(&before);
    let month = end() + Duration::days(30);
    there().when(rate(1, None), month).then([rated(1, None)]);
    let late = month + Duration::seconds(1);
    there().when(rate(1, None), late).then_rejected(&Rejection::RatedTooLate(month));
    let again = roll([opened(0), came(1, 0), rated(1, None)]);
    again.when(rate(1, None), end()).then_rejected(&Rejection::Rated);
}

#[test]
fn a_rating_goes_with_the_check_in() {
    let reverse = Command::ReverseCheckIn { resident: who(1) };
    let gone = RollEvent::RatingReversed { resident: who(1) };
    let rated_one = || roll([opened(0), came(1, 0), rated(1, None)]);
    rated_one().when(reverse, end()).then([reversed(1, 0), gone.clone()]);
    let back = roll([opened(0), came(1, 0), rated(1, None), reversed(1, 0), gone, came(1, 9)]);
    back.when(rate(1, None), end()).then([rated(1, None)]);
}

#[test]
fn a_comment_is_shown_after_somebody_has_read_it_and_may_be_taken_back() {
    let show = |n, shown| Command::ShowComment { resident: who(n), shown };
    let (approved, withheld) = (
        RollEvent::CommentApproved { resident: who(1) },
        RollEvent::CommentWithheld { resident: who(1) },
    );
    let given =
        || roll([opened(0), came(1, 0), rated(1, Some(sealed())), came(2, 0), rated(2, None)]);
    given().when(show(1, true), end()).then([approved.clone()]);
    given().when(show(1, false), end()).then([withheld.clone()]);
    given().when(show(2, true), end()).then_rejected(&Rejection::NoComment);
    given().when(show(3, true), end()).then_rejected(&Rejection::NoComment);
    let shown = roll([opened(0), came(1, 0), rated(1, Some(sealed())), approved.clone()]);
    assert_eq!(shown.state().comment(who(1)), Comment::Shown);
    shown.when(show(1, true), end()).then_nothing();
    shown.when(show(1, false), end()).then([withheld.clone()]);
    let hidden = roll([opened(0), came(1, 0), rated(1, Some(sealed())), withheld]);
    hidden.when(show(1, true), end()).then([approved]);
}
