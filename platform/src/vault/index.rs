//! The only clear-text index: who has which name, phone number, address and card.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Vault, VaultError, call::Call, keys::must_live};

/// What is known of a person in clear text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The name as the person writes it.
    pub name: String,
    /// A phone number as it was given.
    pub phone: Option<String>,
    /// An e-mail address as it was given.
    pub email: Option<String>,
    /// The flat within the building.
    pub flat: Option<String>,
    /// The number on the person's card. It names somebody, it does not sign in: that takes a token.
    pub card: Option<String>,
    /// What sort of person it is, a short word that only the owner of the vault reads.
    pub kind: String,
    /// The language to write to them in, for example `zh`.
    pub language: String,
}

/// What somebody is looked up by.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum By {
    Email,
    Phone,
    Name,
    Card,
}

/// How many names are looked through at a time.
const ROUND: usize = 1_000;

/// Persons, each with what is known of them.
pub type Known = Vec<(Uuid, IndexEntry)>;

impl std::fmt::Debug for IndexEntry {
    /// Shows no personal data, so that a log line can't leak it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexEntry").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The digits of a phone number as they are compared: full-width ones count, signs and blanks don't,
/// and a number of mainland China is the same with and without its country code.
pub fn phone_digits(phone: &str) -> String {
    let ascii = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        _ => c.is_ascii_digit().then_some(c),
    };
    let digits: String = phone.chars().filter_map(ascii).collect();
    let plain = digits.strip_prefix("00").unwrap_or(&digits);
    match plain.strip_prefix("86") {
        Some(national) if national.len() >= 10 => national.to_owned(),
        _ => plain.to_owned(),
    }
}

/// A name, address or card number as it is compared: case and the number of blanks don't matter.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A key to look for, or none if nothing is left of the text to compare.
fn sought(text: Option<&str>, fold: fn(&str) -> String) -> Option<String> {
    text.map(fold).filter(|key| !key.is_empty())
}

pub(super) fn put(conn: &Connection, person: Uuid, entry: &IndexEntry) -> Result<(), VaultError> {
    must_live(conn, person)?;
    let mut put = conn.prepare_cached(
        "INSERT OR REPLACE INTO people (person, name, phone, email, flat, card, kind, language, \
         name_key, phone_key, email_key, card_key) VALUES (:person, :name, :phone, :email, :flat, \
         :card, :kind, :language, :name_key, :phone_key, :email_key, :card_key)",
    )?;
    put.execute(named_params! {
        ":person": person, ":name": entry.name, ":phone": entry.phone, ":email": entry.email,
        ":flat": entry.flat, ":card": entry.card, ":kind": entry.kind,
        ":language": entry.language, ":name_key": folded(&entry.name),
        ":phone_key": sought(entry.phone.as_deref(), phone_digits),
        ":email_key": sought(entry.email.as_deref(), folded),
        ":card_key": sought(entry.card.as_deref(), folded),
    })?;
    Ok(())
}

/// The columns of a row that [`read`] expects, in its order.
pub(super) const COLUMNS: &str = "person, name, phone, email, flat, card, kind, language";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<(Uuid, IndexEntry)> {
    let entry = IndexEntry {
        name: row.get(1)?,
        phone: row.get(2)?,
        email: row.get(3)?,
        flat: row.get(4)?,
        card: row.get(5)?,
        kind: row.get(6)?,
        language: row.get(7)?,
    };
    Ok((row.get(0)?, entry))
}

impl Vault {
    /// Writes what is known of `person`, in place of what was known before.
    pub fn put(&self, person: Uuid, entry: &IndexEntry) -> Result<(), VaultError> {
        self.put_all(&[(person, entry.clone())])
    }

