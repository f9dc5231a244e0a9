//! The board that an address asks for, for page, JSON and CSV alike.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use linli_platform::{
    directory::Purpose,
    web::{Names, Refusal, Viewer},
};

use super::{State, text::Text};
use crate::{
    projections::{
        boards,
        compare::{self, Asked, Board, Scope, Who},
        occurrences::Total,
    },
    values::{Level, Measure, Period, Ranked, Span},
};

/// How many periods a trend shows.
const TREND: u16 = 12;

/// What an address asks for, before it is understood.
pub(super) type Query = HashMap<String, String>;

/// What each building has on each day.
pub(super) type Days = BTreeMap<String, BTreeMap<NaiveDate, i64>>;

/// All that a page shows.
pub(super) struct View {
    pub scope: Scope,
    pub asked: Asked,
    pub board: Board,
    pub trend: Vec<(Period, Total)>,
    /// What the place has in the period.
    pub total: Total,
    /// How many of its people have been anywhere.
    pub people: u64,
    pub days: Days,
    pub names: Names,
    pub today: NaiveDate,
}

impl State {
    /// The scope of a place, and today there.
    pub(super) async fn scope(&self, place: &str) -> Result<(Scope, NaiveDate), Refusal> {
        let today = self.today(place).await?;
        let place = place.to_owned();
        let scope = self.tables.read(move |db| Scope::of(db, &place)).await?;
        Ok((scope.ok_or_else(Refusal::missing)?, today))
    }

    /// The board that an address asks for.
    pub(super) async fn view(
        &self,
        viewer: &Viewer,
        place: &str,
        query: &Query,
    ) -> Result<View, Refusal> {
        let (scope, today) = self.scope(place).await?;
        let asked = understood(&scope, today, query, Text::of(viewer))?;
        let view = self.tables.read(move |db| {
            let board = compare::board(db, &scope, &asked)?;
            let trend = compare::trend(db, &scope, asked.period, TREND)?;
            let mut days = Days::new();
            let mut people = 0;
            for host in scope.hosts() {
                people += boards::active(db, host, asked.period)?;
            }
            if asked.level == Level::Building && asked.period.span != Span::Year {
                for host in scope.hosts() {
                    for (building, day, has) in boards::by_day(db, host, asked.period)? {
                        let value = compare::of_has(has, asked.measure);
                        if value > 0 {
                            days.entry(building).or_default().insert(day, value);
                        }
                    }
                }
            }
            Ok((scope, asked, board, trend, people, days))
        });
        let (scope, asked, board, trend, people, days) = view.await?;
        let total = trend.last().map(|(_, total)| *total).unwrap_or_default();
        let persons = board.lines.iter().filter_map(|line| match line.line.key {
            Who::Resident(id) => Some(id),
            Who::Place(_) | Who::Team(_) => None,
        });
        let names = self.names(viewer, persons.collect(), Purpose::Ranking).await;
        Ok(View { scope, asked, board, trend, total, people, days, names, today })
    }
}

/// Reads what is asked; what is not said is the buildings' points of this month.
fn understood(
    scope: &Scope,
    today: NaiveDate,
    query: &Query,
    text: Text,
) -> Result<Asked, Refusal> {
    let field = |name: &str| query.get(name).map(|value| value.trim()).filter(|v| !v.is_empty());
    let wrong = |name: &str, value: &str| {
        Refusal::invalid(text.with("bad_choice", &[("field", name), ("value", value)]))
    };
    let levels = scope.levels();
    let level = match field("level") {
        None => levels.first().copied().unwrap_or(Level::Building),
        Some(code) => {
            let level = Level::of(code).filter(|level| levels.contains(level));
            level.ok_or_else(|| wrong("level", code))?
        }
    };
    let measure = match field("measure") {
        None => Measure::Points,
        Some(code) => Measure::of(code).ok_or_else(|| wrong("measure", code))?,
    };
    let measure = if measure.fits(level) { measure } else { Measure::Points };
    let period = match field("period") {
        Some("week") => Period::of(Span::Week, today),
        None | Some("month") => Period::of(Span::Month, today),
        Some("year") => Period::of(Span::Year, today),
        Some(text) => text.parse().map_err(|_| wrong("period", text))?,
    };
    let per_head = field("per") == Some("head") && level.has_heads();
    Ok(Asked { place: scope.place.code.clone(), level, period, measure, per_head })
}

impl View {
    /// What a line is called.
    pub fn name(&self, who: &Who, text: Text) -> String {
        match who {
            Who::Resident(id) => self.names.get(*id),
            Who::Place(_) | Who::Team(_) => self
                .board
                .names
                .get(who)
                .map(|(zh, en)| text.name((zh, en)).to_owned())
                .unwrap_or_default(),
        }
    }

    /// The name of the place.
    pub fn place(&self, text: Text) -> &str {
        text.name((&self.scope.place.name, &self.scope.place.name_en))
    }

    /// A line's value per head in hundredths, where the board is by head.
    pub fn per_head(&self, line: &Ranked<Who>) -> Option<u64> {
        line.line.per_head_hundredths().filter(|_| self.asked.level.has_heads())
    }
}

/// What leads on to where a line's points come from; none for people, whose points are their own.
pub(super) fn line_path(place: &str, who: &Who, period: Period) -> Option<String> {
    let of = |kind: &str, id: &dyn std::fmt::Display| {
        Some(format!("/rankings/{place}/{kind}/{id}?period={period}"))
    };
    match who {
        Who::Place(code) => of("place", code),
        Who::Team(id) => of("team", id),
        Who::Resident(_) => None,
    }
}
