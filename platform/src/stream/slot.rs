//! The fold of one stream, and whoever leads its commands to the log.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{Accepted, Appends, ExecuteError, Meta, Queue, held};
use crate::{
    clock::Clock,
    commit::{BYTES_MAX, Commit, ENTRIES_MAX, Entry, NewEvent, Recorded},
    decider::Decider,
    event_log::{AppendError, Done, EventLog},
    ids::{CommandId, Position, StreamId, Version},
};

/// How often waiting commands are decided again on a state that somebody else has moved on.
const CONFLICTS_MAX: usize = 5;
/// How often the log is asked what became of a commit, with a longer pause each time.
const ASKS_MAX: u32 = 8;

type Answer<D> = Result<Accepted<<D as Decider>::Event>, ExecuteError<<D as Decider>::Rejection>>;

/// A command that waits for its answer.
pub(super) struct Waiting<D: Decider> {
    pub meta: Meta,
    pub command: D::Command,
    pub reply: oneshot::Sender<Answer<D>>,
}

/// One stream: what is stored, and what waits.
pub(super) struct Slot<D: Decider> {
    stream: StreamId,
    queue: Mutex<(Queue<D>, bool)>,
    /// `None` until it is read, and again after any doubt about it.
    fold: tokio::sync::Mutex<Option<Fold<D>>>,
    appends: Arc<Appends>,
}

struct Fold<D: Decider> {
    state: D::State,
    version: Version,
    position: Position,
    at: DateTime<Utc>,
    seen: HashMap<CommandId, (Position, Version)>,
}

impl<D: Decider> Default for Fold<D> {
    fn default() -> Self {
        Self {
            state: D::State::default(),
            version: Version::default(),
            position: Position::default(),
            at: DateTime::UNIX_EPOCH,
            seen: HashMap::new(),
        }
    }
}

impl<D: Decider> Fold<D> {
    fn take(&mut self, commit: &Recorded) -> Result<(), ExecuteError<D::Rejection>> {
        for (at, _, event) in commit.events() {
            let event = event
                .decode()
                .map_err(|error| ExecuteError::Undecodable { at, why: error.to_string() })?;
            self.state = D::evolve(std::mem::take(&mut self.state), &event);
        }
        let done = (commit.position, commit.version());
        self.seen.extend(commit.entries.iter().map(|entry| (entry.cmd, done)));
        (self.position, self.version) = done;
        self.at = self.at.max(commit.at());
        Ok(())
    }
}

/// What is to be appended, and the answers that leave once it is.
struct Batch<D: Decider> {
    entries: Vec<Entry>,
    bytes: usize,
    state: D::State,
    version: Version,
    answers: Vec<(oneshot::Sender<Answer<D>>, Decided<D>)>,
}

enum Decided<D: Decider> {
    /// In this batch, with these events, up to this version.
    New(Vec<D::Event>, Version, CommandId),
    /// The same command stands earlier in this batch.
    Again(Version),
    /// Known without this batch.
    Known(Answer<D>),
}

impl<D: Decider> Slot<D> {
    pub(super) fn new(stream: StreamId, appends: Arc<Appends>) -> Self {
        let fold = tokio::sync::Mutex::new(None);
        Self { stream, queue: Mutex::default(), fold, appends }
    }

    /// Queues a command; true if nobody leads the queue yet and the caller has to see to it.
    pub(super) fn put(&self, waiting: Waiting<D>) -> bool {
        let mut queue = held(&self.queue);
        queue.0.push_back(waiting);
        !std::mem::replace(&mut queue.1, true)
    }

    /// Takes what waits, or gives up the lead.
    fn next(&self) -> Option<Vec<Waiting<D>>> {
        let mut queue = held(&self.queue);
        let n = queue.0.len().min(ENTRIES_MAX);
        queue.1 = n > 0;
        (n > 0).then(|| queue.0.drain(..n).collect())
    }

    fn give_back(&self, rest: Vec<Waiting<D>>) {
        let mut queue = held(&self.queue);
        for waiting in rest.into_iter().rev() {
            queue.0.push_front(waiting);
        }
    }

    /// Leads commands to the log until none waits.
    pub(super) async fn lead(self: Arc<Self>, log: Arc<dyn EventLog>, clock: Clock) {
        while let Some(waiting) = self.next() {
            self.turn(log.as_ref(), &clock, waiting).await;
            // Those who were just answered come first, so that whoever asks again at once is in the
            // next commit and not in one after it.
            tokio::task::yield_now().await;
        }
    }

