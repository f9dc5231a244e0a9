//! What a message of the vault's stream holds: all rows of one person, or the vault's own secrets,
//! boxed under the master key and bound to the subject.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    super::{IndexEntry, VaultError, crypt::Key, erasure, index, seal::as_base64},
    stream::{Found, Next, VaultStream},
};
use crate::entropy::Entropy;

/// Stands in place of a person's id for what is the vault's own.
pub(super) const OWN: &str = "_";

/// What is remembered beside the vault's tables: for each person the last message, and whether that
/// calls them erased; and how far the stream was followed. Nobody's id stands for the vault itself.
pub(super) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS kept (
        person BLOB PRIMARY KEY, number INTEGER NOT NULL, erased INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS followed (made TEXT NOT NULL, upto INTEGER NOT NULL) STRICT;
";

/// Notes whose rows a transaction touches.
pub(super) fn watch(conn: &Connection) -> Result<(), VaultError> {
    conn.execute_batch("CREATE TEMP TABLE touched (person BLOB PRIMARY KEY) WITHOUT ROWID;")?;
    let mut triggers = Vec::new();
    let mut on = |name: String, table: &str, what: &str, who: &str| {
        triggers.push(format!(
            "CREATE TEMP TRIGGER {name} AFTER {what} ON main.{table} BEGIN \
             INSERT INTO touched SELECT {who} WHERE {who} NOT IN (SELECT person FROM touched); END;"
        ));
    };
    for table in erasure::TABLES {
        on(format!("new_{table}"), table, "INSERT", "new.person");
        on(format!("old_{table}"), table, "DELETE", "old.person");
        on(format!("was_{table}"), table, "UPDATE", "old.person");
        on(format!("is_{table}"), table, "UPDATE", "new.person");
    }
    on("erased".to_owned(), "erased", "INSERT", "new.person");
    on("secret_new".to_owned(), "secrets", "INSERT", "zeroblob(16)");
    on("secret_is".to_owned(), "secrets", "UPDATE", "zeroblob(16)");
    Ok(conn.execute_batch(&triggers.concat())?)
}

#[derive(Serialize, Deserialize)]
struct Bytes(#[serde(with = "as_base64")] Vec<u8>);

#[derive(Serialize, Deserialize)]
struct Token {
    mark: Bytes,
    kind: String,
    expires_us: Option<i64>,
    uses_left: Option<i64>,
    lasting: Option<Bytes>,
}

/// All rows of a person. Whoever is erased has none.
#[derive(Default, Serialize, Deserialize)]
struct Person {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Bytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<IndexEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<Token>,
}

/// The vault's own secrets, by name, as wrapped as in the table.
#[derive(Serialize, Deserialize)]
struct Own(Vec<(String, Bytes)>);

fn only<T: rusqlite::types::FromSql>(
    conn: &Connection,
    sql: &str,
    person: Uuid,
) -> Result<Option<T>, VaultError> {
    Ok(conn.prepare_cached(sql)?.query_row([person], |row| row.get(0)).optional()?)
}

fn read_person(conn: &Connection, person: Uuid) -> Result<Person, VaultError> {
    let sql = "SELECT mark, kind, expires_us, uses_left, lasting FROM tokens WHERE person = ?1 \
               ORDER BY mark";
    let mut tokens = conn.prepare_cached(sql)?;
    let tokens = tokens.query_map([person], |row| {
        Ok(Token {
            mark: Bytes(row.get(0)?),
            kind: row.get(1)?,
            expires_us: row.get(2)?,
            uses_left: row.get(3)?,
            lasting: row.get::<_, Option<_>>(4)?.map(Bytes),
        })
    })?;
    let entry = format!("SELECT {} FROM people WHERE person = ?1", index::COLUMNS);
    let entry = conn.prepare_cached(&entry)?.query_row([person], index::read).optional()?;
    let key = only(conn, "SELECT box FROM keys WHERE person = ?1", person)?;
    Ok(Person {
        erased: only::<i64>(conn, "SELECT 1 FROM erased WHERE person = ?1", person)?.is_some(),
        key: key.map(Bytes),
        entry: entry.map(|(_, entry)| entry),
        password: only(conn, "SELECT phc FROM passwords WHERE person = ?1", person)?,
        epoch: only(conn, "SELECT epoch FROM epochs WHERE person = ?1", person)?,
        tokens: tokens.collect::<Result<_, _>>()?,
    })
}

fn write_person(conn: &Connection, person: Uuid, state: &Person) -> Result<(), VaultError> {
    erasure::delete_rows(conn, person)?;
    if state.erased {
        return erasure::note(conn, person, false);
    }
    if let Some(Bytes(key)) = &state.key {
        let sql = "INSERT INTO keys (person, box) VALUES (?1, ?2)";
        conn.prepare_cached(sql)?.execute(params![person, key])?;
    }
    if let Some(entry) = &state.entry {
        index::put(conn, person, entry)?;
    }
    if let Some(phc) = &state.password {
        let sql = "INSERT INTO passwords (person, phc) VALUES (?1, ?2)";
        conn.prepare_cached(sql)?.execute(params![person, phc])?;
    }
    if let Some(epoch) = state.epoch {
        let sql = "INSERT INTO epochs (person, epoch) VALUES (?1, ?2)";
        conn.prepare_cached(sql)?.execute(params![person, epoch])?;
    }
    for Token { mark, kind, expires_us, uses_left, lasting } in &state.tokens {
        // One that was handed over may still stand under whoever had it: the later message holds.
        conn.prepare_cached(
            "INSERT OR REPLACE INTO tokens (mark, kind, person, expires_us, uses_left, lasting) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            mark.0,
            kind,
            person,
            expires_us,
            uses_left,
            lasting.as_ref().map(|Bytes(boxed)| boxed)
        ])?;
    }
    Ok(())
}

fn number(conn: &Connection, person: Uuid) -> Result<u64, VaultError> {
    let sql = "SELECT number FROM kept WHERE person = ?1";
    let number: Option<i64> = only(conn, sql, person)?;
    Ok(number.unwrap_or_default().cast_unsigned())
}

/// Notes the last message of somebody.
pub(super) fn note(
    conn: &Connection,
    person: Uuid,
    number: u64,
    erased: bool,
) -> Result<(), VaultError> {
    let sql = "INSERT OR REPLACE INTO kept (person, number, erased) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute(params![person, number.cast_signed(), erased])?;
    Ok(())
}

/// Somebody whom a transaction touched.
pub(super) struct Touched {
    pub(super) person: Uuid,
    pub(super) erased: bool,
    /// The message that the next one replaces; 0 for none.
    pub(super) before: u64,
}

/// What a transaction changed, as it is to be stored.
pub(super) fn touched(
    conn: &Connection,
    stream: &VaultStream,
    master: &Key,
    entropy: &Entropy,
) -> Result<(Vec<Touched>, Vec<Next>), VaultError> {
    let mut persons = conn.prepare_cached("SELECT person FROM temp.touched ORDER BY person")?;
    let persons = persons.query_map([], |row| row.get(0))?.collect::<Result<Vec<Uuid>, _>>()?;
    let (mut all, mut next) = (Vec::new(), Vec::new());
    for person in persons {
        let (subject, state, erased) = if person.is_nil() {
            let mut rows = conn.prepare_cached("SELECT name, box FROM secrets ORDER BY name")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, Bytes(row.get(1)?))))?;
            let own = Own(rows.collect::<Result<_, _>>()?);
            (stream.subject(OWN), json(&own)?, false)
        } else {
            let state = read_person(conn, person)?;
            (stream.subject(&person.to_string()), json(&state)?, state.erased)
        };
        let payload = master.wrap(&subject, &state, entropy)?;
        let before = number(conn, person)?;
        all.push(Touched { person, erased, before });
        next.push(Next { subject, payload, after: before });
    }
    Ok((all, next))
}

