//! What a page of the log, or a timer, does to one service's tables.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::{Plan, ProcessEntry, rows::Rows, store};
use crate::{
    entropy::{caused_by, derived},
    event_log::Page,
    ids::{CommandId, EventRef, Position},
    process::{Action, Input},
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
        part(&tx, p.name, stopped, &facts, |facts| {
            facts.iter().try_for_each(|fact| {
                (p.apply)(&tx, fact).map_err(|error| format!("{}: {error}", fact.source))
            })
        })?;
    }
    for p in plan.processes.iter().filter(|_| hand) {
        part(&tx, p.name, stopped, &facts, |facts| hear(&tx, p, facts))?;
    }
    let names = plan.names(hand);
    let going = names.iter().copied().filter(|name| !stopped.contains_key(name));
    store::move_on(&tx, going, upto)?;
    let entries = page.commits.iter().flat_map(|commit| &commit.entries);
    store::seen(&tx, entries.map(|entry| entry.cmd))?;
    if let Some((_, why)) = poison {
        for name in names {
            stopped.entry(name).or_insert_with(|| why.clone());
            let at = store::checkpoint(&tx, name)?;
            store::stop_at(&tx, name, at, &why)?;
        }
    }
    tx.commit()
}

/// Runs one projection's or process's share of a transaction on the facts that are new to it: all of
/// it, or it is stopped where it was.
fn part<E>(
    tx: &Connection,
    name: &'static str,
    stopped: &mut BTreeMap<&'static str, String>,
    facts: &[Fact<E>],
    work: impl FnOnce(&[Fact<E>]) -> Result<(), String>,
) -> rusqlite::Result<()> {
    if stopped.contains_key(name) || facts.is_empty() {
        return Ok(());
    }
    let from = store::checkpoint(tx, name)?;
    // They are in the log's order.
    let new = &facts[facts.partition_point(|fact| fact.position <= from)..];
    tx.prepare_cached("SAVEPOINT part")?.execute([])?;
    let done = work(new);
    if done.is_err() {
        tx.prepare_cached("ROLLBACK TO part")?.execute([])?;
    }
    tx.prepare_cached("RELEASE part")?.execute([])?;
    if let Err(why) = done {
        store::stop_at(tx, name, from, &why)?;
        stopped.insert(name, why);
    }
    Ok(())
}

/// Gives a process some events, each after the timers that were due before it.
fn hear<E>(tx: &Connection, process: &ProcessEntry<E>, facts: &[Fact<E>]) -> Result<(), String> {
    let first = || store::first_timer(tx, process.name, None).map_err(|error| error.to_string());
    // Looked up again only when it may have changed.
    let mut next = first()?.map(|timer| timer.due);
    for fact in facts {
        if next.is_some_and(|due| due < fact.at) {
            fire(tx, process, fact.at, usize::MAX)?;
            next = first()?.map(|timer| timer.due);
        }
        let timed = take(tx, process, fact).map_err(|error| format!("{}: {error}", fact.source))?;
        if timed {
            next = first()?.map(|timer| timer.due);
        }
    }
    Ok(())
}

/// Gives a process one event. Whether it set or cleared timers.
fn take<E>(tx: &Connection, process: &ProcessEntry<E>, fact: &Fact<E>) -> Result<bool, String> {
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
        let first = store::first_timer(tx, process.name, Some(limit));
        let Some(timer) = first.map_err(|e| e.to_string())? else { break };
        store::clear_timer(tx, process.name, &timer.name).map_err(|e| e.to_string())?;
        let due = timer.due;
        let scope = format!("{}/{}/{}", process.name, timer.name, due.timestamp_micros());
        let id = |n: usize| CommandId(derived(&scope, &n.to_string()));
        let input = Input::Timer { name: &timer.name, due };
        step(tx, process, &input, due, None, id)
            .map_err(|error| format!("timer {} due {due}: {error}", timer.name))?;
    }
    Ok(())
}

/// One input, and what comes of it. Whether timers were set or cleared.
fn step<E>(
    tx: &Connection,
    process: &ProcessEntry<E>,
    input: &Input<'_, E>,
    now: DateTime<Utc>,
    cause: Option<&EventRef>,
    id: impl Fn(usize) -> CommandId,
) -> Result<bool, String> {
    let mut rows = Rows::of(tx, process.name);
    let actions = (process.step)(&mut rows, input, now).map_err(|error| error.to_string())?;
    if let Some(failure) = rows.failure() {
        return Err(failure);
    }
    let timed = actions.iter().any(|action| !matches!(action, Action::Command { .. }));
    store::write_actions(tx, process.name, cause, actions, id)
        .map_err(|error| error.to_string())?;
    Ok(timed)
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
        tx.prepare_cached("SAVEPOINT part")?.execute([])?;
        if let Err(why) = fire(&tx, p, now + TimeDelta::microseconds(1), TIMERS_MAX) {
            tx.prepare_cached("ROLLBACK TO part")?.execute([])?;
            let at = store::checkpoint(&tx, p.name)?;
            store::stop_at(&tx, p.name, at, &why)?;
            stopped.insert(p.name, why);
        }
        tx.prepare_cached("RELEASE part")?.execute([])?;
    }
    tx.commit()
}
