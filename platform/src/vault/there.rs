//! The vault of a node that doesn't keep it: everything is asked of the node that does.
//!
//! What a page needs again and again stays here for a minute at most: persons' keys, which go at
//! once when an erasure is heard ([`Vault::forget`]), and the keys of cookies, which are fetched in
//! the background so that no request waits for them.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use lru::LruCache;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Place, Shared, Vault, VaultError,
    bridge::Bridge,
    call::{Call, KeyGiven, Wrong, answer, read},
    keys::PersonKey,
    sessions::{CookieKeys, CookieKeysGiven},
};
use crate::{
    blocking::blocking,
    entropy::Entropy,
    nats::{Nats, ask::AskError, lease::Ownership},
};

/// What requests to the vault are called.
const WHAT: &str = "vault";
/// How long a person's key stays on a node that doesn't keep the vault.
const KEPT: Duration = Duration::from_mins(1);
/// How long it is taken for granted that somebody has no key.
const KEPT_MISSING: Duration = Duration::from_secs(5);
/// How many keys stay.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);
/// How often the keys of cookies are fetched anew.
const COOKIES_EVERY: Duration = Duration::from_secs(30);
/// How often until they are there for the first time.
const COOKIES_AT_FIRST: Duration = Duration::from_millis(500);
/// How long a request waits for somebody to answer at all: a takeover lasts five or six seconds.
const TAKEOVER: Duration = Duration::from_secs(8);
/// How often it looks whether somebody does.
const LOOK: Duration = Duration::from_millis(200);
/// Persons in one request.
const PART: usize = 500;
/// The most bytes of an answer; a message of the servers holds one megabyte.
const ANSWER_MAX: usize = 900_000;
/// Requests that are answered at the same time.
const AT_ONCE: usize = 64;

/// The way to the node that keeps the vault.
pub(super) struct There {
    nats: Nats,
    bridge: Bridge,
    cached: Mutex<LruCache<Uuid, (Option<PersonKey>, Instant)>>,
}

/// Asks until somebody is there to answer, for as long as a takeover lasts.
pub(crate) async fn patiently<A, F: Future<Output = Result<A, AskError>>>(
    ask: impl Fn() -> F,
) -> Result<A, AskError> {
    let end = Instant::now() + TAKEOVER;
    loop {
        match ask().await {
            // It reached nobody, so it was not done either.
            Err(AskError::Nobody(_)) if Instant::now() < end => tokio::time::sleep(LOOK).await,
            other => return other,
        }
    }
}

async fn ask(nats: &Nats, call: &Call) -> Result<Value, VaultError> {
    let asked = || nats.ask::<_, Result<Value, Wrong>>(WHAT, call);
    let answered = match patiently(asked).await {
        // Whoever had it may have died over it; most can be asked once more.
        Err(AskError::Late(_)) if call.may_be_repeated() => patiently(asked).await,
        answered => answered,
    };
    match answered {
        Ok(answer) => Ok(answer?),
        Err(error) => Err(VaultError::Unreachable(error.to_string())),
    }
}

