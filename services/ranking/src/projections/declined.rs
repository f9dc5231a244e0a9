//! `declined`: what a process wanted in vain, for whoever looks after the node.

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    tables::Noted,
};
use rusqlite::{Connection, params};

use crate::contract::heard::Heard;

/// The projection.
pub enum Declined {}

impl Projection<Heard> for Declined {
    const NAME: &'static str = "declined";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE declined (
            process TEXT NOT NULL, community TEXT NOT NULL, version INTEGER NOT NULL,
            stream TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (process, community, version)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Process(Noted::Declined { to, reason, .. }) = &fact.event else { return Ok(()) };
        let stream = &fact.source.stream;
        db.prepare_cached("INSERT INTO declined VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
            stream.id(),
            stream.community(),
            fact.source.version.0,
            to.as_str(),
            fact.at,
            reason
        ])?;
        Ok(())
    }
}

/// How many commands were declined, by process.
pub fn counts(db: &Connection) -> rusqlite::Result<Vec<(String, u32)>> {
    db.prepare_cached("SELECT process, count(*) FROM declined GROUP BY process ORDER BY process")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
