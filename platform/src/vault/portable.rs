//! A copy of the vault: as it is, for backups, or under a passphrase, to move to another machine.

use std::{collections::HashSet, path::Path, sync::PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
    params,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    IndexEntry, PasswordError, PersonKey, VAULT_FILE, Vault, VaultError,
    crypt::{Key, NONCE_BYTES},
    index, keys,
    master::parent_of,
    passwords,
    seal::as_base64,
    sessions,
};

/// What an export begins with; the digit is the form of all that follows.
const MAGIC: &[u8; 8] = b"LINLIV1\n";
const SALT_BYTES: usize = 16;

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Persons who are new here.
    pub taken: usize,
    /// Persons who were here with the same key; what is known of them here stays as it is.
    pub there: usize,
    /// Persons who were erased here and stay so.
    pub erased: usize,
}

#[derive(Serialize, Deserialize)]
struct KeyRow {
    person: Uuid,
    #[serde(with = "as_base64")]
    key: Zeroizing<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct TokenRow {
    #[serde(with = "as_base64")]
    mark: Vec<u8>,
    kind: String,
    person: Uuid,
    expires_us: Option<i64>,
    uses_left: Option<i64>,
    /// The secret itself, where it is one that can be shown again.
    lasting: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct CodeKey(#[serde(with = "as_base64")] Zeroizing<Vec<u8>>);

/// All that an export holds. Cookie keys stay behind: on the new machine people sign in again.
#[derive(Serialize, Deserialize)]
struct Contents {
    keys: Vec<KeyRow>,
    people: Vec<(Uuid, IndexEntry)>,
    passwords: Vec<(Uuid, String)>,
    tokens: Vec<TokenRow>,
    epochs: Vec<(Uuid, i64)>,
    codes: Vec<CodeKey>,
    erased: Vec<Uuid>,
}

/// Copies the vault's file in `data_dir` to `to` (mode 0600; refused if it exists), also beside a
/// running server. It needs no master key: all keys in the copy are as wrapped as in the file.
pub fn backup_file(data_dir: &Path, to: &Path) -> Result<(), VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    copy(&Connection::open_with_flags(data_dir.join(VAULT_FILE), flags)?, to)
}

fn copy(from: &Connection, to: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::File { path: to.to_owned(), source };
    // The name of a temporary file is taken with mode 0600, and only a whole copy gets its own.
    let file = tempfile::NamedTempFile::new_in(parent_of(to)).map_err(failed)?;
    let mut copy = Connection::open(file.path())?;
    if Backup::new(from, &mut copy)?.step(-1)? != StepResult::Done {
        return Err(VaultError::InUse);
    }
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_, error)| error)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(to).map_err(|error| failed(error.error))?;
    std::fs::File::open(parent_of(to)).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, VaultError> {
    Ok(conn.prepare(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
}

fn pair<T: rusqlite::types::FromSql>(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Uuid, T)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// Who had a key or a token here before an import.
fn present(conn: &Connection) -> Result<HashSet<Uuid>, VaultError> {
    let sql = "SELECT person FROM keys UNION SELECT person FROM tokens";
    Ok(rows(conn, sql, |row| row.get(0))?.into_iter().collect())
}

impl Vault {
    /// Copies the vault's file to `to`, as [`backup_file`] does.
    pub fn backup_to(&self, to: &Path) -> Result<(), VaultError> {
        copy(&self.inside()?.conn, to)
    }

    /// A key from a passphrase of at least ten characters, with 64 MiB of memory and three passes.
    fn passphrase_key(&self, passphrase: &SecretString, salt: &[u8]) -> Result<Key, VaultError> {
        let passphrase = passwords::checked(passphrase)?;
        let failed = |error: argon2::Error| PasswordError::Hashing(error.into());
        let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(failed)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0; 32]);
        let derive = || argon.hash_password_into(passphrase, salt, &mut *key);
        self.here()?.hashing.through(derive).map_err(failed)?;
        Key::from_bytes(&*key).ok_or(VaultError::NotAnExport)
    }

    /// Keys, index, password hashes and tokens under a passphrase: what a move to another machine
    /// takes along beside the log. The passphrase alone opens it, so it should be a good one.
    pub fn export(&self, passphrase: &SecretString) -> Result<Vec<u8>, VaultError> {
        let salt: [u8; SALT_BYTES] = self.entropy().bytes();
        let key = self.passphrase_key(passphrase, &salt)?;
        let contents = self.contents()?;
        let plain = serde_json::to_vec(&contents).map(Zeroizing::new);
        let plain = plain.map_err(|_| VaultError::NotAnExport)?;
        let nonce: [u8; NONCE_BYTES] = self.entropy().bytes();
        let header = [MAGIC.as_slice(), &salt].concat();
        let boxed = key.encrypt(nonce, &header, &plain)?;
        Ok([header.as_slice(), &nonce, &boxed].concat())
    }

    fn contents(&self) -> Result<Contents, VaultError> {
        let master = self.master()?;
        self.change(|conn| {
            let wrapped = rows(conn, "SELECT person, box FROM keys", pair::<Vec<u8>>)?;
            let unwrap = |(person, wrapped): (Uuid, Vec<u8>)| {
                let key = keys::unwrapped(master, person, &wrapped)?;
                Ok(KeyRow { person, key: key.key.bytes().to_vec().into() })
            };
            let codes = self.here()?.codes.read().unwrap_or_else(PoisonError::into_inner);
            let sql = "SELECT mark, kind, person, expires_us, uses_left, lasting FROM tokens";
            let tokens = rows(conn, sql, |row| {
                let token = TokenRow {
                    mark: row.get(0)?,
                    kind: row.get(1)?,
                    person: row.get(2)?,
                    expires_us: row.get(3)?,
                    uses_left: row.get(4)?,
                    lasting: None,
                };
                Ok((token, row.get::<_, Option<Vec<u8>>>(5)?))
            })?;
            let open = |(mut token, boxed): (TokenRow, Option<Vec<u8>>)| {
                if let Some(boxed) = boxed {
                    let secret = self.open_lasting(&token.kind, token.person, &boxed)?;
                    token.lasting = Some(secret.expose_secret().to_owned());
                }
                Ok(token)
            };
            let people = format!("SELECT {} FROM people", index::COLUMNS);
            Ok(Contents {
                keys: wrapped.into_iter().map(unwrap).collect::<Result<_, VaultError>>()?,
                people: rows(conn, &people, index::read)?,
                passwords: rows(conn, "SELECT person, phc FROM passwords", pair)?,
                tokens: tokens.into_iter().map(open).collect::<Result<_, VaultError>>()?,
                epochs: rows(conn, "SELECT person, epoch FROM epochs", pair)?,
                codes: codes.iter().map(|key| CodeKey(key.bytes().to_vec().into())).collect(),
                erased: rows(conn, "SELECT person FROM erased", |row| row.get(0))?,
            })
        })
    }

    fn opened(&self, passphrase: &SecretString, export: &[u8]) -> Result<Contents, VaultError> {
        let header_bytes = MAGIC.len() + SALT_BYTES;
        let (header, rest) =
            export.split_at_checked(header_bytes).ok_or(VaultError::NotAnExport)?;
        let salt = header.strip_prefix(MAGIC).ok_or(VaultError::NotAnExport)?;
        let (nonce, boxed) = rest.split_at_checked(NONCE_BYTES).ok_or(VaultError::NotAnExport)?;
        let key = self.passphrase_key(passphrase, salt)?;
        let plain = key.decrypt(nonce, header, boxed).map_err(|_| VaultError::WrongPassphrase)?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::NotAnExport)
    }

