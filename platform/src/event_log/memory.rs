//! A log without a disk, for tests and simulations, which fails on demand.
//!
//! It keeps the very bytes that the others keep. Faults come from a script, one per append, or by
//! chance from a seed; the same seed and the same order of calls give the same faults.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use futures::{future::BoxFuture, stream::BoxStream};
use tokio::{sync::watch, task::yield_now};

use crate::{
    commit::{Commit, RecordError, Recorded, Sum, decode, decode_unchecked},
    event_log::{
        AppendError, Done, EventLog, Filter, Head, Page, ReadError, VerifyReport,
        accept::{Asked, Tip, accept},
        chain::Check,
        tail::{self, PAGE_BYTES, PAGE_COMMITS},
    },
    ids::{Position, StreamId, Version},
};

mod faults;

use faults::Faults;
pub use faults::{Chances, Fault};

/// The log in memory. A clone is the same log.
#[derive(Clone)]
pub struct MemoryLog(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    appended: watch::Sender<Position>,
}

#[derive(Default)]
struct State {
    /// The record at position n stands at index n - 1.
    records: Vec<(StreamId, Vec<u8>)>,
    streams: HashMap<StreamId, OneStream>,
    faults: Faults,
    page_max: Option<usize>,
}

struct OneStream {
    tip: Tip,
    positions: Vec<Position>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryLog({} commits)", self.state().records.len())
    }
}

impl MemoryLog {
    /// An empty log on which nothing fails.
    pub fn new() -> Self {
        let appended = watch::Sender::new(Position(0));
        Self(Arc::new(Shared { state: Mutex::default(), appended }))
    }

    /// An empty log on which things fail by chance, the same way again for the same seed.
    pub fn failing(seed: u64, chances: Chances) -> Self {
        let log = Self::new();
        log.state().faults = Faults::seeded(seed, chances);
        log
    }

    /// Changes how often things fail from now on. Without a seed from [`MemoryLog::failing`]
    /// nothing fails by chance.
    pub fn set_chances(&self, chances: Chances) {
        self.state().faults.chances = chances;
    }

    /// What the next appends meet, one each; `None` goes well. Goes before any chance.
    pub fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state().faults.script.extend(faults);
    }

    /// Makes pages of at most `commits`, so that small tests meet many page boundaries.
    pub fn set_page_max(&self, commits: usize) {
        self.state().page_max = Some(commits.max(1));
    }

    /// The record at a position, as it would stand on a disk.
    pub fn bytes(&self, position: Position) -> Option<Vec<u8>> {
        let state = self.state();
        state.records.get(index(position)).map(|(_, bytes)| bytes.clone())
    }

    /// Exchanges the record at a position for other bytes, as a damaged disk would.
    pub fn damage(&self, position: Position, bytes: Vec<u8>) {
        let mut state = self.state();
        if let Some((_, record)) = state.records.get_mut(index(position)) {
            *record = bytes;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self, commit: &Commit) -> Result<Done, AppendError> {
        let asked = Asked::of(commit.clone())?;
        let mut state = self.state();
        let position = Position(state.records.len() as u64 + 1);
        let tip = state.streams.get(&commit.stream).map(|one| &one.tip);
        let (bytes, tip) = accept(asked, tip, position)?;
        let version = tip.version;
        state.records.push((commit.stream.clone(), bytes));
        if let Some(one) = state.streams.get_mut(&commit.stream) {
            one.tip = tip;
            one.positions.push(position);
        } else {
            let one = OneStream { tip, positions: vec![position] };
            state.streams.insert(commit.stream.clone(), one);
        }
        self.appended.send_replace(position);
        Ok(Done { position, version })
    }

    fn page(&self, filter: &Filter, after: Position) -> Result<Page, ReadError> {
        let state = self.state();
        if state.faults.cuts() {
            return Err(injected());
        }
        let last = Position(state.records.len() as u64);
        if after > last {
            return Err(ReadError::Beyond { asked: after, last });
        }
        let most = state.page_max.unwrap_or(PAGE_COMMITS);
        let mut page = Page { commits: Vec::new(), upto: after, live: true };
        let (mut looked_at, mut bytes_read) = (0, 0);
        for position in after.0 + 1..=last.0 {
            if looked_at >= most || bytes_read >= PAGE_BYTES {
                page.live = false;
                break;
            }
            page.upto = Position(position);
            looked_at += 1;
            let (stream, bytes) = &state.records[index(page.upto)];
            bytes_read += bytes.len();
            if filter.takes(stream) {
                // As the log on a disk does: that checksums hold, `verify` tells.
                page.commits.push(state.read_by(page.upto, decode_unchecked)?);
            }
        }
        Ok(page)
    }
}

