use super::*;

fn merge(n: u128, into: u128) -> Command {
    Command::HandOver { resident: who(n), into: Some(who(into)) }
}

/// A check-in of one taken over by another.
fn moved(n: u128, into: u128) -> RollEvent {
    let minutes_before = 0;
    RollEvent::CheckInReversed { resident: who(n), minutes_before, into: Some(who(into)) }
}

fn took_over(into: u128, of: u128, at: DateTime<Utc>) -> RollEvent {
    let (way, merged) = (Way::List, Some(who(of)));
    RollEvent::CheckedIn { resident: who(into), way, at, proxy: None, merged }
}

fn credited_before(n: u128, minutes_before: u32, into: u128) -> RollEvent {
    RollEvent::CheckInReversed { resident: who(n), minutes_before, into: Some(who(into)) }
}

#[test]
fn a_check_in_of_the_double_is_the_others_with_its_time() {
    let there = roll([opened(0), came(1, -5), left(1, minute(60), 60), closed()]);
    there.when(merge(1, 2), end() + Duration::days(40)).then([
        credited_before(1, 60, 2),
        took_over(2, 1, minute(-5)),
        left(2, minute(60), 60),
    ]);
    let still = roll([opened(0), came(1, 3)]);
    still.when(merge(1, 2), minute(9)).then([moved(1, 2), took_over(2, 1, minute(3))]);
}

#[test]
fn who_is_counted_twice_counts_once_with_the_longer_time() {
    let both = |first: u32, second: u32| {
        roll([
            opened(0),
            came(1, 0),
            came(2, 0),
            left(1, end(), first),
            left(2, end(), second),
            closed(),
        ])
    };
    both(60, 120).when(merge(1, 2), end()).then([credited_before(1, 60, 2)]);
    let longer = RollEvent::HoursCorrected {
        resident: who(2),
        minutes_before: 60,
        minutes: 120,
        remark: None,
    };
    both(120, 60).when(merge(1, 2), end()).then([credited_before(1, 120, 2), longer]);
    let open = roll([opened(0), came(1, 0), came(2, 0), left(1, minute(30), 30)]);
    open.when(merge(1, 2), minute(40)).then([credited_before(1, 30, 2), left(2, minute(30), 30)]);
}

#[test]
fn a_place_that_has_begun_is_the_others_so_that_nobody_is_absent_twice() {
    let begun = roll([opened(2), registered(1), expected(&[1])]);
    let dropped = RollEvent::ExpectationDropped { resident: who(1) };
    begun.when(merge(1, 2), minute(5)).then([dropped, expected(&[2]), withdrawn(1), registered(2)]);
    let one_came = roll([opened(2), registered(1), came(2, 0)]);
    one_came.when(merge(1, 2), minute(5)).then([withdrawn(1)]);
    let came_with_place = roll([opened(1), registered(1), came(1, 0)]);
    came_with_place.when(merge(1, 2), minute(5)).then([
        moved(1, 2),
        withdrawn(1),
        registered(2),
        took_over(2, 1, minute(0)),
    ]);
    let excused_one = roll([opened(1), registered(1), excused(1)]);
    excused_one.when(merge(1, 2), minute(5)).then([withdrawn(1), excused(2)]);
}

#[test]
fn one_rating_stays_of_both() {
    let rated = |n, rating| RollEvent::Rated { resident: who(n), rating, comment: None };
    let gone = RollEvent::RatingReversed { resident: who(1) };
    let one = roll([opened(0), came(1, 0), came(2, 0), rated(1, Rating::Fair)]);
    let all = [moved(1, 2), gone.clone(), rated(2, Rating::Fair)];
    one.when(merge(1, 2), minute(5)).then(all);
    let both = roll([
        opened(0),
        came(1, 0),
        came(2, 0),
        rated(1, Rating::Fair),
        rated(2, Rating::Satisfied),
    ]);
    both.when(merge(1, 2), minute(5)).then([moved(1, 2), gone]);
}

#[test]
fn what_the_other_entry_wrote_stays_sealed_as_it_was_and_shown_or_not() {
    let words = Sealed { person: who(1), v: 1, nonce: vec![7; 12], boxed: vec![9; 20] };
    let rated = |n| RollEvent::Rated {
        resident: who(n),
        rating: Rating::Fair,
        comment: Some(words.clone()),
    };
    let gone = RollEvent::RatingReversed { resident: who(1) };
    let before = || vec![opened(0), came(1, 0), came(2, 0), rated(1)];
    roll(before()).when(merge(1, 2), minute(5)).then([moved(1, 2), gone.clone(), rated(2)]);
    let shown = |n| RollEvent::CommentApproved { resident: who(n) };
    let withheld = |n| RollEvent::CommentWithheld { resident: who(n) };
    for (decided, again) in [(shown(1), shown(2)), (withheld(1), withheld(2))] {
        let there = roll([before(), vec![decided]].concat());
        there.when(merge(1, 2), minute(5)).then([moved(1, 2), gone.clone(), rated(2), again]);
    }
}

#[test]
fn nothing_is_merged_twice() {
    let once = roll([opened(0), came(1, 0), moved(1, 2), took_over(2, 1, minute(0)), closed()]);
    once.when(merge(1, 2), end()).then_nothing();
    roll([opened(0), came(1, 0)]).when(merge(1, 1), end()).then_nothing();
    roll([opened(0)]).when(merge(1, 2), end()).then_nothing();
}
