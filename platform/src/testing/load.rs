//! Many writers at once over real nats-servers, and a checker of what they were told.
//!
//! Each writer gives commands one after the other, on few streams so that they get in each other's
//! way, and says one again under the same id until it is answered, as a browser or a process would.
//! Afterwards the log is read by somebody else: what was acknowledged must stand there, once.
#![expect(clippy::expect_used, reason = "for tests and benches")]

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, future::join_all};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::{
    clock::Clock,
    decider::Decider,
    entropy::Entropy,
    event_log::{EventLog, Filter},
    ids::{Actor, CommandId, Position, StreamId},
    stream::{ExecuteError, Meta, Streams},
};

/// How long a writer waits before it says again what was not answered.
const AGAIN: Duration = Duration::from_millis(100);
/// Streams that the writers share.
const STREAMS: u64 = 8;

/// A list of marks that grows.
enum Marks {}

/// A mark was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Marked {
    Marked { by: u64 },
}

impl Decider for Marks {
    const SERVICE: &'static str = "attendance";
    const CATEGORY: &'static str = "roll";
    type Command = u64;
    type Event = Marked;
    type State = u64;
    type Rejection = std::convert::Infallible;

    fn decide(_: &u64, by: u64, _: DateTime<Utc>) -> Result<Vec<Marked>, std::convert::Infallible> {
        Ok(vec![Marked::Marked { by }])
    }

    fn evolve(count: u64, event: &Marked) -> u64 {
        match event {
            Marked::Marked { .. } => count + 1,
        }
    }
}

/// What the checker found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Commands that were acknowledged.
    pub acknowledged: u64,
    /// Of them, those that the log does not have.
    pub lost: u64,
    /// Commands that the log has more than once.
    pub doubled: u64,
    /// The longest time in which nobody was told anything.
    pub silence_max: Duration,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, lost, doubled, silence_max } = self;
        write!(
            f,
            "{acknowledged} acknowledged, {lost} lost, {doubled} doubled, longest silence {:.1} s",
            silence_max.as_secs_f64()
        )
    }
}

#[derive(Default)]
struct Told {
    acknowledged: Vec<CommandId>,
    last: Option<Instant>,
    silence_max: Duration,
}

/// Writers at work.
pub struct Load {
    told: Arc<Mutex<Told>>,
    end: Arc<AtomicBool>,
    writers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts so many writers on each of some nodes' logs.
    pub fn start(logs: &[Arc<dyn EventLog>], writers_each: u64) -> Self {
        let (told, end) = (Arc::new(Mutex::new(Told::default())), Arc::new(AtomicBool::new(false)));
        let mut writers = Vec::new();
        for (node, log) in (0..).zip(logs) {
            let streams = Streams::new(log.clone(), Clock::system());
            for writer in 0..writers_each {
                let (streams, told, end) = (streams.clone(), told.clone(), end.clone());
                let number = node * writers_each + writer;
                writers.push(tokio::spawn(write(streams, number, told, end)));
            }
        }
        Self { told, end, writers }
    }

    /// How many commands were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).acknowledged.len()
    }

    /// Waits until so many more were acknowledged.
    pub async fn goes_on_for(&self, more: usize) {
        let wanted = self.acknowledged() + more;
        while self.acknowledged() < wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the writers when each has its answer.
    pub async fn end(self) -> Ended {
        self.end.store(true, Ordering::Relaxed);
        for writer in join_all(self.writers).await {
            writer.expect("a writer does not fail");
        }
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        Ended(told)
    }
}

/// Writers that have ended, with all that they were told.
pub struct Ended(Told);

impl Ended {
    /// Leaves out what was acknowledged after the first so many commands.
    #[must_use]
    pub fn first(mut self, commands: usize) -> Self {
        self.0.acknowledged.truncate(commands);
        self
    }

    /// Compares what was told with what a log has.
    pub async fn check(&self, log: &dyn EventLog) -> Found {
        let last = log.last().await.expect("the log answers");
        let mut pages = log.follow(Filter::all(), Position(0));
        let (mut seen, mut upto) = (HashMap::<CommandId, u64>::new(), Position(0));
        while upto < last {
            let page = pages.next().await.expect("a follower goes on").expect("the log is whole");
            upto = page.upto;
            for entry in page.commits.iter().flat_map(|commit| &commit.entries) {
                *seen.entry(entry.cmd).or_default() += 1;
            }
        }
        let missing = |cmd: &&CommandId| !seen.contains_key(*cmd);
        Found {
            acknowledged: self.0.acknowledged.len() as u64,
            lost: self.0.acknowledged.iter().filter(missing).count() as u64,
            doubled: seen.values().filter(|times| **times > 1).count() as u64,
            silence_max: self.0.silence_max,
        }
    }
}

async fn write(streams: Streams, number: u64, told: Arc<Mutex<Told>>, end: Arc<AtomicBool>) {
    let entropy = Entropy::seeded(number);
    let stream = StreamId::new("xiguan", "attendance", "roll", number % STREAMS);
    let stream = stream.expect("a stream's name");
    while !end.load(Ordering::Relaxed) {
        let meta = Meta::by(Actor::Process("attendance.load".to_owned()), entropy.command());
        loop {
            match streams.execute::<Marks>(&stream, meta.clone(), number).await {
                Ok(_) => break,
                Err(ExecuteError::Rejected(never)) => match never {},
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(last) = told.last.replace(now) {
            told.silence_max = told.silence_max.max(now - last);
        }
        told.acknowledged.push(meta.cmd);
    }
}
