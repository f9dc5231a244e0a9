//! What a rule comes to, before it is saved: its next dates, and what stands there already.

use chrono::{DateTime, Months, NaiveDate, Utc};
use linli_almanac::{HolidayKind, HolidayTable, festivals::festival_on};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{
    contract::Description,
    projections::{
        agenda::{self, Ask},
        holidays, venues,
    },
    routes::Text,
    values::{
        agenda::State,
        plan::{self, Planned},
        segment::Segment,
    },
};

/// Dates that a preview shows.
const DATES: usize = 10;
/// How far the papers are read that a preview may need, in months; a yearly rule looks that far.
const PAPER_MONTHS: u32 = 12 * 11;

/// One of the next dates.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub when: String,
    /// 国庆节, 清明, a worked weekend; empty for an ordinary day.
    pub label: String,
    pub venue: String,
    pub unsettled: bool,
    /// What stands at its venue at that time.
    pub clashes: Vec<String>,
}

/// For whom a preview is made.
#[derive(Debug, Clone)]
pub(super) struct Before {
    pub t: Text,
    pub community: String,
    pub activity: Option<Uuid>,
    pub today: NaiveDate,
    pub now: DateTime<Utc>,
}

/// The next dates of a segment from today on.
pub(super) fn lines(
    db: &Connection,
    before: &Before,
    description: &Description,
    segment: Segment,
) -> rusqlite::Result<Vec<Line>> {
    let from = segment.from.max(before.today);
    let far = from.checked_add_months(Months::new(PAPER_MONTHS)).unwrap_or(from);
    let papers = holidays::papers(db, &(from..=far))?;
    // A date outside of the almanac's years was refused with the rule.
    let next = segment.rule.preview(from, DATES, segment.zone, &papers.table).unwrap_or_default();
    let Some(last) = next.iter().map(|one| one.starts_on).max() else { return Ok(Vec::new()) };
    let names = venues::names(db)?;
    let planned = plan::planned(&[segment], None, description, &(from..=last), &papers.table);
    let line = |one: &Planned| {
        let name = one.venue.and_then(|venue| names.get(&venue));
        Ok(Line {
            when: before.t.when(one.start, one.end, one.all_day, one.zone),
            label: label(before.t, one.starts_on, &papers.table),
            venue: name.map_or("", |name| name.called(before.t.is_english())).to_owned(),
            unsettled: one.unsettled,
            clashes: clashes(db, before, one)?,
        })
    };
    planned.iter().take(DATES).map(line).collect()
}

/// What a civil day is called by holiday papers and festivals.
pub(super) fn label(t: Text, date: NaiveDate, table: &HolidayTable) -> String {
    let named = table.on(date).map(|day| match day.kind {
        HolidayKind::Off => day.name.clone(),
        HolidayKind::Work => t.with("desk-worked", &[("name", &day.name)]),
    });
    named.or_else(|| festival_on(date).map(str::to_owned)).unwrap_or_default()
}

fn clashes(db: &Connection, before: &Before, one: &Planned) -> rusqlite::Result<Vec<String>> {
    let Some(venue) = one.venue else { return Ok(Vec::new()) };
    let over = |start: DateTime<Utc>, end: DateTime<Utc>| start < one.end && one.start < end;
    let day = one.starts_on;
    let ask = Ask::all(&before.community, day.pred_opt().unwrap_or(day)..=day);
    let t = before.t;
    let mut found = Vec::new();
    for entry in agenda::agenda(db, &ask, before.now)? {
        let other = entry.venue == Some(venue) && Some(entry.activity.id) != before.activity;
        if other && entry.state != State::Cancelled && over(entry.start, entry.end) {
            found.push(format!("{} {}", entry.called(t.is_english()), t.entry_when(&entry)));
        }
    }
    let closures = venues::closures(db, venue, before.now)?;
    let closed = closures.into_iter().filter(|closure| over(closure.from, closure.until));
    found.extend(closed.map(|closure| t.with("desk-closed", &[("reason", &closure.reason)])));
    Ok(found)
}
