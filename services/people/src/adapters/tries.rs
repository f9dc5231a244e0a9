//! How often one account may be tried with a password, wherever the tries come from: a limit by
//! address alone is no hindrance to somebody with many addresses.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

/// So many tries are free.
const TRIES_MAX: usize = 10;
/// After this time a try is forgotten.
const MINUTES: i64 = 15;
/// How many accounts are remembered; those longest untried are forgotten first.
const ACCOUNTS_MAX: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// The tries of late. A copy is the same; it forgets all with the program.
#[derive(Clone)]
pub(crate) struct Tries(Arc<Mutex<LruCache<String, Vec<DateTime<Utc>>>>>);

impl Default for Tries {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(ACCOUNTS_MAX))))
    }
}

/// An address as an account is looked up by it, and no longer than one can be.
fn account(email: &str) -> String {
    email.trim().to_lowercase().chars().take(254).collect()
}

impl Tries {
    /// Counts one more try at `now`, whether or not anybody has this address. How many minutes to
    /// wait if it was one too many: then it is not counted, so that waiting helps.
    pub(crate) fn one_more(&self, email: &str, now: DateTime<Utc>) -> Result<(), i64> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = accounts.get_or_insert_mut(account(email), Vec::new);
        let forgotten = now - TimeDelta::minutes(MINUTES);
        tries.retain(|at| *at > forgotten);
        if let (true, Some(first)) = (tries.len() >= TRIES_MAX, tries.first()) {
            return Err((*first - forgotten).num_minutes() + 1);
        }
        tries.push(now);
        Ok(())
    }

    /// They are in: what was mistyped before counts no more.
    pub(crate) fn right(&self, email: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(&account(email));
    }
}