    /// Writes many at once, as an import needs it: all or none, or, where services run apart, as
    /// far as it came. Doing it again does the rest.
    pub fn put_all(&self, entries: &[(Uuid, IndexEntry)]) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            return there.in_parts(entries, Call::Put, |()| ());
        }
        let mut parts = entries.chunks(self.together()?);
        parts.try_for_each(|part| {
            self.change(|conn| {
                part.iter().try_for_each(|(person, entry)| put(conn, *person, entry))
            })
        })
    }

    /// Takes `person` out of the index and leaves key, tokens and password alone.
    pub fn remove(&self, person: Uuid) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            return there.ask(Call::Remove(person));
        }
        self.change(|conn| {
            conn.execute("DELETE FROM people WHERE person = ?1", [person])?;
            Ok(())
        })
    }

    /// What is known of `person`.
    pub fn entry(&self, person: Uuid) -> Result<Option<IndexEntry>, VaultError> {
        Ok(self.entries(&[person])?.remove(&person))
    }

    /// What is known of those of `persons` who are in the index.
    pub fn entries(&self, persons: &[Uuid]) -> Result<HashMap<Uuid, IndexEntry>, VaultError> {
        let mut found = HashMap::new();
        if let Some(there) = self.at_another() {
            let take = |part: HashMap<Uuid, IndexEntry>| found.extend(part);
            there.in_parts(persons, Call::Entries, take)?;
            return Ok(found);
        }
        let inside = self.inside()?;
        let sql = format!("SELECT {COLUMNS} FROM people WHERE person = ?1");
        let mut select = inside.conn.prepare_cached(&sql)?;
        for person in persons {
            found.extend(select.query_row([person], read).optional()?);
        }
        Ok(found)
    }

    /// Who has this e-mail address; a family may share one.
    pub fn by_email(&self, email: &str) -> Result<Vec<Uuid>, VaultError> {
        self.by(By::Email, email)
    }

    /// Who has this phone number, however it is written; a family may share one.
    pub fn by_phone(&self, phone: &str) -> Result<Vec<Uuid>, VaultError> {
        self.by(By::Phone, phone)
    }

    /// Who has exactly this name. Names alone never tell who somebody is.
    pub fn by_name(&self, name: &str) -> Result<Vec<Uuid>, VaultError> {
        self.by(By::Name, name)
    }

    /// Who has exactly one of these names, each with what is known of them: one look for a whole
    /// list.
    pub fn namesakes<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashMap<&'a str, Known>, VaultError> {
        let mut found = HashMap::new();
        if let Some(there) = self.at_another() {
            let names: Vec<&str> = names.into_iter().collect();
            let all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut known: HashMap<String, Known> = HashMap::new();
            there.in_parts(&all, Call::Namesakes, |part: HashMap<_, _>| known.extend(part))?;
            let taken = names.into_iter().filter_map(|name| Some((name, known.remove(name)?)));
            return Ok(taken.collect());
        }
        let inside = self.inside()?;
        let sql = format!("SELECT {COLUMNS} FROM people WHERE name_key = ?1 ORDER BY person");
        let mut select = inside.conn.prepare_cached(&sql)?;
        for name in names {
            if !found.contains_key(name) {
                let same = select.query_map([folded(name)], read)?;
                found.insert(name, same.collect::<Result<_, _>>()?);
            }
        }
        Ok(found)
    }

    /// Who has the card of this number.
    pub fn by_card(&self, card: &str) -> Result<Vec<Uuid>, VaultError> {
        self.by(By::Card, card)
    }

    pub(super) fn by(&self, by: By, text: &str) -> Result<Vec<Uuid>, VaultError> {
        let (column, fold): (_, fn(&str) -> String) = match by {
            By::Email => ("email_key", folded),
            By::Phone => ("phone_key", phone_digits),
            By::Name => ("name_key", folded),
            By::Card => ("card_key", folded),
        };
        let Some(key) = sought(Some(text), fold) else { return Ok(Vec::new()) };
        if let Some(there) = self.at_another() {
            return there.ask(Call::By(by, text.to_owned()));
        }
        let inside = self.inside()?;
        let sql = format!("SELECT person FROM people WHERE {column} = ?1 ORDER BY person");
        let mut select = inside.conn.prepare_cached(&sql)?;
        let found = select.query_map([key], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// At most `limit` of those persons that `fits` lets pass whose names begin with `start`, in the
    /// order of their names: what a desk shows while somebody types. However many others bear such
    /// a name, all are looked through.
    pub fn by_name_start(
        &self,
        start: &str,
        fits: impl Fn(Uuid) -> bool,
        limit: usize,
    ) -> Result<Vec<Uuid>, VaultError> {
        let mut found = Vec::new();
        for round in 0.. {
            let named = self.named(start, round * ROUND, ROUND)?;
            let last = named.len() < ROUND;
            found.extend(named.into_iter().filter(|person| fits(*person)));
            if last || found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// At most `count` of those whose names begin with `start`, in their order, after the first
    /// `skip`.
    pub(super) fn named(
        &self,
        start: &str,
        skip: usize,
        count: usize,
    ) -> Result<Vec<Uuid>, VaultError> {
        let Some(from) = sought(Some(start), folded) else { return Ok(Vec::new()) };
        if let Some(there) = self.at_another() {
            return there.ask(Call::NameStart(start.to_owned(), skip, count));
        }
        // No character sorts after the last one, so this bounds all names with that start.
        let until = format!("{from}{}", char::MAX);
        let inside = self.inside()?;
        let sql = "SELECT person FROM people WHERE name_key >= ?1 AND name_key < ?2 \
                   ORDER BY name_key, person LIMIT ?3 OFFSET ?4";
        let mut select = inside.conn.prepare_cached(sql)?;
        let named = select.query_map((from, until, count, skip), |row| row.get(0))?;
        Ok(named.collect::<Result<_, _>>()?)
    }
}
