//! Erasing a person, so that neither a crash nor an old backup brings them back.
//!
//! The order is: the id on the erasure list, on disk; then all rows of the person in one
//! transaction; then the file is rewritten and its write-ahead log emptied. The list comes first
//! because it is what survives: it is replayed at every opening, so a crash after that step only
//! delays the rest. A crash before it leaves the person whole and the erasure unanswered.

use std::{
    fs,
    io::{self, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use uuid::Uuid;

use super::{Inside, VAULT_FILE, Vault, VaultError, call::Call, kept, master::parent_of};

/// The text file of erased persons' ids, one a line. It holds nothing else about them.
pub(super) struct ErasureList(PathBuf);

impl ErasureList {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn failed(&self, source: io::Error) -> VaultError {
        VaultError::File { path: self.0.clone(), source }
    }

    fn content(&self) -> Result<String, VaultError> {
        match fs::read_to_string(&self.0) {
            Err(none) if none.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            content => content.map_err(|source| self.failed(source)),
        }
    }

    /// Everybody on the list. Blank lines and those that begin with `#` are passed over, and so is
    /// a last line that was cut off while it was written: its erasure was never answered.
    pub(super) fn read(&self) -> Result<Vec<Uuid>, VaultError> {
        let content = self.content()?;
        let mut listed = Vec::new();
        for (n, line) in content.split_inclusive('\n').enumerate() {
            let text = line.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match text.parse() {
                Ok(person) => listed.push(person),
                Err(_) if !line.ends_with('\n') => {}
                Err(_) => {
                    return Err(VaultError::ErasureList { path: self.0.clone(), line: n + 1 });
                }
            }
        }
        Ok(listed)
    }

    /// Adds those of `persons` who are not on it yet; on disk when this returns.
    pub(super) fn append(&self, persons: &[Uuid]) -> Result<(), VaultError> {
        let listed = self.read()?;
        let content = self.content()?;
        let whole = content.rfind('\n').map_or(0, |end| end + 1);
        // A last line without its end is either an id that somebody typed or a torn one.
        let tail = &content[whole..];
        let kept = if tail.trim().parse::<Uuid>().is_ok() { content.len() } else { whole };
        let mut lines = String::from(if kept > whole { "\n" } else { "" });
        for person in persons.iter().filter(|person| !listed.contains(person)) {
            lines.extend([person.to_string().as_str(), "\n"]);
        }
        if lines.trim().is_empty() {
            return Ok(());
        }
        self.write(kept, &lines).map_err(|source| self.failed(source))
    }

    fn write(&self, from: usize, lines: &str) -> io::Result<()> {
        let folder = parent_of(&self.0);
        fs::create_dir_all(folder)?;
        let mut options = fs::OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(false).mode(0o600).open(&self.0)?;
        file.set_len(from as u64)?;
        file.seek(io::SeekFrom::End(0))?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        fs::File::open(folder)?.sync_all()
    }
}

/// Every table with rows of a person.
pub(super) const TABLES: [&str; 5] = ["keys", "people", "tokens", "passwords", "epochs"];

/// Deletes all rows of a person; how many there were.
pub(super) fn delete_rows(conn: &Connection, person: Uuid) -> Result<usize, VaultError> {
    let mut rows = 0;
    for table in TABLES {
        let sql = format!("DELETE FROM {table} WHERE person = ?1");
        rows += conn.prepare_cached(&sql)?.execute([person])?;
    }
    Ok(rows)
}

/// Notes a person as erased, and whether no byte of them is left in the file.
pub(super) fn note(conn: &Connection, person: Uuid, scrubbed: bool) -> Result<(), VaultError> {
    let sql = "INSERT INTO erased (person, scrubbed) VALUES (?1, ?2) \
               ON CONFLICT DO UPDATE SET scrubbed = min(scrubbed, excluded.scrubbed)";
    conn.prepare_cached(sql)?.execute((person, scrubbed))?;
    Ok(())
}

/// Deletes all rows of `persons` and notes them as erased; how many had anything here.
pub(super) fn destroy(conn: &Connection, persons: &[Uuid]) -> Result<usize, VaultError> {
    let mut had = 0;
    for person in persons {
        let rows = delete_rows(conn, *person)?;
        had += usize::from(rows > 0);
        note(conn, *person, rows == 0)?;
    }
    Ok(had)
}

impl Inside {
    /// A key that is only cached would open what the file no longer can.
    fn forget(&mut self, persons: &[Uuid]) {
        for person in persons {
            self.cached.pop(person);
        }
    }

    /// Rewrites the file without the bytes of deleted rows. `secure_delete` blanks a row where it
    /// stands, but when SQLite moved rows between pages earlier it may have left a copy behind.
    pub(super) fn scrub(&self) -> Result<(), VaultError> {
        if !self.conn.prepare("SELECT 1 FROM erased WHERE scrubbed = 0")?.exists([])? {
            return Ok(());
        }
        self.conn.execute_batch("VACUUM")?;
        let busy: bool =
            self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(VaultError::InUse);
        }
        self.conn.execute("UPDATE erased SET scrubbed = 1", [])?;
        Ok(())
    }
}

impl Vault {
    /// Destroys key, index row, tokens, password and session number of `person`, for ever. When it
    /// returns no byte of them is left in the vault's files. Again, or for somebody unknown, it
    /// keeps the id from ever getting a key. The file is rewritten, which takes a moment.
    pub fn erase(&self, person: Uuid) -> Result<(), VaultError> {
        if let Some(there) = self.at_another() {
            there.forget(&[person]);
            return there.ask(Call::Erase(person));
        }
        self.erase_all(&[person]).map(drop)
    }

    /// Erases everybody on another list, as after the restore of a backup; how many of them had
    /// anything here. They stand on this vault's own list afterwards.
    pub fn apply_erasures(&self, list: &Path) -> Result<usize, VaultError> {
        self.erase_all(&ErasureList::new(list).read()?)
    }

    pub(super) fn erase_all(&self, persons: &[Uuid]) -> Result<usize, VaultError> {
        self.here()?.erasures.append(persons)?;
        let had = self.change(|conn| destroy(conn, persons))?;
        let mut inside = self.inside()?;
        inside.forget(persons);
        inside.scrub()?;
        Ok(had)
    }

    /// Finishes what a crash or a restored backup left undone.
    pub(super) fn replay_erasures(&self) -> Result<(), VaultError> {
        let here = self.here()?;
        let listed = here.erasures.read()?;
        self.change(|conn| {
            destroy(conn, &listed)?;
            if here.kept.is_some() { kept::touch_unsaid(conn) } else { Ok(()) }
        })?;
        let inside = self.inside()?;
        if here.kept.is_some() {
            // Others may have erased somebody while this node was away.
            let mut erased = inside.conn.prepare("SELECT person FROM erased")?;
            let erased = erased.query_map([], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
            here.erasures.append(&erased)?;
        }
        match inside.scrub() {
            Err(VaultError::InUse) => {
                tracing::warn!(
                    "{VAULT_FILE} is in use elsewhere: erased bytes go at the next start"
                );
                Ok(())
            }
            done => done,
        }
    }
}
