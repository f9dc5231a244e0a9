//! The week that summaries tell of.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::{Asia::Shanghai, Tz};
use linli_almanac::zoned::resolve;
use linli_platform::{
    ids::StreamId,
    tables::{Tables, TablesError},
    web::Language,
};
use rusqlite::Connection;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::projections::{
    occurrences::{self, Occurrence},
    subscriptions,
};

/// All of a week, in order.
type Week = Arc<Vec<Occurrence>>;

/// The week of one batch of summaries, read once for all of them: in Chinese and in English.
#[derive(Default)]
pub(super) struct Weeks {
    zh: OnceCell<Week>,
    en: OnceCell<Week>,
}

impl Weeks {
    /// The week that a source of summaries tells of.
    pub async fn of(
        &self,
        tables: &Tables,
        source: &StreamId,
        language: Language,
    ) -> Result<Week, TablesError> {
        let week = match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        };
        let read = || async {
            let Some(monday) = monday(source.id()) else { return Ok(Arc::default()) };
            let community = source.community().to_owned();
            let all = move |db: &Connection| all(db, &community, monday, language);
            Ok(Arc::new(tables.read(all).await?))
        };
        week.get_or_try_init(read).await.cloned()
    }
}

/// The Monday of a summary's week.
fn monday(id: &str) -> Option<NaiveDate> {
    let (year, week) = id.strip_prefix("digest-")?.split_once("-W")?;
    NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)
}

/// All of a community's week.
fn all(
    db: &Connection,
    community: &str,
    monday: NaiveDate,
    language: Language,
) -> rusqlite::Result<Vec<Occurrence>> {
    // A day more on each side, since each occurrence's week is that of its own zone.
    let end = monday.checked_add_days(Days::new(7)).unwrap_or(monday);
    let span = (midnight(monday, -1), midnight(end, 1));
    let mut found = occurrences::between(db, community, span, language)?;
    found.retain(|occ| {
        let on = occ.start.with_timezone(&occ.zone).date_naive();
        (monday..end).contains(&on)
    });
    Ok(found)
}

/// What of a week a resident wants in their summary.
pub(super) fn wanted(
    db: &Connection,
    week: &[Occurrence],
    resident: Uuid,
) -> rusqlite::Result<Vec<Occurrence>> {
    let teams = subscriptions::teams(db, resident)?;
    let held = subscriptions::of_resident(db, resident)?;
    let wants = |occ: &&Occurrence| {
        held.iter().any(|sub| sub.digest.takes(occ.frequent) && sub.concerns(occ, &teams))
    };
    Ok(week.iter().filter(wants).cloned().collect())
}

fn midnight(date: NaiveDate, days: i64) -> DateTime<Utc> {
    let zone: Tz = Shanghai;
    resolve(zone, date.and_time(NaiveTime::MIN)).to_utc() + chrono::TimeDelta::days(days)
}
