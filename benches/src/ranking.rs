//! The boards, credit by credit: beside a sorted set in this process, and Redis'.

use std::{
    collections::{BTreeMap, BTreeSet},
    hint::black_box,
    time::Instant,
};

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, Utc};
use linli_platform::{
    ids::{Actor, CommandId, EventRef, Position, StreamId, Version},
    projection::{Fact, Projection as _},
};
use linli_ranking::{
    contract::{Credit, Ground, TallyEvent, heard::Heard},
    projections::boards::{self, Boards, By},
    values::{OccurrenceKey, Period, Span},
};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{
    kit::{Lane, Table, goal, rate},
    peers::redis::Redis,
};

const RESIDENTS: usize = 20_000;
/// Credits of a round.
const CREDITS: usize = 50_000;
/// Credits in one transaction, as one page of the log has them.
const AT_ONCE: usize = 1_000;
/// Boards read in a round.
const READ: usize = 2_000;
const COMMUNITY: &str = "xiguan";

/// Spreads credits over people without chance.
pub fn who(n: usize) -> usize {
    n.wrapping_mul(7_919) % RESIDENTS
}

fn facts() -> Result<Vec<Fact<Heard>>> {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    let at = DateTime::<Utc>::default();
    let fact = |n: usize| {
        let on = first + Days::new((n * 365 / CREDITS) as u64);
        let activity = Uuid::from_u128(1);
        let key = OccurrenceKey {
            community: COMMUNITY.into(),
            activity,
            recurrence_id: on.format("%Y%m%dT090000").to_string(),
        };
        let stream = StreamId::new(COMMUNITY, "ranking", "tally", activity)?;
        let source = EventRef { stream, version: Version(n as u64 + 1) };
        let credit = Credit {
            resident: Uuid::from_u128(who(n) as u128),
            ground: Ground::Attendance,
            points: 2,
            times: 1,
            minutes: 0,
            on,
            community: COMMUNITY.into(),
            building: format!("{COMMUNITY}-b{:02}", who(n) % 24 + 1),
            teams: Vec::new(),
            cause: source.clone(),
            revision: 0,
            capped: 0,
        };
        Ok(Fact {
            source,
            position: Position(n as u64 + 1),
            at,
            cmd: CommandId(Uuid::from_u128(n as u128)),
            actor: Actor::Process("ranking.tallies".into()),
            cause: None,
            event: Heard::Tally(key, TallyEvent::Credited(credit)),
        })
    };
    (0..CREDITS).map(fact).collect()
}

fn project(db: &mut Connection, facts: &[Fact<Heard>]) -> Result<f64> {
    let start = Instant::now();
    for some in facts.chunks(AT_ONCE) {
        let tx = db.transaction()?;
        for fact in some {
            Boards::apply(&tx, fact)?;
        }
        tx.commit()?;
    }
    Ok(rate(facts.len(), start))
}

/// One board in memory: a sorted set of points and people, kept up credit by credit.
fn in_process() -> f64 {
    let (mut board, mut has) = (BTreeSet::new(), BTreeMap::<usize, i64>::new());
    let start = Instant::now();
    for n in 0..CREDITS {
        let points = has.entry(who(n)).or_default();
        board.remove(&(*points, who(n)));
        *points += 2;
        board.insert((*points, who(n)));
    }
    black_box(&board);
    rate(CREDITS, start)
}

fn read(db: &Connection) -> Result<f64> {
    let on = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap_or_default();
    let start = Instant::now();
    for _ in 0..READ {
        black_box(boards::best(db, COMMUNITY, Period::of(Span::Year, on), By::Points, 10)?);
    }
    Ok(rate(READ, start))
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let mut db = Connection::open(folder.path().join("boards.db"))?;
    db.set_prepared_statement_cache_capacity(256);
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    db.execute_batch(Boards::TABLES)?;
    let facts = facts()?;
    let redis = Redis::start();
    let mut lanes = vec![
        Lane::new("Linli", || project(&mut db, &facts)),
        Lane::new("BTreeSet, one board", || Ok(in_process())),
    ];
    match &redis {
        Ok(redis) => lanes.push(Lane::new("Redis, pipelined 100", || redis.credit(CREDITS))),
        Err(absent) => table.note(format!("{absent:#}")),
    }
    let goals = [goal("BTreeSet, one board", 0.3), goal("Redis, pipelined 100", 4.0)];
    table.contest("boards, credit by credit", lanes, &goals)?;
    if let Ok(redis) = &redis {
        let lanes = vec![
            Lane::new("Linli", || read(&db)),
            Lane::new("Redis ZREVRANGE", || redis.best(READ)),
        ];
        table.contest("the ten best of a year", lanes, &[])?;
    }
    table.note(
        "boards: a credit changes three sums of a person and two of a building, on disk, in \
         transactions of 1,000; the others keep one sum in memory.",
    );
    Ok(())
}