    /// The stored state, read up to the stream's head.
    pub(super) async fn caught_up(
        &self,
        log: &dyn EventLog,
    ) -> Result<(D::State, Version), ExecuteError<D::Rejection>> {
        let mut fold = self.fold.lock().await;
        let fold = self.catch_up(&mut fold, log).await?;
        Ok((fold.state.clone(), fold.version))
    }

    async fn catch_up<'a>(
        &self,
        fold: &'a mut Option<Fold<D>>,
        log: &dyn EventLog,
    ) -> Result<&'a mut Fold<D>, ExecuteError<D::Rejection>> {
        let mut newest = fold.take().unwrap_or_default();
        for commit in log.read(&self.stream, newest.version).await.map_err(ExecuteError::Read)? {
            newest.take(&commit)?;
        }
        Ok(fold.insert(newest))
    }

    async fn turn(&self, log: &dyn EventLog, clock: &Clock, mut waiting: Vec<Waiting<D>>) {
        let mut fold = self.fold.lock().await;
        // Whether the fold has been compared with the log since these commands came.
        let mut compared = fold.is_none();
        if compared && let Err(error) = self.catch_up(&mut fold, log).await {
            return refuse::<D>(waiting.into_iter().map(|w| w.reply), &error);
        }
        for round in 0.. {
            let known = fold.get_or_insert_default();
            let at = clock.now().max(known.at);
            let (batch, rest, again) = decide(known, waiting, at);
            self.give_back(rest);
            if batch.entries.is_empty() && (compared || batch.is_known()) {
                return settle(known, batch, None);
            }
            if batch.entries.is_empty() {
                // An append would have shown that another node has moved the stream on; a "no"
                // must be looked up, or it is said on a state that is past.
                waiting = requeue(batch, again);
                if let Err(error) = self.catch_up(&mut fold, log).await {
                    return refuse::<D>(waiting.into_iter().map(|w| w.reply), &error);
                }
                compared = true;
                continue;
            }
            let commit = Commit {
                stream: self.stream.clone(),
                expect: known.version,
                entries: batch.entries.clone(),
            };
            match self.append(log, commit, &batch.entries).await {
                Ok(done) => return settle(known, batch, Some((done, at))),
                Err(AppendError::Conflict(_)) if round < CONFLICTS_MAX => {
                    waiting = requeue(batch, again);
                    if let Err(error) = self.catch_up(&mut fold, log).await {
                        return refuse::<D>(waiting.into_iter().map(|w| w.reply), &error);
                    }
                    compared = true;
                }
                Err(error) => {
                    *fold = None;
                    let replies = batch.answers.into_iter().map(|(reply, _)| reply);
                    return refuse::<D>(replies, &ExecuteError::Append(error));
                }
            }
        }
    }

    /// Appends; where no answer comes, asks the stream's head until it tells. Nothing else is
    /// decided on this stream meanwhile.
    async fn append(
        &self,
        log: &dyn EventLog,
        commit: Commit,
        entries: &[Entry],
    ) -> Result<Done, AppendError> {
        let expect = commit.expect;
        let start = tokio::time::Instant::now();
        let told = log.append(commit).await;
        let failed = told.as_ref().is_err_and(|error| !matches!(error, AppendError::Conflict(_)));
        self.appends.count(start.elapsed(), failed);
        let unknown = match told {
            Err(AppendError::Unknown(stream)) => AppendError::Unknown(stream),
            told => return told,
        };
        for ask in 0..ASKS_MAX {
            match log.read(&self.stream, expect).await {
                Ok(commits) => {
                    let ours =
                        commits.iter().find(|c| c.after == expect && same(&c.entries, entries));
                    return match ours {
                        Some(c) => Ok(Done { position: c.position, version: c.version() }),
                        None => Err(AppendError::Conflict(self.stream.clone())),
                    };
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50 << ask)).await,
            }
        }
        Err(unknown)
    }
}

/// Whether these are the very same entries. Another node may have been sent one of the commands, so
/// that its id alone does not tell.
fn same(stored: &[Entry], sent: &[Entry]) -> bool {
    let text = |entry: &Entry| {
        let events = entry.events.iter().map(|event| event.0.get().to_owned());
        (entry.cmd, entry.at, events.collect::<Vec<_>>())
    };
    stored.iter().map(text).eq(sent.iter().map(text))
}