impl There {
    /// Asks, and waits for the answer on the calling thread.
    pub(super) fn ask<A: DeserializeOwned + Send + 'static>(
        &self,
        call: Call,
    ) -> Result<A, VaultError> {
        let nats = self.nats.clone();
        read(self.bridge.wait(async move { ask(&nats, &call).await })?)
    }

    /// Asks about many in parts that fit into a message.
    pub(super) fn in_parts<T: Clone, A: DeserializeOwned + Send + 'static>(
        &self,
        all: &[T],
        call: impl Fn(Vec<T>) -> Call,
        mut take: impl FnMut(A),
    ) -> Result<(), VaultError> {
        let mut parts: Vec<&[T]> = all.chunks(PART).rev().collect();
        while let Some(part) = parts.pop() {
            match self.ask(call(part.to_vec())) {
                Err(VaultError::TooMuch) if part.len() > 1 => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                answer => take(answer?),
            }
        }
        Ok(())
    }

    fn cached(&self) -> MutexGuard<'_, LruCache<Uuid, (Option<PersonKey>, Instant)>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, persons: &[Uuid]) {
        let mut cached = self.cached();
        for person in persons {
            cached.pop(person);
        }
    }

    /// The keys of those who have one.
    pub(super) fn keys(&self, persons: &[Uuid]) -> Result<Vec<PersonKey>, VaultError> {
        let now = Instant::now();
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        {
            let mut cached = self.cached();
            for person in persons {
                match cached.get(person) {
                    Some((key, until)) if *until > now => found.extend(key.clone()),
                    _ => missing.push(*person),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let mut given = Vec::new();
        self.in_parts(&missing, Call::Keys, |keys: Vec<KeyGiven>| {
            given.extend(keys.into_iter().filter_map(KeyGiven::taken));
        })?;
        let mut cached = self.cached();
        for person in missing {
            cached.put(person, (None, now + KEPT_MISSING));
        }
        for key in given {
            // From when it was asked for: an erasure after that ends it a minute later at most.
            cached.put(key.person(), (Some(key.clone()), now + KEPT));
            found.push(key);
        }
        Ok(found)
    }
}

async fn fetch_cookie_keys(nats: &Nats) -> Result<CookieKeys, VaultError> {
    let given: CookieKeysGiven = read(ask(nats, &Call::CookieKeys).await?)?;
    given.taken().ok_or_else(|| VaultError::Damaged("the keys of cookies".to_owned()))
}

/// Fetches the keys of cookies again and again, as long as somebody holds the vault.
async fn keep_cookie_keys(nats: Nats, held: std::sync::Weak<RwLock<Option<CookieKeys>>>) {
    let mut heard = false;
    loop {
        let fetched = fetch_cookie_keys(&nats).await;
        let Some(held) = held.upgrade() else { return };
        match fetched {
            Ok(keys) => {
                *held.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
                heard = true;
            }
            Err(_) if nats.refused(&nats.asks(WHAT)).is_some() => {
                // A role that shows no pages and sends no mail has no need of them.
                tracing::info!("this role may not ask the vault: it opens no cookies");
                return;
            }
            Err(error) => tracing::warn!(%error, "the keys of cookies were not fetched"),
        }
        drop(held);
        tokio::time::sleep(if heard { COOKIES_EVERY } else { COOKIES_AT_FIRST }).await;
    }
}

impl Vault {
    /// The vault that another node keeps and answers for with [`serve_vault`]. It is there at once;
    /// calls wait some seconds for that node to answer.
    pub fn there(nats: &Nats, entropy: Entropy) -> Result<Self, VaultError> {
        let vault = Self::there_without_cookies(nats, entropy)?;
        if let Place::There(there) = &vault.0.place {
            let cookies = Arc::downgrade(&vault.0.cookies);
            there.bridge.spawn(keep_cookie_keys(nats.clone(), cookies));
        }
        Ok(vault)
    }

    /// The same for a node that neither lets anybody in nor signs a link, and so may not have the
    /// keys that would let it.
    pub fn there_without_cookies(nats: &Nats, entropy: Entropy) -> Result<Self, VaultError> {
        let cookies = Arc::new(RwLock::new(None));
        let bridge = Bridge::new()?;
        let cached = Mutex::new(LruCache::new(KEPT_MAX));
        let place = Place::There(There { nats: nats.clone(), bridge, cached });
        Ok(Self(Arc::new(Shared { entropy, cookies, place })))
    }

    /// Whether cookies can be opened already: at once where the vault is kept, elsewhere when it
    /// has been heard for the first time.
    pub fn is_ready(&self) -> bool {
        self.0.cookies.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Lets go of a person's key that is held from earlier, as whoever hears of an erasure must.
    pub fn forget(&self, person: Uuid) {
        match &self.0.place {
            Place::There(there) => there.forget(&[person]),
            Place::Here(here) => {
                here.inside.lock().unwrap_or_else(PoisonError::into_inner).cached.pop(&person);
            }
        }
    }

    /// Fetches the keys of cookies now.
    pub(super) fn fetch_cookie_keys(&self) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            let nats = there.nats.clone();
            let keys = there.bridge.wait(async move { fetch_cookie_keys(&nats).await })?;
            *self.0.cookies.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
        }
        Ok(())
    }
}

/// Answers the other nodes' requests to `vault` whenever this node owns it. A node that was paused and
/// owns it no more leaves what it finds unanswered: the owner has had it too. A vault on a stream is
/// read to its end before the first answer.
pub async fn serve_vault(
    nats: &Nats,
    vault: &Vault,
    ownership: &Ownership,
) -> Result<(), AskError> {
    let answer = |call: Call| {
        let vault = vault.clone();
        async move {
            let done = blocking(move || answer(&vault, call)).await;
            let answer = done.map_err(|error| Wrong::Other(error.to_string()))??;
            // A message that is too long would not leave, and whoever asked would wait in vain.
            match serde_json::to_vec(&answer).map(|bytes| bytes.len()) {
                Ok(0..=ANSWER_MAX) => Ok(answer),
                _ => Err(Wrong::TooMuch),
            }
        }
    };
    loop {
        ownership.gained().await;
        if let Err(error) = vault.caught_up().await {
            tracing::warn!(%error, "the vault is not answered for yet");
            tokio::time::sleep(LOOK).await;
            continue;
        }
        tokio::select! {
            done = nats.answer_alone(WHAT, ownership, AT_ONCE, answer) => return done,
            () = vault.clear_up() => {}
            () = ownership.lost() => {}
        }
    }
}
