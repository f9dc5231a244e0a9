//! Reading the log.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use rusqlite::{Connection, Row, params};
use tokio::sync::watch;

use super::file;
use crate::{
    blocking::blocking,
    commit::{RecordError, Recorded, TAIL, decode, decode_unchecked, stream_of, sums},
    event_log::{
        Filter, Head, Page, ReadError,
        tail::{PAGE_BYTES, PAGE_COMMITS},
    },
    ids::{Position, StreamId, Version},
};

/// So many idle connections are kept.
const IDLE_MAX: usize = 4;
/// A log that another process writes is looked at so often.
const LOOK: Duration = Duration::from_millis(200);

/// Why a query gave nothing.
pub(super) enum Failed {
    /// SQLite could not do it.
    Sqlite(rusqlite::Error),
    /// SQLite could, but what stands there is wrong.
    Read(ReadError),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<ReadError> for Failed {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

pub(super) type Answer<T> = Result<T, Failed>;

/// The connections that read, and what they share with the one that writes.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    closed: AtomicBool,
    /// Set while it is not known whether the last transaction is on the disk.
    pub doubtful: AtomicBool,
    /// How large the file may become.
    pub limit_bytes: AtomicU64,
}

impl Readers {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            closed: AtomicBool::new(false),
            doubtful: AtomicBool::new(false),
            limit_bytes: AtomicU64::new(u64::MAX),
        }
    }

    /// Runs a query on a thread where it may block.
    pub fn ask<T, Q>(
        self: &Arc<Self>,
        query: Q,
    ) -> impl Future<Output = Result<T, ReadError>> + Send + use<T, Q>
    where
        T: Send + 'static,
        Q: FnOnce(&Self, &Connection) -> Result<T, ReadError> + Send + 'static,
    {
        let readers = self.clone();
        let asked = move || {
            let idle = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = match idle {
                Some(conn) => conn,
                None => readers.told(file::reader(&readers.path).map_err(Failed::from))?,
            };
            let answer = query(&readers, &conn);
            readers.give_back(conn);
            answer
        };
        async {
            let asked = blocking(asked).await;
            asked.unwrap_or_else(|error| Err(ReadError::Down(error.to_string())))
        }
    }

    fn give_back(&self, conn: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && !self.closed.load(Ordering::Acquire) {
            idle.push(conn);
        }
    }

    /// Lets go of the file; a follower that is still at work reads on by itself.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Refuses to tell a stream's newest commit while nobody knows.
    pub fn settled(&self) -> Result<(), ReadError> {
        if self.doubtful.load(Ordering::Acquire) {
            let path = self.path.display();
            let why = format!("the disk of {path} failed while writing, and is not back yet");
            return Err(ReadError::Down(why));
        }
        Ok(())
    }

    /// Puts the file's name into the error.
    pub fn told<T>(&self, answer: Answer<T>) -> Result<T, ReadError> {
        answer.map_err(|failed| match failed {
            Failed::Read(error) => error,
            Failed::Sqlite(error) if file::is_damage(&error) => ReadError::Corrupt {
                position: Position(0),
                why: format!("{}: {error}", self.path.display()),
            },
            Failed::Sqlite(error) => ReadError::Down(format!("{}: {error}", self.path.display())),
        })
    }
}

/// Tells followers when another process has written, until the log is closed.
pub(super) fn watch(conn: &Connection, appended: &watch::Sender<Position>, closed: &Receiver<()>) {
    let mut seen = None;
    while let Err(RecvTimeoutError::Timeout) = closed.recv_timeout(LOOK) {
        // A file that can't be read now shows itself to whoever reads; here it is tried again.
        let version = conn.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0));
        if let Ok(version) = version
            && seen.replace(version) != Some(version)
        {
            appended.send_modify(|_| ());
        }
    }
}

pub(super) fn last(conn: &Connection) -> rusqlite::Result<Position> {
    let mut query = conn.prepare_cached("SELECT max(position) FROM commits")?;
    let last: Option<i64> = query.query_row([], |row| row.get(0))?;
    Ok(Position(last.unwrap_or_default().cast_unsigned()))
}

pub(super) fn head(conn: &Connection, stream: &StreamId) -> Answer<Option<Head>> {
    let mut query = conn.prepare_cached(
        "SELECT position, version, substr(body, -?2) FROM commits
         WHERE stream = (SELECT id FROM streams WHERE name = ?1) ORDER BY after DESC LIMIT 1",
    )?;
    let mut rows = query.query(params![stream.as_str(), i64::try_from(TAIL).unwrap_or(0)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let position = position(row, 0)?;
    let (_, sum) = sums(row.get_ref(2)?.as_blob().unwrap_or_default())
        .map_err(|error| corrupt(position, &error))?;
    let version = Version(row.get::<_, i64>(1)?.cast_unsigned());
    Ok(Some(Head { position, version, sum }))
}

pub(super) fn read(conn: &Connection, stream: &StreamId, after: Version) -> Answer<Vec<Recorded>> {
    // The commit that brought the stream to `after` or over it is found by the index; the ones
    // ahead of it are not looked at.
    let mut query = conn.prepare_cached(
        "WITH one AS MATERIALIZED (SELECT id FROM streams WHERE name = ?1)
         SELECT position, body FROM commits
         WHERE stream = (SELECT id FROM one) AND version > ?2 AND after >= (
             SELECT max(after) FROM commits WHERE stream = (SELECT id FROM one) AND after <= ?2)
         ORDER BY after",
    )?;
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    let mut rows = query.query(params![stream.as_str(), after])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let position = position(row, 0)?;
        let body = row.get_ref(1)?.as_blob().unwrap_or_default();
        let record = decode(position, body).map_err(|error| corrupt(position, &error))?;
        if record.stream != *stream {
            let why = format!("one of {} stands where one of {stream} should", record.stream);
            return Err(ReadError::Corrupt { position, why }.into());
        }
        records.push(record);
    }
    Ok(records)
}

pub(super) fn page(conn: &Connection, filter: &Filter, after: Position) -> Answer<Page> {
    let mut query = conn.prepare_cached(
        "SELECT position, body FROM commits WHERE position > ?1 ORDER BY position",
    )?;
    let mut rows = query.query([i64::try_from(after.0).unwrap_or(i64::MAX)])?;
    let mut page = Page { commits: Vec::new(), upto: after, live: true };
    let (mut looked_at, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        if looked_at >= PAGE_COMMITS || bytes >= PAGE_BYTES {
            page.live = false;
            break;
        }
        page.upto = position(row, 0)?;
        looked_at += 1;
        let body = row.get_ref(1)?.as_blob().unwrap_or_default();
        bytes += body.len();
        // A record that does not tell its stream is read, and so found out.
        if stream_of(body).is_none_or(|stream| filter.takes_name(stream)) {
            let record = decode_unchecked(page.upto, body);
            page.commits.push(record.map_err(|error| corrupt(page.upto, &error))?);
        }
    }
    if looked_at == 0 && after > Position(0) {
        let last = last(conn)?;
        if after > last {
            return Err(ReadError::Beyond { asked: after, last }.into());
        }
    }
    Ok(page)
}

fn position(row: &Row, column: usize) -> rusqlite::Result<Position> {
    Ok(Position(row.get::<_, i64>(column)?.cast_unsigned()))
}

fn corrupt(position: Position, why: &RecordError) -> ReadError {
    ReadError::Corrupt { position, why: why.to_string() }
}