    /// Takes in what [`Vault::export`] made, all or nothing; doing it again changes nothing.
    /// Somebody who is here already keeps what is here, so nothing used up or changed since comes
    /// back; whoever was erased on either side is erased on this one.
    pub fn import(
        &self,
        passphrase: &SecretString,
        export: &[u8],
    ) -> Result<ImportReport, VaultError> {
        let contents = self.opened(passphrase, export)?;
        if !contents.erased.is_empty() {
            self.erase_all(&contents.erased)?;
        }
        let (report, codes) = self.change(|conn| {
            let before = present(conn)?;
            let erased = rows(conn, "SELECT person FROM erased", |row| row.get(0))?;
            let erased: HashSet<Uuid> = erased.into_iter().collect();
            let report = self.import_keys(conn, &contents.keys, &erased)?;
            let new = |person: &Uuid| !before.contains(person) && !erased.contains(person);
            for (person, entry) in contents.people.iter().filter(|(person, _)| new(person)) {
                index::put(conn, *person, entry)?;
            }
            for (person, phc) in contents.passwords.iter().filter(|(person, _)| new(person)) {
                let sql = "INSERT OR IGNORE INTO passwords (person, phc) VALUES (?1, ?2)";
                conn.execute(sql, params![person, phc])?;
            }
            for (person, epoch) in contents.epochs.iter().filter(|(person, _)| new(person)) {
                let sql = "INSERT OR IGNORE INTO epochs (person, epoch) VALUES (?1, ?2)";
                conn.execute(sql, params![person, epoch])?;
            }
            for token in contents.tokens.iter().filter(|token| new(&token.person)) {
                self.import_token(conn, token)?;
            }
            Ok((report, self.import_code_keys(conn, &contents.codes)?))
        })?;
        *self.here()?.codes.write().unwrap_or_else(PoisonError::into_inner) = codes;
        Ok(report)
    }

