//! `tallies`: hears who came, for how long and with which duty, and has each occurrence's tally
//! credit what the rules of its date give; corrections and merged entries reverse and credit anew.
//!
//! It remembers for each occurrence who is there by the roll's words, and for each person and day
//! what all occurrences earned. A change on a roll sets that person's share anew; what then differs
//! from what was told before goes to the tallies. So the order in which facts arrive does not matter
//! to the sum, and a fact that changes nothing causes nothing. An occurrence that is moved to another
//! day takes what it earned along: to that day's rules, homes, teams and limit.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::{Actor, EventRef, StreamId},
    process::{Action, Input, Process, Rows},
    projection::Fact,
};

use crate::{
    contract::heard::{DutyEvent, Heard, ResidentEvent, RollEvent},
    deciders::tally::Command,
    values::OccurrenceKey,
};

mod learn;
mod moved;
mod settle;
mod state;
#[cfg(test)]
mod tests;

use settle::Books;
use state::{Closed, Occurrence};

/// The process.
pub enum Tallies {}

/// What an input makes it want.
type Wanted = Vec<(StreamId, Command)>;

impl Process<Heard> for Tallies {
    const NAME: &'static str = "tallies";
    const VERSION: u32 = 1;
    type Command = Command;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let wanted = match input {
            Input::Timer { name, .. } => over(rows, name),
            Input::Event(fact) => heard(rows, fact),
        };
        rows.leave(wanted);
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, _: DateTime<Utc>) -> Vec<Action<Command>> {
        let wanted = rows.left::<Wanted>().unwrap_or_default();
        let commands = wanted.into_iter().map(|(to, command)| Action::Command { to, command });
        timers(rows, input).into_iter().chain(commands).collect()
    }
}

fn heard(rows: &mut Rows<'_>, fact: &Fact<Heard>) -> Wanted {
    match &fact.event {
        Heard::Scoring(place, event) => learn::rules(rows, place, event, &fact.source),
        Heard::Place(code, event) => learn::place(rows, code, event),
        Heard::Calendar { community, activity, event } => {
            learn::calendar(rows, community, *activity, event);
            if let Some(key) = learn::timed(community, *activity, event) {
                let mut books = Books::new(rows, fact.source.clone());
                books.rescheduled(&key, fact.at);
                return books.commands;
            }
        }
        Heard::Resident(resident, event) => {
            learn::resident(rows, *resident, event, fact.at);
            if let ResidentEvent::ResidentMerged { into } = event {
                let mut books = Books::new(rows, fact.source.clone());
                books.merged(*resident, *into);
                return books.commands;
            }
        }
        Heard::Roll(key, event) => return on_roll(rows, key, event, fact),
        Heard::Duty(key, event) => return on_duty(rows, key, event, &fact.source),
        Heard::Tally(..)
        | Heard::Wallet(..)
        | Heard::Team(..)
        | Heard::List(..)
        | Heard::Notice(..)
        | Heard::Schedule(..)
        | Heard::Bulletin { .. } => {}
    }
    Vec::new()
}

fn on_roll(
    rows: &mut Rows<'_>,
    key: &OccurrenceKey,
    event: &RollEvent,
    fact: &Fact<Heard>,
) -> Wanted {
    let source = &fact.source;
    let mut books = Books::new(rows, source.clone());
    match event {
        RollEvent::CheckedIn { resident } => books.presence(key, *resident, |there| {
            there.came = Some(source.clone());
            there.minutes = None;
        }),
        RollEvent::CheckedOut { resident, minutes }
        | RollEvent::HoursCorrected { resident, minutes } => {
            books
                .presence(key, *resident, |there| there.minutes = Some((*minutes, source.clone())));
        }
        RollEvent::CheckInReversed { resident } => books.presence(key, *resident, |there| {
            (there.came, there.minutes) = (None, None);
        }),
        RollEvent::HeadcountGiven { people } => books.counted(key, *people),
        RollEvent::RollClosed {} => {
            let by_itself = matches!(fact.actor, Actor::Process(_));
            books.closed(key, if by_itself { Closed::ByItself } else { Closed::ByHand });
        }
    }
    // Those whom the closing checks out are summed up by the closing itself.
    let at_once = !matches!(event, RollEvent::CheckedOut { .. });
    books.sum(key, |occurrence| {
        occurrence.closed.is_some() || at_once && occurrence.end.is_some_and(|end| end <= fact.at)
    });
    books.commands
}

fn on_duty(
    rows: &mut Rows<'_>,
    key: &OccurrenceKey,
    event: &DutyEvent,
    source: &EventRef,
) -> Wanted {
    let mut books = Books::new(rows, source.clone());
    match event {
        DutyEvent::DutyDone { duty, resident } => books.presence(key, *resident, |there| {
            if !there.duties.iter().any(|(name, _)| name == duty) {
                there.duties.push((duty.clone(), source.clone()));
            }
        }),
        DutyEvent::DutyDoneReversed { duty, resident } => {
            books.presence(key, *resident, |there| there.duties.retain(|(name, _)| name != duty));
        }
    }
    books.commands
}

/// The occurrence's end has come.
fn over(rows: &mut Rows<'_>, timer: &str) -> Wanted {
    let Some(key) = state::timer_key(timer) else { return Vec::new() };
    // What is summed up because time passes has no cause on the log, and settles nobody's share.
    let mut books = Books::without_cause(rows);
    books.sum(&key, |_| true);
    books.commands
}

/// Each occurrence has a timer at its end.
fn timers(rows: &Rows<'_>, input: &Input<'_, Heard>) -> Vec<Action<Command>> {
    let Input::Event(fact) = input else { return Vec::new() };
    let Heard::Calendar { community, activity, event } = &fact.event else { return Vec::new() };
    let Some(key) = learn::timed(community, *activity, event) else { return Vec::new() };
    let name = state::timer_name(&key);
    let occurrence = rows.get::<Occurrence>(&state::occurrence_row(&key));
    match occurrence.filter(|occurrence| !occurrence.cancelled).and_then(|it| it.end) {
        Some(due) => vec![Action::SetTimer { name, due }],
        None => vec![Action::ClearTimer { name }],
    }
}
