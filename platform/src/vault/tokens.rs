//! Secrets that stand for a person: links, feed addresses, printed cards. Of each only a mark is
//! kept, so whoever reads the vault's file can't sign in with it.
//!
//! A long secret has 144 random bits and is kept as its SHA-256. A card's short code has about 45
//! bits, few enough to try them all against a plain hash: it is kept as a mark keyed by the vault,
//! and the edge must limit how often somebody may guess.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{SealError, Vault, VaultError, call::Call, codes::CODE_CHARS, keys::must_live};

/// How many codes a card may have one after the other, should the first be taken.
const TRIES: u32 = 64;

/// How long and how often a secret is good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// From this instant on it is void; none is never.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many times it may be redeemed; none is without limit.
    pub uses: Option<u32>,
}

impl Terms {
    /// Good for one use before `expires_at`, as a sign-in link is.
    pub fn once_until(expires_at: DateTime<Utc>) -> Self {
        Self { expires_at: Some(expires_at), uses: Some(1) }
    }
}

/// The two secrets of a printed card; either stands for the person.
#[derive(Debug, Clone)]
pub struct Card {
    /// The code to type in, as printed: `34679-ACDEF`.
    pub code: SecretString,
    /// The long secret for the QR code.
    pub scanned: SecretString,
}

