//! Who wants to be told of what.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::occurrences::Occurrence;
use crate::{
    contract::{
        Digest, SubscriptionEvent, What,
        heard::{Heard, ResidentEvent, Visibility},
    },
    values::Quiet,
};

/// The projection.
pub enum Subscriptions {}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub subscription: Uuid,
    /// Within which community.
    pub community: String,
    /// The sort of thing.
    pub what: What,
    /// Which one.
    pub of: String,
    /// Minutes before the start, the longest first.
    pub leads: Vec<u32>,
    /// Whether in one summary a week.
    pub digest: Digest,
}

impl Held {
    /// Whether it is about this occurrence. `member` are the resident's teams.
    pub fn concerns(&self, occ: &Occurrence, member: &[String]) -> bool {
        let admitted = match occ.visibility {
            Visibility::Public => true,
            Visibility::Team => occ.teams.iter().any(|team| member.contains(team)),
            Visibility::Staff => false,
        };
        let about = match self.what {
            What::All => occ.visibility == Visibility::Public,
            What::Activity => self.of == occ.activity,
            What::Kind => occ.visibility == Visibility::Public && occ.kinds.contains(&self.of),
            What::Team => occ.teams.contains(&self.of),
            What::Venue => occ.visibility == Visibility::Public && self.of == occ.venue,
        };
        admitted && about && self.community == occ.community
    }
}

impl Projection<Heard> for Subscriptions {
    const NAME: &'static str = "subscriptions";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE subscriptions (
            resident TEXT NOT NULL, community TEXT NOT NULL, subscription TEXT NOT NULL,
            what TEXT NOT NULL, object TEXT NOT NULL, leads TEXT NOT NULL, digest TEXT NOT NULL,
            PRIMARY KEY (resident, community, subscription)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE subscriptions_quiet (
            resident TEXT PRIMARY KEY, quiet TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE subscriptions_stopped (resident TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE subscriptions_team (
            resident TEXT NOT NULL, team TEXT NOT NULL, PRIMARY KEY (resident, team)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let stream = &fact.source.stream;
        match &fact.event {
            Heard::Subscription(event) => wish(db, stream.community(), stream.id(), event),
            Heard::Resident(event) => person(db, stream.id(), event),
            Heard::Activity(_)
            | Heard::Venue(_)
            | Heard::Place(_)
            | Heard::Staff(_)
            | Heard::Roll(_)
            | Heard::Duty(_)
            | Heard::Standing(_)
            | Heard::Delivery(_)
            | Heard::Followup(_)
            | Heard::Team(_)
            | Heard::Announcement(_)
            | Heard::Machine(_) => Ok(()),
        }
    }
}

fn wish(
    db: &Connection,
    community: &str,
    resident: &str,
    event: &SubscriptionEvent,
) -> Result<(), ApplyError> {
    match event {
        SubscriptionEvent::Subscribed { subscription, what, of, lead_minutes, digest, .. } => db
            .prepare_cached("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![
                resident,
                community,
                subscription.to_string(),
                serde_json::to_string(what)?,
                of,
                serde_json::to_string(lead_minutes)?,
                serde_json::to_string(digest)?
            ])?,
        SubscriptionEvent::Unsubscribed { subscription } => db
            .prepare_cached(
                "DELETE FROM subscriptions
                 WHERE resident = ? AND community = ? AND subscription = ?",
            )?
            .execute(params![resident, community, subscription.to_string()])?,
        SubscriptionEvent::QuietHoursSet { from, until } => db
            .prepare_cached("INSERT OR REPLACE INTO subscriptions_quiet VALUES (?, ?)")?
            .execute(params![resident, format!("{from}-{until}")])?,
        SubscriptionEvent::RemindersStopped {} => db
            .prepare_cached("INSERT OR REPLACE INTO subscriptions_stopped VALUES (?)")?
            .execute([resident])?,
        SubscriptionEvent::RemindersResumed {} => db
            .prepare_cached("DELETE FROM subscriptions_stopped WHERE resident = ?")?
            .execute([resident])?,
    };
    Ok(())
}

fn person(db: &Connection, resident: &str, event: &ResidentEvent) -> Result<(), ApplyError> {
    match event {
        ResidentEvent::TeamJoined { team } => {
            db.prepare_cached("INSERT OR REPLACE INTO subscriptions_team VALUES (?, ?)")?
                .execute([resident, team])?;
        }
        ResidentEvent::TeamLeft { team } => {
            db.prepare_cached("DELETE FROM subscriptions_team WHERE resident = ? AND team = ?")?
                .execute([resident, team])?;
        }
        ResidentEvent::ResidentMerged { .. } | ResidentEvent::ResidentErased {} => {
            for table in ["", "_quiet", "_stopped", "_team"] {
                let sql = format!("DELETE FROM subscriptions{table} WHERE resident = ?");
                db.prepare_cached(&sql)?.execute([resident])?;
            }
        }
        ResidentEvent::ResidentRegistered { .. }
        | ResidentEvent::ResidentMoved { .. }
        | ResidentEvent::ConsentGiven { .. }
        | ResidentEvent::ConsentWithdrawn { .. }
        | ResidentEvent::SignInAsked { .. } => {}
    }
    Ok(())
}

/// All subscriptions of a resident.
pub fn of_resident(db: &Connection, resident: Uuid) -> rusqlite::Result<Vec<Held>> {
    db.prepare_cached("SELECT * FROM subscriptions WHERE resident = ?")?
        .query_map([resident.to_string()], |row| {
            let text = |column: &str| row.get::<_, String>(column);
            Ok(Held {
                subscription: super::id(row, "subscription")?,
                community: text("community")?,
                what: serde_json::from_str(&text("what")?).unwrap_or_default(),
                of: text("object")?,
                leads: serde_json::from_str(&text("leads")?).unwrap_or_default(),
                digest: serde_json::from_str(&text("digest")?).unwrap_or_default(),
            })
        })?
        .collect()
}

/// A resident's quiet hours.
pub fn quiet(db: &Connection, resident: Uuid) -> rusqlite::Result<Quiet> {
    let quiet: Option<String> = db
        .prepare_cached("SELECT quiet FROM subscriptions_quiet WHERE resident = ?")?
        .query_row([resident.to_string()], |row| row.get(0))
        .optional()?;
    Ok(quiet.and_then(|quiet| quiet.parse().ok()).unwrap_or_default())
}

/// Whether a resident stopped all reminders.
pub fn stopped(db: &Connection, resident: Uuid) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM subscriptions_stopped WHERE resident = ?")?
        .exists([resident.to_string()])
}

/// The teams of a resident.
pub fn teams(db: &Connection, resident: Uuid) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached("SELECT team FROM subscriptions_team WHERE resident = ?")?
        .query_map([resident.to_string()], |row| row.get(0))?
        .collect()
}
