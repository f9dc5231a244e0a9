//! Who was expected, who let know that they don't come, and how it was.

use linli_platform::projection::Fact;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::add;
use crate::{
    contract::{
        heard::Heard,
        lists::{ListEvent, Rating},
    },
    values::Count,
};

/// On the list of those expected.
pub(super) const LISTED: u32 = 1;
/// Has a place.
pub(super) const REGISTERED: u32 = 2;
/// Let know that they don't come.
pub(super) const EXCUSED: u32 = 4;
/// Is there.
pub(super) const CAME: u32 = 8;

pub(super) fn apply(
    db: &Connection,
    fact: &Fact<Heard>,
    occurrence: i64,
    event: &ListEvent,
) -> rusqlite::Result<()> {
    let flag = |resident: Uuid, on, off| flag(db, fact, occurrence, resident, on, off);
    match event {
        ListEvent::Registered { resident } | ListEvent::Promoted { resident } => {
            flag(*resident, REGISTERED, EXCUSED)
        }
        ListEvent::Withdrawn { resident } => flag(*resident, 0, REGISTERED | EXCUSED),
        ListEvent::Excused { resident } => flag(*resident, EXCUSED, REGISTERED),
        ListEvent::Expected { residents } => {
            residents.iter().try_for_each(|resident| flag(*resident, LISTED, 0))
        }
        ListEvent::ExpectationDropped { resident } => flag(*resident, 0, LISTED),
        ListEvent::Rated { resident, rating } => {
            let better = matches!(rating, Rating::VerySatisfied | Rating::Satisfied);
            rate(db, fact, occurrence, *resident, Some(better))
        }
        ListEvent::RatingReversed { resident } => rate(db, fact, occurrence, *resident, None),
    }
}

/// The measures that a person with these flags is in.
fn counts(flags: u32) -> [(Count, bool); 4] {
    let has = |bits| flags & bits != 0;
    let expected = has(LISTED | REGISTERED | EXCUSED);
    [
        (Count::Registered, has(REGISTERED)),
        (Count::Expected, expected),
        (Count::Excused, has(EXCUSED) && !has(CAME)),
        (Count::Absent, expected && !has(EXCUSED | CAME)),
    ]
}

/// Sets and clears flags of somebody, and counts anew what hangs on them.
pub(super) fn flag(
    db: &Connection,
    fact: &Fact<Heard>,
    occurrence: i64,
    resident: Uuid,
    on: u32,
    off: u32,
) -> rusqlite::Result<()> {
    let who = resident.to_string();
    let before: u32 = db
        .prepare_cached("SELECT flags FROM figures_list WHERE occurrence = ? AND resident = ?")?
        .query_row(params![occurrence, who], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let after = before & !off | on;
    if after == before {
        return Ok(());
    }
    db.prepare_cached(
        "INSERT INTO figures_list VALUES (?, ?, ?, NULL)
         ON CONFLICT DO UPDATE SET flags = excluded.flags",
    )?
    .execute(params![occurrence, who, after])?;
    for ((measure, was), (_, is)) in counts(before).into_iter().zip(counts(after)) {
        add(db, occurrence, measure, i64::from(is) - i64::from(was), fact)?;
    }
    Ok(())
}

/// Puts somebody's rating, or its absence, in place of the one before.
fn rate(
    db: &Connection,
    fact: &Fact<Heard>,
    occurrence: i64,
    resident: Uuid,
    better: Option<bool>,
) -> rusqlite::Result<()> {
    let who = resident.to_string();
    let before: Option<bool> = db
        .prepare_cached("SELECT rating FROM figures_list WHERE occurrence = ? AND resident = ?")?
        .query_row(params![occurrence, who], |row| row.get(0))
        .optional()?
        .flatten();
    db.prepare_cached(
        "INSERT INTO figures_list VALUES (?, ?, 0, ?)
         ON CONFLICT DO UPDATE SET rating = excluded.rating",
    )?
    .execute(params![occurrence, who, better])?;
    let rated = |rating: Option<bool>| i64::from(rating.is_some());
    let satisfied = |rating: Option<bool>| i64::from(rating == Some(true));
    add(db, occurrence, Count::Ratings, rated(better) - rated(before), fact)?;
    add(db, occurrence, Count::Satisfied, satisfied(better) - satisfied(before), fact)
}
