use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use linli_platform::{
    commit::{Commit, Recorded},
    event_log::{AppendError, Done, Head, VerifyReport},
    ids::Version,
    testing::{Kit, Nobody},
};
use serde_json::json;

use super::*;

/// A log that counts who follows it.
struct Counted {
    log: Arc<dyn EventLog>,
    followers: AtomicUsize,
}

impl EventLog for Counted {
    fn append(&self, commit: Commit) -> BoxFuture<'_, Result<Done, AppendError>> {
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
        self.followers.fetch_add(1, Ordering::Relaxed);
        self.log.follow(filter, after)
    }
    fn last(&self) -> BoxFuture<'_, Result<Position, ReadError>> {
        self.log.last()
    }
    fn verify(&self, after: Position) -> BoxFuture<'_, Result<VerifyReport, ReadError>> {
        self.log.verify(after)
    }
}

struct World {
    kit: Kit,
    counted: Arc<Counted>,
    log: Arc<dyn EventLog>,
    shared: Shared,
}

impl World {
    fn new() -> Self {
        let kit = Kit::new("2026-11-02T08:00:00+08:00", |_| Arc::new(Nobody));
        let (log, followers) = (kit.platform.log.clone(), AtomicUsize::new(0));
        let counted = Arc::new(Counted { log, followers });
        Self { kit, log: counted.clone(), counted, shared: Shared::default() }
    }

    async fn happens(&self, community: &str) -> Position {
        let stream = format!("{community}/matters/matter/1");
        self.kit.happened(&stream, &json!({"somethingNew": {}})).await;
        self.log.last().await.unwrap()
    }

    async fn watch(&self, after: Position) -> BoxStream<'static, Arc<Told>> {
        self.shared.after(&self.log, after, self.log.last().await.unwrap()).boxed()
    }

    fn followers(&self) -> usize {
        self.counted.followers.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn all_who_watch_share_one_follower() {
    let world = World::new();
    let start = world.happens("xiguan").await;
    let mut watchers = Vec::new();
    for _ in 0..20 {
        watchers.push(world.watch(start).await);
    }
    let new = world.happens("guanyuan").await;
    for watcher in &mut watchers {
        let told = watcher.next().await.unwrap();
        assert_eq!(told.upto, new);
        assert!(told.to(Some("guanyuan")).is_some() && told.to(Some("xiguan")).is_none());
    }
    assert_eq!(world.followers(), 1);
}

#[tokio::test]
async fn whoever_was_away_hears_all_of_it_once() {
    let world = World::new();
    let start = world.happens("xiguan").await;
    let mut first = world.watch(start).await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(world.happens("xiguan").await);
        first.next().await.unwrap();
    }
    // They were at the first of three, and one more comes while they read the others.
    let mut away = world.watch(all[0]).await;
    all.push(world.happens("xiguan").await);
    let mut heard = Vec::new();
    while heard.last() != all.last() {
        heard.push(away.next().await.unwrap().upto);
    }
    assert!(heard.is_sorted() && heard[0] > all[0], "{heard:?} of {all:?}");
    assert_eq!(world.followers(), 2, "one for all, one for what was missed");
}

#[tokio::test]
async fn when_nobody_watches_nobody_follows() {
    let world = World::new();
    let start = world.happens("xiguan").await;
    drop(world.watch(start).await);
    let upto = world.happens("xiguan").await;
    // The follower sees that nobody is left as soon as something happens.
    while world.shared.held().is_some() {
        tokio::task::yield_now().await;
    }
    let mut again = world.watch(start).await;
    assert_eq!(again.next().await.unwrap().upto, upto);
}
