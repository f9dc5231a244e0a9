use linli_platform::testing::{Given, at, given};
use uuid::Uuid;

use super::*;
use crate::values::Purpose;

fn key(n: u128) -> Key {
    Key::mail(Uuid::from_u128(n), 0, Purpose::Lead(120))
}

fn now() -> DateTime<Utc> {
    at("2026-11-05T08:00:00+08:00")
}

fn start(attempt: u32, keys: &[Key]) -> DeliveryCommand {
    DeliveryCommand::Start { attempt, keys: keys.to_vec(), late: Late::default(), resend: false }
}

fn started(attempt: u32, keys: &[Key]) -> DeliveryEvent {
    DeliveryEvent::DeliveriesStarted { attempt, keys: keys.to_vec() }
}

fn outcome(n: u128, class: Class) -> Outcome {
    Outcome { key: key(n), class, code: "250".into() }
}

fn settled(attempt: u32, class: Class) -> DeliveryEvent {
    DeliveryEvent::DeliveriesSettled { attempt, outcomes: vec![outcome(1, class)] }
}

fn tried(attempt: u32, class: Class) -> [DeliveryEvent; 2] {
    [started(attempt, &[key(1)]), settled(attempt, class)]
}

fn after(events: impl IntoIterator<Item = DeliveryEvent>) -> Given<Delivery> {
    given::<Delivery>(events)
}

#[test]
fn a_start_takes_only_those_that_nobody_started() {
    let some = after([started(1, &[key(1)])]);
    some.when(start(1, &[key(1), key(2)]), now()).then([started(1, &[key(2)])]);
    some.when(start(1, &[key(1)]), now()).then_rejected(&Unsendable::Done);
    some.when(start(2, &[key(1)]), now()).then_rejected(&Unsendable::Done);
    let many: Vec<Key> = (0..65).map(key).collect();
    some.when(start(1, &many), now()).then_rejected(&Unsendable::Batch(65));
}

#[test]
fn only_what_makes_sense_is_tried_again_and_in_order() {
    for class in [Class::Transient, Class::Throttled, Class::Account] {
        let again = after(tried(1, class));
        again.when(start(2, &[key(1)]), now()).then([started(2, &[key(1)])]);
        again.when(start(1, &[key(1)]), now()).then_rejected(&Unsendable::Done);
        again.when(start(3, &[key(1)]), now()).then_rejected(&Unsendable::Done);
    }
    for class in [Class::Accepted, Class::Address, Class::Content] {
        after(tried(1, class)).when(start(2, &[key(1)]), now()).then_rejected(&Unsendable::Done);
    }
}

#[test]
fn what_is_in_doubt_goes_out_once_more_by_itself_and_then_by_a_person() {
    let once = after(tried(1, Class::Indeterminate));
    once.when(start(2, &[key(1)]), now()).then([started(2, &[key(1)])]);
    let doubts = [tried(1, Class::Indeterminate), tried(2, Class::Indeterminate)];
    let twice = after(doubts.into_iter().flatten());
    twice.when(start(3, &[key(1)]), now()).then_rejected(&Unsendable::Done);
    let late = Late::default();
    let by_hand = DeliveryCommand::Start { attempt: 3, keys: vec![key(1)], late, resend: true };
    twice.when(by_hand, now()).then([started(3, &[key(1)])]);
}

#[test]
fn a_newer_revision_is_a_fence() {
    let moved = DeliveryEvent::DeliveriesSuperseded { revision: 1 };
    let fenced = after([moved.clone()]);
    fenced.when(start(1, &[key(1)]), now()).then_rejected(&Unsendable::Done);
    let newer = Key { revision: 1, ..key(1) };
    fenced.when(start(1, &[newer]), now()).then([started(1, &[newer])]);
    fenced.when(DeliveryCommand::Supersede { revision: 1 }, now()).then_nothing();
    let failed = tried(1, Class::Transient).into_iter().chain([moved]);
    after(failed).when(start(2, &[key(1)]), now()).then_rejected(&Unsendable::Done);
}

#[test]
fn nothing_is_started_once_the_occurrence_begins_or_in_quiet_hours() {
    let begin = |expires: &str| DeliveryCommand::Start {
        attempt: 1,
        keys: vec![key(1)],
        late: Late {
            expires: Some(at(expires)),
            quiet: Some((Quiet::default(), chrono_tz::Asia::Shanghai)),
        },
        resend: false,
    };
    let missed = DeliveryEvent::DeliveriesMissed { keys: vec![key(1)] };
    let fresh = after([]);
    fresh.when(begin("2026-11-05T08:00:00+08:00"), now()).then([missed.clone()]);
    fresh.when(begin("2026-11-05T08:00:01+08:00"), now()).then([started(1, &[key(1)])]);
    let night = at("2026-11-05T02:00:00+08:00");
    let until = at("2026-11-05T07:00:00+08:00");
    let held = DeliveryEvent::DeliveriesHeld { until, attempt: 1, keys: vec![key(1)] };
    fresh.when(begin("2026-11-05T09:00:00+08:00"), night).then([held.clone()]);
    fresh.when(begin("2026-11-05T06:00:00+08:00"), night).then([missed.clone()]);
    after([held]).when(start(1, &[key(1)]), now()).then([started(1, &[key(1)])]);
    after([missed]).when(start(1, &[key(1)]), now()).then_rejected(&Unsendable::Done);
}

#[test]
fn an_outcome_counts_once_and_for_its_own_try_alone() {
    let running = after([started(1, &[key(1), key(2)])]);
    let settle = |attempt| DeliveryCommand::Settle {
        attempt,
        outcomes: vec![outcome(1, Class::Accepted), outcome(9, Class::Accepted)],
        suppressed: vec![("no-address".into(), vec![key(2)]), ("no-consent".into(), vec![])],
    };
    let unreachable =
        DeliveryEvent::DeliveriesSuppressed { reason: "no-address".into(), keys: vec![key(2)] };
    running.when(settle(1), now()).then([settled(1, Class::Accepted), unreachable.clone()]);
    running.when(settle(2), now()).then_nothing();
    let done = after([started(1, &[key(1), key(2)]), settled(1, Class::Accepted), unreachable]);
    done.when(settle(1), now()).then_nothing();
    done.when(start(1, &[key(2)]), now()).then_rejected(&Unsendable::Done);
}

#[test]
fn what_is_given_up_was_not_under_way() {
    let miss = DeliveryCommand::Miss { keys: vec![key(1), key(2)] };
    let failed = after(tried(1, Class::Transient).into_iter().chain([started(1, &[key(2)])]));
    failed.when(miss.clone(), now()).then([DeliveryEvent::DeliveriesMissed { keys: vec![key(1)] }]);
    after(tried(1, Class::Accepted))
        .when(DeliveryCommand::Miss { keys: vec![key(1)] }, now())
        .then_nothing();
}
