//! From a line of a board to the occurrences that brought it about, and on to what happened there.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query as Fields},
};
use chrono::NaiveDate;
use linli_platform::web::{Page, Refusal, Viewer};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    State,
    text::{self, Text},
    view::Query,
};
use crate::{
    contract::heard::PlaceKind,
    projections::{
        activities::{self, Named},
        compare::Scope,
        credits,
        occurrences::{self, Total},
        places, teams,
    },
    values::{Measure, OccurrenceKey, Period, Span},
};

/// One occurrence with what it brought.
struct Brought {
    key: OccurrenceKey,
    on: NaiveDate,
    total: Total,
    named: Option<Named>,
}

struct Row {
    on: String,
    title: String,
    path: Option<String>,
    values: Vec<String>,
}

#[derive(Template)]
#[template(path = "drill.html")]
struct Drill<'a> {
    t: Text,
    back: String,
    name: &'a str,
    period: String,
    note: &'a str,
    heads: Vec<String>,
    rows: Vec<Row>,
    sums: Vec<String>,
}

fn period_of(query: &Query, today: NaiveDate, t: Text) -> Result<Period, Refusal> {
    match query.get("period").map(String::as_str) {
        None | Some("") => Ok(Period::of(Span::Month, today)),
        Some(text) => text.parse().map_err(|_| {
            Refusal::invalid(t.with("bad_choice", &[("field", "period"), ("value", text)]))
        }),
    }
}

/// A building, a grid, a community or what stands above.
pub(super) async fn place(
    Extension(state): Extension<State>,
    Path((community, code)): Path<(String, String)>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let (scope, today) = state.scope(&community).await?;
    let t = Text::of(&viewer);
    let period = period_of(&query, today, t)?;
    let there = scope.within.iter().find(|place| place.code == code).cloned();
    let there = there.ok_or_else(Refusal::missing)?;
    let lived_in =
        matches!(there.kind, PlaceKind::Building | PlaceKind::Grid | PlaceKind::Compound);
    let kind = there.kind;
    let found = state.tables.read(move |db| {
        if lived_in {
            return lived(db, &scope, (&code, kind), period);
        }
        let under = scope.under(kind);
        let own: Vec<_> =
            under.iter().filter(|(_, above)| **above == code).map(|(c, _)| *c).collect();
        let hosts: Vec<_> = scope.hosts().into_iter().filter(|host| own.contains(host)).collect();
        held(db, &hosts, period)
    });
    let found = found.await?;
    let measures: &[Measure] = if lived_in {
        &[Measure::Points, Measure::Attended, Measure::Minutes]
    } else {
        &Measure::ALL
    };
    let name = t.name((&there.name, &there.name_en)).to_owned();
    let note = if lived_in { t.get("brought_lived") } else { t.get("brought_held") };
    shown(&viewer, &community, (&name, note), period, found, measures)
}

/// A team.
pub(super) async fn team(
    Extension(state): Extension<State>,
    Path((community, team)): Path<(String, Uuid)>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let (scope, today) = state.scope(&community).await?;
    let t = Text::of(&viewer);
    let period = period_of(&query, today, t)?;
    let found = state.tables.read(move |db| {
        let mut there = None;
        for host in scope.hosts() {
            let teams = teams::of_community(db, host)?;
            there = there.or(teams.into_iter().find(|one| one.team == team));
        }
        Ok((there, held(db, &[team.to_string()], period)?))
    });
    let (there, found) = found.await?;
    let there = there.ok_or_else(Refusal::missing)?;
    let of = (there.name.as_str(), t.get("brought_team"));
    shown(&viewer, &community, of, period, found, &Measure::ALL)
}

fn lived(
    db: &Connection,
    scope: &Scope,
    (code, kind): (&str, PlaceKind),
    period: Period,
) -> rusqlite::Result<Vec<Brought>> {
    let mut all: BTreeMap<(NaiveDate, OccurrenceKey), Total> = BTreeMap::new();
    for map in places::maps(db, kind, (period.first, period.last()))? {
        let own: Vec<_> = map.under.iter().filter(|(_, above)| *above == code).collect();
        for (host, (building, _)) in
            scope.hosts().into_iter().flat_map(|host| own.iter().map(move |own| (host, own)))
        {
            for one in credits::of_building(db, (host, building), (map.first, map.last))? {
                *all.entry((one.on, one.key)).or_default() += Total {
                    points: one.points,
                    attended: one.times,
                    minutes: one.minutes,
                    ..Total::default()
                };
            }
        }
    }
    let brought = |((on, key), total): ((NaiveDate, OccurrenceKey), Total)| {
        Ok(Brought { named: activities::named(db, &key)?, key, on, total })
    };
    all.into_iter().map(brought).collect()
}

fn held<S: AsRef<str>>(
    db: &Connection,
    of: &[S],
    period: Period,
) -> rusqlite::Result<Vec<Brought>> {
    let found = occurrences::list(db, of, (period.first, period.last()))?;
    let brought = |occurrences::Of { key, on, total }| {
        Ok(Brought { named: activities::named(db, &key)?, key, on, total })
    };
    found.into_iter().map(brought).collect()
}

/// The title of an occurrence as this visitor may see it, and the way to it.
pub(super) fn titled(
    t: Text,
    key: &OccurrenceKey,
    named: Option<&Named>,
    inside: bool,
) -> (String, Option<String>) {
    match named {
        Some(named) if named.public || inside => {
            let path = format!("/c/{}/{}/{}", key.community, named.slug, key.recurrence_id);
            (named.title(t.0).to_owned(), Some(path))
        }
        _ => (t.get("not_public").to_owned(), None),
    }
}

fn shown(
    viewer: &Viewer,
    community: &str,
    (name, note): (&str, &str),
    period: Period,
    found: Vec<Brought>,
    measures: &[Measure],
) -> Result<Page, Refusal> {
    let t = Text::of(viewer);
    let value = |total, measure: Measure| {
        text::value(measure, crate::projections::compare::of_total(total, measure))
    };
    let mut sum = Total::default();
    let mut rows = Vec::new();
    for Brought { key, on, total, named } in found {
        sum += total;
        let inside = viewer.may("people.see", &key.community);
        let (title, path) = titled(t, &key, named.as_ref(), inside);
        let values = measures.iter().map(|measure| value(total, *measure)).collect();
        rows.push(Row { on: t.day(on), title, path, values });
    }
    let page = Drill {
        t,
        back: format!("/rankings/{community}?period={period}"),
        name,
        period: t.period(period),
        note,
        heads: measures.iter().map(|measure| t.code("measure", measure.code())).collect(),
        rows,
        sums: measures.iter().map(|measure| value(sum, *measure)).collect(),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(format!("{name} · {}", t.get("boards")), html).of(community))
}
