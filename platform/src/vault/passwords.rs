//! Passwords, kept as Argon2id hashes.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{
    Argon2,
    password_hash::{
        Error as HashError, PasswordHash, PasswordHasher, PasswordVerifier, SaltString,
    },
};
use rusqlite::{OptionalExtension as _, params};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::{Vault, VaultError, call::Call, keys::must_live};

/// The fewest characters a password may have.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// The most bytes that are hashed, so that nobody keeps the machine busy with a novel.
const PASSWORD_BYTES_MAX: usize = 1024;
/// How many hashes are made at once: each takes 19 MiB of memory.
const HASHES_AT_ONCE: usize = 2;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It has fewer than [`PASSWORD_CHARS_MIN`] characters.
    #[error("the password is too short: use at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// It has more than 1,024 bytes.
    #[error("the password is too long: use at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// The hash function failed, for want of memory or because a stored hash is damaged.
    #[error("the password could not be worked on: {0}")]
    Hashing(HashError),
}

/// Whether a password would be taken, before anything is done for its sake.
pub fn judge_password(password: &SecretString) -> Result<(), PasswordError> {
    checked(password).map(drop)
}

pub(super) fn checked(password: &SecretString) -> Result<&[u8], PasswordError> {
    let password = password.expose_secret();
    match password.chars().count() {
        _ if password.len() > PASSWORD_BYTES_MAX => Err(PasswordError::TooLong),
        chars if chars < PASSWORD_CHARS_MIN => Err(PasswordError::TooShort),
        _ => Ok(password.as_bytes()),
    }
}

/// Lets a few threads through at a time; the others wait their turn.
#[derive(Default)]
pub(super) struct Gate {
    within: Mutex<usize>,
    left: Condvar,
}

impl Gate {
    pub(super) fn through<T>(&self, work: impl FnOnce() -> T) -> T {
        let within = self.within.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |within: &mut usize| *within >= HASHES_AT_ONCE;
        *self.left.wait_while(within, full).unwrap_or_else(PoisonError::into_inner) += 1;
        let _pass = Pass(self);
        work()
    }
}

/// Somebody within the gate; leaves it even if the work panics.
struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.0.within.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.left.notify_one();
    }
}

impl Vault {
    fn hash(&self, password: &[u8]) -> Result<String, VaultError> {
        let here = self.here()?;
        let salt = SaltString::encode_b64(&self.entropy().bytes::<16>())
            .map_err(PasswordError::Hashing)?;
        let hash = here.hashing.through(|| Argon2::default().hash_password(password, &salt));
        Ok(hash.map(|hash| hash.to_string()).map_err(PasswordError::Hashing)?)
    }

    /// Gives `person` this password in place of any other.
    pub fn set_password(&self, person: Uuid, password: &SecretString) -> Result<(), VaultError> {
        let checked = checked(password)?;
        if let Some(there) = self.at_another() {
            let password = password.expose_secret().to_owned();
            return there.ask(Call::SetPassword(person, password));
        }
        let phc = self.hash(checked)?;
        self.change(|conn| {
            must_live(conn, person)?;
            let sql = "INSERT OR REPLACE INTO passwords (person, phc) VALUES (?1, ?2)";
            conn.execute(sql, params![person, phc])?;
            Ok(())
        })
    }

    /// Whether this is the password of `person`. It takes as long for nobody, for a person without
    /// a password and for a wrong one, so the time tells a stranger nothing.
    pub fn verify_password(
        &self,
        person: Option<Uuid>,
        password: &SecretString,
    ) -> Result<bool, VaultError> {
        if let Some(there) = self.at_another() {
            let password = password.expose_secret().to_owned();
            return there.ask(Call::VerifyPassword(person, password));
        }
        let stored: Option<String> = self
            .inside()?
            .conn
            .prepare_cached("SELECT phc FROM passwords WHERE person = ?1")?
            .query_row([person], |row| row.get(0))
            .optional()?;
        let Ok(password) = checked(password) else { return Ok(false) };
        let Some(phc) = stored else {
            self.hash(password)?;
            return Ok(false);
        };
        let hash = PasswordHash::new(&phc).map_err(PasswordError::Hashing)?;
        let verify = || Argon2::default().verify_password(password, &hash);
        match self.here()?.hashing.through(verify) {
            Ok(()) => Ok(true),
            Err(HashError::Password) => Ok(false),
            Err(failed) => Err(PasswordError::Hashing(failed).into()),
        }
    }

    /// Takes the password of `person` away.
    pub fn remove_password(&self, person: Uuid) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::RemovePassword(person));
        }
        self.change(|conn| {
            conn.execute("DELETE FROM passwords WHERE person = ?1", [person])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn two_are_within_the_gate_and_no_third() {
        let (gate, within, most) = (Gate::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        let together = Barrier::new(HASHES_AT_ONCE);
        std::thread::scope(|threads| {
            for _ in 0..HASHES_AT_ONCE * 4 {
                threads.spawn(|| {
                    gate.through(|| {
                        let now = within.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        // Passes only if as many as allowed are really within at the same time.
                        together.wait();
                        within.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), HASHES_AT_ONCE);
    }
}
