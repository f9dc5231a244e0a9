//! Residents: where they live, what they consented to, their teams, who acts for whom.

use std::collections::{BTreeSet, HashSet};

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    vault::Sealed,
};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};
use uuid::Uuid;

use super::{kept, sealed};
use crate::contract::{Changed, Heard, Purpose, Registered, ResidentEvent};

/// The tables of residents.
pub struct Residents;

/// A resident.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a person, independent of each other")]
pub struct ResidentRow {
    /// Their id.
    pub id: Uuid,
    /// The community's code.
    pub community: String,
    /// The building's code.
    pub building: String,
    /// The name, sealed.
    pub name: Option<Sealed>,
    /// A telephone number, sealed; of an empty text if there is none any more.
    pub phone: Option<Sealed>,
    /// An e-mail address, sealed.
    pub email: Option<Sealed>,
    /// The flat, sealed.
    pub flat: Option<Sealed>,
    /// `zh` or `en`.
    pub language: String,
    /// Reads large type.
    pub large_type: bool,
    /// A member of the Party.
    pub party_member: bool,
    /// A volunteer.
    pub volunteer: bool,
    /// Head of a building.
    pub building_head: bool,
    /// Not yet 14.
    pub under_14: bool,
    /// Made up for a demonstration.
    pub synthetic: bool,
    /// Rises with each change: what an edit form was opened at.
    pub revision: u32,
    /// Whom they were merged into.
    pub merged_into: Option<Uuid>,
    /// Whether they were erased.
    pub erased: bool,
    /// What they consented to.
    pub consents: BTreeSet<Purpose>,
}

impl ResidentRow {
    /// Whether they consented to something; one under 14 only with a guardian's consent.
    pub fn consents_to(&self, purpose: Purpose) -> bool {
        let guarded = !self.under_14 || self.consents.contains(&Purpose::Guardian);
        guarded && self.consents.contains(&purpose)
    }

    /// Whether they are here: neither erased nor merged into another.
    pub fn lives(&self) -> bool {
        !self.erased && self.merged_into.is_none()
    }
}

impl Projection<Heard> for Residents {
    const NAME: &'static str = "residents";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE residents (
            id BLOB PRIMARY KEY, community TEXT NOT NULL, building TEXT NOT NULL,
            name TEXT, phone TEXT, email TEXT, flat TEXT, language TEXT NOT NULL,
            large_type INTEGER NOT NULL, party_member INTEGER NOT NULL,
            volunteer INTEGER NOT NULL, building_head INTEGER NOT NULL,
            under_14 INTEGER NOT NULL, synthetic INTEGER NOT NULL, revision INTEGER NOT NULL,
            merged_into BLOB, erased INTEGER NOT NULL,
            gone INTEGER NOT NULL AS (erased OR merged_into IS NOT NULL) STORED
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX residents_by_place ON residents (community, building, id) WHERE gone = 0;
        CREATE INDEX residents_by_merger ON residents (merged_into)
            WHERE merged_into IS NOT NULL;
        CREATE TABLE residents_consents (
            resident BLOB NOT NULL, purpose TEXT NOT NULL, how TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (resident, purpose)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE residents_teams (
            resident BLOB NOT NULL, team BLOB NOT NULL, PRIMARY KEY (resident, team)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX residents_teams_by_team ON residents_teams (team);
        CREATE TABLE residents_proxies (
            resident BLOB NOT NULL, proxy BLOB NOT NULL, PRIMARY KEY (resident, proxy)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX residents_proxies_by_proxy ON residents_proxies (proxy);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Resident(event) = &fact.event else { return Ok(()) };
        let Some(id) = fact.source.stream.uuid() else {
            return Err(ApplyError::Contradiction(format!("{} has no id", fact.source)));
        };
        let run = |sql: &str, other: &Uuid| -> Result<(), ApplyError> {
            db.prepare_cached(sql)?.execute(params![id, other])?;
            Ok(())
        };
        match event {
            ResidentEvent::ResidentRegistered(who) => register(db, id, who)?,
            ResidentEvent::ResidentChanged(change) => changed(db, id, change)?,
            ResidentEvent::ResidentMoved { community, building } => {
                let sql = "UPDATE residents SET community = ?2, building = ?3 WHERE id = ?1";
                db.prepare_cached(sql)?.execute(params![id, community, building])?;
            }
            ResidentEvent::ConsentGiven { purpose, how } => {
                let sql = "INSERT OR REPLACE INTO residents_consents VALUES (?1, ?2, ?3, ?4)";
                let at = fact.at.to_rfc3339();
                db.prepare_cached(sql)?.execute(params![id, purpose.code(), how, at])?;
            }
            ResidentEvent::ConsentWithdrawn { purpose } => {
                let sql = "DELETE FROM residents_consents WHERE resident = ?1 AND purpose = ?2";
                db.prepare_cached(sql)?.execute(params![id, purpose.code()])?;
            }
            ResidentEvent::TeamJoined { team } => {
                run("INSERT OR IGNORE INTO residents_teams VALUES (?1, ?2)", team)?;
            }
            ResidentEvent::TeamLeft { team } => {
                run("DELETE FROM residents_teams WHERE resident = ?1 AND team = ?2", team)?;
            }
            ResidentEvent::ProxyAllowed { proxy } => {
                run("INSERT OR IGNORE INTO residents_proxies VALUES (?1, ?2)", proxy)?;
            }
            ResidentEvent::ProxyEnded { proxy } => {
                run("DELETE FROM residents_proxies WHERE resident = ?1 AND proxy = ?2", proxy)?;
            }
            ResidentEvent::SignInAsked { .. }
            | ResidentEvent::CardIssued { .. }
            | ResidentEvent::DoubleTakenOver { .. } => {}
            ResidentEvent::ResidentMerged { into } => {
                run("UPDATE residents SET merged_into = ?2 WHERE id = ?1", into)?;
            }
            ResidentEvent::ResidentErased {} => erase(db, id)?,
        }
        Ok(())
    }
}

fn register(db: &Connection, id: Uuid, who: &Registered) -> Result<(), ApplyError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO residents (id, community, building, name, phone, email, flat, language,
             large_type, party_member, volunteer, building_head, under_14, synthetic, revision,
             erased)
         VALUES (:id, :community, :building, :name, :phone, :email, :flat, :language, :large_type,
             :party_member, :volunteer, :building_head, :under_14, :synthetic, 1, 0)",
    )?;
    insert.execute(named_params! {
        ":id": id, ":community": who.community, ":building": who.building,
        ":name": kept(Some(&who.name))?, ":phone": kept(who.phone.as_ref())?,
        ":email": kept(who.email.as_ref())?, ":flat": kept(who.flat.as_ref())?,
        ":language": who.language, ":large_type": who.large_type,
        ":party_member": who.party_member, ":volunteer": who.volunteer,
        ":building_head": who.building_head, ":under_14": who.under_14,
        ":synthetic": who.synthetic,
    })?;
    Ok(())
}

