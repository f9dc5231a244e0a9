//! The SQLite file: how it is opened, what stands in it.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::OpenError;

/// Marks the file as a log of Linli: "LNLI".
const APPLICATION: i64 = 0x4c4e_4c49;
/// The layout of the tables below.
const FORMAT: i64 = 1;

/// A position is never given twice and there is no hole. Stream, version before and version after
/// stand in the record too; here they are for finding it. A stream has a number in the order of
/// their beginnings: its commits and those of its contemporaries then lie close together in the
/// index, and one transaction touches few pages of it.
const SCHEMA: &str = "
    CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE commits (
        position INTEGER PRIMARY KEY,
        stream   INTEGER NOT NULL,
        after    INTEGER NOT NULL,
        version  INTEGER NOT NULL,
        body     BLOB    NOT NULL,
        UNIQUE (stream, after)
    ) STRICT";

/// After so many pages of 4 KiB the write-ahead log goes into the file: seldom, because the callers
/// of that one transaction wait for it.
const CHECKPOINT_PAGES: i64 = 4000;

/// So long SQLite waits for a lock that somebody else holds, for example a person with `sqlite3`.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the file for the one who writes, and makes the table in a new one.
pub(super) fn open_writer(path: &Path, durable: bool) -> Result<Connection, OpenError> {
    let open = || {
        let conn = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        conn.busy_timeout(BUSY)?;
        conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
        Ok(conn)
    };
    let failed = |why| open_error(path, why);
    let conn = open().map_err(failed)?;
    let is_new = is_new(&conn).map_err(failed)?;
    if !is_new {
        check(&conn, path)?;
    }
    let prepare = || {
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", if durable { "FULL" } else { "OFF" })?;
        conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        if is_new {
            conn.execute_batch(&format!(
                "BEGIN; {SCHEMA}; PRAGMA application_id = {APPLICATION}; \
                 PRAGMA user_version = {FORMAT}; COMMIT"
            ))?;
        }
        conn.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))
    };
    match prepare().map_err(failed)?.as_str() {
        "wal" => Ok(conn),
        // Some network folders can't do it, and would not keep what was answered.
        mode => Err(OpenError::Folder {
            path: path.to_owned(),
            why: std::io::Error::other(format!("its disk can't keep a write-ahead log ({mode})")),
        }),
    }
}

/// Opens the file to read it.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let conn = reader(path).map_err(|why| open_error(path, why))?;
    if is_new(&conn).map_err(|why| open_error(path, why))? {
        return Err(OpenError::Missing(path.to_owned()));
    }
    check(&conn, path)?;
    Ok(conn)
}

/// One more connection to a file that has been opened before.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    Ok(conn)
}

/// Makes the next commit on the log write over whatever a failed one may have left behind.
pub(super) fn write_over(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("BEGIN IMMEDIATE; PRAGMA user_version = {FORMAT}; COMMIT"))
}

/// Whether SQLite says that the file itself is broken.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn is_new(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let number = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let failed = |why| open_error(path, why);
    if number("application_id").map_err(failed)? != APPLICATION {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    match number("user_version").map_err(failed)? {
        FORMAT => Ok(()),
        found => Err(OpenError::Newer { path: path.to_owned(), found }),
    }
}

pub(super) fn open_error(path: &Path, why: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match why.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign(path),
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, why: why.to_string() },
        _ => OpenError::Sqlite { path, why },
    }
}
