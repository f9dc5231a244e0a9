//! A node for tests: an in-memory log, a clock moved by hand, a vault in a temporary folder.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tempfile::TempDir;

use super::at;
use crate::{
    clock::Clock,
    commit::{Commit, Entry, NewEvent},
    directory::Directory,
    entropy::Entropy,
    event_log::{EventLog, memory::MemoryLog},
    ids::{Actor, EventRef, Position, StreamId},
    service::{Platform, settle},
    stream::Streams,
    tables::Tables,
    vault::{MasterKey, Vault},
};

/// A node for tests. The log outlives it, so that a crash is a new kit over the same log.
pub struct Kit {
    /// What services are made with.
    pub platform: Platform,
    /// The log, for faults.
    pub log: MemoryLog,
    /// The node's folder; the vault's key lies beside it.
    pub dir: Arc<TempDir>,
}

/// A new vault in `dir/data`, its master key and erasure list in `dir`.
pub fn vault(dir: &TempDir, entropy: &Entropy) -> Vault {
    let data = dir.path().join("data");
    let key = dir.path().join("master.key");
    let (master, _) =
        MasterKey::load_or_make(Some(&key), &data, entropy).expect("a master key can be made");
    Vault::open(&data, &master, &dir.path().join("erased"), entropy.clone()).expect("a vault")
}

impl Kit {
    /// A node at `now` (RFC 3339) with an empty log; `directory` is made over its vault.
    pub fn new(now: &str, directory: impl FnOnce(&Vault) -> Arc<dyn Directory>) -> Self {
        let dir = Arc::new(TempDir::new().expect("a temporary folder"));
        Self::over(MemoryLog::new(), dir, at(now), directory)
    }

    /// A node over a log and folder that are there already.
    pub fn over(
        log: MemoryLog,
        dir: Arc<TempDir>,
        now: DateTime<Utc>,
        directory: impl FnOnce(&Vault) -> Arc<dyn Directory>,
    ) -> Self {
        let (clock, entropy) = (Clock::standing_at(now), Entropy::seeded(1));
        let vault = vault(&dir, &entropy);
        let shared: Arc<dyn EventLog> = Arc::new(log.clone());
        let platform = Platform {
            streams: Streams::new(shared.clone(), clock.clone()),
            log: shared,
            clock,
            entropy,
            directory: directory(&vault),
            vault,
            data: dir.path().join("data"),
            public_url: "http://linli.test".into(),
            hands: crate::hand::Hands::All,
            steps: None,
        };
        Self { platform, log, dir }
    }

    /// Puts an event of another service on the log, as that service would.
    pub async fn happened(&self, stream: &str, event: &impl Serialize) -> EventRef {
        let stream: StreamId = stream.parse().expect("a stream");
        let head = self.platform.log.head(&stream).await.expect("a head");
        let entry = Entry {
            cmd: self.platform.entropy.command(),
            actor: Actor::Operator("test".into()),
            cause: None,
            at: self.platform.clock.now(),
            events: vec![NewEvent::of(event).expect("an event")],
        };
        let expect = head.map(|head| head.version).unwrap_or_default();
        let commit = Commit { stream: stream.clone(), expect, entries: vec![entry] };
        let done = self.platform.log.append(commit).await.expect("an append");
        EventRef { stream, version: done.version }
    }

    /// Waits until all tables hold all of the log and nothing is left to be done now.
    pub async fn settle(&self, services: &[&Tables]) -> Position {
        settle(self.log_ref(), &self.platform.clock, services).await.expect("the log can be read")
    }

    /// Moves the clock on, stopping at each timer on the way, until all is quiet at `by` from now.
    pub async fn pass(&self, by: TimeDelta, services: &[&Tables]) {
        let end = self.platform.clock.now() + by;
        loop {
            self.settle(services).await;
            let next = |tables: &&Tables| tables.progress().borrow().next_due;
            match services.iter().filter_map(next).min().filter(|due| *due <= end) {
                Some(due) => self.platform.clock.advance_to(due.max(self.platform.clock.now())),
                None if self.platform.clock.now() < end => self.platform.clock.advance_to(end),
                None => return,
            }
        }
    }

    fn log_ref(&self) -> &dyn EventLog {
        self.platform.log.as_ref()
    }
}
