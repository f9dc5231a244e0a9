//! The vault's own keys, and what keeps somebody signed in: cookies that only the vault can open,
//! and a number per person that makes all cookies of that person void at once.

use std::sync::PoisonError;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    SealError, Vault, VaultError, call::Call, crypt::Key, in_transaction, keys::must_live,
    seal::as_base64,
};
use crate::entropy::Entropy;

/// The keys of cookies on their way to a node that may have them.
#[derive(Serialize, Deserialize)]
pub(super) struct CookieKeysGiven {
    #[serde(with = "as_base64")]
    now: Zeroizing<Vec<u8>>,
    #[serde(with = "as_base64")]
    before: Zeroizing<Vec<u8>>,
}

impl CookieKeysGiven {
    pub(super) fn taken(self) -> Option<CookieKeys> {
        let (now, before) = (Key::from_bytes(&self.now)?, Key::from_bytes(&self.before)?);
        Some(CookieKeys { now, before })
    }
}

/// The keys that cookies are opened with: the present one and the one before it.
pub(super) struct CookieKeys {
    now: Key,
    before: Key,
}

/// What the vault keeps for itself, wrapped by the master key.
pub(super) struct OwnKeys {
    pub(super) cookies: CookieKeys,
    pub(super) codes: Vec<Key>,
    pub(super) lasting: Key,
}

const COOKIE_NOW: &str = "cookie/now";
const COOKIE_BEFORE: &str = "cookie/before";
const LASTING: &str = "lasting";
/// Codes from an import keep their marks, so there may be several of these, numbered from 0.
const CODES: &str = "codes/";

pub(super) fn put_secret(
    conn: &Connection,
    master: &Key,
    name: &str,
    key: &Key,
    entropy: &Entropy,
) -> Result<(), VaultError> {
    let wrapped = master.wrap(&format!("own-key/{name}"), key.bytes(), entropy)?;
    conn.execute("INSERT OR REPLACE INTO secrets (name, box) VALUES (?1, ?2)", (name, wrapped))?;
    Ok(())
}

/// Adds a key that codes were marked with elsewhere.
pub(super) fn put_code_key(
    conn: &Connection,
    master: &Key,
    number: usize,
    key: &Key,
    entropy: &Entropy,
) -> Result<(), VaultError> {
    put_secret(conn, master, &format!("{CODES}{number}"), key, entropy)
}

/// Reads the vault's own keys, made at its very first opening; none if `master` does not open them.
pub(super) fn own_keys(
    conn: &mut Connection,
    master: &Key,
    entropy: &Entropy,
) -> Result<Option<OwnKeys>, VaultError> {
    in_transaction(conn, |conn| {
        if !conn.prepare("SELECT 1 FROM secrets")?.exists([])? {
            make_own(conn, master, entropy)?;
        }
        read_own(conn, master)
    })
}

pub(super) fn make_own(
    conn: &Connection,
    master: &Key,
    entropy: &Entropy,
) -> Result<(), VaultError> {
    for name in [COOKIE_NOW, COOKIE_BEFORE, LASTING, "codes/0"] {
        put_secret(conn, master, name, &Key::random(entropy), entropy)?;
    }
    Ok(())
}

/// The vault's own keys; none if there are none yet or `master` does not open them.
pub(super) fn read_own(conn: &Connection, master: &Key) -> Result<Option<OwnKeys>, VaultError> {
    let mut select = conn.prepare("SELECT name, box FROM secrets ORDER BY name")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut codes = Vec::new();
    let (mut now, mut before, mut lasting, mut any) = (None, None, None, false);
    for row in rows {
        let (name, wrapped): (String, Vec<u8>) = row?;
        let Ok(bytes) = master.unwrap(&format!("own-key/{name}"), &wrapped) else {
            return Ok(None);
        };
        let key = Key::from_bytes(&bytes);
        any = true;
        match name.as_str() {
            COOKIE_NOW => now = key,
            COOKIE_BEFORE => before = key,
            LASTING => lasting = key,
            _ => codes.extend(key),
        }
    }
    match (now, before, lasting) {
        (Some(now), Some(before), Some(lasting)) => {
            Ok(Some(OwnKeys { cookies: CookieKeys { now, before }, codes, lasting }))
        }
        _ if !any => Ok(None),
        _ => Err(VaultError::Damaged("the vault's own keys".into())),
    }
}

impl Vault {
    /// Encrypts what a cookie shall carry, as base64url text. It opens under the same `name` only.
    pub fn seal_cookie(&self, name: &str, bytes: &[u8]) -> Result<String, SealError> {
        let keys = self.0.cookies.read().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.as_ref().ok_or(SealError::NotHeard)?;
        Ok(URL_SAFE_NO_PAD.encode(keys.now.wrap(
            &format!("cookie/{name}"),
            bytes,
            self.entropy(),
        )?))
    }

    /// What [`Vault::seal_cookie`] was given, or none if the text is altered, from elsewhere, or
    /// older than the last two keys.
    pub fn open_cookie(&self, name: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let wrapped = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bound_to = format!("cookie/{name}");
        let keys = self.0.cookies.read().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.as_ref()?;
        let opened = |key: &Key| key.unwrap(&bound_to, &wrapped).ok();
        opened(&keys.now).or_else(|| opened(&keys.before))
    }

    /// Takes a new key for cookies. Those under the present key still open until the next time, so
    /// doing it twice signs everybody out.
    pub fn rotate_session_key(&self) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            there.ask::<()>(Call::RotateSessionKey)?;
            return self.fetch_cookie_keys();
        }
        let master = self.master()?;
        let next = self.change(|conn| {
            let own = read_own(conn, master)?.ok_or(SealError::NotHeard)?;
            let next = CookieKeys { now: Key::random(self.entropy()), before: own.cookies.now };
            put_secret(conn, master, COOKIE_NOW, &next.now, self.entropy())?;
            put_secret(conn, master, COOKIE_BEFORE, &next.before, self.entropy())?;
            Ok(next)
        })?;
        *self.0.cookies.write().unwrap_or_else(PoisonError::into_inner) = Some(next);
        Ok(())
    }

    /// The keys of cookies for a node that asks for them.
    pub(super) fn cookie_keys_given(&self) -> Result<CookieKeysGiven, VaultError> {
        let keys = self.0.cookies.read().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.as_ref().ok_or(SealError::NotHeard)?;
        let given = |key: &Key| key.bytes().to_vec().into();
        Ok(CookieKeysGiven { now: given(&keys.now), before: given(&keys.before) })
    }

    /// The number that a cookie of `person` must carry to be valid: 0 at first.
    /// [`VaultError::Erased`] for somebody who is not there any more.
    pub fn session_epoch(&self, person: Uuid) -> Result<u32, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::SessionEpoch(person));
        }
        let inside = self.inside()?;
        must_live(&inside.conn, person)?;
        let epoch: Option<u32> = inside
            .conn
            .prepare_cached("SELECT epoch FROM epochs WHERE person = ?1")?
            .query_row([person], |row| row.get(0))
            .optional()?;
        Ok(epoch.unwrap_or_default())
    }

    /// Makes all present cookies of `person` void and returns the new number.
    pub fn revoke_sessions(&self, person: Uuid) -> Result<u32, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::RevokeSessions(person));
        }
        self.change(|conn| {
            must_live(conn, person)?;
            let sql = "INSERT INTO epochs (person, epoch) VALUES (?1, 1) \
                       ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch";
            Ok(conn.query_row(sql, params![person], |row| row.get(0))?)
        })
    }
}