fn json(state: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let bytes = serde_json::to_vec(state).map(Zeroizing::new);
    bytes.map_err(|error| VaultError::Damaged(error.to_string()))
}

fn opened<T: DeserializeOwned>(master: &Key, found: &Found) -> Result<T, VaultError> {
    let damaged = || VaultError::Damaged(format!("message {} of the vault's stream", found.number));
    let plain = master.unwrap(&found.subject, &found.payload).map_err(|_| damaged())?;
    serde_json::from_slice(&plain).map_err(|_| damaged())
}

/// What came of taking messages in.
#[derive(Default)]
pub(super) struct TakenIn {
    /// Whose rows are other ones now.
    pub(super) persons: Vec<Uuid>,
    /// Who is erased by it.
    pub(super) erased: Vec<Uuid>,
    /// Whether the vault's own secrets are other ones.
    pub(super) own: bool,
    /// Messages that others replace, and whose they are.
    pub(super) replaced: Vec<(Uuid, u64)>,
}

/// Writes what the stream says into the tables, within the caller's transaction.
pub(super) fn take_in(
    conn: &Connection,
    stream: &VaultStream,
    master: &Key,
    messages: &[Found],
) -> Result<TakenIn, VaultError> {
    let mut taken = TakenIn::default();
    for found in messages {
        let Some(of) = stream.of(&found.subject) else { continue };
        let person = if of == OWN { Some(Uuid::nil()) } else { of.parse().ok() };
        let Some(person) = person else {
            let Found { number, subject, .. } = found;
            tracing::warn!(number, subject, "a message that is none of Linli's is passed over");
            continue;
        };
        let before = number(conn, person)?;
        if found.number <= before {
            continue;
        }
        let erased = match apply(conn, master, person, found, &mut taken) {
            Ok(erased) => erased,
            // What is here is all there is then, and the next change of it puts it right.
            Err(VaultError::Damaged(what)) if !person.is_nil() => {
                tracing::error!(what, "it was not written by this vault, or is damaged");
                note(conn, person, found.number, false)?;
                continue;
            }
            Err(failed) => return Err(failed),
        };
        note(conn, person, found.number, erased)?;
        taken.replaced.push((person, before));
    }
    if let Some(last) = messages.last() {
        conn.execute("UPDATE followed SET upto = ?1", [last.number.cast_signed()])?;
    }
    Ok(taken)
}

