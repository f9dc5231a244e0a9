use linli_platform::testing::{at, given};

use super::*;

fn cause(version: u64) -> EventRef {
    format!("xiguan/attendance/roll/a@{version}").parse().unwrap()
}

fn credit(points: u32, minutes: u32, revision: u32) -> Credit {
    Credit {
        resident: Uuid::from_u128(1),
        ground: Ground::Hours,
        points,
        times: 0,
        minutes,
        on: "2026-11-05".parse().unwrap(),
        community: "xiguan".into(),
        building: "xiguan-1".into(),
        teams: Vec::new(),
        cause: cause(1),
        revision,
        capped: 0,
    }
}

fn settle(credit: Credit, because: u64) -> Command {
    Command::Settle { credit, because: cause(because) }
}

fn now() -> DateTime<Utc> {
    at("2026-11-05T04:00:00Z")
}

fn sum(attended: u32) -> Sum {
    Sum {
        on: "2026-11-05".parse().unwrap(),
        attended,
        present: 0,
        headcount: Some(attended),
        minutes: 0,
        activity_minutes: 120,
        hosts: vec!["xiguan".into()],
        kinds: Vec::new(),
        teams: Vec::new(),
        closed: true,
        reported: true,
    }
}

#[test]
fn a_correction_reverses_what_stood_and_credits_anew() {
    let first = TallyEvent::Credited(credit(2, 120, 1));
    given::<Tally>([]).when(settle(credit(2, 120, 1), 1), now()).then([first.clone()]);
    let corrected = Credit { cause: cause(5), revision: 2, ..credit(2, 120, 1) };
    given::<Tally>([first])
        .when(settle(credit(1, 60, 2), 5), now())
        .then([TallyEvent::Reversed(corrected), TallyEvent::Credited(credit(1, 60, 2))]);
}

#[test]
fn what_is_superseded_or_was_asked_before_changes_nothing() {
    let reversed = Credit { revision: 2, ..credit(2, 120, 1) };
    let there =
        given::<Tally>([TallyEvent::Credited(credit(2, 120, 1)), TallyEvent::Reversed(reversed)]);
    there.when(settle(credit(2, 120, 1), 1), now()).then_nothing();
    there.when(settle(credit(2, 120, 2), 1), now()).then_nothing();
    there.when(settle(credit(2, 120, 3), 7), now()).then([TallyEvent::Credited(credit(2, 120, 3))]);
}

#[test]
fn nothing_in_place_of_something_is_a_reversal_alone() {
    let there = given::<Tally>([TallyEvent::Credited(credit(2, 120, 1))]);
    let reversed = Credit { cause: cause(9), revision: 2, ..credit(2, 120, 1) };
    there.when(settle(credit(0, 0, 2), 9), now()).then([TallyEvent::Reversed(reversed)]);
}

#[test]
fn what_an_occurrence_counts_for_is_said_once_and_can_be_taken_back() {
    given::<Tally>([]).when(Command::Void, now()).then_nothing();
    let there = given::<Tally>([TallyEvent::Summed(sum(0))]);
    there.when(Command::Sum(sum(0)), now()).then_nothing();
    there.when(Command::Sum(sum(61)), now()).then([TallyEvent::Summed(sum(61))]);
    there.when(Command::Void, now()).then([TallyEvent::Voided {}]);
}
