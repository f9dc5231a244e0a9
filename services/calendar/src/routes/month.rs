//! A month on the wall: as a page, which the gateway completes with how full each occurrence is, and
//! as a sheet to print.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query},
};
use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};
use linli_almanac::{HolidayKind, RecurrenceId, festivals, lunar, terms};
use linli_platform::web::{Page, Refusal, Viewer};
use serde::Deserialize;
use uuid::Uuid;

use super::{Calendar, Shared, Text, qr, sees};
use crate::{
    contract::Visibility,
    projections::{agenda, holidays, neighbours},
    values::{
        agenda::{Entry, Papers, State},
        plan,
    },
};

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
}

/// One day of the grid.
struct Day {
    iso: String,
    date: String,
    number: u32,
    /// It belongs to the month before or after.
    outside: bool,
    today: bool,
    lunar: String,
    term: &'static str,
    festival: &'static str,
    /// `off`, `work` or empty.
    holiday: &'static str,
    holiday_name: String,
    cells: Vec<Cell>,
}

/// One occurrence in a day.
struct Cell {
    time: String,
    title: String,
    venue: String,
    path: String,
    /// As in the names of badges; empty where nothing is special.
    state: &'static str,
    badge: String,
    unsettled: bool,
    private: bool,
    full: bool,
    /// How full it is, in words; empty where nobody counts.
    places: String,
}

/// How full an occurrence is.
#[derive(Debug, Clone)]
pub struct Filled {
    /// No place is left.
    pub full: bool,
    /// In the visitor's words.
    pub text: String,
}

/// How full occurrences are, by activity and occurrence.
pub type Places = BTreeMap<(Uuid, RecurrenceId), Filled>;

/// A month as a visitor may see it.
pub struct Wall {
    place: neighbours::Place,
    first: NaiveDate,
    today: NaiveDate,
    entries: Vec<Entry>,
    papers: Papers,
}

struct Month {
    title: String,
    year_text: String,
    this: String,
    before: String,
    after: String,
    weeks: Vec<Vec<Day>>,
}

#[derive(Template)]
#[template(path = "month.html")]
struct View<'a> {
    t: Text,
    community: &'a str,
    place: &'a str,
    month: &'a Month,
    feed: String,
    webcal: String,
    qr: String,
    may_plan: bool,
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet<'a> {
    t: Text,
    place: &'a str,
    month: &'a Month,
    qr: String,
}

/// The month of a text such as `2026-11`; that of `today` if it is none.
pub(super) fn month_of(text: &str, today: NaiveDate) -> NaiveDate {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
    let inside = first.filter(|date| (1902..2099).contains(&date.year()));
    inside.or_else(|| today.with_day(1)).unwrap_or(today)
}

/// The month of a text such as `2026-11`, as this visitor may see it; the present one if the text is
/// none.
pub async fn month(
    calendar: &Calendar,
    viewer: &Viewer,
    community: &str,
    asked: &str,
) -> Result<Wall, Refusal> {
    let place = super::place(calendar, community).await?;
    let now = calendar.platform.clock.now();
    let today = now.with_timezone(&place.zone).date_naive();
    let first = month_of(asked, today);
    let (viewer, code) = (viewer.clone(), community.to_owned());
    let read = calendar.tables.read(move |db| {
        let (start, end) = grid(first);
        let mut ask = sees(db, &viewer, &code, start..=end)?;
        ask.drafts = viewer.may("activity.plan", &code);
        let entries = agenda::agenda(db, &ask, now)?;
        Ok((entries, holidays::papers(db, &(start..=end))?))
    });
    let (entries, papers) = read.await?;
    Ok(Wall { place, first, today, entries, papers })
}

impl Wall {
    /// What stands on it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// It as a page, with how full each occurrence is.
    pub fn page(
        &self,
        calendar: &Calendar,
        viewer: &Viewer,
        places: &Places,
    ) -> Result<Page, Refusal> {
        let t = Text(viewer.language);
        let (community, month) = (&self.place.code, self.built(t, places));
        let feed = format!("{}/c/{community}/calendar.ics", calendar.platform.public_url);
        let bare = feed.split_once("://").map_or(feed.as_str(), |(_, rest)| rest);
        let view = View {
            t,
            community,
            place: self.place.called(t.is_english()),
            month: &month,
            webcal: format!("webcal://{bare}"),
            qr: qr(&feed),
            feed,
            may_plan: viewer.may("activity.plan", community),
        };
        let title = format!("{} · {}", view.place, month.title);
        super::page(community, &title, &view)
    }

    fn built(&self, t: Text, places: &Places) -> Month {
        let mut by_day: BTreeMap<NaiveDate, Vec<Cell>> = BTreeMap::new();
        for entry in &self.entries {
            let filled = places.get(&(entry.activity.id, entry.id));
            let cell = cell(t, &self.place.code, entry, filled);
            by_day.entry(entry.starts_on()).or_default().push(cell);
        }
        build(t, self.first, self.today, by_day, &self.papers)
    }
}

pub(super) async fn sheet(
    Extension(calendar): Shared,
    viewer: Viewer,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    // What hangs on a wall is for everybody, whoever prints it.
    let public = Viewer { principal: None, ..viewer };
    let wall = month(&calendar, &public, &community, &asked.month).await?;
    let month = wall.built(t, &Places::new());
    let link = format!("{}/c/{community}?month={}", calendar.platform.public_url, month.this);
    let place = wall.place.called(t.is_english());
    let view = Sheet { t, place, month: &month, qr: qr(&link) };
    let title = format!("{} · {}", view.place, month.title);
    Ok(super::page(&community, &title, &view)?.bare())
}

