//! Who acts: one owner per service and log, by a lease that ends by itself.
//!
//! The lease is a key in a bucket whose values vanish after [`TTL`]. Whoever creates it owns it, and
//! writes it again every [`RENEW`] at the revision of its own last write; nobody else can. An owner
//! that was paused finds by its own steady clock that its time is up before it does anything else,
//! and whoever took over has a higher number.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_nats::jetstream::kv;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Nats, NatsError};

/// How long a lease holds after it was written.
pub const TTL: Duration = Duration::from_secs(5);
/// How often its owner writes it again.
const RENEW: Duration = Duration::from_secs(1);
/// How often another node looks whether it is free.
const LOOK: Duration = Duration::from_millis(500);
/// So long before the lease ends at the server its owner takes it for ended.
const MARGIN: Duration = Duration::from_secs(1);

/// What stands in the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The node, as a person knows it: its name and the machine's process number.
    pub node: String,
}

/// Whether this node may act for a service. The default may always: where there is only one.
#[derive(Clone, Default)]
pub struct Ownership(Option<Arc<Held>>);

struct Held {
    /// Until when the lease holds by this machine's steady clock, and its number.
    until: Mutex<Option<(Instant, u64)>>,
    owns: watch::Sender<bool>,
}

impl std::fmt::Debug for Ownership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ownership({})", self.holds())
    }
}

impl Held {
    fn now(&self) -> Option<u64> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|(end, _)| Instant::now() < *end).map(|(_, fence)| fence)
    }

    fn set(&self, until: Option<(Instant, u64)>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        self.owns
            .send_if_modified(|owns| std::mem::replace(owns, until.is_some()) != until.is_some());
    }
}

impl Ownership {
    /// Whether this node may act at this very moment. It asks nobody: a clock tells.
    pub fn holds(&self) -> bool {
        self.0.as_ref().is_none_or(|held| held.now().is_some())
    }

    /// The lease's number while it holds: of two owners the later has the higher one.
    pub fn fence(&self) -> Option<u64> {
        self.0.as_ref().and_then(|held| held.now())
    }

    /// Waits until this node may act.
    pub async fn gained(&self) {
        let Some(held) = &self.0 else { return };
        let mut owns = held.owns.subscribe();
        while !self.holds() {
            // The sender lives as long as this copy.
            let _ = owns.wait_for(|owns| *owns).await;
            if !self.holds() {
                // It has run out and the keeper has not seen so yet.
                let _ = owns.changed().await;
            }
        }
    }

    /// Waits until this node may not act any more.
    pub async fn lost(&self) {
        let Some(held) = &self.0 else { return std::future::pending().await };
        let mut owns = held.owns.subscribe();
        let _ = owns.wait_for(|owns| !*owns).await;
    }
}

/// The bucket that all leases of a log stand in.
pub async fn bucket(nats: &Nats) -> Result<kv::Store, NatsError> {
    let name = nats.log().leases();
    match nats.jetstream().get_key_value(&name).await {
        Ok(store) => Ok(store),
        Err(missing) => {
            let config = kv::Config {
                bucket: name.clone(),
                description: "who acts for which service of Linli".to_owned(),
                history: 1,
                max_age: TTL,
                num_replicas: nats.replicas(),
                ..kv::Config::default()
            };
            nats.jetstream().create_key_value(config).await.map_err(|error| {
                NatsError::Setup(format!(
                    "the bucket {name} is not there ({missing}) and can't be made: {error}; run \
                     `linli seed` or `linli import` as the role that may"
                ))
            })
        }
    }
}

/// Takes part in the lease of `service` until the program ends: owns it, or waits for it.
pub fn take_part(nats: &Nats, service: &'static str, node: &str) -> (Ownership, Keeper) {
    let (owns, _) = watch::channel(false);
    let held = Arc::new(Held { until: Mutex::default(), owns });
    let keeper = Keeper {
        nats: nats.clone(),
        service,
        holder: Holder { node: node.to_owned() },
        held: held.clone(),
    };
    (Ownership(Some(held)), keeper)
}

/// Keeps one lease; [`run`](Keeper::run) it on a task of its own.
pub struct Keeper {
    nats: Nats,
    service: &'static str,
    holder: Holder,
    held: Arc<Held>,
}

impl Keeper {
    /// Takes the lease whenever it is free and keeps it. When `end` comes, gives it back, so that
    /// another owner is there at once.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let mut revision = None;
        tokio::select! {
            () = async {
                loop {
                    revision = self.turn(revision).await;
                    tokio::time::sleep(if revision.is_some() { RENEW } else { LOOK }).await;
                }
            } => {}
            () = end => {}
        }
        self.held.set(None);
        if let Some(revision) = revision
            && let Ok(store) = bucket(&self.nats).await
            && let Err(error) = store.delete_expect_revision(self.service, Some(revision)).await
        {
            tracing::warn!(service = self.service, %error, "the lease was not given back");
        }
    }

    /// Writes the lease once; the revision if it is this node's.
    async fn turn(&self, before: Option<u64>) -> Option<u64> {
        let service = self.service;
        // From before the request: the server counts from when it takes it.
        let end = Instant::now() + TTL.saturating_sub(MARGIN);
        let value = serde_json::to_vec(&self.holder).unwrap_or_default();
        let written = async {
            let store = bucket(&self.nats).await.map_err(|error| error.to_string())?;
            let written = match before {
                Some(revision) => store.update(service, value.into(), revision).await.ok(),
                None => store.create(service, value.into()).await.ok(),
            };
            Ok::<_, String>(written)
        };
        let written = tokio::time::timeout(TTL.saturating_sub(MARGIN), written).await;
        match written {
            Ok(Ok(Some(revision))) => {
                if before.is_none() {
                    tracing::info!(service, fence = revision, "this node acts from now on");
                }
                // The number stays that of the first write as long as the lease is kept.
                let fence = self.held.now().filter(|_| before.is_some()).unwrap_or(revision);
                self.held.set(Some((end, fence)));
                Some(revision)
            }
            // Not written, or not known to be: it holds until its time is up.
            other => {
                if let Ok(Err(error)) = other {
                    tracing::warn!(service, error, "the lease can't be written");
                }
                let kept = match before.filter(|_| self.held.now().is_some()) {
                    // The last write may have been taken although no answer came.
                    Some(revision) => Some(self.own_revision().await.unwrap_or(revision)),
                    None => None,
                };
                if kept.is_none() && before.is_some() {
                    tracing::warn!(service, "this node does not act any more: its lease has ended");
                }
                if kept.is_none() {
                    self.held.set(None);
                }
                kept
            }
        }
    }
}

impl Keeper {
    /// The revision of the lease, if what stands there is this node's own.
    async fn own_revision(&self) -> Option<u64> {
        let store = bucket(&self.nats).await.ok()?;
        let entry = store.entry(self.service).await.ok()??;
        let holder: Holder = serde_json::from_slice(&entry.value).ok()?;
        (holder == self.holder).then_some(entry.revision)
    }
}

/// Who holds which lease now.
pub async fn holders(nats: &Nats, services: &[&str]) -> Result<Vec<(String, Holder, u64)>, String> {
    let name = nats.log().leases();
    let store = nats.jetstream().get_key_value(&name).await.map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for service in services {
        let entry = store.entry(*service).await.map_err(|error| error.to_string())?;
        let entry = entry.filter(|entry| entry.operation == kv::Operation::Put);
        if let Some(entry) = entry
            && let Ok(holder) = serde_json::from_slice(&entry.value)
        {
            found.push(((*service).to_owned(), holder, entry.revision));
        }
    }
    Ok(found)
}