type Again<D> = Vec<(Meta, <D as Decider>::Command)>;

/// Decides what waits, in order, each on what the ones before it make of the state.
fn decide<D: Decider>(
    fold: &Fold<D>,
    waiting: Vec<Waiting<D>>,
    at: DateTime<Utc>,
) -> (Batch<D>, Vec<Waiting<D>>, Again<D>) {
    let mut batch = Batch {
        entries: Vec::new(),
        bytes: 0,
        state: fold.state.clone(),
        version: fold.version,
        answers: Vec::new(),
    };
    let mut again = Vec::new();
    let mut waiting = waiting.into_iter();
    while batch.bytes < BYTES_MAX
        && let Some(Waiting { meta, command, reply }) = waiting.next()
    {
        let decided = batch.decide(fold, &meta, command.clone(), at);
        again.push((meta, command));
        batch.answers.push((reply, decided));
    }
    (batch, waiting.collect(), again)
}

impl<D: Decider> Batch<D> {
    /// Whether all of it stood on the log before.
    fn is_known(&self) -> bool {
        self.answers.iter().all(|(_, decided)| matches!(decided, Decided::Known(Ok(_))))
    }

    fn decide(
        &mut self,
        fold: &Fold<D>,
        meta: &Meta,
        command: D::Command,
        at: DateTime<Utc>,
    ) -> Decided<D> {
        if let Some(&(position, version)) = fold.seen.get(&meta.cmd) {
            let events = Vec::new();
            return Decided::Known(Ok(Accepted { position, version, events, repeated: true }));
        }
        let repeated = |decided: &Decided<D>| match decided {
            // What brought nothing about stands nowhere; said again it is decided again.
            Decided::New(events, version, cmd) if *cmd == meta.cmd && !events.is_empty() => {
                Some(*version)
            }
            _ => None,
        };
        if let Some(version) = self.answers.iter().find_map(|(_, decided)| repeated(decided)) {
            return Decided::Again(version);
        }
        let events = match D::decide(&self.state, command, at) {
            Ok(events) => events,
            Err(rejection) => return Decided::Known(Err(ExecuteError::Rejected(rejection))),
        };
        let written: Result<Vec<_>, _> = events.iter().map(NewEvent::of).collect();
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                let refused = AppendError::Refused(error.to_string());
                return Decided::Known(Err(ExecuteError::Append(refused)));
            }
        };
        if !events.is_empty() {
            for event in &events {
                self.state = D::evolve(std::mem::take(&mut self.state), event);
            }
            self.version = self.version.plus(events.len());
            self.bytes += written.iter().map(NewEvent::len).sum::<usize>();
            let Meta { cmd, actor, cause } = meta.clone();
            self.entries.push(Entry { cmd, actor, cause, at, events: written });
        }
        Decided::New(events, self.version, meta.cmd)
    }
}

/// Puts the commands of a batch that was not stored back in their order.
fn requeue<D: Decider>(batch: Batch<D>, again: Again<D>) -> Vec<Waiting<D>> {
    let replies = batch.answers.into_iter().map(|(reply, _)| reply);
    let waiting = again.into_iter().zip(replies);
    waiting.map(|((meta, command), reply)| Waiting { meta, command, reply }).collect()
}

/// Takes a stored batch into the fold and lets the answers leave.
fn settle<D: Decider>(fold: &mut Fold<D>, batch: Batch<D>, done: Option<(Done, DateTime<Utc>)>) {
    if let Some((done, at)) = done {
        fold.state = batch.state;
        (fold.position, fold.version, fold.at) = (done.position, done.version, at);
        let stored = (done.position, done.version);
        fold.seen.extend(batch.entries.iter().map(|entry| (entry.cmd, stored)));
    }
    let position = fold.position;
    for (reply, decided) in batch.answers {
        // Whoever asked may have gone away; what they asked for is done all the same.
        let _ = reply.send(match decided {
            Decided::Known(answer) => answer,
            Decided::New(events, version, _) => {
                Ok(Accepted { position, version, events, repeated: false })
            }
            Decided::Again(version) => {
                Ok(Accepted { position, version, events: Vec::new(), repeated: true })
            }
        });
    }
}

fn refuse<D: Decider>(
    replies: impl Iterator<Item = oneshot::Sender<Answer<D>>>,
    error: &ExecuteError<D::Rejection>,
) {
    for reply in replies {
        let _ = reply.send(Err(error.clone()));
    }
}
