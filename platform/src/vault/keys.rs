//! One key per person: made before anything is sealed with it, gone for ever once erased.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{Inside, Vault, VaultError, call::Call, crypt::Key};
use crate::entropy::Entropy;

/// The key of one person. Wiped from memory when dropped; hold it no longer than a page takes.
#[derive(Clone)]
pub struct PersonKey {
    pub(super) person: Uuid,
    pub(super) key: Key,
}

impl std::fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonKey({})", self.person)
    }
}

impl PersonKey {
    /// Whose key it is.
    pub fn person(&self) -> Uuid {
        self.person
    }
}

fn bound_to(person: Uuid) -> String {
    format!("person-key/{person}")
}

/// Wraps and inserts a key within the caller's transaction.
pub(super) fn store(
    conn: &Connection,
    master: &Key,
    key: &PersonKey,
    entropy: &Entropy,
) -> Result<(), VaultError> {
    let wrapped = master.wrap(&bound_to(key.person), key.key.bytes(), entropy)?;
    conn.prepare_cached("INSERT INTO keys (person, box) VALUES (?1, ?2)")?
        .execute(params![key.person, wrapped])?;
    Ok(())
}

pub(super) fn load(
    conn: &Connection,
    master: &Key,
    person: Uuid,
) -> Result<Option<PersonKey>, VaultError> {
    let wrapped: Option<Vec<u8>> = conn
        .prepare_cached("SELECT box FROM keys WHERE person = ?1")?
        .query_row([person], |row| row.get(0))
        .optional()?;
    wrapped.map(|wrapped| unwrapped(master, person, &wrapped)).transpose()
}

pub(super) fn unwrapped(
    master: &Key,
    person: Uuid,
    wrapped: &[u8],
) -> Result<PersonKey, VaultError> {
    let bytes = master.unwrap(&bound_to(person), wrapped);
    let key = bytes.ok().and_then(|bytes| Key::from_bytes(&bytes));
    Ok(PersonKey {
        person,
        key: key.ok_or_else(|| VaultError::Damaged(format!("key of {person}")))?,
    })
}

pub(super) fn is_erased(conn: &Connection, person: Uuid) -> Result<bool, VaultError> {
    Ok(conn.prepare_cached("SELECT 1 FROM erased WHERE person = ?1")?.exists([person])?)
}

/// Refuses a write about somebody who was erased, so that no late command brings them back.
pub(super) fn must_live(conn: &Connection, person: Uuid) -> Result<(), VaultError> {
    if is_erased(conn, person)? { Err(VaultError::Erased(person)) } else { Ok(()) }
}

impl Inside {
    fn key(&mut self, master: &Key, person: Uuid) -> Result<Option<PersonKey>, VaultError> {
        if let Some(key) = self.cached.get(&person) {
            return Ok(Some(key.clone()));
        }
        let key = load(&self.conn, master, person)?;
        if let Some(key) = &key {
            self.cached.put(person, key.clone());
        }
        Ok(key)
    }
}

impl Vault {
    /// The key of `person`, made if there is none yet; on disk before this returns.
    pub fn new_key(&self, person: Uuid) -> Result<PersonKey, VaultError> {
        self.new_keys(&[person])?;
        self.key(person)?.ok_or(VaultError::NoKey(person))
    }

    /// Makes the keys that are still missing, all in one transaction, as an import needs it. One
    /// erased person refuses all; of many, where services run apart, those of the same thousand.
    pub fn new_keys(&self, persons: &[Uuid]) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            there.forget(persons);
            return there.in_parts(persons, Call::NewKeys, |()| ());
        }
        let master = self.master()?;
        let make = |conn: &Connection, person| {
            must_live(conn, person)?;
            if load(conn, master, person)?.is_none() {
                let key = PersonKey { person, key: Key::random(self.entropy()) };
                store(conn, master, &key, self.entropy())?;
            }
            Ok(())
        };
        let mut parts = persons.chunks(self.together()?);
        parts.try_for_each(|part| {
            self.change(|conn| part.iter().try_for_each(|&person| make(conn, person)))
        })
    }

    /// The key of `person`, or none if it was never made or is erased.
    pub fn key(&self, person: Uuid) -> Result<Option<PersonKey>, VaultError> {
        if let Some(there) = self.at_another() {
            return Ok(there.keys(&[person])?.pop());
        }
        self.inside()?.key(self.master()?, person)
    }

    /// The keys of those of `persons` who have one.
    pub fn keys(&self, persons: &[Uuid]) -> Result<HashMap<Uuid, PersonKey>, VaultError> {
        if let Some(there) = self.at_another() {
            return Ok(there.keys(persons)?.into_iter().map(|key| (key.person, key)).collect());
        }
        let master = self.master()?;
        let mut inside = self.inside()?;
        let mut found = HashMap::new();
        for &person in persons {
            if let Some(key) = inside.key(master, person)? {
                found.insert(person, key);
            }
        }
        Ok(found)
    }

    /// Whether `person` was erased here.
    pub fn erased(&self, person: Uuid) -> Result<bool, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Erased(person));
        }
        is_erased(&self.inside()?.conn, person)
    }
}
