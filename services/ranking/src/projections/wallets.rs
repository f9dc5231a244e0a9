//! `wallets`: what people do with points. A balance is computed when it is asked for.

use chrono::{DateTime, Utc};
use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    vault::Sealed,
};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::contract::{WalletEvent, heard::Heard};

/// The projection.
pub enum Wallets {}

impl Projection<Heard> for Wallets {
    const NAME: &'static str = "wallets";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE wallets (
            resident BLOB NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL,
            kind TEXT NOT NULL, points INTEGER NOT NULL, id BLOB, other BLOB,
            place TEXT NOT NULL, remark TEXT, done INTEGER NOT NULL,
            PRIMARY KEY (resident, version)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX wallets_by_place ON wallets (place, at) WHERE place <> '';";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Wallet(resident, event) = &fact.event else { return Ok(()) };
        let row = NewRow::of(event);
        let remark = row.remark.map(serde_json::to_string).transpose()?;
        db.prepare_cached("INSERT INTO wallets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)")?.execute(
            params![
                resident,
                fact.source.version.0,
                fact.at,
                row.kind.code(),
                row.points,
                row.id,
                row.other,
                row.place,
                remark
            ],
        )?;
        let undone = match event {
            WalletEvent::SpendingReversed { spending, .. } => Some(spending),
            WalletEvent::PointsSent { reverses, .. } => reverses.as_ref(),
            _ => None,
        };
        if let Some(undone) = undone {
            db.prepare_cached("UPDATE wallets SET done = 1 WHERE resident = ? AND id = ?")?
                .execute(params![resident, undone])?;
        }
        Ok(())
    }
}

/// What an entry of a wallet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Spent at a love bank.
    Spent,
    /// Spending taken back.
    Reversed,
    /// Given to somebody.
    Sent,
    /// Come from somebody.
    Received,
    /// Gone to, or come from, another entry of the same person.
    Merged,
}

impl Kind {
    /// As rows and words have it: `spent`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Spent => "spent",
            Self::Reversed => "reversed",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Merged => "merged",
        }
    }

    fn of(code: &str) -> Self {
        match code {
            "spent" => Self::Spent,
            "reversed" => Self::Reversed,
            "sent" => Self::Sent,
            "received" => Self::Received,
            _ => Self::Merged,
        }
    }
}

struct NewRow<'a> {
    kind: Kind,
    points: i64,
    id: Option<Uuid>,
    other: Option<Uuid>,
    place: &'a str,
    remark: Option<&'a Sealed>,
}

impl<'a> NewRow<'a> {
    fn of(event: &'a WalletEvent) -> Self {
        let row =
            |kind, points, id, other, place| Self { kind, points, id, other, place, remark: None };
        match event {
            WalletEvent::PointsSpent { spending, place, points, remark } => {
                let spent = row(Kind::Spent, -i64::from(*points), Some(*spending), None, place);
                Self { remark: remark.as_ref(), ..spent }
            }
            // The place took it back: its love bank has that much less.
            WalletEvent::SpendingReversed { place, points, .. } => {
                row(Kind::Reversed, i64::from(*points), None, None, place)
            }
            WalletEvent::PointsSent { transfer, to, points, .. } => {
                row(Kind::Sent, -i64::from(*points), Some(*transfer), Some(*to), "")
            }
            WalletEvent::PointsReceived { transfer, from, points } => {
                row(Kind::Received, i64::from(*points), Some(*transfer), Some(*from), "")
            }
            WalletEvent::WalletHandedOver { into, points, .. } => {
                row(Kind::Merged, -i64::from(*points), None, Some(*into), "")
            }
            WalletEvent::WalletTakenOver { from, points, .. } => {
                row(Kind::Merged, i64::from(*points), None, Some(*from), "")
            }
        }
    }
}

/// One entry of a wallet.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose wallet.
    pub resident: Uuid,
    /// The wallet's version with it.
    pub version: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: Kind,
    /// Points; below zero where they leave.
    pub points: i64,
    /// The spending or transfer.
    pub id: Option<Uuid>,
    /// The other person.
    pub other: Option<Uuid>,
    /// The code of the place whose love bank it was; may be empty.
    pub place: String,
    /// For what.
    pub remark: Option<Sealed>,
    /// Whether it was taken back, or given back.
    pub undone: bool,
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let (kind, remark): (String, Option<serde_json::Value>) = (row.get(3)?, row.get(8)?);
    Ok(Entry {
        resident: row.get(0)?,
        version: row.get(1)?,
        at: row.get(2)?,
        kind: Kind::of(&kind),
        points: row.get(4)?,
        id: row.get(5)?,
        other: row.get(6)?,
        place: row.get(7)?,
        remark: remark.and_then(|remark| serde_json::from_value(remark).ok()),
        undone: row.get(9)?,
    })
}

/// Received less sent and spent.
pub fn net(db: &Connection, resident: Uuid) -> rusqlite::Result<i64> {
    db.prepare_cached("SELECT coalesce(sum(points), 0) FROM wallets WHERE resident = ?")?
        .query_row([resident], |row| row.get(0))
}

/// Somebody's entries, the newest first, at most so many.
pub fn of_resident(db: &Connection, resident: Uuid, most: u32) -> rusqlite::Result<Vec<Entry>> {
    db.prepare_cached("SELECT * FROM wallets WHERE resident = ? ORDER BY version DESC LIMIT ?")?
        .query_map(params![resident, most], entry)?
        .collect()
}

/// The newest entries of a place's love bank, at most so many.
pub fn of_place(db: &Connection, place: &str, most: u32) -> rusqlite::Result<Vec<Entry>> {
    db.prepare_cached(
        "SELECT * FROM wallets WHERE place = ? AND place <> '' ORDER BY at DESC LIMIT ?",
    )?
    .query_map(params![place, most], entry)?
    .collect()
}

/// What was spent at a place's love bank in all.
pub fn spent_at(db: &Connection, place: &str) -> rusqlite::Result<i64> {
    db.prepare_cached(
        "SELECT coalesce(-sum(points), 0) FROM wallets WHERE place = ? AND place <> ''",
    )?
    .query_row([place], |row| row.get(0))
}
