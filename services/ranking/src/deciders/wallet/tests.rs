use linli_platform::testing::{at, given};

use super::*;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn now() -> DateTime<Utc> {
    at("2026-11-05T04:00:00Z")
}

fn place() -> String {
    "xiguan".into()
}

fn spend(n: u128, points: u32, earned: u64) -> Command {
    Command::Spend { spending: id(n), place: place(), points, earned, remark: None }
}

fn spent(n: u128, points: u32) -> WalletEvent {
    WalletEvent::PointsSpent { spending: id(n), place: place(), points, remark: None }
}

fn reversed(n: u128, points: u32) -> WalletEvent {
    WalletEvent::SpendingReversed { spending: id(n), place: place(), points }
}

fn received(n: u128, from: u128, points: u32) -> WalletEvent {
    WalletEvent::PointsReceived { transfer: id(n), from: id(from), points }
}

fn sent(n: u128, to: u128, points: u32, reverses: Option<u128>) -> WalletEvent {
    let reverses = reverses.map(id);
    WalletEvent::PointsSent { transfer: id(n), to: id(to), points, place: place(), reverses }
}

#[test]
fn nobody_spends_what_is_not_there() {
    let fresh = given::<Wallet>([]);
    fresh.when(spend(1, 10, 10), now()).then([spent(1, 10)]);
    let too_few = Rejection::TooFew { points: 11, there: 10 };
    fresh.when(spend(1, 11, 10), now()).then_rejected(&too_few);
    fresh.when(spend(1, 0, 10), now()).then_rejected(&Rejection::Absurd(0));
    let there = given::<Wallet>([spent(1, 10), received(2, 5, 3)]);
    there.when(spend(1, 10, 10), now()).then_nothing();
    there.when(spend(3, 3, 10), now()).then([spent(3, 3)]);
    // What was earned was corrected to 4 since: there is less than nothing.
    let too_few = Rejection::TooFew { points: 1, there: -3 };
    there.when(spend(3, 1, 4), now()).then_rejected(&too_few);
}

#[test]
fn a_spending_is_taken_back_once() {
    let there = given::<Wallet>([spent(1, 10)]);
    let back = Command::ReverseSpending { spending: id(1) };
    there.when(back.clone(), now()).then([reversed(1, 10)]);
    given::<Wallet>([spent(1, 10), reversed(1, 10)]).when(back, now()).then_nothing();
    let none = Command::ReverseSpending { spending: id(2) };
    there.when(none, now()).then_rejected(&Rejection::NoSpending);
}

#[test]
fn points_go_to_somebody_else_and_come_back_once() {
    let send = |to, points| Command::Send {
        transfer: id(9),
        from: id(1),
        to: id(to),
        points,
        earned: 5,
        place: place(),
    };
    given::<Wallet>([]).when(send(2, 5), now()).then([sent(9, 2, 5, None)]);
    given::<Wallet>([]).when(send(1, 5), now()).then_rejected(&Rejection::ToOneself);
    given::<Wallet>([sent(9, 2, 5, None)]).when(send(2, 5), now()).then_nothing();
    let receive = Command::Receive { transfer: id(9), from: id(1), points: 5 };
    given::<Wallet>([]).when(receive.clone(), now()).then([received(9, 1, 5)]);
    let there = given::<Wallet>([received(9, 1, 5)]);
    there.when(receive, now()).then_nothing();
    let back =
        |n, earned| Command::GiveBack { received: id(9), transfer: id(n), earned, place: place() };
    there.when(back(10, 0), now()).then([sent(10, 1, 5, Some(9))]);
    let twice = given::<Wallet>([received(9, 1, 5), sent(10, 1, 5, Some(9))]);
    twice.when(back(11, 100), now()).then_nothing();
    let gone = given::<Wallet>([received(9, 1, 5), spent(3, 5)]);
    let too_few = Rejection::TooFew { points: 5, there: 0 };
    gone.when(back(10, 0), now()).then_rejected(&too_few);
}

#[test]
fn a_wallet_written_down_twice_is_handed_over_and_hands_on_what_comes_late() {
    let hand_over = Command::HandOver { into: id(2) };
    let handed = |points, n| WalletEvent::WalletHandedOver { into: id(2), points, n };
    let first = given::<Wallet>([spent(1, 10), received(2, 5, 3)]);
    first.when(hand_over.clone(), now()).then([handed(-7, 1)]);
    let done = given::<Wallet>([spent(1, 10), handed(-10, 1)]);
    done.when(hand_over.clone(), now()).then_nothing();
    done.when(spend(4, 1, 100), now()).then_rejected(&Rejection::HandedOver);
    let late = given::<Wallet>([spent(1, 10), handed(-10, 1), received(6, 5, 4)]);
    late.when(hand_over, now()).then([handed(4, 2)]);
    let take = |points, n| Command::TakeOver { from: id(1), points, n };
    let taken = |points, n| WalletEvent::WalletTakenOver { from: id(1), points, n };
    let other = given::<Wallet>([taken(-7, 1)]);
    other.when(take(-7, 1), now()).then_nothing();
    other.when(take(4, 2), now()).then([taken(4, 2)]);
}
