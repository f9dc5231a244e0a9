//! The one thread that writes.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};

use lru::LruCache;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use tokio::sync::{oneshot, watch};

use super::{
    OpenError, file,
    reader::{self, Readers},
};
use crate::{
    commit::decode,
    event_log::{
        AppendError, Done,
        accept::{Asked, Tip, accept},
    },
    ids::{Position, StreamId},
};

/// At most this many commits go into one transaction.
const BATCH_COMMITS: usize = 1000;
/// A transaction ends with the commit that reaches this many bytes.
const BATCH_BYTES: usize = 8 << 20;
/// The newest commit of so many streams is remembered; that of others is looked up.
const TIPS: NonZeroUsize = NonZeroUsize::new(8192).unwrap();
/// So long the writer looks out for the next commit before it goes to sleep.
const AGAIN: Duration = Duration::from_micros(100);
/// After the disk has failed it is tried again so often, even if nobody appends.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A commit and where its answer goes.
pub(super) struct Job {
    pub asked: Asked,
    pub answer: oneshot::Sender<Result<Done, AppendError>>,
}

pub(super) struct Writer {
    path: PathBuf,
    durable: bool,
    conn: Connection,
    last: Position,
    tips: LruCache<StreamId, (i64, Tip)>,
    /// How many commits the last transaction had.
    together: usize,
    limit_bytes: u64,
    appended: watch::Sender<Position>,
    readers: Arc<Readers>,
}

/// Some commits that are answered together, when they are on the disk.
#[derive(Default)]
struct Batch {
    answers: Vec<(StreamId, oneshot::Sender<Result<Done, AppendError>>)>,
    verdicts: Vec<Result<Done, AppendError>>,
    bytes: usize,
    last: Position,
}

/// Why a transaction was not made.
enum Trouble {
    /// It was rolled back, for sure.
    RolledBack(rusqlite::Error),
    /// The disk failed at the very end.
    Doubtful(rusqlite::Error),
}

impl Writer {
    /// Opens the file, and makes it if it is empty. The receiver hears of each transaction.
    pub fn open(
        path: PathBuf,
        durable: bool,
        readers: Arc<Readers>,
    ) -> Result<(Self, watch::Receiver<Position>), OpenError> {
        let conn = file::open_writer(&path, durable)?;
        let last = last(&conn, &path)?;
        let (appended, receiver) = watch::channel(last);
        let tips = LruCache::new(TIPS);
        let (together, limit_bytes) = (0, u64::MAX);
        let writer =
            Self { path, durable, conn, last, tips, together, limit_bytes, appended, readers };
        Ok((writer, receiver))
    }

