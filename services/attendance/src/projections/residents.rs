//! `residents`: of each resident what registration depends on, and the building that tells people
//! of one name apart.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::{
    contract::heard::{GUARDIAN, Heard, ResidentEvent},
    values::{Audience, Role},
};

/// The projection.
pub enum Residents {}

impl Projection<Heard> for Residents {
    const NAME: &'static str = "residents";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE residents (
            resident BLOB PRIMARY KEY, community TEXT NOT NULL, building TEXT NOT NULL,
            party_member INTEGER NOT NULL, volunteer INTEGER NOT NULL,
            building_head INTEGER NOT NULL, under_14 INTEGER NOT NULL, guardian INTEGER NOT NULL, merged INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE residents_team (
            resident BLOB NOT NULL, team BLOB NOT NULL, PRIMARY KEY (resident, team)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        use ResidentEvent as E;
        let Heard::Resident(resident, event) = &fact.event else { return Ok(()) };
        let guardian = |given: bool| {
            db.prepare_cached("UPDATE residents SET guardian = ? WHERE resident = ?")?
                .execute(params![given, resident])
        };
        match event {
            E::ResidentRegistered {
                community,
                building,
                party_member,
                volunteer,
                building_head,
                under_14,
            } => {
                let insert = "INSERT OR REPLACE INTO residents VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)";
                let roles = (party_member, volunteer, building_head);
                db.prepare_cached(insert)?.execute(params![
                    resident, community, building, roles.0, roles.1, roles.2, under_14
                ])?;
            }
            E::ResidentChanged { party_member, volunteer, building_head, under_14 } => {
                db.prepare_cached(
                    "UPDATE residents SET party_member = coalesce(?, party_member), \
                     volunteer = coalesce(?, volunteer), \
                     building_head = coalesce(?, building_head), \
                     under_14 = coalesce(?, under_14) WHERE resident = ?",
                )?
                .execute(params![
                    party_member,
                    volunteer,
                    building_head,
                    under_14,
                    resident
                ])?;
            }
            E::ResidentMoved { community, building } => {
                db.prepare_cached(
                    "UPDATE residents SET community = ?, building = ? WHERE resident = ?",
                )?
                .execute(params![community, building, resident])?;
            }
            E::ConsentGiven { purpose } if purpose == GUARDIAN => drop(guardian(true)?),
            E::ConsentWithdrawn { purpose } if purpose == GUARDIAN => drop(guardian(false)?),
            E::ConsentGiven { .. } | E::ConsentWithdrawn { .. } => {}
            E::TeamJoined { team } => {
                db.prepare_cached("INSERT OR IGNORE INTO residents_team VALUES (?, ?)")?
                    .execute(params![resident, team])?;
            }
            E::TeamLeft { team } => {
                db.prepare_cached("DELETE FROM residents_team WHERE resident = ? AND team = ?")?
                    .execute(params![resident, team])?;
            }
            E::ResidentMerged { .. } => {
                db.execute("UPDATE residents SET merged = 1 WHERE resident = ?", [resident])?;
            }
            E::ResidentErased {} => {
                db.execute("DELETE FROM residents WHERE resident = ?", [resident])?;
                db.execute("DELETE FROM residents_team WHERE resident = ?", [resident])?;
            }
        }
        Ok(())
    }
}

/// What registration needs to know of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    /// The code of their building.
    pub building: String,
    /// Whether they are 14 or older, or a guardian has consented.
    pub guardian_ok: bool,
    /// Their teams.
    pub teams: Vec<Uuid>,
    /// Whether they are another entry's double, whose name alone still stands on past rolls.
    pub merged: bool,
}

/// Somebody, unless unknown or erased.
pub fn find(db: &Connection, resident: Uuid) -> rusqlite::Result<Option<Resident>> {
    let found = db
        .prepare_cached(
            "SELECT building, under_14, guardian, merged FROM residents WHERE resident = ?",
        )?
        .query_row([resident], |row| {
            Ok((row.get(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((building, under_14, guardian, merged)) = found else { return Ok(None) };
    let teams = db
        .prepare_cached("SELECT team FROM residents_team WHERE resident = ?")?
        .query_map([resident], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(Resident { building, guardian_ok: !under_14 || guardian, teams, merged }))
}

/// Those who belong to an audience: the members of a team, or those with a role in a community and
/// all below it.
pub fn members(
    db: &Connection,
    audience: Audience,
    community: &str,
) -> rusqlite::Result<Vec<Uuid>> {
    let role = match audience {
        Audience::Team(team) => {
            return db
                .prepare_cached(
                    "SELECT resident FROM residents_team JOIN residents USING (resident) \
                     WHERE team = ? AND merged = 0 ORDER BY resident",
                )?
                .query_map([team], |row| row.get(0))?
                .collect();
        }
        Audience::Role(Role::PartyMember) => "party_member",
        Audience::Role(Role::Volunteer) => "volunteer",
        Audience::Role(Role::BuildingHead) => "building_head",
    };
    let sql = format!(
        "WITH RECURSIVE below (code) AS (VALUES (?1) UNION \
         SELECT p.code FROM places p JOIN below ON p.parent = below.code) \
         SELECT resident FROM residents JOIN below ON code = community \
         WHERE {role} AND merged = 0 ORDER BY resident"
    );
    db.prepare_cached(&sql)?.query_map([community], |row| row.get(0))?.collect()
}
