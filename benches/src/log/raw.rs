//! The limit: the least SQLite can do for the same events.

use std::time::Instant;

use anyhow::Result;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::{Event, STREAMS, stream};
use crate::kit::rate;

/// A file with one table: stream, version, event.
pub struct Raw {
    conn: Connection,
    _folder: TempDir,
}

fn open() -> Result<Raw> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let conn = Connection::open(folder.path().join("raw.db"))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.execute_batch(
        "CREATE TABLE log (position INTEGER PRIMARY KEY, stream TEXT NOT NULL,
         version INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (stream, version)) STRICT",
    )?;
    Ok(Raw { conn, _folder: folder })
}

/// Writes `n` events, `batch` in each durable transaction.
pub fn write(n: usize, batch: usize) -> Result<f64> {
    let raw = open()?;
    let streams = (0..STREAMS).map(stream).collect::<Result<Vec<_>>>()?;
    let body = serde_json::to_vec(&Event::of(1))?;
    let start = Instant::now();
    fill(&raw.conn, n, batch, &streams, &body)?;
    Ok(rate(n, start))
}

fn fill(
    conn: &Connection,
    n: usize,
    batch: usize,
    streams: &[linli_platform::ids::StreamId],
    body: &[u8],
) -> Result<()> {
    for first in (0..n).step_by(batch) {
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut insert =
            conn.prepare_cached("INSERT INTO log (stream, version, body) VALUES (?1, ?2, ?3)")?;
        for i in first..(first + batch).min(n) {
            let version = i64::try_from(i / STREAMS)?;
            insert.execute(params![streams[i % STREAMS].as_str(), version, body])?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(())
}

/// A file with `n` events.
pub fn filled(n: usize) -> Result<Raw> {
    let raw = open()?;
    let streams = (0..STREAMS).map(stream).collect::<Result<Vec<_>>>()?;
    fill(&raw.conn, n, 1000, &streams, &serde_json::to_vec(&Event::of(1))?)?;
    Ok(raw)
}

impl Raw {
    /// Looks at every row.
    pub fn scan(&self) -> Result<f64> {
        let start = Instant::now();
        let mut query =
            self.conn.prepare_cached("SELECT position, stream, version, body FROM log")?;
        let mut rows = query.query([])?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            std::hint::black_box(row.get_ref(3)?.as_blob()?);
            read += 1;
        }
        Ok(rate(read, start))
    }
}
