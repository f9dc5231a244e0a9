//! `ratings`: what those who were there said of an occurrence.

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    vault::Sealed,
};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    contract::{Rating, RollEvent, heard::Heard},
    values::OccurrenceKey,
};

/// How many must have rated before anything of it is shown: fewer could be guessed one by one.
pub const SHOWN_FROM: u32 = 5;

/// The projection.
pub enum Ratings {}

impl Projection<Heard> for Ratings {
    const NAME: &'static str = "ratings";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE ratings (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            resident BLOB NOT NULL, rating TEXT NOT NULL, comment TEXT, shown INTEGER,
            PRIMARY KEY (community, activity, recurrence_id, resident)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        use RollEvent as E;
        let Heard::Roll(key, event) = &fact.event else { return Ok(()) };
        let of = |sql: &str, values: &[&dyn ToSql]| -> Result<(), ApplyError> {
            let key: [&dyn ToSql; 3] = [&key.community, &key.activity, &key.recurrence_id];
            db.prepare_cached(sql)?.execute([&key[..], values].concat().as_slice())?;
            Ok(())
        };
        let show = "UPDATE ratings SET shown = ?5 WHERE community = ?1 AND activity = ?2 \
                    AND recurrence_id = ?3 AND resident = ?4";
        match event {
            E::Rated { resident, rating, comment } => {
                let comment = comment.as_ref().map(serde_json::to_string).transpose()?;
                of(
                    "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?, NULL)",
                    params![resident, rating.name(), comment],
                )
            }
            E::RatingReversed { resident } => of(
                "DELETE FROM ratings WHERE community = ? AND activity = ? AND recurrence_id = ? \
                 AND resident = ?",
                params![resident],
            ),
            E::CommentApproved { resident } => of(show, params![resident, true]),
            E::CommentWithheld { resident } => of(show, params![resident, false]),
            _ => Ok(()),
        }
    }
}

/// What all ratings of an occurrence come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many rated.
    pub ratings: u32,
    /// How many in each of the five words, the best first.
    pub by_word: [u32; 5],
    /// How many of a hundred are satisfied or very satisfied.
    pub satisfied_percent: u32,
}

/// The ratings of an occurrence, once there are enough to show them.
pub fn summary(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Option<Summary>> {
    let mut by_word = [0; 5];
    let mut select = db.prepare_cached(
        "SELECT rating, count(*) FROM ratings \
         WHERE community = ? AND activity = ? AND recurrence_id = ? GROUP BY rating",
    )?;
    let rows = select
        .query_map(params![key.community, key.activity, key.recurrence_id], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for (word, count) in &mut Rating::ALL.iter().zip(&mut by_word) {
        let same = rows.iter().find(|(name, _)| name == word.name());
        *count = same.map_or(0, |(_, n)| *n);
    }
    let ratings: u32 = by_word.iter().sum();
    if ratings < SHOWN_FROM {
        return Ok(None);
    }
    // Rounded to the nearest; the halves up.
    let satisfied_percent = ((by_word[0] + by_word[1]) * 200 + ratings) / (ratings * 2);
    Ok(Some(Summary { ratings, by_word, satisfied_percent }))
}

/// A comment, sealed as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// Who wrote it.
    pub resident: Uuid,
    /// What they wrote.
    pub sealed: Sealed,
    /// Whether it is shown; none while nobody has decided.
    pub shown: Option<bool>,
}

/// The comments on an occurrence, those that nobody has read first.
pub fn comments(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Vec<Comment>> {
    let mut select = db.prepare_cached(
        "SELECT resident, comment, shown FROM ratings \
         WHERE community = ? AND activity = ? AND recurrence_id = ? AND comment IS NOT NULL \
         ORDER BY shown IS NOT NULL, resident",
    )?;
    let rows = select
        .query_map(params![key.community, key.activity, key.recurrence_id], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let comment = |(resident, sealed, shown): (Uuid, String, Option<bool>)| {
        Some(Comment { resident, sealed: serde_json::from_str(&sealed).ok()?, shown })
    };
    Ok(rows.into_iter().filter_map(comment).collect())
}

/// Whether somebody has rated an occurrence.
pub fn rated(db: &Connection, key: &OccurrenceKey, resident: Uuid) -> rusqlite::Result<bool> {
    let found = db
        .prepare_cached(
            "SELECT 1 FROM ratings WHERE community = ? AND activity = ? AND recurrence_id = ? \
             AND resident = ?",
        )?
        .query_row(params![key.community, key.activity, key.recurrence_id, resident], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}
