//! Follows the log and keeps one service's tables.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream::BoxStream};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{
    Plan, ProcessEntry, Progress, Tables, TablesError, issue, store,
    turn::{apply, fire_all},
};
use crate::{
    blocking::blocking,
    clock::Clock,
    clock_guard::ClockGuard,
    commit::Recorded,
    event_log::{EventLog, Filter, Page, ReadError},
    ids::Position,
    nats::lease::Ownership,
    projection::Fact,
    stream::Streams,
};

/// How long the engine waits after the log could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// What the engine of a service works with.
#[derive(Clone)]
pub(crate) struct Means {
    pub log: Arc<dyn EventLog>,
    pub streams: Streams,
    pub clock: Clock,
    /// The folder of the tables' files.
    pub dir: PathBuf,
    /// Whether this node may act for the service; none if it keeps its projections alone.
    pub hand: Option<Ownership>,
}

/// Keeps one service's tables; [`run`](Engine::run) it on a task of its own.
pub struct Engine<E> {
    pub(super) plan: Arc<Plan<E>>,
    pub(super) means: Means,
    pub(super) tables: Tables,
    db: Option<Connection>,
    file: PathBuf,
    pub(super) live: bool,
    /// From which position on this node may act, and the number of its lease.
    acts_from: Option<(Option<u64>, Position)>,
    stopped: BTreeMap<&'static str, String>,
    pub(super) rebuilds: mpsc::Receiver<Rebuild>,
}

/// Asks for the tables to be built anew; answered once they are.
pub(crate) type Rebuild = oneshot::Sender<Result<(), TablesError>>;