fn changed(db: &Connection, id: Uuid, change: &Changed) -> Result<(), ApplyError> {
    let mut update = db.prepare_cached(
        "UPDATE residents SET name = coalesce(:name, name), phone = coalesce(:phone, phone),
             email = coalesce(:email, email), flat = coalesce(:flat, flat),
             language = coalesce(:language, language),
             large_type = coalesce(:large_type, large_type),
             party_member = coalesce(:party_member, party_member),
             volunteer = coalesce(:volunteer, volunteer),
             building_head = coalesce(:building_head, building_head),
             under_14 = coalesce(:under_14, under_14), revision = revision + 1
         WHERE id = :id",
    )?;
    update.execute(named_params! {
        ":id": id, ":name": kept(change.name.as_ref())?, ":phone": kept(change.phone.as_ref())?,
        ":email": kept(change.email.as_ref())?, ":flat": kept(change.flat.as_ref())?,
        ":language": change.language, ":large_type": change.large_type,
        ":party_member": change.party_member, ":volunteer": change.volunteer,
        ":building_head": change.building_head, ":under_14": change.under_14,
    })?;
    Ok(())
}

/// Keeps the building, so that counts stay true, and nothing else.
fn erase(db: &Connection, id: Uuid) -> Result<(), ApplyError> {
    let sql =
        "UPDATE residents SET erased = 1, name = NULL, phone = NULL, email = NULL, flat = NULL
               WHERE id = ?1";
    db.execute(sql, [id])?;
    db.execute("DELETE FROM residents_consents WHERE resident = ?1", [id])?;
    db.execute("DELETE FROM residents_teams WHERE resident = ?1", [id])?;
    db.execute("DELETE FROM residents_proxies WHERE resident = ?1 OR proxy = ?1", [id])?;
    Ok(())
}

const SELECT: &str =
    "SELECT id, community, building, name, phone, email, flat, language, large_type,
    party_member, volunteer, building_head, under_14, synthetic, revision, merged_into, erased,
    (SELECT group_concat(purpose) FROM residents_consents c WHERE c.resident = residents.id)
    FROM residents";

