//! The event log: writing and reading, beside SQLite itself.

use std::{sync::Arc, time::Instant};

use anyhow::Result;
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, future};
use linli_platform::{
    clock::Clock,
    commit::{Commit, Entry, NewEvent},
    decider::Decider,
    event_log::{
        EventLog as _, Filter,
        sqlite::{OpenMode, SqliteLog},
    },
    ids::{Actor, CommandId, Position, StreamId, Version},
    stream::{Meta, Streams},
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{
    kit::{Lane, Table, goal, rate},
    peers::postgres::Postgres,
};

mod raw;

/// Commits of one round by one caller.
const ALONE: usize = 3_000;
/// Commits of one round by many.
const TOGETHER: usize = 40_000;
/// Commits read in one round.
const REPLAYED: usize = 200_000;
const CALLERS: usize = 64;
/// Over so many streams the commits of a round go, in turn.
const STREAMS: usize = 512;

/// An event of 250 bytes, as a check-in may look.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// Somebody came.
    CheckedIn {
        /// Who.
        resident: Uuid,
        /// Who ticked the name.
        by: Uuid,
        /// When.
        at: DateTime<Utc>,
        /// How.
        method: String,
        /// Anything else.
        remark: String,
    },
}

impl Event {
    pub fn of(n: usize) -> Self {
        Self::CheckedIn {
            resident: Uuid::from_u128(n as u128),
            by: Uuid::from_u128(7),
            at: DateTime::from_timestamp(1_794_000_000, 0).unwrap_or_default(),
            method: "LIST".into(),
            remark: "到得早，帮着搬了椅子，签到时说下个月还来".into(),
        }
    }
}

pub fn stream(n: usize) -> Result<StreamId> {
    let id = Uuid::from_u128(0x1234_5678_9abc_4def_8123_0000_0000_0000 + n as u128);
    Ok(StreamId::new("xiguan", "attendance", "roll", format!("{id}-2026-11-05"))?)
}

pub fn commit(stream: &StreamId, expect: usize, n: usize) -> Result<Commit> {
    let entry = Entry {
        cmd: CommandId(Uuid::from_u128(n as u128)),
        actor: Actor::Staff(Uuid::from_u128(7)),
        cause: None,
        at: DateTime::from_timestamp(1_794_000_000, 0).unwrap_or_default(),
        events: vec![NewEvent::of(&Event::of(n))?],
    };
    Ok(Commit { stream: stream.clone(), expect: Version(expect as u64), entries: vec![entry] })
}

/// Caller `c` of `callers` writes its share of `n` commits to streams of its own.
async fn caller(log: Arc<SqliteLog>, c: usize, callers: usize, n: usize) -> Result<()> {
    let mine = STREAMS / callers;
    let streams = (0..mine).map(|s| stream(c * mine + s)).collect::<Result<Vec<_>>>()?;
    for i in 0..n / callers {
        log.append(commit(&streams[i % mine], i / mine, i * callers + c)?).await?;
    }
    Ok(())
}

fn write(runtime: &Runtime, callers: usize, n: usize) -> Result<f64> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let log = Arc::new(SqliteLog::open(folder.path(), OpenMode::Write)?);
    let start = Instant::now();
    runtime.block_on(async {
        let callers = (0..callers).map(|c| tokio::spawn(caller(log.clone(), c, callers, n)));
        for done in future::join_all(callers).await {
            done??;
        }
        anyhow::Ok(())
    })?;
    Ok(rate(n, start))
}

fn replay(runtime: &Runtime, log: &SqliteLog) -> Result<f64> {
    let start = Instant::now();
    let mut read = 0;
    runtime.block_on(async {
        let mut pages = log.follow(Filter::all(), Position(0));
        while read < REPLAYED
            && let Some(page) = pages.next().await
        {
            for record in page?.commits {
                for (_, _, event) in record.events() {
                    std::hint::black_box(event.decode::<Event>()?);
                    read += 1;
                }
            }
        }
        anyhow::Ok(())
    })?;
    Ok(rate(read, start))
}

