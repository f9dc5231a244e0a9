//! Gathers what is known of a place and some days.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{ZONE, places::grid};
use crate::{
    contract::heard::PlaceKind,
    projections::places,
    values::{
        Count, OccurrenceKey,
        figures::{Gathered, Notices, Occurrence, Share, Since, Stage},
    },
};

/// All that is known of a place from one day to another, both included.
pub fn gather(
    db: &Connection,
    place: &str,
    from: NaiveDate,
    until: NaiveDate,
) -> rusqlite::Result<Gathered> {
    let within = places::within(db, place)?;
    let above = within.iter().any(|it| it.code == place && it.kind < PlaceKind::Community);
    let communities = within.iter().filter(|it| above && it.kind == PlaceKind::Community);
    let communities = communities.map(|it| it.code.clone()).collect();
    let scope: BTreeSet<_> =
        within.iter().map(|it| it.code.clone()).chain([place.to_owned()]).collect();
    let codes = serde_json::to_value(&scope).unwrap_or_default();
    let mut occurrences = occurrences(db, from, until)?;
    occurrences.retain(|occurrence| occurrence.hosts.iter().any(|host| scope.contains(host)));
    let teams: BTreeSet<Uuid> = team_names(db, &codes)?.into_keys().collect();
    let shares = shares(db, &codes, &occurrences, &teams, from, until)?;
    let notices = notices(db, &codes, from, until)?;
    let homes = homes(db, &codes, until)?;
    Ok(Gathered { scope, communities, teams, occurrences, shares, notices, homes })
}

const OCCURRENCES: &str = "
    SELECT o.id, o.community, o.activity, o.recurrence_id, o.on_date, o.start,
        coalesce(o.title, a.title, ''), coalesce(o.title_en, a.title_en, ''),
        coalesce(a.public, 0), coalesce(o.hosts, a.partners), coalesce(o.kinds, a.kinds),
        coalesce(o.teams, a.teams), o.cancelled, o.over, o.by_hand, o.seq, o.cause,
        o.roll_version, o.tally_version, o.activity_version
    FROM figures_occurrences o LEFT JOIN figures_activities a USING (activity)
    WHERE o.on_date BETWEEN ?1 AND ?2
    ORDER BY o.on_date, o.start, o.community, o.activity, o.recurrence_id";

fn occurrences(
    db: &Connection,
    from: NaiveDate,
    until: NaiveDate,
) -> rusqlite::Result<Vec<Occurrence>> {
    let mut found: Vec<Occurrence> = db
        .prepare_cached(OCCURRENCES)?
        .query_map([from, until], read)?
        .collect::<Result<_, _>>()?;
    let mut places = BTreeMap::new();
    for (n, occurrence) in found.iter().enumerate() {
        places.insert(occurrence.id, n);
    }
    let mut values = db.prepare_cached(
        "SELECT v.occurrence, v.measure, v.value, v.seq, v.cause
         FROM figures_occurrences o JOIN figures_values v ON v.occurrence = o.id
         WHERE o.on_date BETWEEN ?1 AND ?2",
    )?;
    let mut rows = values.query([from, until])?;
    while let Some(row) = rows.next()? {
        let measure = Count::of(&row.get::<_, String>(1)?);
        let there = places.get(&row.get(0)?).and_then(|n| found.get_mut(*n));
        if let (Some(occurrence), Some(measure)) = (there, measure) {
            occurrence.values.insert(measure, row.get(2)?);
            let since = Some(Since { seq: row.get(3)?, cause: row.get(4)? });
            if since > occurrence.since {
                occurrence.since = since;
            }
        }
    }
    Ok(found)
}

