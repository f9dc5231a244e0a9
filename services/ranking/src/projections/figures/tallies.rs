//! What tallies credit, and what they say that an occurrence counts for.

use linli_platform::projection::{ApplyError, Fact};
use rusqlite::{Connection, params};

use super::{add, cause, change, places, seq, set, touch};
use crate::{
    contract::{Credit, Sum, TallyEvent, heard::Heard},
    values::Count,
};

pub(super) fn apply(
    db: &Connection,
    fact: &Fact<Heard>,
    occurrence: i64,
    event: &TallyEvent,
) -> Result<(), ApplyError> {
    match event {
        TallyEvent::TallyOpened(_) => {}
        TallyEvent::Credited(credit) => share(db, fact, occurrence, credit, 1)?,
        TallyEvent::Reversed(credit) => share(db, fact, occurrence, credit, -1)?,
        TallyEvent::Summed(sum) => over(db, fact, occurrence, sum)?,
        TallyEvent::Voided {} => change(db, occurrence, "over = 0", fact)?,
    }
    Ok(())
}

fn share(
    db: &Connection,
    fact: &Fact<Heard>,
    occurrence: i64,
    credit: &Credit,
    sign: i64,
) -> Result<(), ApplyError> {
    let points = sign * i64::from(credit.points);
    db.prepare_cached(
        "INSERT INTO figures_shares VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET times = times + excluded.times,
         minutes = minutes + excluded.minutes, points = points + excluded.points,
         seq = excluded.seq, cause = excluded.cause",
    )?
    .execute(params![
        occurrence,
        credit.resident.to_string(),
        credit.community,
        credit.building,
        places::grid(db, &credit.building, credit.on)?,
        serde_json::to_string(&credit.teams)?,
        credit.on,
        sign * i64::from(credit.times),
        sign * i64::from(credit.minutes),
        points,
        seq(fact),
        cause(fact),
    ])?;
    add(db, occurrence, Count::Points, points, fact)?;
    Ok(touch(db, occurrence, fact)?)
}

fn over(db: &Connection, fact: &Fact<Heard>, occurrence: i64, sum: &Sum) -> Result<(), ApplyError> {
    // The day that it may leave has other figures, too.
    touch(db, occurrence, fact)?;
    db.prepare_cached(
        "UPDATE figures_occurrences SET on_date = ?, kinds = ?, hosts = ?, teams = ? WHERE id = ?",
    )?
    .execute(params![
        sum.on,
        serde_json::to_string(&sum.kinds)?,
        serde_json::to_string(&sum.hosts)?,
        serde_json::to_string(&sum.teams)?,
        occurrence,
    ])?;
    change(db, occurrence, "over = 1", fact)?;
    let known = [
        (Count::Present, Some(sum.present)),
        (Count::Headcount, sum.headcount),
        (Count::Minutes, Some(sum.minutes)),
        (Count::ActivityMinutes, Some(sum.activity_minutes)),
    ];
    for (measure, value) in known {
        set(db, occurrence, measure, value.map(i64::from), fact)?;
    }
    Ok(())
}
