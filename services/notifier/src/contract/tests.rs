//! Holds the code to the `.proto` file.

use linli_platform::testing::at;
use linli_proto::assert_contract;

use super::*;
use crate::values::Purpose;

fn key() -> Key {
    Key::mail(Uuid::from_u128(7), 2, Purpose::Lead(1440))
}

#[test]
fn subscriptions_are_as_the_contract_says() {
    assert_contract(
        "linli.notifier.v1.Subscription",
        &[
            SubscriptionEvent::Subscribed {
                subscription: Uuid::from_u128(1),
                what: What::Kind,
                of: "议事".into(),
                lead_minutes: vec![1440, 120],
                channels: vec![Channel::Email],
                digest: Digest::Always,
            },
            SubscriptionEvent::Unsubscribed { subscription: Uuid::from_u128(1) },
            SubscriptionEvent::QuietHoursSet { from: "22:00".into(), until: "07:00".into() },
            SubscriptionEvent::RemindersStopped {},
            SubscriptionEvent::RemindersResumed {},
        ],
    );
}

#[test]
fn deliveries_are_as_the_contract_says() {
    let outcome = |class| Outcome { key: key(), class, code: "451 4.3.0".into() };
    let classes = [
        Class::Accepted,
        Class::Transient,
        Class::Throttled,
        Class::Address,
        Class::Content,
        Class::Account,
        Class::Indeterminate,
    ];
    assert_contract(
        "linli.notifier.v1.Delivery",
        &[
            DeliveryEvent::DeliveriesStarted { attempt: 1, keys: vec![key()] },
            DeliveryEvent::DeliveriesSettled {
                attempt: 1,
                outcomes: classes.into_iter().map(outcome).collect(),
            },
            DeliveryEvent::DeliveriesMissed { keys: vec![key()] },
            DeliveryEvent::DeliveriesSuperseded { revision: 2 },
            DeliveryEvent::DeliveriesSuppressed { reason: "no-address".into(), keys: vec![key()] },
            DeliveryEvent::DeliveriesHeld {
                until: at("2026-11-05T07:00:00+08:00"),
                attempt: 1,
                keys: vec![key()],
            },
        ],
    );
}

#[test]
fn what_people_decide_is_as_the_contract_says() {
    assert_contract(
        "linli.notifier.v1.Followup",
        &[
            FollowupEvent::CallTicked { resident: Uuid::from_u128(7), revision: 2 },
            FollowupEvent::Resent { key: key() },
            FollowupEvent::LetGo { key: key() },
        ],
    );
}

#[test]
fn the_machine_is_as_the_contract_says() {
    let hours = "mon-fri 08:00-17:30, sat 09:00-12:00".parse().unwrap();
    assert_contract("linli.notifier.v1.Machine", &[MachineEvent::HoursSet { hours }]);
}

#[test]
fn announcements_are_as_the_contract_says() {
    let announced = AnnouncementEvent::Announced {
        title: "停水通知".into(),
        text: "明天 9 时至 12 时停水。".into(),
        what: What::Kind,
        of: "议事".into(),
    };
    let posted = |medium| AnnouncementEvent::Posted { medium, places: 3 };
    let posted = Medium::ALL.map(posted);
    let samples: Vec<_> = std::iter::once(announced).chain(posted).collect();
    assert_contract("linli.notifier.v1.Announcement", &samples);
}
