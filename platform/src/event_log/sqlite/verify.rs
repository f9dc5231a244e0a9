//! Looking at every record of the file.

use rusqlite::{Connection, Row, params};

use super::{
    file,
    reader::{Answer, Failed},
};
use crate::{
    commit::{Recorded, Sum, decode},
    event_log::{VerifyReport, chain::Check},
    ids::{Position, Version},
};

/// Checks everything after a position as it stands at this moment.
pub(super) fn verify(conn: &Connection, after: Position) -> Answer<VerifyReport> {
    let moment = conn.unchecked_transaction()?;
    let mut check = Check::new(after);
    let streams = match scan(&moment, &mut check, after) {
        Ok(streams) => streams,
        Err(error) if file::is_damage(&error) => {
            let position = Position(check.upto().0 + 1);
            check.bad(position, format!("SQLite can't read the file there ({error})"));
            0
        }
        Err(error) => return Err(Failed::Sqlite(error)),
    };
    Ok(check.report(streams))
}

fn scan(conn: &Connection, check: &mut Check, after: Position) -> rusqlite::Result<u64> {
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    let mut query = conn.prepare(
        "SELECT position, name, after, version, body
         FROM commits LEFT JOIN streams ON streams.id = commits.stream
         WHERE position > ?1 ORDER BY position",
    )?;
    let mut rows = query.query([after])?;
    while let Some(row) = rows.next()? {
        let position = Position(row.get::<_, i64>(0)?.cast_unsigned());
        let expected = Position(check.upto().0 + 1);
        if position != expected {
            check.bad(expected, format!("the record is missing; the next one is {position}"));
        }
        check.record(position, record(position, row), |record| before(conn, record));
    }
    // What the table holds is right; the index that finds a stream's records must agree with it,
    // and no page may be broken.
    if check.is_good() {
        let found: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            check.bad(check.upto(), format!("SQLite finds the file inconsistent ({found})"));
        }
    }
    let count = "SELECT count(DISTINCT stream) FROM commits WHERE position > ?1";
    Ok(conn.query_row(count, [after], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// The record of a row, if it is whole and the row's columns agree with it.
fn record(position: Position, row: &Row) -> Result<Recorded, String> {
    let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned).ok();
    let body = row.get_ref(4).ok().and_then(|body| body.as_blob().ok());
    let record = decode(position, body.unwrap_or_default()).map_err(|error| error.to_string())?;
    let agrees = row.get_ref(1).is_ok_and(|text| text.as_str() == Ok(record.stream.as_str()))
        && number(2) == Some(record.after.0)
        && number(3) == Some(record.version().0);
    if !agrees {
        let (stream, version) = (&record.stream, record.version());
        return Err(format!("its row is not the one of {stream}@{version}, which it holds"));
    }
    Ok(record)
}

/// Version and checksum of the record ahead of this one in its stream.
fn before(conn: &Connection, record: &Recorded) -> Option<(Version, Sum)> {
    let mut query = conn
        .prepare_cached(
            "SELECT position, body FROM commits
             WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND after < ?2
             ORDER BY after DESC LIMIT 1",
        )
        .ok()?;
    let after = record.after.0.cast_signed();
    query
        .query_row(params![record.stream.as_str(), after], |row| {
            let position = Position(row.get::<_, i64>(0)?.cast_unsigned());
            let before = decode(position, row.get_ref(1)?.as_blob().unwrap_or_default());
            Ok(before.ok().map(|before| (before.version(), before.sum)))
        })
        .ok()?
}
