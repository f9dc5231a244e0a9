//! Where ids, keys, nonces and jitter come from: the operating system, or one seed for a run that
//! can be repeated.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{RngCore as _, SeedableRng as _, TryRngCore as _, rngs::OsRng};
use rand_chacha::ChaCha12Rng;
use uuid::Uuid;

use crate::ids::{CommandId, EventRef};

/// A source of random bytes, shared by all who hold a copy.
#[derive(Clone)]
pub struct Entropy(Option<Arc<Mutex<ChaCha12Rng>>>);

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Entropy(seeded)" } else { "Entropy(system)" })
    }
}

impl Entropy {
    /// The operating system's own.
    pub fn system() -> Self {
        Self(None)
    }

    /// The same bytes again for the same seed. Never for real residents.
    pub fn seeded(seed: u64) -> Self {
        Self(Some(Arc::new(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Some(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
            None => OsRng.unwrap_err().fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A random id (version 4).
    pub fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// The id of a command that somebody gives now.
    pub fn command(&self) -> CommandId {
        CommandId(self.uuid())
    }
}

/// The namespace under which Linli derives ids from names.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c69_6e6c_6900_5a00_8000_0000_0000_0001);

/// The id that always belongs to `name` within `scope`: the same again wherever it is computed.
pub fn derived(scope: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::new_v5(&NAMESPACE, scope.as_bytes()), name.as_bytes())
}

/// The id of the `n`-th command that `process` gives because of `event`.
pub fn caused_by(process: &str, event: &EventRef, n: usize) -> CommandId {
    CommandId(derived(process, &format!("{event}/{n}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        assert_eq!(Entropy::seeded(7).uuid(), Entropy::seeded(7).uuid());
        assert_ne!(Entropy::seeded(7).uuid(), Entropy::seeded(8).uuid());
        assert_ne!(Entropy::system().uuid(), Entropy::system().uuid());
    }

    #[test]
    fn derived_ids_depend_on_scope_and_name() {
        assert_eq!(derived("xiguan", "party-day"), derived("xiguan", "party-day"));
        assert_ne!(derived("xiguan", "party-day"), derived("guanyuan", "party-day"));
    }
}
