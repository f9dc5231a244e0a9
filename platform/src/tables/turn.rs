//! What a page of the log, or a timer, does to one service's tables.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::{Plan, ProcessEntry, rows::Rows, store};
use crate::{
    entropy::{caused_by, derived},
    event_log::Page,
    ids::{CommandId, EventRef, Position},
    process::Input,
    projection::Fact,
};

/// At most this many timers fire in one transaction.
const TIMERS_MAX: usize = 5_000;

/// Takes a page of the log into all projections and processes, in one transaction.
pub(super) fn apply<E>(
    db: &mut Connection,
    plan: &Plan<E>,
    stopped: &mut BTreeMap<&'static str, String>,
    hand: bool,
    page: &Page,
) -> rusqlite::Result<()> {
    let (facts, poison) = plan.facts(&page.commits);
    let upto = match &poison {
        Some((position, _)) => Position(position.0.saturating_sub(1)),
        None => page.upto,
    };
    let tx = db.transaction()?;
    for p in &plan.projections {
        part(&tx, p.name, stopped, upto, |from| {
            facts.iter().filter(|fact| fact.position > from).try_for_each(|fact| {
                (p.apply)(&tx, fact).map_err(|error| format!("{}: {error}", fact.source))
            })
        })?;
    }
    for p in plan.processes.iter().filter(|_| hand) {
        part(&tx, p.name, stopped, upto, |from| {
            facts.iter().filter(|fact| fact.position > from).try_for_each(|fact| {
                fire(&tx, p, fact.at, usize::MAX)?;
                take(&tx, p, fact).map_err(|error| format!("{}: {error}", fact.source))
            })
        })?;
    }
    let entries = page.commits.iter().flat_map(|commit| &commit.entries);
    store::seen(&tx, entries.map(|entry| entry.cmd))?;
    if let Some((_, why)) = poison {
        for name in plan.names(hand) {
            stopped.entry(name).or_insert_with(|| why.clone());
            let at = store::checkpoint(&tx, name)?;
            store::set_checkpoint(&tx, name, at, Some(&why))?;
        }
    }
    tx.commit()
}

/// Runs one projection's or process's share of a transaction: all of it, or it is stopped where it
/// was.
fn part(
    tx: &Connection,
    name: &'static str,
    stopped: &mut BTreeMap<&'static str, String>,
    upto: Position,
    work: impl FnOnce(Position) -> Result<(), String>,
) -> rusqlite::Result<()> {
    if stopped.contains_key(name) {
        return Ok(());
    }
    let from = store::checkpoint(tx, name)?;
    if from >= upto {
        return Ok(());
    }
    tx.execute_batch("SAVEPOINT part")?;
    match work(from) {
        Ok(()) => {
            tx.execute_batch("RELEASE part")?;
            store::set_checkpoint(tx, name, upto, None)
        }
        Err(why) => {
            tx.execute_batch("ROLLBACK TO part; RELEASE part")?;
            store::set_checkpoint(tx, name, from, Some(&why))?;
            stopped.insert(name, why);
            Ok(())
        }
    }
}

/// Gives a process one event.
fn take<E>(tx: &Connection, process: &ProcessEntry<E>, fact: &Fact<E>) -> Result<(), String> {
    let id = |n| caused_by(process.name, &fact.source, n);
    step(tx, process, &Input::Event(fact), fact.at, Some(&fact.source), id)
}

/// Gives a process its timers due before `limit`, in order, at most `most`.
fn fire<E>(
    tx: &Connection,
    process: &ProcessEntry<E>,
    limit: DateTime<Utc>,
    most: usize,
) -> Result<(), String> {
    for _ in 0..most {
        let first = store::first_timer(tx, Some(process.name), Some(limit));
        let Some(timer) = first.map_err(|e| e.to_string())? else { break };
        store::clear_timer(tx, &timer.process, &timer.name).map_err(|e| e.to_string())?;
        let due = timer.due;
        let scope = format!("{}/{}/{}", process.name, timer.name, due.timestamp_micros());
        let id = |n: usize| CommandId(derived(&scope, &n.to_string()));
        let input = Input::Timer { name: &timer.name, due };
        step(tx, process, &input, due, None, id)
            .map_err(|error| format!("timer {} due {due}: {error}", timer.name))?;
    }
    Ok(())
}

fn step<E>(
    tx: &Connection,
    process: &ProcessEntry<E>,
    input: &Input<'_, E>,
    now: DateTime<Utc>,
    cause: Option<&EventRef>,
    id: impl Fn(usize) -> CommandId,
) -> Result<(), String> {
    let mut rows = Rows::of(tx, process.name);
    let actions = (process.step)(&mut rows, input, now).map_err(|error| error.to_string())?;
    if let Some(failure) = rows.failure() {
        return Err(failure);
    }
    store::write_actions(tx, process.name, cause, actions, id).map_err(|error| error.to_string())
}

/// Gives every process what is due by `now`.
pub(super) fn fire_all<E>(
    db: &mut Connection,
    plan: &Plan<E>,
    stopped: &mut BTreeMap<&'static str, String>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    for p in &plan.processes {
        if stopped.contains_key(p.name) {
            continue;
        }
        tx.execute_batch("SAVEPOINT part")?;
        if let Err(why) = fire(&tx, p, now + TimeDelta::microseconds(1), TIMERS_MAX) {
            tx.execute_batch("ROLLBACK TO part")?;
            let at = store::checkpoint(&tx, p.name)?;
            store::set_checkpoint(&tx, p.name, at, Some(&why))?;
            stopped.insert(p.name, why);
        }
        tx.execute_batch("RELEASE part")?;
    }
    tx.commit()
}