fn list<T: serde::de::DeserializeOwned>(row: &Row<'_>, n: usize) -> rusqlite::Result<Vec<T>> {
    let text: Option<String> = row.get(n)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn uuid(row: &Row<'_>, n: usize) -> rusqlite::Result<Uuid> {
    Ok(row.get::<_, String>(n)?.parse().unwrap_or_default())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Occurrence> {
    let community: String = row.get(1)?;
    // Either the whole list, the lead first, or partners alone.
    let mut hosts: Vec<String> = list(row, 9)?;
    hosts.retain(|host| *host != community);
    hosts.insert(0, community.clone());
    let start: Option<String> = row.get(5)?;
    let start = start.and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let since = Since { seq: row.get(15)?, cause: row.get(16)? };
    Ok(Occurrence {
        id: row.get(0)?,
        key: OccurrenceKey { community, activity: uuid(row, 2)?, recurrence_id: row.get(3)? },
        on: row.get(4)?,
        start,
        title: row.get(6)?,
        title_en: row.get(7)?,
        public: row.get(8)?,
        hosts,
        kinds: list(row, 10)?,
        teams: list(row, 11)?,
        stage: match (row.get(12)?, row.get(13)?) {
            (true, _) => Stage::Cancelled,
            (false, true) => Stage::Over,
            (false, false) => Stage::Ahead,
        },
        by_hand: row.get(14)?,
        values: BTreeMap::new(),
        since: (since.seq > 0).then_some(since),
        read: [row.get(17)?, row.get(18)?, row.get(19)?],
    })
}

fn shares(
    db: &Connection,
    scope: &serde_json::Value,
    occurrences: &[Occurrence],
    teams: &BTreeSet<Uuid>,
    from: NaiveDate,
    until: NaiveDate,
) -> rusqlite::Result<Vec<Share>> {
    let ids: BTreeSet<i64> = occurrences.iter().map(|occurrence| occurrence.id).collect();
    let hosted = serde_json::to_value(&ids).unwrap_or_default();
    let mut statement = db.prepare_cached(
        "SELECT occurrence, resident, community, building, grid, teams, times, minutes, points,
             seq, cause
         FROM figures_shares WHERE on_date BETWEEN ?1 AND ?2
         AND (community IN (SELECT value FROM json_each(?3))
              OR occurrence IN (SELECT value FROM json_each(?4)) OR teams <> '[]')",
    )?;
    let found = statement.query_map(params![from, until, scope, hosted], |row| {
        let since = Since { seq: row.get(9)?, cause: row.get(10)? };
        Ok(Share {
            occurrence: row.get(0)?,
            resident: uuid(row, 1)?,
            community: row.get(2)?,
            building: row.get(3)?,
            grid: row.get(4)?,
            teams: list(row, 5)?,
            times: row.get(6)?,
            minutes: row.get(7)?,
            points: row.get(8)?,
            since,
        })
    })?;
    let mut found = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let scope: BTreeSet<&str> =
        scope.as_array().into_iter().flatten().filter_map(|it| it.as_str()).collect();
    found.retain(|share| {
        scope.contains(share.community.as_str())
            || ids.contains(&share.occurrence)
            || share.teams.iter().any(|team| teams.contains(team))
    });
    Ok(found)
}

fn notices(
    db: &Connection,
    scope: &serde_json::Value,
    from: NaiveDate,
    until: NaiveDate,
) -> rusqlite::Result<Vec<Notices>> {
    db.prepare_cached(
        "SELECT channel, measure, n, seq, cause FROM figures_notices
         WHERE on_date BETWEEN ?1 AND ?2 AND community IN (SELECT value FROM json_each(?3))
         ORDER BY on_date, community, channel, measure",
    )?
    .query_map(params![from, until, scope], |row| {
        let since = Since { seq: row.get(3)?, cause: row.get(4)? };
        let count = Count::of(&row.get::<_, String>(1)?).unwrap_or(Count::Sent);
        Ok(Notices { channel: row.get(0)?, count, n: row.get(2)?, since })
    })?
    .collect()
}

/// How many live in each building, and its grid on a day.
fn homes(
    db: &Connection,
    scope: &serde_json::Value,
    on: NaiveDate,
) -> rusqlite::Result<Vec<(String, String, i64)>> {
    let counted: Vec<(String, i64)> = db
        .prepare_cached(
            "SELECT building, count(*) FROM figures_residents
             WHERE community IN (SELECT value FROM json_each(?)) AND building <> ''
             GROUP BY building ORDER BY building",
        )?
        .query_map([scope], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let with_grid = |(building, n): (String, i64)| {
        let grid = grid(db, &building, on)?;
        Ok((building, grid, n))
    };
    counted.into_iter().map(with_grid).collect()
}

/// The names of the teams of places, given as a JSON list of codes.
pub fn team_names(
    db: &Connection,
    scope: &serde_json::Value,
) -> rusqlite::Result<BTreeMap<Uuid, String>> {
    db.prepare_cached(
        "SELECT team, name FROM figures_teams
         WHERE community IN (SELECT value FROM json_each(?))",
    )?
    .query_map([scope], |row| Ok((uuid(row, 0)?, row.get(1)?)))?
    .collect()
}

/// Whether the figures of any of these days changed after a point in the log's order.
pub fn touched_since(
    db: &Connection,
    from: NaiveDate,
    until: NaiveDate,
    seq: u64,
) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM figures_touched
         WHERE on_date BETWEEN ?1 AND ?2 AND seq > ?3)",
    )?
    .query_row(params![from, until, seq], |row| row.get(0))
}

/// The zone of a place.
pub fn zone_of(db: &Connection, place: &str) -> rusqlite::Result<Tz> {
    Ok(super::places::zone(db, place)?.unwrap_or(ZONE))
}

/// What changed an occurrence last, wherever it is now; its title; whether everybody may see it.
pub fn occurrence_since(
    db: &Connection,
    line: &str,
) -> rusqlite::Result<Option<(Since, String, bool)>> {
    let mut parts = line.split('/').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    db.prepare_cached(
        "SELECT o.seq, o.cause, coalesce(o.title, a.title, ''), coalesce(a.public, 0)
         FROM figures_occurrences o LEFT JOIN figures_activities a USING (activity)
         WHERE o.community = ? AND o.activity = ? AND o.recurrence_id = ?",
    )?
    .query_row([part(), part(), part()], |row| {
        Ok((Since { seq: row.get(0)?, cause: row.get(1)? }, row.get(2)?, row.get(3)?))
    })
    .optional()
}