/// Pages of the log, as they come.
pub(super) type Pages = BoxStream<'static, Result<Page, ReadError>>;
type Again = mpsc::UnboundedReceiver<i64>;
type Work = (Connection, BTreeMap<&'static str, String>);

impl<E: Send + Sync + 'static> Engine<E> {
    pub(crate) fn open(
        plan: Plan<E>,
        means: Means,
        rebuilds: mpsc::Receiver<Rebuild>,
    ) -> Result<(Self, Tables), TablesError> {
        let file = plan.file(&means.dir);
        let db = store::open(&plan, &file, means.log.lasts())?;
        let tables = Tables::new(plan.service, file.clone(), means.log.clone());
        let plan = Arc::new(plan);
        let engine = Self {
            plan,
            means,
            tables: tables.clone(),
            db: Some(db),
            file,
            live: false,
            acts_from: None,
            stopped: BTreeMap::new(),
            rebuilds,
        };
        Ok((engine, tables))
    }

    /// Follows the log until it ends, which it does with the program alone.
    pub async fn run(mut self) {
        let (known, mut again) = mpsc::unbounded_channel();
        if let Some(hand) = self.means.hand.clone() {
            tokio::spawn(issue::keep(
                self.plan.clone(),
                self.tables.clone(),
                (self.means.clone(), hand),
                known,
            ));
        }
        loop {
            if let Err(error) = self.follow(&mut again).await {
                let service = self.plan.service;
                tracing::error!(service, %error, "the tables can't follow the log, trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn follow(&mut self, again: &mut Again) -> Result<(), TablesError> {
        let from = self.start()?;
        let mut pages = self.pages(from);
        let clock = self.means.clock.clone();
        loop {
            let guard = self.means.streams.guard().clone();
            let acts = self.acts();
            let waits = self.means.hand.clone().filter(|_| self.acts_from.is_none());
            let due = self.next_due()?.filter(|_| acts);
            tokio::select! {
                biased;
                Some(reply) = self.rebuilds.recv() => {
                    let done = self.rebuild().await;
                    let _ = reply.send(done);
                    return Ok(());
                }
                Some(seq) = again.recv() => self.close(seq).await?,
                page = pages.next() => match page {
                    Some(Ok(page)) => self.take(page).await?,
                    Some(Err(error)) => return Err(TablesError::Query(error.to_string())),
                    None => return Ok(()),
                },
                () = due_and_right(&clock, &guard, due.unwrap_or_default()), if due.is_some() => {
                    // The turn may have gone to another node meanwhile.
                    if self.acts() {
                        self.fire(clock.now()).await?;
                    }
                }
                turn = turn(waits.as_ref(), self.means.log.as_ref()), if waits.is_some() => {
                    self.acts_from = turn;
                }
            }
        }
    }

    /// Whether this node acts now: it may, and its tables hold all that the one before it wrote.
    fn acts(&mut self) -> bool {
        let Some(hand) = &self.means.hand else { return false };
        let fence = hand.fence();
        let position = self.tables.progress().borrow().position;
        match self.acts_from {
            Some((own, from)) if hand.holds() && own == fence => self.live && position >= from,
            _ => {
                self.acts_from = None;
                false
            }
        }
    }

    /// Takes a page of the log into the tables.
    pub(super) async fn take(&mut self, page: Page) -> Result<(), TablesError> {
        let (live, upto) = (page.live, page.upto);
        self.work(move |db, plan, stopped, hand| apply(db, plan, stopped, hand, &page)).await?;
        self.live |= live;
        self.tell(upto)
    }

    /// Takes a command that was on the log before off the open list.
    pub(super) async fn close(&mut self, seq: i64) -> Result<(), TablesError> {
        let upto = self.tables.progress().borrow().position;
        self.work(move |db, _, _, _| store::close(db, seq)).await?;
        self.tell(upto)
    }

    /// Gives the processes what is due by `now`.
    pub(super) async fn fire(&mut self, now: DateTime<Utc>) -> Result<(), TablesError> {
        let upto = self.tables.progress().borrow().position;
        self.work(move |db, plan, stopped, _| fire_all(db, plan, stopped, now)).await?;
        self.tell(upto)
    }

    /// What follows the log, from where the tables are.
    pub(super) fn pages(&self, from: Position) -> Pages {
        let services = self.plan.hears.iter().map(|&name| name.to_owned()).collect();
        self.means.log.follow(Filter { services }, from)
    }

    /// Opens the file again if need be, and finds out where to go on.
    pub(super) fn start(&mut self) -> Result<Position, TablesError> {
        if self.db.is_none() {
            self.db = Some(store::open(&self.plan, &self.file, self.means.log.lasts())?);
        }
        self.stopped.clear();
        let names = self.plan.names(self.means.hand.is_some());
        let positions = self.with(|db| {
            names.iter().map(|name| store::checkpoint(db, name)).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(positions.into_iter().min().unwrap_or_default())
    }

    fn with<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, TablesError> {
        let failed = |why| TablesError::Database { file: self.file.clone(), why };
        let db = self.db.as_ref().ok_or_else(|| failed("the file is closed".into()))?;
        query(db).map_err(|error| failed(error.to_string()))
    }

    pub(super) fn next_due(&self) -> Result<Option<DateTime<Utc>>, TablesError> {
        let runs = |p: &&ProcessEntry<E>| !self.stopped.contains_key(p.name);
        let names = self.plan.processes.iter().filter(runs).map(|p| p.name);
        let dues = self.with(|db| {
            names.map(|name| store::first_timer(db, name, None)).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(dues.into_iter().flatten().map(|timer| timer.due).min())
    }

    /// Does something to the tables off the threads that serve.
    async fn work(
        &mut self,
        job: impl FnOnce(
            &mut Connection,
            &Plan<E>,
            &mut BTreeMap<&'static str, String>,
            bool,
        ) -> rusqlite::Result<()>
        + Send
        + 'static,
    ) -> Result<(), TablesError> {
        let Some(mut db) = self.db.take() else {
            let why = "the file is closed".to_owned();
            return Err(TablesError::Database { file: self.file.clone(), why });
        };
        let (plan, hand) = (self.plan.clone(), self.means.hand.is_some());
        let mut stopped = self.stopped.clone();
        let done = blocking(move || {
            let result = job(&mut db, &plan, &mut stopped, hand);
            ((db, stopped) as Work, result)
        });
        let failed = |why| TablesError::Database { file: self.file.clone(), why };
        let ((db, stopped), result) = done.await.map_err(|error| failed(error.to_string()))?;
        self.db = Some(db);
        for (name, why) in &stopped {
            if !self.stopped.contains_key(name) {
                tracing::error!(service = self.plan.service, name, why, "stopped at an event");
            }
        }
        self.stopped = stopped;
        result.map_err(|error| failed(error.to_string()))
    }

    fn tell(&self, position: Position) -> Result<(), TablesError> {
        let open = self.with(store::open_count)?;
        let stopped = self.stopped.iter().map(|(&name, why)| (name.to_owned(), why.clone()));
        let (next_due, stopped) = (self.next_due()?, stopped.collect());
        self.tables.tell(Progress { position, live: self.live, open, next_due, stopped });
        Ok(())
    }

    /// Builds the tables anew beside the present ones, which go on being read, and changes over.
    /// Cut off midway, it leaves the present ones as they are, and they are kept on.
    pub(super) async fn rebuild(&mut self) -> Result<(), TablesError> {
        let target = self.plan.file(&self.means.dir);
        let fresh = target.with_extension("new.db");
        remove(&fresh);
        let present = (self.file.clone(), self.db.take());
        if let Err(error) = self.build(&fresh).await {
            self.db = None;
            remove(&fresh);
            (self.file, self.db) = present;
            return Err(error);
        }
        let (old, _) = present;
        // Closed before it is renamed, so that its write-ahead log is in the file.
        self.db = None;
        self.tables.moved_to(fresh.clone());
        remove(&old);
        remove(&target);
        std::fs::rename(&fresh, &target).map_err(|error| TablesError::Database {
            file: target.clone(),
            why: error.to_string(),
        })?;
        self.file.clone_from(&target);
        self.tables.moved_to(target);
        Ok(())
    }

    /// Takes the whole log into a new file.
    async fn build(&mut self, fresh: &Path) -> Result<(), TablesError> {
        let db = store::open_read_only(&self.file)?;
        let last = store::last_seq(&db).map_err(|error| TablesError::Database {
            file: self.file.clone(),
            why: error.to_string(),
        })?;
        fresh.clone_into(&mut self.file);
        self.db = Some(store::open(&self.plan, fresh, self.means.log.lasts())?);
        self.with(|db| store::go_on_after(db, last))?;
        self.stopped.clear();
        let mut pages = self.pages(Position::default());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| TablesError::Query(error.to_string()))?;
            let live = page.live;
            self.work(move |db, plan, stopped, hand| apply(db, plan, stopped, hand, &page)).await?;
            if live {
                return Ok(());
            }
        }
        Err(TablesError::Query("the log ended before its end".into()))
    }
}

/// Waits until this node may act: the number of its turn, and the end of the log at its beginning.
async fn turn(hand: Option<&Ownership>, log: &dyn EventLog) -> Option<(Option<u64>, Position)> {
    let hand = hand?;
    hand.gained().await;
    let fence = hand.fence();
    match log.last().await {
        Ok(last) => Some((fence, last)),
        Err(error) => {
            tracing::warn!(%error, "this node can't take its turn yet");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// Waits until a timer is due by a clock that is right.
async fn due_and_right(clock: &Clock, guard: &ClockGuard, due: DateTime<Utc>) {
    clock.sleep_until(due).await;
    while guard.waits().is_some() {
        guard.released().await;
        clock.sleep_until(due).await;
    }
}

/// Removes a database file and what SQLite keeps beside it.
fn remove(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        // It may not be there.
        let _ = std::fs::remove_file(name);
    }
}

impl<E> Plan<E> {
    pub(super) fn names(&self, hand: bool) -> Vec<&'static str> {
        let processes = self.processes.iter().filter(|_| hand).map(|p| p.name);
        self.projections.iter().map(|p| p.name).chain(processes).collect()
    }

    /// What this service hears in some commits, and an event that it should and can't.
    pub(super) fn facts(&self, commits: &[Recorded]) -> (Vec<Fact<E>>, Option<(Position, String)>) {
        let mut facts = Vec::new();
        for commit in commits {
            let before = facts.len();
            for (source, entry, event) in commit.events() {
                match (self.hear)(&commit.stream, event) {
                    Ok(Some(event)) => facts.push(Fact {
                        source,
                        position: commit.position,
                        at: entry.at,
                        cmd: entry.cmd,
                        actor: entry.actor.clone(),
                        cause: entry.cause.clone(),
                        event,
                    }),
                    Ok(None) => {}
                    Err(error) => {
                        facts.truncate(before);
                        return (facts, Some((commit.position, format!("{source}: {error}"))));
                    }
                }
            }
        }
        (facts, None)
    }
}