/// The first and last day of the whole weeks that hold a month.
fn grid(first: NaiveDate) -> (NaiveDate, NaiveDate) {
    let month = plan::month(first.year(), first.month()).unwrap_or(first..=first);
    let start = month.start().week(Weekday::Mon).first_day();
    (start, month.end().week(Weekday::Mon).last_day())
}

fn build(
    t: Text,
    first: NaiveDate,
    today: NaiveDate,
    mut by_day: BTreeMap<NaiveDate, Vec<Cell>>,
    papers: &Papers,
) -> Month {
    let (start, end) = grid(first);
    let mut days = Vec::new();
    for date in start.iter_days().take_while(|date| *date <= end) {
        let cells = by_day.remove(&date).unwrap_or_default();
        days.push(day(t, first, today, date, papers, cells));
    }
    let mut weeks = Vec::new();
    while !days.is_empty() {
        let rest = days.split_off(days.len().min(7));
        weeks.push(std::mem::replace(&mut days, rest));
    }
    let text = |date: Option<NaiveDate>| {
        date.map_or_else(String::new, |date| date.format("%Y-%m").to_string())
    };
    let middle = first.checked_add_days(Days::new(14)).unwrap_or(first);
    Month {
        title: t.month(first),
        year_text: lunar::to_lunar(middle).map_or_else(String::new, |day| day.year_text()),
        this: text(Some(first)),
        before: text(first.checked_sub_months(Months::new(1))),
        after: text(first.checked_add_months(Months::new(1))),
        weeks,
    }
}

fn day(
    t: Text,
    first: NaiveDate,
    today: NaiveDate,
    date: NaiveDate,
    papers: &Papers,
    cells: Vec<Cell>,
) -> Day {
    let holiday = papers.table.on(date);
    Day {
        iso: date.to_string(),
        date: t.date(date),
        number: date.day(),
        outside: date.month() != first.month(),
        today: date == today,
        lunar: lunar::to_lunar(date).map_or_else(String::new, |day| day.cell_text()),
        term: terms::term_on(date).map_or("", linli_almanac::SolarTerm::zh),
        festival: festivals::festival_on(date).unwrap_or_default(),
        holiday: match holiday.map(|day| day.kind) {
            Some(HolidayKind::Off) => "off",
            Some(HolidayKind::Work) => "work",
            None => "",
        },
        holiday_name: holiday.map_or_else(String::new, |day| day.name.clone()),
        cells,
    }
}

/// The state as badges name it; empty where nothing is special.
pub(super) fn badge(state: State) -> &'static str {
    match state {
        State::Draft => "draft",
        State::Computed => "computed",
        State::Opened => "",
        State::Moved => "moved",
        State::Cancelled => "cancelled",
        State::Held => "held",
    }
}

fn cell(t: Text, community: &str, entry: &Entry, filled: Option<&Filled>) -> Cell {
    let state = badge(entry.state);
    let local = entry.start.with_timezone(&entry.zone);
    Cell {
        time: if entry.all_day { String::new() } else { local.format("%H:%M").to_string() },
        title: entry.called(t.is_english()).to_owned(),
        venue: t.venue(entry),
        // A joint one is shown in the community that one came from.
        path: format!("/c/{community}/{}/{}", entry.activity.slug, entry.id),
        badge: if state.is_empty() { String::new() } else { t.of("state", state) },
        state,
        unsettled: entry.unsettled,
        private: entry.activity.description.visibility != Visibility::Public,
        full: filled.is_some_and(|filled| filled.full),
        places: filled.map(|filled| filled.text.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::web::Language;

    use super::*;

    fn month(text: &str) -> Month {
        let first = month_of(text, NaiveDate::MIN);
        build(Text(Language::Zh), first, first, BTreeMap::new(), &Papers::default())
    }

    fn found<'a>(month: &'a Month, iso: &str) -> &'a Day {
        month.weeks.iter().flatten().find(|day| day.iso == iso).unwrap()
    }

    #[test]
    fn lunar_texts_terms_and_festivals_stand_on_their_days() {
        let february = month("2027-02");
        let new_year = found(&february, "2027-02-06");
        assert_eq!((new_year.lunar.as_str(), new_year.festival), ("正月", "春节"));
        assert_eq!(found(&february, "2027-02-05").festival, "除夕");
        assert_eq!(found(&february, "2027-02-07").lunar, "初二");
        assert_eq!(found(&february, "2027-02-04").term, "立春");
        assert_eq!(february.year_text, "丁未羊年");
        let leap = month("2033-12");
        assert_eq!(found(&leap, "2033-12-22").lunar, "闰冬月");
        assert!(february.weeks.iter().all(|week| week.len() == 7));
        assert_eq!((february.before.as_str(), february.after.as_str()), ("2027-01", "2027-03"));
    }

    #[test]
    fn a_month_that_is_none_is_the_present_one() {
        let today: NaiveDate = "2026-11-05".parse().unwrap();
        for text in ["", "2026-13", "1800-01", "abc"] {
            assert_eq!(month_of(text, today).to_string(), "2026-11-01");
        }
    }
}