/// Where a record stands among all; position 0 has none.
fn index(position: Position) -> usize {
    usize::try_from(position.0.wrapping_sub(1)).unwrap_or(usize::MAX)
}

fn injected() -> ReadError {
    ReadError::Down("a fault was injected".to_owned())
}

impl State {
    fn decode(&self, position: Position) -> Result<Recorded, ReadError> {
        self.read_by(position, decode)
    }

    fn read_by(
        &self,
        position: Position,
        decode: fn(Position, &[u8]) -> Result<Recorded, RecordError>,
    ) -> Result<Recorded, ReadError> {
        let (stream, bytes) = &self.records[index(position)];
        match decode(position, bytes) {
            Ok(record) if record.stream == *stream => Ok(record),
            Ok(record) => {
                Err(ReadError::Corrupt { position, why: format!("it is of {}", record.stream) })
            }
            Err(error) => Err(ReadError::Corrupt { position, why: error.to_string() }),
        }
    }

    fn readable(&self) -> Result<(), ReadError> {
        if self.faults.read_fails() { Err(injected()) } else { Ok(()) }
    }

    fn verify(&self, after: Position) -> VerifyReport {
        let mut check = Check::new(after);
        let mut streams = HashSet::new();
        for position in (after.0 + 1..=self.records.len() as u64).map(Position) {
            streams.insert(&self.records[index(position)].0);
            let record = self.decode(position).map_err(|error| match error {
                ReadError::Corrupt { why, .. } => why,
                other => other.to_string(),
            });
            check.record(position, record, |record| self.before(record));
        }
        check.report(streams.len() as u64)
    }

    /// The record ahead of this one in its stream.
    fn before(&self, record: &Recorded) -> Option<(Version, Sum)> {
        let positions = &self.streams.get(&record.stream)?.positions;
        let before = positions.iter().rev().find(|position| **position < record.position)?;
        self.decode(*before).ok().map(|before| (before.version(), before.sum))
    }
}

async fn pause(times: u8) {
    for _ in 0..times {
        yield_now().await;
    }
}

impl EventLog for MemoryLog {
    fn lasts(&self) -> bool {
        false
    }

    fn append(&self, commit: Commit) -> BoxFuture<'_, Result<Done, AppendError>> {
        Box::pin(async move {
            // The fault is drawn under a lock of its own: storing takes it again.
            let fault = self.state().faults.next();
            match fault {
                None => self.0.store(&commit),
                Some(Fault::UnknownStored) => {
                    // Whether it was stored or refused, nobody is told.
                    let _ = self.0.store(&commit);
                    Err(AppendError::Unknown(commit.stream))
                }
                Some(Fault::UnknownLost) => Err(AppendError::Unknown(commit.stream)),
                Some(Fault::Conflict) => Err(AppendError::Conflict(commit.stream)),
                Some(Fault::Full) => Err(AppendError::Full("a fault was injected".to_owned())),
                Some(Fault::Down) => Err(AppendError::Down("a fault was injected".to_owned())),
                Some(Fault::Delay { before, after }) => {
                    pause(before).await;
                    let done = self.0.store(&commit);
                    pause(after).await;
                    done
                }
            }
        })
    }

    fn head(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Head>, ReadError>> {
        let stream = stream.clone();
        Box::pin(async move {
            let state = self.state();
            state.readable()?;
            Ok(state.streams.get(&stream).map(|one| one.tip.head()))
        })
    }

    fn read(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, ReadError>> {
        let stream = stream.clone();
        Box::pin(async move {
            let state = self.state();
            state.readable()?;
            let positions = state.streams.get(&stream).map(|one| one.positions.as_slice());
            // From the end: whoever reads mostly lacks the last few commits.
            let mut records = Vec::new();
            for position in positions.unwrap_or_default().iter().rev() {
                let record = state.decode(*position)?;
                if record.version() <= after {
                    break;
                }
                records.push(record);
            }
            records.reverse();
            Ok(records)
        })
    }

    fn follow(
        &self,
        filter: Filter,
        after: Position,
    ) -> BoxStream<'static, Result<Page, ReadError>> {
        // A follower does not keep the log alive: it ends when the log is dropped.
        let shared = Arc::downgrade(&self.0);
        tail::follow(after, self.0.appended.subscribe(), move |after| {
            let page = Weak::upgrade(&shared).map(|shared| shared.page(&filter, after));
            std::future::ready(
                page.unwrap_or_else(|| Err(ReadError::Down("the log is closed".to_owned()))),
            )
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<Position, ReadError>> {
        Box::pin(async move {
            let state = self.state();
            state.readable()?;
            Ok(Position(state.records.len() as u64))
        })
    }

    fn verify(&self, after: Position) -> BoxFuture<'_, Result<VerifyReport, ReadError>> {
        Box::pin(async move { Ok(self.state().verify(after)) })
    }
}
