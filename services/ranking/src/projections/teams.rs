//! `teams`: what volunteer teams are called, and how many belong to them now.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::contract::heard::{Heard, ResidentEvent, TeamEvent};

/// The projection.
pub enum Teams {}

impl Projection<Heard> for Teams {
    const NAME: &'static str = "teams";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE teams (
            team BLOB PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE teams_member (
            resident BLOB NOT NULL, team BLOB NOT NULL, PRIMARY KEY (resident, team)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX teams_member_by_team ON teams_member (team);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Team(team, TeamEvent::TeamFounded { community, name }) => {
                db.execute(
                    "INSERT OR REPLACE INTO teams VALUES (?, ?, ?)",
                    params![team, community, name],
                )?;
            }
            Heard::Team(team, TeamEvent::TeamRenamed { name }) => {
                db.execute("UPDATE teams SET name = ?2 WHERE team = ?1", params![team, name])?;
            }
            Heard::Resident(resident, ResidentEvent::TeamJoined { team }) => {
                db.prepare_cached("INSERT OR IGNORE INTO teams_member VALUES (?, ?)")?
                    .execute(params![resident, team])?;
            }
            Heard::Resident(resident, ResidentEvent::TeamLeft { team }) => {
                db.prepare_cached("DELETE FROM teams_member WHERE resident = ? AND team = ?")?
                    .execute(params![resident, team])?;
            }
            Heard::Resident(
                resident,
                ResidentEvent::ResidentMerged { .. } | ResidentEvent::ResidentErased {},
            ) => {
                db.prepare_cached("DELETE FROM teams_member WHERE resident = ?")?
                    .execute([resident])?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub team: Uuid,
    /// The code of its community.
    pub community: String,
    /// Its name.
    pub name: String,
    /// How many belong to it now.
    pub members: u32,
}

/// The teams of a community, in the order of their ids.
pub fn of_community(db: &Connection, community: &str) -> rusqlite::Result<Vec<Team>> {
    db.prepare_cached(
        "SELECT team, community, name, \
         (SELECT count(*) FROM teams_member m WHERE m.team = teams.team) \
         FROM teams WHERE community = ? ORDER BY team",
    )?
    .query_map([community], |row| {
        Ok(Team {
            team: row.get(0)?,
            community: row.get(1)?,
            name: row.get(2)?,
            members: row.get(3)?,
        })
    })?
    .collect()
}
