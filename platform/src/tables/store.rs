//! The file beneath a service's tables.

use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{Plan, TablesError, rows};
use crate::{
    ids::{CommandId, EventRef, Position, StreamId},
    process::Action,
    stream::Meta,
};

/// What every such file has besides the projections' own tables.
pub(super) const SCHEMA: &str = "
CREATE TABLE checkpoint (
    name TEXT PRIMARY KEY, position INTEGER NOT NULL, stopped TEXT
) STRICT;
CREATE TABLE timer (
    process TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (process, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (process, due, name);
CREATE TABLE open_command (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, cmd TEXT NOT NULL UNIQUE, process TEXT NOT NULL,
    stream TEXT NOT NULL, cause TEXT, command TEXT NOT NULL
) STRICT;
";

fn database(file: &Path) -> impl Fn(rusqlite::Error) -> TablesError {
    move |error| TablesError::Database { file: file.to_owned(), why: error.to_string() }
}

/// Opens the file of a plan, making it first if need be. Tables of a log that does not last wait for
/// no disk.
pub(super) fn open<E>(plan: &Plan<E>, file: &Path, lasts: bool) -> Result<Connection, TablesError> {
    let failed = database(file);
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir)
            .map_err(|e| TablesError::Database { file: file.to_owned(), why: e.to_string() })?;
    }
    let mut db = Connection::open(file).map_err(&failed)?;
    db.set_prepared_statement_cache_capacity(256);
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;",
    )
    .map_err(&failed)?;
    if !lasts {
        db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
            .map_err(&failed)?;
    }
    let made: bool = db
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'checkpoint'", [], |r| r.get(0))
        .map_err(&failed)?;
    if !made {
        let tx = db.transaction().map_err(&failed)?;
        tx.execute_batch(SCHEMA).map_err(&failed)?;
        tx.execute_batch(rows::TABLE).map_err(&failed)?;
        for projection in &plan.projections {
            tx.execute_batch(projection.tables).map_err(&failed)?;
        }
        tx.commit().map_err(&failed)?;
    }
    Ok(db)
}

/// Opens the file to look things up.
pub(super) fn open_read_only(file: &Path) -> Result<Connection, TablesError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags).map_err(database(file))?;
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -1024;")
        .map_err(database(file))?;
    Ok(db)
}

pub(super) fn checkpoint(db: &Connection, name: &str) -> rusqlite::Result<Position> {
    let found = db
        .prepare_cached("SELECT position FROM checkpoint WHERE name = ?")?
        .query_row([name], |row| row.get::<_, u64>(0))
        .optional()?;
    Ok(Position(found.unwrap_or_default()))
}

/// Stops a projection or process at an event.
pub(super) fn stop_at(
    db: &Connection,
    name: &str,
    position: Position,
    why: &str,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)")?
        .execute(params![name, position.0, why])?;
    Ok(())
}

/// Moves the checkpoints of all these on, those that are not there yet.
pub(super) fn move_on<'a>(
    db: &Connection,
    names: impl Iterator<Item = &'a str>,
    position: Position,
) -> rusqlite::Result<()> {
    let mut set = db.prepare_cached(
        "INSERT INTO checkpoint VALUES (?1, ?2, NULL) ON CONFLICT DO UPDATE
         SET position = ?2, stopped = NULL WHERE position < ?2",
    )?;
    for name in names {
        set.execute(params![name, position.0])?;
    }
    Ok(())
}

/// A timer that was set.
pub(super) struct Timer {
    pub name: String,
    pub due: DateTime<Utc>,
}

/// A process's first timer due before `limit`, in order of (due, name).
pub(super) fn first_timer(
    db: &Connection,
    process: &str,
    limit: Option<DateTime<Utc>>,
) -> rusqlite::Result<Option<Timer>> {
    let limit = limit.map_or(i64::MAX, |limit| limit.timestamp_micros());
    db.prepare_cached(
        "SELECT name, due FROM timer WHERE process = ? AND due < ? ORDER BY due, name LIMIT 1",
    )?
    .query_row(params![process, limit], |row| {
        let due = DateTime::from_timestamp_micros(row.get(1)?).unwrap_or_default();
        Ok(Timer { name: row.get(0)?, due })
    })
    .optional()
}