    /// Writes until nobody can send any more.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = if self.readers.doubtful.load(Ordering::Relaxed) {
                jobs.recv_timeout(TRY_AGAIN)
            } else {
                awaited(jobs, AGAIN).or_else(|_| jobs.recv()).map_err(Into::into)
            };
            if self.readers.doubtful.load(Ordering::Relaxed)
                && let Err(why) = self.settle()
            {
                if let Ok(job) = first {
                    // Whoever asked may have gone.
                    let _ = job.answer.send(Err(AppendError::Down(why)));
                }
                continue;
            }
            match first {
                Ok(first) => self.batch(first, jobs),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn batch(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut batch = Batch { last: self.last, ..Batch::default() };
        let written = self.write(first, jobs, &mut batch);
        let Batch { answers, mut verdicts, last, .. } = batch;
        match written {
            Ok(()) => {
                self.last = last;
                self.appended.send_replace(last);
            }
            Err(trouble) => {
                // The tips were those of commits that are not there.
                self.tips.clear();
                if !self.conn.is_autocommit() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
                verdicts = answers.iter().map(|(to, _)| Err(self.told(&trouble, to))).collect();
                if let Trouble::Doubtful(error) = trouble {
                    tracing::error!(log = %self.path.display(), %error, "the log's disk failed");
                    self.readers.doubtful.store(true, Ordering::Release);
                }
            }
        }
        for ((_, answer), verdict) in answers.into_iter().zip(verdicts) {
            // Whoever asked may have gone; the commit stays.
            let _ = answer.send(verdict);
        }
        if self.readers.doubtful.load(Ordering::Relaxed) {
            let _ = self.settle();
        }
    }

    /// One transaction: the first commit and all that wait behind it.
    fn write(
        &mut self,
        first: Job,
        jobs: &Receiver<Job>,
        batch: &mut Batch,
    ) -> Result<(), Trouble> {
        let mut next = Some(first);
        let mut begun = false;
        while let Some(Job { asked, answer }) = next {
            batch.answers.push((asked.stream.clone(), answer));
            if !begun {
                self.begin().map_err(Trouble::RolledBack)?;
                begun = true;
            }
            let verdict = self.insert(asked, batch).map_err(Trouble::RolledBack)?;
            batch.verdicts.push(verdict);
            let room = batch.answers.len() < BATCH_COMMITS && batch.bytes < BATCH_BYTES;
            // Those who were answered together mostly ask again together.
            let wait = if batch.answers.len() < self.together { AGAIN } else { Duration::ZERO };
            next = if room { awaited(jobs, wait).ok() } else { None };
        }
        self.together = batch.answers.len();
        self.conn.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])).map_err(
            |error| match error.sqlite_error_code() {
                // Without its last frame a transaction counts for nothing.
                Some(ErrorCode::DiskFull) => Trouble::RolledBack(error),
                _ => Trouble::Doubtful(error),
            },
        )?;
        Ok(())
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        let limit = self.readers.limit_bytes.load(Ordering::Relaxed);
        if limit != self.limit_bytes {
            let page: i64 = self.conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = (limit / page.cast_unsigned()).clamp(1, u64::from(u32::MAX - 1));
            self.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            self.limit_bytes = limit;
        }
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    /// Judges a commit and puts it into the open transaction. The outer error is the
    /// transaction's, the inner one the commit's own.
    fn insert(
        &mut self,
        asked: Asked,
        batch: &mut Batch,
    ) -> rusqlite::Result<Result<Done, AppendError>> {
        let (stream, after) = (asked.stream.clone(), asked.expect.0.cast_signed());
        if !self.tips.contains(&stream) {
            match tip(&self.conn, &stream)? {
                Ok(Some(tip)) => drop(self.tips.put(stream.clone(), tip)),
                Ok(None) => {}
                Err(corrupt) => return Ok(Err(corrupt)),
            }
        }
        let position = Position(batch.last.0 + 1);
        let known = self.tips.get_mut(&stream);
        let (bytes, tip) = match accept(asked, known.as_deref().map(|(_, tip)| tip), position) {
            Ok(accepted) => accepted,
            Err(error) => return Ok(Err(error)),
        };
        let done = Done { position, version: tip.version };
        let id = if let Some(known) = known {
            known.1 = tip;
            known.0
        } else {
            let mut name = self.conn.prepare_cached("INSERT INTO streams (name) VALUES (?1)")?;
            let id = name.insert([stream.as_str()])?;
            self.tips.put(stream, (id, tip));
            id
        };
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO commits (position, stream, after, version, body)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let version = done.version.0.cast_signed();
        insert.execute(params![position.0.cast_signed(), id, after, version, bytes])?;
        batch.bytes += bytes.len();
        batch.last = position;
        Ok(Ok(done))
    }

    /// After a failed disk: finds out what is on it, and makes sure that it stays so. What failed
    /// may stand behind the end of the write-ahead log and would come back with the next start;
    /// a transaction of our own goes over it.
    fn settle(&mut self) -> Result<(), String> {
        let path = self.path.display().to_string();
        let told = |error: &dyn std::fmt::Display| format!("{path}: the disk failed: {error}");
        self.conn = file::open_writer(&self.path, self.durable).map_err(|error| told(&error))?;
        file::write_over(&self.conn).map_err(|error| told(&error))?;
        self.last = last(&self.conn, &self.path).map_err(|error| told(&error))?;
        self.limit_bytes = u64::MAX;
        self.readers.doubtful.store(false, Ordering::Release);
        self.appended.send_replace(self.last);
        Ok(())
    }

    fn told(&self, trouble: &Trouble, stream: &StreamId) -> AppendError {
        let path = self.path.display();
        match trouble {
            Trouble::Doubtful(_) => AppendError::Unknown(stream.clone()),
            Trouble::RolledBack(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => {
                    let bytes = std::fs::metadata(&self.path).map_or(0, |file| file.len());
                    AppendError::Full(format!("{path} has {} KiB", bytes / 1024))
                }
                _ if file::is_damage(error) => AppendError::Down(format!(
                    "{path} is damaged ({error}): run `linli verify`, then restore a backup"
                )),
                _ => AppendError::Down(format!("{path}: {error}")),
            },
        }
    }
}

/// The next job, if it comes soon: a thread that has gone to sleep takes long to wake, and whoever
/// was just answered mostly asks again at once.
fn awaited(jobs: &Receiver<Job>, wait: Duration) -> Result<Job, TryRecvError> {
    let until = Instant::now() + wait;
    loop {
        match jobs.try_recv() {
            Err(TryRecvError::Empty) if Instant::now() < until => std::thread::yield_now(),
            found => return found,
        }
    }
}

/// A stream's number and its newest commit, checked: the next one will vouch for it.
fn tip(
    conn: &Connection,
    stream: &StreamId,
) -> rusqlite::Result<Result<Option<(i64, Tip)>, AppendError>> {
    let mut query = conn.prepare_cached(
        "SELECT position, version, body, stream FROM commits
         WHERE stream = (SELECT id FROM streams WHERE name = ?1) ORDER BY after DESC LIMIT 1",
    )?;
    let found = query.query_row([stream.as_str()], |row| {
        let position = Position(row.get::<_, i64>(0)?.cast_unsigned());
        let version = row.get::<_, i64>(1)?.cast_unsigned();
        let id = row.get(3)?;
        let record = decode(position, row.get_ref(2)?.as_blob().unwrap_or_default());
        Ok(match record {
            Ok(record) if record.stream == *stream && record.version().0 == version => {
                Ok((id, Tip::of(&record)))
            }
            _ => Err(AppendError::Corrupt(position)),
        })
    });
    Ok(found.optional()?.transpose())
}

/// The last position; the record there must be whole.
fn last(conn: &Connection, path: &std::path::Path) -> Result<Position, OpenError> {
    let damaged = |why: String| OpenError::Damaged { path: path.to_owned(), why };
    let failed = |error| file::open_error(path, error);
    let last = reader::last(conn).map_err(failed)?;
    let query = "SELECT body FROM commits WHERE position = ?1";
    let body: Option<Vec<u8>> = conn
        .query_row(query, [last.0.cast_signed()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    match body.map(|body| decode(last, &body)) {
        Some(Err(error)) => Err(damaged(format!("at position {last} {error}"))),
        _ => Ok(last),
    }
}
