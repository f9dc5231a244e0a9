//! Members of staff and their roles.

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    vault::Sealed,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{kept, sealed};
use crate::contract::{Heard, StaffEvent};

/// The tables of staff.
pub struct Staff;

/// A member of staff.
#[derive(Debug, Clone, PartialEq)]
pub struct StaffRow {
    /// Their id.
    pub id: Uuid,
    /// The name, sealed.
    pub name: Option<Sealed>,
    /// The e-mail address, sealed.
    pub email: Option<Sealed>,
    /// `zh` or `en`.
    pub language: String,
    /// Whether they have left or were erased.
    pub gone: bool,
    /// Whether they were erased.
    pub erased: bool,
    /// Their roles, each with the place it holds in.
    pub roles: Vec<(String, String)>,
}

impl Projection<Heard> for Staff {
    const NAME: &'static str = "staff";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE staff (
            id BLOB PRIMARY KEY, name TEXT, email TEXT, language TEXT NOT NULL,
            gone INTEGER NOT NULL, erased INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE staff_roles (
            staff BLOB NOT NULL, role TEXT NOT NULL, community TEXT NOT NULL,
            PRIMARY KEY (staff, role, community)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Staff(event) = &fact.event else { return Ok(()) };
        let id = fact.source.stream.uuid();
        match event {
            StaffEvent::StaffJoined { name, email, language } => {
                let (name, email) = (kept(Some(name))?, kept(email.as_ref())?);
                let sql = "INSERT INTO staff VALUES (?1, ?2, ?3, ?4, 0, 0)";
                db.execute(sql, params![id, name, email, language])?;
            }
            StaffEvent::StaffChanged { name, email, language } => {
                let (name, email) = (kept(name.as_ref())?, kept(email.as_ref())?);
                let sql = "UPDATE staff SET name = coalesce(?2, name), email = coalesce(?3, email),
                           language = coalesce(?4, language) WHERE id = ?1";
                db.execute(sql, params![id, name, email, language])?;
            }
            StaffEvent::RoleGiven { role, community } => {
                let sql = "INSERT OR IGNORE INTO staff_roles VALUES (?1, ?2, ?3)";
                db.execute(sql, params![id, role, community])?;
            }
            StaffEvent::RoleTaken { role, community } => {
                let sql =
                    "DELETE FROM staff_roles WHERE staff = ?1 AND role = ?2 AND community = ?3";
                db.execute(sql, params![id, role, community])?;
            }
            StaffEvent::StaffLeft {} => {
                db.execute("UPDATE staff SET gone = 1 WHERE id = ?1", params![id])?;
                db.execute("DELETE FROM staff_roles WHERE staff = ?1", params![id])?;
            }
            StaffEvent::StaffErased {} => {
                let sql = "UPDATE staff SET gone = 1, erased = 1, name = NULL, email = NULL
                           WHERE id = ?1";
                db.execute(sql, params![id])?;
                db.execute("DELETE FROM staff_roles WHERE staff = ?1", params![id])?;
            }
            StaffEvent::StaffSignInAsked { .. } => {}
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<StaffRow> {
    Ok(StaffRow {
        id: row.get(0)?,
        name: sealed(row.get(1)?)?,
        email: sealed(row.get(2)?)?,
        language: row.get(3)?,
        gone: row.get(4)?,
        erased: row.get(5)?,
        roles: Vec::new(),
    })
}

fn with_roles(db: &Connection, row: StaffRow) -> rusqlite::Result<StaffRow> {
    let sql = "SELECT role, community FROM staff_roles WHERE staff = ?1 ORDER BY community, role";
    let mut select = db.prepare_cached(sql)?;
    let roles = select.query_map([row.id], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(StaffRow { roles: roles.collect::<Result<_, _>>()?, ..row })
}

/// A member of staff, also one who has left.
pub fn member(db: &Connection, id: Uuid) -> rusqlite::Result<Option<StaffRow>> {
    let sql = "SELECT id, name, email, language, gone, erased FROM staff WHERE id = ?1";
    let row = db.prepare_cached(sql)?.query_row([id], read).optional()?;
    row.map(|row| with_roles(db, row)).transpose()
}

/// All who work here.
pub fn members(db: &Connection) -> rusqlite::Result<Vec<StaffRow>> {
    let sql =
        "SELECT id, name, email, language, gone, erased FROM staff WHERE gone = 0 ORDER BY id";
    let mut select = db.prepare_cached(sql)?;
    let rows: Vec<_> = select.query_map([], read)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(|row| with_roles(db, row)).collect()
}

/// How many administrators of everything there are: the last one can't be taken away.
pub fn administrators(db: &Connection) -> rusqlite::Result<u32> {
    let sql = "SELECT count(DISTINCT staff) FROM staff_roles
               WHERE role = 'administrator' AND community = '*'";
    db.query_row(sql, [], |row| row.get(0))
}
