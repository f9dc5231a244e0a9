//! How a command reaches the log: local fold, decide, append at the expected version.
//!
//! **Group commit per stream.** While an append of a stream is in flight, further commands for it
//! wait; then all of them are decided in order, each on the state that the ones before it would
//! make, and appended as one commit. An answer, yes or no, leaves only when every append that it
//! was decided on is stored. (Deciding ahead on a speculative state would save no round trip, since
//! the append after it must wait for the one before anyway.)
//!
//! **Once.** The fold keeps the ids of all commands of its stream. A command that the stream has
//! already seen is answered with its first position and yields nothing new, however late.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, VecDeque},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span, field::Empty};

use crate::{
    clock::Clock,
    clock_guard::ClockGuard,
    decider::Decider,
    event_log::{AppendError, EventLog, ReadError},
    ids::{Actor, CommandId, EventRef, Position, StreamId, Version},
};

mod appends;
mod slot;
#[cfg(test)]
mod tests;

pub use appends::{AppendFigures, Appends, BOUNDS_MS};
use slot::Slot;

/// How many streams of one category keep their fold in memory.
const FOLDS_MAX: usize = 4096;

/// What goes with a command.
#[derive(Debug, Clone)]
pub struct Meta {
    /// Its id: the same command sent again bears the same.
    pub cmd: CommandId,
    /// Who gives it.
    pub actor: Actor,
    /// The event that made a process give it.
    pub cause: Option<EventRef>,
}

impl Meta {
    /// A command that a person gives.
    pub fn by(actor: Actor, cmd: CommandId) -> Self {
        Self { cmd, actor, cause: None }
    }
}

/// A command was accepted, and what it brought about is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<E> {
    /// Where to wait for it: the position of the commit it is in, or of the newest that it was
    /// decided on where it changed nothing.
    pub position: Position,
    /// The version of the stream with it.
    pub version: Version,
    /// What happened; empty if nothing had to, or if the command had been done before.
    pub events: Vec<E>,
    /// Whether the stream had seen this command before.
    pub repeated: bool,
}

/// Why a command was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecuteError<R: std::error::Error> {
    /// The domain says no.
    #[error(transparent)]
    Rejected(R),
    /// The log could not take it, or is not known to have.
    #[error(transparent)]
    Append(AppendError),
    /// The stream could not be read.
    #[error(transparent)]
    Read(ReadError),
    /// An event on the stream is not one that this version knows.
    #[error("{at} can't be read: {why}")]
    Undecodable {
        /// The event.
        at: EventRef,
        /// What is wrong.
        why: String,
    },
}

/// All streams that this node writes.
#[derive(Clone)]
pub struct Streams {
    log: Arc<dyn EventLog>,
    clock: Clock,
    guard: ClockGuard,
    appends: Arc<Appends>,
    categories: Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send>>>>,
}

type Folds<D> = LruCache<StreamId, Arc<Slot<D>>>;

fn held<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Streams {
    /// Streams on `log`, with `clock` for the time of each decision.
    pub fn new(log: Arc<dyn EventLog>, clock: Clock) -> Self {
        let (guard, appends) = (ClockGuard::default(), Arc::default());
        Self { log, clock, guard, appends, categories: Arc::default() }
    }

    /// The same streams, with an eye on the clock.
    #[must_use]
    pub fn guarded_by(mut self, guard: ClockGuard) -> Self {
        self.guard = guard;
        self
    }

    /// What keeps a wrong clock from doing harm.
    pub fn guard(&self) -> &ClockGuard {
        &self.guard
    }

    /// How long this node's appends took.
    pub fn appends(&self) -> &Appends {
        &self.appends
    }

    /// Gives `command` to stream `id` of `D`'s category in `community`, and waits until what came
    /// of it is stored.
    pub async fn execute<D: Decider>(
        &self,
        stream: &StreamId,
        meta: Meta,
        command: D::Command,
    ) -> Result<Accepted<D::Event>, ExecuteError<D::Rejection>> {
        debug_assert_eq!(stream.category(), D::CATEGORY);
        debug_assert!(D::SERVICE.is_empty() || stream.service() == D::SERVICE);
        if matches!(meta.actor, Actor::Process(_)) {
            self.guard.released().await;
        }
        if let Some(why) = self.guard.refusal() {
            return Err(ExecuteError::Append(AppendError::Down(why)));
        }
        let cause = meta.cause.as_ref().map(tracing::field::display);
        let span = tracing::debug_span!(
            "command", %stream, cmd = %meta.cmd, cause, version = Empty, position = Empty
        );
        let (reply, answer) = oneshot::channel();
        let slot = self.slot::<D>(stream);
        let leads = slot.put(slot::Waiting { meta, command, reply });
        if leads {
            // On a task of its own, so that a caller who goes away leaves nothing half done.
            tokio::spawn(slot.clone().lead(self.log.clone(), self.clock.clone()));
        }
        match answer.instrument(span.clone()).await {
            Ok(answer) => {
                if let Ok(accepted) = &answer {
                    note(&span, accepted);
                    self.guard.wrote(self.clock.now());
                }
                answer
            }
            Err(_) => Err(ExecuteError::Append(AppendError::Unknown(stream.clone()))),
        }
    }

    /// The state of a stream as it is stored, for a process or a page that needs just this one.
    pub async fn state<D: Decider>(
        &self,
        stream: &StreamId,
    ) -> Result<(D::State, Version), ExecuteError<D::Rejection>> {
        self.slot::<D>(stream).caught_up(self.log.as_ref()).await
    }

    fn slot<D: Decider>(&self, stream: &StreamId) -> Arc<Slot<D>> {
        let size = NonZeroUsize::new(FOLDS_MAX).unwrap_or(NonZeroUsize::MIN);
        let new = || Arc::new(Slot::new(stream.clone(), self.appends.clone()));
        let mut categories = held(&self.categories);
        let folds = categories
            .entry(TypeId::of::<D>())
            .or_insert_with(|| Box::new(Folds::<D>::new(size)))
            .downcast_mut::<Folds<D>>();
        match folds {
            Some(folds) => folds.get_or_insert(stream.clone(), new).clone(),
            // Not reached: the map is keyed by the type. A slot of its own is merely slower.
            None => new(),
        }
    }
}

/// Says on a command's span what came of it.
fn note<E>(span: &Span, accepted: &Accepted<E>) {
    span.record("version", accepted.version.0);
    span.record("position", accepted.position.0);
}

/// Commands of one stream that wait their turn.
type Queue<D> = VecDeque<slot::Waiting<D>>;