fn apply(
    conn: &Connection,
    master: &Key,
    person: Uuid,
    found: &Found,
    taken: &mut TakenIn,
) -> Result<bool, VaultError> {
    if person.is_nil() {
        let Own(secrets) = opened(master, found)?;
        conn.execute("DELETE FROM secrets", [])?;
        for (name, Bytes(boxed)) in secrets {
            conn.execute("INSERT INTO secrets (name, box) VALUES (?1, ?2)", (name, boxed))?;
        }
        taken.own = true;
        return Ok(false);
    }
    let state: Person = opened(master, found)?;
    // Nobody who is erased here comes back by what a restored stream holds.
    let gone = only::<i64>(conn, "SELECT 1 FROM erased WHERE person = ?1", person)?.is_some();
    if state.erased || !gone {
        write_person(conn, person, &state)?;
        taken.persons.push(person);
        taken.erased.extend(Some(person).filter(|_| state.erased));
    }
    Ok(state.erased)
}

/// Marks as touched all who are erased here while the stream does not say so.
pub(in super::super) fn touch_unsaid(conn: &Connection) -> Result<(), VaultError> {
    conn.execute(
        "INSERT OR IGNORE INTO temp.touched SELECT person FROM erased WHERE person NOT IN \
         (SELECT person FROM kept WHERE erased = 1)",
        [],
    )?;
    Ok(())
}

/// Everybody whom the stream calls erased.
pub(super) fn erased(conn: &Connection) -> Result<Vec<Uuid>, VaultError> {
    let mut select = conn.prepare("SELECT person FROM kept WHERE erased = 1")?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
