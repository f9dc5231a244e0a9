//! The log in one SQLite file, `log.db` in the data folder: one office, nothing to install.
//!
//! One thread writes, many commits in one transaction; an answer leaves when the disk has them.
//! Reading goes over connections of its own and never waits for the writer.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering, mpsc},
    thread::JoinHandle,
};

use futures::{future::BoxFuture, stream::BoxStream};
use tokio::sync::{oneshot, watch};

use crate::{
    commit::{Commit, Recorded},
    event_log::{
        AppendError, Done, EventLog, Filter, Head, Page, ReadError, VerifyReport, accept::Asked,
        tail,
    },
    ids::{Position, StreamId, Version},
};

mod backup;
mod file;
mod folder;
mod reader;
mod verify;
mod writer;

pub use backup::{BackupError, Progress};
pub use folder::FolderLock;
use reader::Readers;
use writer::{Job, Writer};

/// What a log is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Reading and writing, each answer durable (`synchronous=FULL`). Takes the folder's lock.
    Write,
    /// As `Write`, but without waiting for the disk: a power cut may lose or damage everything.
    /// For simulations.
    Simulate,
    /// Reading, also beside a running server. SQLite keeps its `-wal` and `-shm` beside the file,
    /// so whoever reads needs the right to write to the folder unless a server runs: use the
    /// account of the one who owns it.
    ReadOnly,
}

/// Why a log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made or used.
    #[error("{path} can't be used: {why}; free it or name another folder with --data")]
    Folder {
        /// The folder or a file in it.
        path: PathBuf,
        /// What the operating system says.
        why: std::io::Error,
    },
    /// Another process writes there.
    #[error(
        "another linli{} is writing in {folder}: stop it, or name another folder with --data",
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The process, as it wrote itself into the lock file.
        pid: Option<u32>,
    },
    /// There is nothing to read.
    #[error("there is no log at {0}: name its folder with --data, or make one with `linli seed`")]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{0} is not a log of Linli: move it away, or name another folder with --data")]
    Foreign(PathBuf),
    /// The file comes from the future.
    #[error("{path} was written by a newer Linli (format {found}): install that version")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The file, or its last record, is damaged.
    #[error("{path} is damaged: {why}; run `linli verify`, then restore a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// SQLite can't open it.
    #[error("{path} can't be opened: {why}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        why: rusqlite::Error,
    },
}

/// The log in `<folder>/log.db`. Dropping it waits until what was sent is written.
pub struct SqliteLog {
    path: PathBuf,
    readers: Arc<Readers>,
    appended: watch::Receiver<Position>,
    /// Where commits go; none when the log is only read.
    jobs: Option<mpsc::Sender<Job>>,
    /// Dropped to end the thread of a log that is only read.
    open: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Given back last, when the thread has ended.
    _lock: Option<FolderLock>,
}

impl std::fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqliteLog({})", self.path.display())
    }
}

impl SqliteLog {
    /// Opens the log of a data folder; for writing it is made if it is not there.
    pub fn open(folder: &Path, mode: OpenMode) -> Result<Self, OpenError> {
        let path = folder.join("log.db");
        match mode {
            OpenMode::ReadOnly => Self::to_read(path),
            OpenMode::Write | OpenMode::Simulate => {
                Self::to_write(folder, path, mode == OpenMode::Write)
            }
        }
    }

    fn to_write(folder: &Path, path: PathBuf, durable: bool) -> Result<Self, OpenError> {
        folder::make(folder)?;
        let lock = FolderLock::take(folder)?;
        folder::make_file(&path)?;
        let readers = Arc::new(Readers::new(path.clone()));
        let (jobs, received) = mpsc::channel();
        let (writer, appended) = Writer::open(path.clone(), durable, readers.clone())?;
        let thread = spawn(&path, "log-writer", move || writer.run(&received))?;
        Ok(Self {
            path,
            readers,
            appended,
            jobs: Some(jobs),
            open: None,
            thread: Some(thread),
            _lock: Some(lock),
        })
    }

    fn to_read(path: PathBuf) -> Result<Self, OpenError> {
        if !path.is_file() {
            return Err(OpenError::Missing(path));
        }
        let conn = file::open_reader(&path)?;
        let readers = Arc::new(Readers::new(path.clone()));
        let (appended, receiver) = watch::channel(Position(0));
        let (open, closed) = mpsc::channel();
        let thread = spawn(&path, "log-watch", move || reader::watch(&conn, &appended, &closed))?;
        Ok(Self {
            path,
            readers,
            appended: receiver,
            jobs: None,
            open: Some(open),
            thread: Some(thread),
            _lock: None,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets how large the file may become, in bytes: beyond it, appends give
    /// [`AppendError::Full`]. It holds from the next append on.
    pub fn limit_bytes(&self, bytes: u64) {
        self.readers.limit_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Copies the log as it stands now into a new file, while it goes on being written. Gives the
    /// last position that the copy holds.
    pub async fn backup_to(
        &self,
        to: PathBuf,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Position, BackupError> {
        let from = self.path.clone();
        let shown = to.clone();
        tokio::task::spawn_blocking(move || backup::copy(&from, &to, progress))
            .await
            .unwrap_or_else(|error| {
                Err(BackupError::Failed { path: shown, why: error.to_string() })
            })
    }
}

fn spawn(
    path: &Path,
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|why| OpenError::Folder { path: path.to_owned(), why })
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        // The writer closes last, so that SQLite puts its write-ahead log away.
        self.readers.close();
        self.jobs = None;
        self.open = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(log = %self.path.display(), "the log's thread has panicked");
        }
    }
}

impl EventLog for SqliteLog {
    fn append(&self, commit: Commit) -> BoxFuture<'_, Result<Done, AppendError>> {
        Box::pin(async move {
            let stream = commit.stream.clone();
            let Some(jobs) = &self.jobs else {
                return Err(AppendError::Denied(stream));
            };
            let asked = Asked::of(commit)?;
            let (answer, answered) = oneshot::channel();
            if jobs.send(Job { asked, answer }).is_err() {
                let path = self.path.display();
                return Err(AppendError::Down(format!(
                    "{path} has lost its writer: restart Linli"
                )));
            }
            answered.await.unwrap_or(Err(AppendError::Unknown(stream)))
        })
    }

    fn head(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Head>, ReadError>> {
        let stream = stream.clone();
        Box::pin(self.readers.ask(move |readers, conn| {
            readers.settled()?;
            readers.told(reader::head(conn, &stream))
        }))
    }

    fn read(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, ReadError>> {
        let stream = stream.clone();
        Box::pin(self.readers.ask(move |readers, conn| {
            readers.settled()?;
            readers.told(reader::read(conn, &stream, after))
        }))
    }

    fn follow(
        &self,
        filter: Filter,
        after: Position,
    ) -> BoxStream<'static, Result<Page, ReadError>> {
        let readers = self.readers.clone();
        let filter = Arc::new(filter);
        tail::follow(after, self.appended.clone(), move |after| {
            let filter = filter.clone();
            readers.ask(move |readers, conn| readers.told(reader::page(conn, &filter, after)))
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<Position, ReadError>> {
        Box::pin(self.readers.ask(move |readers, conn| {
            readers.settled()?;
            readers.told(reader::last(conn).map_err(Into::into))
        }))
    }

    fn verify(&self, after: Position) -> BoxFuture<'_, Result<VerifyReport, ReadError>> {
        Box::pin(self.readers.ask(move |readers, conn| readers.told(verify::verify(conn, after))))
    }
}