fn read(row: &Row<'_>) -> rusqlite::Result<ResidentRow> {
    let consents: Option<String> = row.get(17)?;
    Ok(ResidentRow {
        id: row.get(0)?,
        community: row.get(1)?,
        building: row.get(2)?,
        name: sealed(row.get(3)?)?,
        phone: sealed(row.get(4)?)?,
        email: sealed(row.get(5)?)?,
        flat: sealed(row.get(6)?)?,
        language: row.get(7)?,
        large_type: row.get(8)?,
        party_member: row.get(9)?,
        volunteer: row.get(10)?,
        building_head: row.get(11)?,
        under_14: row.get(12)?,
        synthetic: row.get(13)?,
        revision: row.get(14)?,
        merged_into: row.get(15)?,
        erased: row.get(16)?,
        consents: consents.iter().flat_map(|all| all.split(',')).filter_map(Purpose::of).collect(),
    })
}

/// A resident, also one who was merged or erased.
pub fn resident(db: &Connection, id: Uuid) -> rusqlite::Result<Option<ResidentRow>> {
    let sql = format!("{SELECT} WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], read).optional()
}

/// Those of `ids` who are residents.
pub fn residents(db: &Connection, ids: &[Uuid]) -> rusqlite::Result<Vec<ResidentRow>> {
    let found = ids.iter().map(|id| resident(db, *id));
    found.filter_map(Result::transpose).collect()
}

/// The residents of a community or all below it, or of one building, page by page in the order of
/// building and id; the whole number with them.
pub fn living(
    db: &Connection,
    place: &str,
    (skip, limit): (u32, u32),
) -> rusqlite::Result<(Vec<ResidentRow>, u32)> {
    const THERE: &str = "WHERE gone = 0 AND (building = ?1 OR community IN (
        WITH RECURSIVE down (at) AS (
            SELECT ?1 UNION SELECT p.code FROM down JOIN places p ON p.parent = down.at
        ) SELECT at FROM down))";
    let sql = format!("{SELECT} {THERE} ORDER BY building, id LIMIT ?3 OFFSET ?2");
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map(params![place, skip, limit], read)?;
    let rows = rows.collect::<Result<_, _>>()?;
    let count = format!("SELECT count(*) FROM residents {THERE}");
    Ok((rows, db.prepare_cached(&count)?.query_row([place], |row| row.get(0))?))
}

/// The ids of all residents of a community or all below it.
pub fn living_ids(db: &Connection, place: &str) -> rusqlite::Result<HashSet<Uuid>> {
    let sql = "WITH RECURSIVE down (at) AS (
            SELECT ?1 UNION SELECT p.code FROM down JOIN places p ON p.parent = down.at
        ) SELECT id FROM down JOIN residents ON community = at WHERE gone = 0";
    db.prepare_cached(sql)?.query_map([place], |row| row.get(0))?.collect()
}

/// Up to `limit` residents after `after` in the order of ids, wherever they live: to walk them all.
pub fn after(db: &Connection, after: Uuid, limit: u32) -> rusqlite::Result<Vec<ResidentRow>> {
    let sql = format!("{SELECT} WHERE id > ?1 AND gone = 0 ORDER BY id LIMIT ?2");
    db.prepare_cached(&sql)?.query_map(params![after, limit], read)?.collect()
}

/// All entries that were merged into somebody, also through others.
pub fn doubles_of(db: &Connection, id: Uuid) -> rusqlite::Result<Vec<Uuid>> {
    let sql = "WITH RECURSIVE doubles (at) AS (
            SELECT id FROM residents WHERE merged_into = ?1
            UNION SELECT r.id FROM doubles JOIN residents r ON r.merged_into = doubles.at
        ) SELECT at FROM doubles WHERE at <> ?1";
    ids(db, sql, id)
}

/// The teams somebody is in.
pub fn teams_of(db: &Connection, resident: Uuid) -> rusqlite::Result<Vec<Uuid>> {
    ids(db, "SELECT team FROM residents_teams WHERE resident = ?1", resident)
}

/// Who may act for somebody.
pub fn proxies_of(db: &Connection, resident: Uuid) -> rusqlite::Result<Vec<Uuid>> {
    let sql = "SELECT proxy FROM residents_proxies p JOIN residents r ON r.id = p.proxy
               WHERE resident = ?1 AND gone = 0";
    ids(db, sql, resident)
}

/// For whom somebody may act.
pub fn acts_for(db: &Connection, proxy: Uuid) -> rusqlite::Result<Vec<Uuid>> {
    let sql = "SELECT resident FROM residents_proxies p JOIN residents r ON r.id = p.resident
               WHERE proxy = ?1 AND gone = 0";
    ids(db, sql, proxy)
}

fn ids(db: &Connection, sql: &str, of: Uuid) -> rusqlite::Result<Vec<Uuid>> {
    db.prepare_cached(sql)?.query_map([of], |row| row.get(0))?.collect()
}
