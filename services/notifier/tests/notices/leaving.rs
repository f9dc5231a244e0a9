//! Erased and merged: whose mail goes, and whose wishes go on.

use linli_notifier::projections::subscriptions;
use linli_platform::event_log::memory::Chances;
use serde_json::json;
use uuid::Uuid;

use crate::world::{World, viewer};

async fn erased(world: &World, n: u128) {
    world.people.forget(n);
    let stream = format!("_/people/resident/{}", Uuid::from_u128(n));
    world.happened(&stream, json!({ "residentErased": {} })).await;
}

/// Waits until the outbox says that it is clear, or that it is not.
async fn uncleared(world: &World, is: bool) {
    world.outbox.uncleared().wait_for(|why| why.is_some() == is).await.unwrap();
}

#[tokio::test]
async fn mail_to_the_erased_goes_however_long_the_directory_is_down() {
    let world = World::with(2).await;
    for n in [1, 2] {
        world.roll("registered", n).await;
    }
    world.until("2026-11-04T09:00:00+08:00").await;
    assert_eq!(world.letters().await.len(), 2);
    world.people.set_down(true);
    erased(&world, 1).await;
    uncleared(&world, true).await;
    let desk = viewer(9, Some("notifier.followup"));
    let (_, _, page) = world.ask(desk.clone(), "/desk/xiguan/deliveries", None).await;
    assert!(page.contains("已删除居民的邮件"), "{page}");
    world.people.set_down(false);
    uncleared(&world, false).await;
    let left: Vec<_> = world.letters().await.into_iter().map(|letter| letter.head.to).collect();
    assert_eq!(left, ["r2@example.test"]);
    let (_, _, page) = world.ask(desk, "/desk/xiguan/deliveries", None).await;
    assert!(!page.contains("已删除居民的邮件"));
}

#[tokio::test]
async fn an_erasure_is_heard_of_after_the_log_could_not_be_read() {
    let world = World::with(2).await;
    for n in [1, 2] {
        world.roll("registered", n).await;
    }
    world.until("2026-11-04T09:00:00+08:00").await;
    // Every follower is cut off once, as by a disk that fails for a moment.
    world.kit.log.set_chances(Chances { cut: 1000, ..Chances::default() });
    world.happened("_/people/place/other", json!({ "placeAdded": { "code": "other" } })).await;
    uncleared(&world, true).await;
    world.kit.log.set_chances(Chances::default());
    erased(&world, 1).await;
    world.quiet().await;
    uncleared(&world, false).await;
    let left: Vec<_> = world.letters().await.into_iter().map(|letter| letter.head.to).collect();
    assert_eq!(left, ["r2@example.test"]);
}

#[tokio::test]
async fn who_was_written_down_twice_goes_on_being_told_under_the_entry_that_stays() {
    let world = World::with(3).await;
    world.subscribe(1, &[60]).await;
    world.subscribe(3, &[120]).await;
    let everywhere = |n| format!("_/notifier/subscription/{}", Uuid::from_u128(n));
    let quiet = json!({ "quietHoursSet": { "from": "21:00", "until": "08:00" } });
    world.happened(&everywhere(1), quiet).await;
    let merged = |into: u128| json!({ "residentMerged": { "into": Uuid::from_u128(into) } });
    for (double, into) in [(1, 2), (2, 3)] {
        let stream = format!("_/people/resident/{}", Uuid::from_u128(double));
        world.happened(&stream, merged(into)).await;
        world.quiet().await;
        let held = world
            .service
            .tables
            .read_now(|db| {
                let into = Uuid::from_u128(into);
                Ok((subscriptions::of_resident(db, into)?, subscriptions::quiet(db, into)?))
            })
            .unwrap();
        let leads: Vec<_> = held.0.iter().map(|held| held.leads.clone()).collect();
        // The third has the like: theirs stays as it is.
        assert_eq!(leads, if into == 2 { [[60]] } else { [[120]] });
        assert_eq!(held.1.to_string(), "21:00-08:00");
    }
    world.until("2026-11-05T08:30:00+08:00").await;
    let sent = world.sent().await;
    assert_eq!(sent, [("r3@example.test".to_owned(), "活动提醒".to_owned())]);
    // Who wants nothing more under one entry wants nothing more.
    world.happened(&everywhere(4), json!({ "remindersStopped": {} })).await;
    world.happened(&format!("_/people/resident/{}", Uuid::from_u128(4)), merged(3)).await;
    world.quiet().await;
    let stopped = |db: &_| subscriptions::stopped(db, Uuid::from_u128(3));
    assert!(world.service.tables.read_now(stopped).unwrap());
}