    fn import_keys(
        &self,
        conn: &Connection,
        rows: &[KeyRow],
        erased: &HashSet<Uuid>,
    ) -> Result<ImportReport, VaultError> {
        let mut report = ImportReport::default();
        for row in rows {
            let person = row.person;
            if erased.contains(&person) {
                report.erased += 1;
                continue;
            }
            let key = Key::from_bytes(&row.key).ok_or(VaultError::NotAnExport)?;
            match keys::load(conn, self.master()?, person)? {
                Some(there) if there.key == key => report.there += 1,
                Some(_) => return Err(VaultError::Conflict(person)),
                None => {
                    keys::store(conn, self.master()?, &PersonKey { person, key }, self.entropy())?;
                    report.taken += 1;
                }
            }
        }
        Ok(report)
    }

    fn import_token(&self, conn: &Connection, token: &TokenRow) -> Result<(), VaultError> {
        let TokenRow { mark, kind, person, expires_us, uses_left, lasting } = token;
        let boxed = |secret: &String| self.box_lasting(kind, *person, secret);
        let lasting = lasting.as_ref().map(boxed).transpose()?;
        conn.prepare_cached(
            "INSERT OR IGNORE INTO tokens (mark, kind, person, expires_us, uses_left, lasting) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![mark, kind, person, expires_us, uses_left, lasting])?;
        Ok(())
    }

    /// Adds the keys that the imported cards' codes are marked with, behind those used here.
    fn import_code_keys(
        &self,
        conn: &Connection,
        imported: &[CodeKey],
    ) -> Result<Vec<Key>, VaultError> {
        let mut codes = self.here()?.codes.read().unwrap_or_else(PoisonError::into_inner).clone();
        for CodeKey(bytes) in imported {
            let key = Key::from_bytes(bytes).ok_or(VaultError::NotAnExport)?;
            if !codes.contains(&key) {
                sessions::put_code_key(conn, self.master()?, codes.len(), &key, self.entropy())?;
                codes.push(key);
            }
        }
        Ok(codes)
    }
}
