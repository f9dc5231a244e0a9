//! What others replace goes from the servers' disks.
//!
//! A copy that is away when a message is erased would learn of it by a summary when it returns, and
//! keep the bytes; so nothing is erased while a copy is behind. The Raft log of each server holds the
//! bytes too until it is compacted, which the servers do by themselves after some minutes, and after
//! the erasure of a person at once because we make them.

use std::{
    collections::HashSet,
    sync::{MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{
    super::{Vault, VaultError},
    Kept, state,
    stream::Found,
};
use crate::entropy::Entropy;

/// How often one looks whether all copies are there again.
const LOOK: Duration = Duration::from_millis(250);
/// So long all copies are there before something is erased, and again before the logs are
/// compacted: a server says that it has received all before it has written all.
const STEADY: Duration = Duration::from_secs(1);
/// So long after one has come back, which first takes in what it has missed.
const RETURNED: Duration = Duration::from_secs(8);
/// How often it is said that one is not.
const TOLD_EVERY: Duration = Duration::from_mins(5);

/// What is said of servers that are away before something is erased.
const AWAY: &str = "these servers don't have all of the vault: what is erased stays on disks until \
                    they do; start them, or remove them with `nats server raft peer-remove` and \
                    wipe their disks";
/// What is said of those that went away meanwhile.
const WENT: &str = "these servers went away while something was erased: if they come back later \
                    than in three minutes, wipe their disks first, since they may keep it";

/// Messages that are erased before one looks whether all copies are still there.
const ROUND: usize = 32;

/// What is to be erased.
#[derive(Default)]
pub(super) struct Due {
    /// Messages that others replace.
    numbers: Vec<u64>,
    /// Who was erased; they come first.
    persons: Vec<Uuid>,
    /// Whether the Raft logs may hold somebody who was erased.
    compact: bool,
    since: Option<Instant>,
}

impl Due {
    /// Adds a message of somebody that another one replaces, 0 being none, and whether that other
    /// one erases them.
    pub(super) fn add(&mut self, person: Uuid, number: u64, erased: bool) {
        if erased {
            self.persons.push(person);
            self.compact = true;
        } else if number > 0 {
            self.numbers.push(number);
        }
    }

    fn join(&mut self, other: Self) {
        self.numbers.extend(other.numbers);
        self.persons.extend(other.persons);
        self.compact |= other.compact;
        self.since = self.since.or_else(|| Some(Instant::now()));
    }

    fn is_empty(&self) -> bool {
        self.numbers.is_empty() && !self.compact
    }
}

/// Nothing is kept for later on a node that doesn't own the vault any more.
struct Owning<'a>(&'a Kept);

impl Drop for Owning<'_> {
    fn drop(&mut self) {
        *self.0.due() = None;
    }
}

impl Kept {
    fn due(&self) -> MutexGuard<'_, Option<Due>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn erase_later(&self, more: Due) {
        if let Some(due) = self.due().as_mut()
            && !more.is_empty()
        {
            due.join(more);
            self.more.notify_one();
        }
    }

    /// What an owner before this one has left: messages that others replace, and, if ever somebody
    /// was erased, perhaps bytes in the Raft logs.
    async fn left(&self, erased: &[Uuid]) -> Result<Due, VaultError> {
        let last = self.stream.last().await?;
        let (mut reader, mut found) = (self.stream.headers(), Vec::new());
        while reader.seen < last {
            found.extend(reader.next().await?);
        }
        let mut due = Due { compact: !erased.is_empty(), ..Due::default() };
        let (mut seen, erased) = (HashSet::new(), erased.iter().collect::<HashSet<_>>());
        for Found { number, subject, .. } in found.iter().rev() {
            let Some(of) = self.stream.of(subject) else { continue };
            if !seen.insert(of) {
                let person = of.parse().unwrap_or_default();
                due.add(person, *number, erased.contains(&person));
            }
        }
        Ok(due)
    }

    /// Erases what is most urgent of it.
    async fn erase_some(&self, due: &mut Due, entropy: &Entropy) -> Result<(), VaultError> {
        self.wait_for_all_copies(AWAY).await?;
        if !due.compact {
            // One by one: to erase a message costs the servers as much as to store hundreds.
            for _ in 0..ROUND {
                let Some(number) = due.numbers.last() else { break };
                self.stream.erase(*number).await?;
                due.numbers.pop();
            }
            return self.wait_for_all_copies(WENT).await;
        }
        for person in &due.persons {
            for number in self.stream.earlier(&person.to_string()).await? {
                self.stream.erase(number).await?;
            }
        }
        // A copy that went away meanwhile reads of it in the Raft log, so that must stay till then.
        self.wait_for_all_copies(WENT).await?;
        self.stream.compact(entropy).await?;
        let seconds = due.since.map(|since| since.elapsed().as_secs_f64()).unwrap_or_default();
        let persons = due.persons.len();
        tracing::info!(persons, seconds, "who was erased is gone from the servers' disks");
        (due.persons, due.compact) = (Vec::new(), false);
        Ok(())
    }

    async fn wait_for_all_copies(&self, word: &str) -> Result<(), VaultError> {
        let mut told: Option<Instant> = None;
        let (mut since, mut long) = (Instant::now(), STEADY);
        loop {
            let away = self.stream.behind().await?;
            if away.is_empty() {
                if since.elapsed() >= long {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
                continue;
            }
            long = RETURNED;
            if told.is_none_or(|told| told.elapsed() > TOLD_EVERY) {
                tracing::warn!(servers = away.join(", "), "{word}");
                told = Some(Instant::now());
            }
            tokio::time::sleep(LOOK).await;
            since = Instant::now();
        }
    }

    async fn clear_up(&self, erased: &[Uuid], entropy: &Entropy) {
        *self.due() = Some(Due::default());
        let _owning = Owning(self);
        let mut due = loop {
            match self.left(erased).await {
                Ok(left) => break left,
                Err(error) => {
                    tracing::warn!(%error, "what an owner before left is not known yet");
                    tokio::time::sleep(LOOK).await;
                }
            }
        };
        loop {
            if let Some(more) = self.due().as_mut().filter(|more| !more.is_empty()) {
                due.join(std::mem::take(more));
            }
            if due.is_empty() {
                due.since = None;
                self.more.notified().await;
            } else if let Err(error) = self.erase_some(&mut due, entropy).await {
                tracing::warn!(%error, "what was replaced is not erased yet");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

impl Vault {
    /// Erases on the servers' disks what is replaced there, as long as this node owns the vault.
    pub(in super::super) async fn clear_up(&self) {
        let Some(kept) = self.here().ok().and_then(|here| here.kept.as_ref()) else {
            return std::future::pending().await;
        };
        let erased = self.inside().and_then(|inside| state::erased(&inside.conn));
        kept.clear_up(&erased.unwrap_or_default(), self.entropy()).await;
    }
}