/// Commands of 64 callers for one stream: a roll when everybody arrives at once.
fn rush(runtime: &Runtime) -> Result<f64> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let log = Arc::new(SqliteLog::open(folder.path(), OpenMode::Write)?);
    let streams = Streams::new(log, Clock::system());
    let start = Instant::now();
    runtime.block_on(async {
        let callers = (0..CALLERS).map(|c| {
            let streams = streams.clone();
            tokio::spawn(async move {
                let roll = stream(0)?;
                for i in 0..TOGETHER / CALLERS {
                    let n = i * CALLERS + c;
                    let meta = Meta::by(Actor::Visitor, CommandId(Uuid::from_u128(n as u128)));
                    streams.execute::<Roll>(&roll, meta, n).await?;
                }
                anyhow::Ok(())
            })
        });
        for done in future::join_all(callers).await {
            done??;
        }
        anyhow::Ok(())
    })?;
    Ok(rate(TOGETHER, start))
}

/// A decider that lets everybody in, once.
enum Roll {}

#[derive(Debug, Clone, thiserror::Error)]
#[error("somebody is in already")]
struct Twice;

impl Decider for Roll {
    const SERVICE: &'static str = "attendance";
    const CATEGORY: &'static str = "roll";
    type Command = usize;
    type Event = Event;
    type State = usize;
    type Rejection = Twice;

    fn decide(_: &usize, n: usize, _: DateTime<Utc>) -> Result<Vec<Event>, Twice> {
        Ok(vec![Event::of(n)])
    }

    fn evolve(present: usize, _: &Event) -> usize {
        present + 1
    }
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let event = serde_json::to_string(&Event::of(1))?;
    let postgres = Postgres::start(&event);
    if let Err(absent) = &postgres {
        table.note(format!("{absent:#}"));
    }
    let postgres = postgres.as_ref().ok();
    writing(table, &runtime, postgres)?;
    replaying(table, &runtime, postgres, &event)
}

fn writing(table: &mut Table, runtime: &Runtime, postgres: Option<&Postgres>) -> Result<()> {
    let mut lanes = vec![
        Lane::new("Linli", || write(runtime, 1, ALONE)),
        Lane::new("SQLite FULL, batch 1", || raw::write(ALONE, 1)),
    ];
    if let Some(postgres) = postgres {
        lanes.push(Lane::new("PostgreSQL", || postgres.write(1, ALONE)));
    }
    let goals = [goal("SQLite FULL, batch 1", 0.8), goal("PostgreSQL", 1.4)];
    table.contest("log, one caller, commit by commit", lanes, &goals)?;
    let mut lanes = vec![
        Lane::new("Linli", || write(runtime, CALLERS, TOGETHER)),
        Lane::new("SQLite FULL, batch 1000", || raw::write(TOGETHER, 1000)),
        Lane::new("SQLite FULL, batch 64", || raw::write(TOGETHER, 64)),
    ];
    if let Some(postgres) = postgres {
        lanes.push(Lane::new("PostgreSQL, 16 clients", || postgres.write(16, TOGETHER / 64)));
    }
    let goals = [goal("SQLite FULL, batch 1000", 0.6), goal("PostgreSQL, 16 clients", 4.0)];
    table.contest("log, 64 callers", lanes, &goals)?;
    let lanes = vec![
        Lane::new("Linli", || rush(runtime)),
        Lane::new("SQLite FULL, batch 1000", || raw::write(TOGETHER, 1000)),
    ];
    let goals = [goal("SQLite FULL, batch 1000", 0.4)];
    table.contest("log, one hot stream, 64 callers", lanes, &goals)?;
    Ok(())
}

fn replaying(
    table: &mut Table,
    runtime: &Runtime,
    postgres: Option<&Postgres>,
    event: &str,
) -> Result<()> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let log = Arc::new(SqliteLog::open(folder.path(), OpenMode::Simulate)?);
    runtime.block_on(async {
        let callers = (0..CALLERS).map(|c| tokio::spawn(caller(log.clone(), c, CALLERS, REPLAYED)));
        for done in future::join_all(callers).await {
            done??;
        }
        anyhow::Ok(())
    })?;
    let raw = raw::filled(REPLAYED)?;
    let mut lanes =
        vec![Lane::new("Linli", || replay(runtime, &log)), Lane::new("SQLite scan", || raw.scan())];
    if let Some(postgres) = postgres {
        postgres.fill(REPLAYED, event)?;
        lanes.push(Lane::new("PostgreSQL COPY", || postgres.copy(REPLAYED)));
    }
    let goals = [goal("SQLite scan", 0.1), goal("PostgreSQL COPY", 0.7)];
    table.contest("log, replay with decode", lanes, &goals)?;
    Ok(())
}
