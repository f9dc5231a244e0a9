//! The vault: one key per person, the only clear-text index, tokens and passwords. It is a SQLite
//! file of its own beside the log, and the one place from which personal data can vanish: events
//! hold it only [`Sealed`], so destroying a person's key blanks it wherever it was copied.
//!
//! Where services run apart, one node keeps the vault and answers for it ([`serve_vault`]); on the
//! others [`Vault::there`] asks that node.
//!
//! Every call blocks, on a disk or on an answer, so an async caller goes through
//! [`blocking`](crate::blocking::blocking). A copy of [`Vault`] is the same vault.

mod bridge;
mod call;
mod codes;
mod crypt;
mod erasure;
mod index;
mod kept;
mod keys;
mod master;
mod passwords;
mod portable;
mod seal;
mod sessions;
mod there;
mod tokens;

#[cfg(test)]
mod tests;

use std::{
    fs, io,
    num::NonZeroUsize,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use lru::LruCache;
use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

pub(crate) use self::{call::KeyGiven, there::patiently};
pub use self::{
    codes::CODE_CHARS,
    index::{IndexEntry, Known, phone_digits},
    keys::PersonKey,
    master::{Made, MasterKey, MasterKeyError},
    passwords::{PASSWORD_CHARS_MIN, PasswordError, judge_password},
    portable::{ImportReport, backup_file},
    seal::{Placed, SealError, Sealed},
    there::serve_vault,
    tokens::{Card, Terms},
};
use self::{
    crypt::Key, erasure::ErasureList, kept::Kept, passwords::Gate, sessions::CookieKeys,
    there::There,
};
use crate::entropy::Entropy;

/// The name of the vault's file in the data folder.
pub const VAULT_FILE: &str = "vault.db";

/// How many persons' keys stay unwrapped in memory: 10 MB at most.
const CACHED_KEYS_MAX: NonZeroUsize = NonZeroUsize::MIN.saturating_add(49_999);

/// Persons who are changed together on a stream.
const PART: usize = 1_000;

const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE secrets (name TEXT PRIMARY KEY, box BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE keys (person BLOB PRIMARY KEY, box BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE people (
        person BLOB PRIMARY KEY, name TEXT NOT NULL, phone TEXT, email TEXT, flat TEXT, card TEXT,
        kind TEXT NOT NULL, language TEXT NOT NULL,
        name_key TEXT NOT NULL, phone_key TEXT, email_key TEXT, card_key TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX people_by_name ON people (name_key);
    CREATE INDEX people_by_phone ON people (phone_key);
    CREATE INDEX people_by_email ON people (email_key);
    CREATE INDEX people_by_card ON people (card_key);
    CREATE TABLE passwords (person BLOB PRIMARY KEY, phc TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE tokens (
        mark BLOB PRIMARY KEY, kind TEXT NOT NULL, person BLOB NOT NULL,
        expires_us INTEGER, uses_left INTEGER, lasting BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tokens_by_person ON tokens (person, kind);
    CREATE INDEX tokens_by_end ON tokens (expires_us) WHERE expires_us IS NOT NULL;
    CREATE TABLE epochs (person BLOB PRIMARY KEY, epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE erased (person BLOB PRIMARY KEY, scrubbed INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
";

/// Why the vault could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// SQLite failed: a full or failing disk, a corrupt file, a lock that others hold.
    #[error("{VAULT_FILE}: {0}; free or repair the disk, or restore the newest backup")]
    Store(#[from] rusqlite::Error),
    /// A file beside the database failed.
    #[error("{path}: {source}")]
    File {
        /// The file in question.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The vault was made under another master key.
    #[error(
        "this vault was made under another master key than {path}: set LINLI_MASTER_KEY_FILE to \
         the key that belongs to this data folder"
    )]
    WrongMasterKey {
        /// The key that was tried.
        path: PathBuf,
    },
    /// A newer program has written the file.
    #[error("{VAULT_FILE} is of version {0}, this program knows {SCHEMA_VERSION}: update Linli")]
    TooNew(i64),
    /// A wrapped value does not open although the master key is right.
    #[error("{VAULT_FILE} is damaged: {0} can't be read; restore the newest backup")]
    Damaged(String),
    /// Nobody made a key for this person.
    #[error("person {0} has no key")]
    NoKey(Uuid),
    /// This person was erased; nothing about them is kept or taken in again.
    #[error("person {0} was erased")]
    Erased(Uuid),
    /// A value could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A password that is not taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The erasure list has a line that names nobody.
    #[error("{path}, line {line}: not a person's id; correct or remove the line")]
    ErasureList {
        /// The list.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// The erasure list must survive the restore of an older backup.
    #[error("the erasure list {path} lies inside the data folder: keep it elsewhere")]
    ListInsideData {
        /// Where it should be.
        path: PathBuf,
    },
    /// Somebody reads the file at the moment, so erased bytes can't be removed from it yet.
    #[error(
        "the person is erased, but {VAULT_FILE} is in use elsewhere and still holds the bytes: end \
         the backup or the other program and erase once more"
    )]
    InUse,
    /// The passphrase does not open the export, or the file was altered.
    #[error("the passphrase does not open this export, or the file was altered")]
    WrongPassphrase,
    /// The bytes are something else.
    #[error("this file is not an export of a vault")]
    NotAnExport,
    /// An import brings another key for somebody who has one.
    #[error("person {0} has another key here already: nothing was imported")]
    Conflict(Uuid),
    /// The node that keeps the vault does not answer; what was asked may have been done.
    #[error("the vault can't be reached: {0}; it is kept by `linli serve --only people`")]
    Unreachable(String),
    /// What went wrong on the node that keeps the vault.
    #[error("{0}")]
    There(String),
    /// This needs the vault's file.
    #[error("only the node that keeps the vault can do this: run it where people runs")]
    OnlyWhereKept,
    /// The stream beneath is not as it must be.
    #[error("{0}")]
    Stream(String),
    /// Other nodes changed the same again and again.
    #[error("another node changed the same at the same moment: do it once more")]
    Overtaken,
    /// The answer does not fit into one message.
    #[error("the vault's answer is too long to be sent")]
    TooMuch,
}

/// Keys, index, tokens and passwords of all persons. Cheap to copy; a copy is the same vault.
#[derive(Clone)]
pub struct Vault(Arc<Shared>);

struct Shared {
    entropy: Entropy,
    /// None until the node that keeps the vault was heard.
    cookies: Arc<RwLock<Option<CookieKeys>>>,
    place: Place,
}

/// Where the vault is.
enum Place {
    /// Its file is this node's.
    Here(Box<Here>),
    /// Another node keeps it.
    There(There),
}

struct Here {
    inside: Mutex<Inside>,
    codes: RwLock<Vec<Key>>,
    lasting: Key,
    hashing: Gate,
    master: Key,
    erasures: ErasureList,
    /// The stream beneath, where services run apart.
    kept: Option<Kept>,
}

struct Inside {
    conn: Connection,
    cached: LruCache<Uuid, PersonKey>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Opens the vault in `data_dir`, or makes it (mode 0600). `erasure_list` is a text file outside
    /// the folder, usually [`MasterKey::erasure_list`]; whoever it names is destroyed before this
    /// returns, so neither a crash in the middle of an erasure nor an old backup brings anybody
    /// back.
    pub fn open(
        data_dir: &Path,
        master: &MasterKey,
        erasure_list: &Path,
        entropy: Entropy,
    ) -> Result<Self, VaultError> {
        let mut conn = open_file(data_dir, erasure_list)?;
        let own = sessions::own_keys(&mut conn, &master.key, &entropy)?
            .ok_or_else(|| VaultError::WrongMasterKey { path: master.path().to_owned() })?;
        let here = Here {
            inside: Mutex::new(Inside { conn, cached: LruCache::new(CACHED_KEYS_MAX) }),
            codes: RwLock::new(own.codes),
            lasting: own.lasting,
            hashing: Gate::default(),
            master: master.key.clone(),
            erasures: ErasureList::new(erasure_list),
            kept: None,
        };
        let cookies = Arc::new(RwLock::new(Some(own.cookies)));
        let vault = Self(Arc::new(Shared { entropy, cookies, place: Place::Here(Box::new(here)) }));
        vault.replay_erasures()?;
        Ok(vault)
    }

    /// Waits for no disk from now on: for people who are made up, where a power cut does no harm.
    pub fn of_no_value(self) -> Result<Self, VaultError> {
        self.inside()?.conn.execute_batch("PRAGMA synchronous = OFF;")?;
        Ok(self)
    }

    /// The vault's file and secrets, on the node that keeps it.
    fn here(&self) -> Result<&Here, VaultError> {
        match &self.0.place {
            Place::Here(here) => Ok(here),
            Place::There(_) => Err(VaultError::OnlyWhereKept),
        }
    }

    /// The way to the node that keeps it, on the others.
    fn at_another(&self) -> Option<&There> {
        match &self.0.place {
            Place::Here(_) => None,
            Place::There(there) => Some(there),
        }
    }

    fn inside(&self) -> Result<MutexGuard<'_, Inside>, VaultError> {
        Ok(self.here()?.inside.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn master(&self) -> Result<&Key, VaultError> {
        Ok(&self.here()?.master)
    }

    fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// Does `work` in one transaction that is on disk when this returns, or not at all. Where the
    /// vault stands on a stream, it is stored there before, and `work` is done again if another
    /// node was faster.
    fn change<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let here = self.here()?;
        match &here.kept {
            None => in_transaction(&mut self.inside()?.conn, work),
            Some(kept) => kept.change(here, self.entropy(), work),
        }
    }

    /// Changes so many at once at the most: all where there is only a file; where they go to a
    /// stream, not so many that others wait for long.
    fn together(&self) -> Result<usize, VaultError> {
        Ok(if self.here()?.kept.is_some() { PART } else { usize::MAX })
    }
}

/// The vault's file in a folder, made if it is not there.
fn open_file(data_dir: &Path, erasure_list: &Path) -> Result<Connection, VaultError> {
    let path = data_dir.join(VAULT_FILE);
    let file_error = |path: &Path, source| VaultError::File { path: path.to_owned(), source };
    if master::lies_inside(erasure_list, data_dir)
        .map_err(|source| file_error(erasure_list, source))?
    {
        return Err(VaultError::ListInsideData { path: erasure_list.to_owned() });
    }
    fs::create_dir_all(data_dir).map_err(|source| file_error(data_dir, source))?;
    private_file(&path).map_err(|source| file_error(&path, source))?;
    connect(&path)
}

fn in_transaction<T>(
    conn: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&tx)?;
    tx.commit()?;
    Ok(result)
}

/// Makes an empty file that only its owner reads; SQLite gives its side files the same mode. One
/// that is there already, as after a restore, gets that mode too.
fn private_file(path: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => {
            file.sync_all()?;
            fs::File::open(master::parent_of(path))?.sync_all()
        }
        Err(there) if there.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        }
        Err(failed) => Err(failed),
    }
}

fn connect(path: &Path) -> Result<Connection, VaultError> {
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(64);
    // What is deleted is overwritten, and no copy goes to a temporary file.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    let version = |conn: &Connection| conn.query_row("PRAGMA user_version", [], |row| row.get(0));
    match version(&conn)? {
        SCHEMA_VERSION => {}
        0 => in_transaction(&mut conn, |tx| match version(tx)? {
            0 => Ok(tx.execute_batch(SCHEMA)?),
            _ => Ok(()),
        })?,
        newer => return Err(VaultError::TooNew(newer)),
    }
    Ok(conn)
}
