//! A process that ends between the start of a batch and its outcome.

use std::sync::Arc;

use axum::http::StatusCode;
use futures::{future::BoxFuture, stream::BoxStream};
use linli_notifier::projections::deliveries;
use linli_platform::{
    commit::{Commit, Recorded},
    event_log::{AppendError, Done, EventLog, Filter, Head, Page, ReadError, VerifyReport},
    ids::{Position, StreamId, Version},
    testing::at,
};
use tokio::{runtime::Runtime, sync::watch};

use uuid::Uuid;

use crate::world::{OCC, World, viewer};

/// A log that never answers when the outcome of a mail is to be recorded; doubts it takes.
struct NoOutcomes {
    log: Arc<dyn EventLog>,
    tried: watch::Sender<bool>,
}

impl EventLog for NoOutcomes {
    fn append(&self, commit: Commit) -> BoxFuture<'_, Result<Done, AppendError>> {
        let mut events = commit.entries.iter().flat_map(|entry| &entry.events);
        if events.any(|event| event.0.get().contains("ACCEPTED")) {
            self.tried.send_replace(true);
            return Box::pin(std::future::pending());
        }
        self.log.append(commit)
    }

    fn head(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Head>, ReadError>> {
        self.log.head(stream)
    }

    fn read(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, ReadError>> {
        self.log.read(stream, after)
    }

    fn follow(
        &self,
        filter: Filter,
        after: Position,
    ) -> BoxStream<'static, Result<Page, ReadError>> {
        self.log.follow(filter, after)
    }

    fn last(&self) -> BoxFuture<'_, Result<Position, ReadError>> {
        self.log.last()
    }

    fn verify(&self, after: Position) -> BoxFuture<'_, Result<VerifyReport, ReadError>> {
        self.log.verify(after)
    }
}

const REMINDER: &str = "2026-11-04T09:00:00+08:00";

async fn three_registered() -> World {
    let world = World::with(3).await;
    for n in 1..=3 {
        world.roll("registered", n).await;
    }
    world.quiet().await;
    world
}

/// After the crash each was in doubt once, and has one mail.
async fn sent_once_more(world: &World) {
    world.quiet().await;
    let told = "lead-1440 r0 settled ACCEPTED try 2 doubts 1".to_owned();
    assert_eq!(world.standing().await, [1, 2, 3].map(|n| (n, told.clone())));
    assert_eq!(world.sent().await.len(), 3, "the same Message-ID: the second replaces the first");
    let last = world.kit.platform.log.last().await.unwrap();
    world.until("2026-11-04T18:00:00+08:00").await;
    assert_eq!(world.kit.platform.log.last().await.unwrap(), last, "and no third time");
}

#[test]
fn killed_after_the_start_and_before_the_mail() {
    let first = Runtime::new().unwrap();
    let world = first.block_on(async {
        let world = three_registered().await;
        world.people.close();
        let mut asked = world.people.asked.subscribe();
        world.kit.platform.clock.advance_to(at(REMINDER));
        asked.wait_for(|n| *n == 1).await.unwrap();
        assert_eq!(world.sent().await, []);
        world
    });
    // Everything that ran stops where it is.
    drop(first);
    let second = Runtime::new().unwrap();
    second.block_on(async {
        let world = world.again(|log| log);
        sent_once_more(&world).await;
    });
}

#[test]
fn killed_after_the_mail_and_before_its_outcome() {
    let world = Runtime::new().unwrap().block_on(three_registered());
    let (tried, mut seen) = watch::channel(false);
    let first = Runtime::new().unwrap();
    let world = first.block_on(async {
        let world = world.again(|log| Arc::new(NoOutcomes { log, tried }));
        world.kit.settle(&[&world.service.tables]).await;
        world.kit.platform.clock.advance_to(at(REMINDER));
        seen.wait_for(|tried| *tried).await.unwrap();
        assert_eq!(world.sent().await.len(), 3);
        world
    });
    drop(first);
    let second = Runtime::new().unwrap();
    second.block_on(async {
        let world = world.again(|log| log);
        sent_once_more(&world).await;
    });
}

#[test]
fn killed_twice_a_delivery_waits_for_a_person() {
    let mut world = Runtime::new().unwrap().block_on(three_registered());
    for _ in 0..2 {
        let (tried, mut seen) = watch::channel(false);
        let runtime = Runtime::new().unwrap();
        world = runtime.block_on(async {
            let world = world.again(|log| Arc::new(NoOutcomes { log, tried }));
            world.kit.platform.clock.advance_to(at(REMINDER));
            seen.wait_for(|tried| *tried).await.unwrap();
            world
        });
    }
    Runtime::new().unwrap().block_on(async {
        let world = world.again(|log| log);
        world.quiet().await;
        let told = "lead-1440 r0 settled INDETERMINATE try 2 doubts 2".to_owned();
        assert_eq!(world.standing().await, [1, 2, 3].map(|n| (n, told.clone())));
        let read = |db: &rusqlite::Connection| deliveries::doubtful(db, "xiguan");
        let doubtful = world.service.tables.read(read).await.unwrap();
        assert_eq!(doubtful.len(), 3);
        let desk = || viewer(9, Some("notifier.followup"));
        for (standing, path) in doubtful.iter().zip(["resend", "let-go"]) {
            let form = format!("cmd={}&source={OCC}&key={}", Uuid::nil(), standing.key);
            let path = format!("/desk/xiguan/deliveries/{path}");
            let (status, ..) = world.ask(desk(), &path, Some(&form)).await;
            assert_eq!(status, StatusCode::SEE_OTHER);
        }
        world.quiet().await;
        let resent = "lead-1440 r0 settled ACCEPTED try 3 doubts 2".to_owned();
        assert_eq!(world.standing().await, [(1, resent), (2, told.clone()), (3, told)]);
        let left = world.service.tables.read(read).await.unwrap();
        assert_eq!(left.len(), 1, "one went out by a person's word, one was let go");
    });
}
