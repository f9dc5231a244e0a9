//! What all feeds share.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _};

use crate::contract::{FeedEvent as Event, Heard};

/// The projection.
pub enum Feeds {}

impl Projection<Heard> for Feeds {
    const NAME: &'static str = "feeds";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "CREATE TABLE feeds (host TEXT NOT NULL) STRICT;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Feed(Event::HostNamed { host }) = &fact.event else { return Ok(()) };
        db.execute("INSERT INTO feeds VALUES (?)", [host])?;
        Ok(())
    }
}

/// The part after `@` in the UIDs of all feeds, once it is named.
pub fn host(db: &Connection) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT host FROM feeds LIMIT 1", [], |row| row.get(0)).optional()
}