pub(super) fn mark_of_secret(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// A row of the table, the mark aside.
struct Held {
    person: Uuid,
    expires_us: Option<i64>,
    uses_left: Option<i64>,
}

impl Held {
    fn valid(&self, now: DateTime<Utc>) -> bool {
        self.expires_us.is_none_or(|end| now.timestamp_micros() < end)
    }
}

fn find(conn: &Connection, kind: &str, mark: &[u8]) -> Result<Option<Held>, VaultError> {
    let sql = "SELECT person, expires_us, uses_left FROM tokens WHERE mark = ?1 AND kind = ?2";
    let held = conn.prepare_cached(sql)?.query_row(params![mark, kind], |row| {
        Ok(Held { person: row.get(0)?, expires_us: row.get(1)?, uses_left: row.get(2)? })
    });
    Ok(held.optional()?)
}

fn insert(
    conn: &Connection,
    (kind, person): (&str, Uuid),
    mark: &[u8],
    terms: Terms,
    lasting: Option<&[u8]>,
) -> Result<(), VaultError> {
    must_live(conn, person)?;
    let end = terms.expires_at.map(|at| at.timestamp_micros());
    conn.prepare_cached(
        "INSERT INTO tokens (mark, kind, person, expires_us, uses_left, lasting) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![mark, kind, person, end, terms.uses, lasting])?;
    Ok(())
}

/// With them go those that only led to them.
fn delete(conn: &Connection, kind: &str, person: Uuid) -> Result<usize, VaultError> {
    let sql = "DELETE FROM tokens WHERE person = ?1 AND kind = ?2";
    conn.execute(sql, params![person, old(kind)])?;
    Ok(conn.execute(sql, params![person, kind])?)
}

/// The kind of secrets that were renewed, and lead to the new one for a while.
fn old(kind: &str) -> String {
    format!("{kind}-old")
}

pub(super) fn lasting_bound_to(kind: &str, person: Uuid) -> String {
    format!("lasting/{person}/{kind}")
}

impl Vault {
    /// 144 random bits as 24 characters that fit into an address.
    fn secret(&self) -> SecretString {
        let bytes = Zeroizing::new(self.entropy().bytes::<18>());
        URL_SAFE_NO_PAD.encode(*bytes).into()
    }

    /// Makes a secret of `kind` that stands for `person`. It is shown here and never again.
    pub fn mint(&self, kind: &str, person: Uuid, terms: Terms) -> Result<SecretString, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Mint(kind.to_owned(), person, terms)).map(String::into);
        }
        let secret = self.secret();
        let mark = mark_of_secret(secret.expose_secret());
        self.change(|conn| insert(conn, (kind, person), &mark, terms, None))?;
        Ok(secret)
    }

    /// The one lasting secret of `kind` of `person` (or of whatever the id names), made at the first
    /// call and the same again until rotated or revoked: a feed's address, say, which a page shows
    /// every time. So this one is kept as a box too, under a key of the vault.
    pub fn lasting(&self, kind: &str, person: Uuid) -> Result<SecretString, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Lasting(kind.to_owned(), person)).map(String::into);
        }
        self.change(|conn| {
            let sql = "SELECT lasting FROM tokens WHERE person = ?1 AND kind = ?2 \
                       AND lasting IS NOT NULL";
            let mut select = conn.prepare_cached(sql)?;
            let boxed: Option<Vec<u8>> =
                select.query_row(params![person, kind], |row| row.get(0)).optional()?;
            match boxed {
                Some(boxed) => self.open_lasting(kind, person, &boxed),
                None => self.make_lasting(conn, kind, person),
            }
        })
    }

    pub(super) fn open_lasting(
        &self,
        kind: &str,
        person: Uuid,
        boxed: &[u8],
    ) -> Result<SecretString, VaultError> {
        let plain = self.here()?.lasting.unwrap(&lasting_bound_to(kind, person), boxed)?;
        let text = str::from_utf8(&plain).map_err(|_| SealError::Altered)?;
        Ok(text.into())
    }

    pub(super) fn box_lasting(
        &self,
        kind: &str,
        person: Uuid,
        secret: &str,
    ) -> Result<Vec<u8>, VaultError> {
        let bound_to = lasting_bound_to(kind, person);
        Ok(self.here()?.lasting.wrap(&bound_to, secret.as_bytes(), self.entropy())?)
    }

    fn make_lasting(
        &self,
        conn: &Connection,
        kind: &str,
        person: Uuid,
    ) -> Result<SecretString, VaultError> {
        let secret = self.secret();
        let boxed = self.box_lasting(kind, person, secret.expose_secret())?;
        let mark = mark_of_secret(secret.expose_secret());
        insert(conn, (kind, person), &mark, Terms::default(), Some(&boxed))?;
        Ok(secret)
    }

    /// A new lasting secret in place of all of that kind; the old ones are void at once.
    pub fn rotate(&self, kind: &str, person: Uuid) -> Result<SecretString, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Rotate(kind.to_owned(), person)).map(String::into);
        }
        self.change(|conn| {
            delete(conn, kind, person)?;
            self.make_lasting(conn, kind, person)
        })
    }

    /// A new lasting secret in place of the one of that kind, which leads to the new one until then
    /// ([`Vault::renewed`]) and stands for nobody any more.
    pub fn renew(
        &self,
        kind: &str,
        person: Uuid,
        until: DateTime<Utc>,
    ) -> Result<SecretString, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Renew(kind.to_owned(), person, until)).map(String::into);
        }
        self.change(|conn| {
            let sql = "UPDATE tokens SET kind = ?3, expires_us = ?4, lasting = NULL \
                       WHERE person = ?1 AND kind = ?2";
            conn.execute(sql, params![person, kind, old(kind), until.timestamp_micros()])?;
            self.make_lasting(conn, kind, person)
        })
    }

    /// The lasting secret in place of one that was renewed, as long as that one leads to it.
    pub fn renewed(
        &self,
        kind: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<SecretString>, VaultError> {
        if let Some(there) = self.at_another() {
            return Ok(there
                .ask::<Option<String>>(Call::Renewed(kind.to_owned(), text.to_owned(), now))?
                .map(String::into));
        }
        let person = self.holder(&old(kind), text, now)?;
        person.map(|person| self.lasting(kind, person)).transpose()
    }

    /// A new card in place of the person's earlier ones, which are void at once. The same `order` is
    /// the same card: whoever presses the button twice holds the card that is good.
    pub fn mint_card(&self, kind: &str, person: Uuid, order: Uuid) -> Result<Card, VaultError> {
        if let Some(there) = self.at_another() {
            let made = there.ask(Call::MintCard(kind.to_owned(), person, order))?;
            let (code, scanned): (String, String) = made;
            return Ok(Card { code: code.into(), scanned: scanned.into() });
        }
        let made_for = format!("{kind}/{person}/{order}");
        let scanned = self.scanned(&made_for)?;
        let long_mark = mark_of_secret(scanned.expose_secret());
        self.change(|conn| {
            let there = find(conn, kind, &long_mark)?.map(|held| held.person);
            if there.is_none() {
                delete(conn, kind, person)?;
                insert(conn, (kind, person), &long_mark, Terms::default(), None)?;
            }
            for attempt in 0..TRIES {
                let code = self.code(&made_for, attempt)?;
                let marks = self.marks(&code)?;
                // Two cards of one code would be one card; among 4 * 10^13 codes it is rare enough.
                let holder = |mark: &Vec<u8>| find(conn, kind, mark);
                let held = marks.iter().map(holder).collect::<Result<Vec<_>, _>>()?;
                let mut holders = held.into_iter().flatten().map(|held| held.person);
                match (holders.next(), marks.first()) {
                    (None, Some(mark)) if there.is_none() => {
                        insert(conn, (kind, person), mark, Terms::default(), None)?;
                    }
                    (Some(holder), _) if there == Some(holder) => {}
                    _ => continue,
                }
                let (left, right) = code.split_at(CODE_CHARS / 2);
                return Ok(Card {
                    code: format!("{left}-{right}").into(),
                    scanned: scanned.clone(),
                });
            }
            Err(VaultError::Damaged("no code is free".into()))
        })
    }

    /// Lets all secrets of `kind` of one person stand for another from now on, who is the same
    /// under another id; how many there were. None of them is shown again.
    pub fn hand_over(&self, kind: &str, from: Uuid, to: Uuid) -> Result<usize, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::HandOver(kind.to_owned(), from, to));
        }
        self.change(|conn| {
            must_live(conn, to)?;
            let sql = "UPDATE tokens SET person = ?3, lasting = NULL \
                       WHERE person = ?1 AND kind = ?2";
            conn.execute(sql, params![from, old(kind), to])?;
            Ok(conn.execute(sql, params![from, kind, to])?)
        })
    }

    /// For whom `text`, a long secret or a card's code, stands, without using it up: what a page asks
    /// before its button is pressed, since mail programs open links by themselves.
    pub fn holder(
        &self,
        kind: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Uuid>, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Holder(kind.to_owned(), text.to_owned(), now));
        }
        let marks = self.marks(text)?;
        let inside = self.inside()?;
        for mark in marks {
            if let Some(held) = find(&inside.conn, kind, &mark)? {
                return Ok(held.valid(now).then_some(held.person));
            }
        }
        Ok(None)
    }

    /// For whom `text` stands, used up once by this. Of two at the same time one gets the last use.
    pub fn redeem(
        &self,
        kind: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Uuid>, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Redeem(kind.to_owned(), text.to_owned(), now));
        }
        let marks = self.marks(text)?;
        self.change(|conn| {
            for mark in &marks {
                let Some(held) = find(conn, kind, mark)? else { continue };
                if held.uses_left.is_none() || !held.valid(now) {
                    return Ok(held.valid(now).then_some(held.person));
                }
                let sql = "UPDATE tokens SET uses_left = uses_left - 1 \
                           WHERE mark = ?1 AND kind = ?2 AND uses_left > 0";
                let used = conn.prepare_cached(sql)?.execute(params![mark, kind])? == 1;
                conn.execute("DELETE FROM tokens WHERE mark = ?1 AND uses_left <= 0", [mark])?;
                return Ok(used.then_some(held.person));
            }
            Ok(None)
        })
    }

    /// Makes all secrets of `kind` of `person` void; how many there were.
    pub fn revoke(&self, kind: &str, person: Uuid) -> Result<usize, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Revoke(kind.to_owned(), person));
        }
        self.change(|conn| delete(conn, kind, person))
    }

    /// Removes what has expired by `now`; how many there were. They were void already.
    pub fn purge_expired(&self, now: DateTime<Utc>) -> Result<usize, VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::PurgeExpired(now));
        }
        self.change(|conn| {
            let sql = "DELETE FROM tokens WHERE expires_us <= ?1";
            Ok(conn.execute(sql, [now.timestamp_micros()])?)
        })
    }
}