pub(super) fn clear_timer(tx: &Connection, process: &str, name: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM timer WHERE process = ? AND name = ?")?
        .execute([process, name])?;
    Ok(())
}

/// A command that is decided upon and not yet seen on the log.
pub(super) struct Open {
    pub seq: i64,
    pub process: String,
    pub to: StreamId,
    pub meta: Meta,
    pub command: String,
}

/// The open commands in order, at most `limit`, after `seq`.
pub(super) fn open_commands(
    db: &Connection,
    after: i64,
    limit: u32,
) -> rusqlite::Result<Vec<Open>> {
    let text = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let mut query = db.prepare_cached(
        "SELECT seq, process, stream, cmd, cause, command FROM open_command
         WHERE seq > ? ORDER BY seq LIMIT ?",
    )?;
    let mut rows = query.query(params![after, limit])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let cause: Option<String> = row.get(4)?;
        let cause: Option<EventRef> = cause.map(|c| c.parse().map_err(text)).transpose()?;
        let process: String = row.get(1)?;
        let to: StreamId = row.get::<_, String>(2)?.parse().map_err(text)?;
        let actor = crate::ids::Actor::Process(format!("{}.{process}", to.service()));
        let cmd: String = row.get(3)?;
        let cmd = CommandId(cmd.parse().unwrap_or_default());
        let meta = Meta { cmd, actor, cause };
        open.push(Open { seq: row.get(0)?, process, to, meta, command: row.get(5)? });
    }
    Ok(open)
}

pub(super) fn open_count(db: &Connection) -> rusqlite::Result<usize> {
    db.prepare_cached("SELECT count(*) FROM open_command")?.query_row([], |row| row.get(0))
}

/// Writes down what a process wants done. `id` makes the `n`-th command's id.
pub(super) fn write_actions(
    tx: &Connection,
    process: &str,
    cause: Option<&EventRef>,
    actions: Vec<Action<String>>,
    id: impl Fn(usize) -> CommandId,
) -> rusqlite::Result<()> {
    let mut n = 0;
    for action in actions {
        match action {
            Action::Command { to, command } => {
                tx.prepare_cached(
                    "INSERT OR IGNORE INTO open_command (cmd, process, stream, cause, command)
                     VALUES (?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    id(n).to_string(),
                    process,
                    to.as_str(),
                    cause.map(ToString::to_string),
                    command
                ])?;
                n += 1;
            }
            Action::SetTimer { name, due } => {
                tx.prepare_cached("INSERT OR REPLACE INTO timer VALUES (?, ?, ?)")?
                    .execute(params![process, name, due.timestamp_micros()])?;
            }
            Action::ClearTimer { name } => clear_timer(tx, process, &name)?,
        }
    }
    Ok(())
}

/// The number of the last open command there was.
pub(super) fn last_seq(db: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'open_command'";
    db.query_row(sql, [], |row| row.get(0))
}

/// Numbers open commands on from `last`, so that in a file built anew none bears a number that
/// whoever gives them has passed already.
pub(super) fn go_on_after(db: &Connection, last: i64) -> rusqlite::Result<()> {
    db.execute("INSERT INTO sqlite_sequence VALUES ('open_command', ?)", [last])?;
    Ok(())
}

/// Takes an open command off the list.
pub(super) fn close(db: &Connection, seq: i64) -> rusqlite::Result<()> {
    db.execute("DELETE FROM open_command WHERE seq = ?", [seq])?;
    Ok(())
}

/// Takes commands that are on the log off the open list.
pub(super) fn seen(tx: &Connection, cmds: impl Iterator<Item = CommandId>) -> rusqlite::Result<()> {
    if open_count(tx)? == 0 {
        return Ok(());
    }
    let mut delete = tx.prepare_cached("DELETE FROM open_command WHERE cmd = ?")?;
    for cmd in cmds {
        delete.execute([cmd.to_string()])?;
    }
    Ok(())
}
