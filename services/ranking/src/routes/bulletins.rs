//! What a place has published: the list, and each bulletin as a page or a file.

use askama::Template;
use axum::{
    Extension, Json,
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    directory::Purpose,
    web::{Names, Page, Refusal, Viewer},
};
use serde::{Deserialize, Serialize};

use super::{
    State,
    bulletins_files::{csv, file, xlsx},
    bulletins_sheets::{Sheet, sheets},
    text::Text,
};
use crate::{
    projections::{
        bulletins::{self, Entry},
        places,
    },
    values::{Content, Count, Series},
};

/// A line of the list.
pub(super) struct Row {
    pub path: String,
    pub series: String,
    pub number: String,
    pub period: String,
    pub days: String,
    pub cut_off: String,
    pub checksum: String,
}

impl Row {
    pub fn of(t: Text, place: &str, zone: chrono_tz::Tz, it: &Entry) -> Self {
        Self {
            path: address(place, it.series, it.number),
            series: t.code("bulletin_series", it.series.code()),
            number: t.n("bulletin_nth", it.number),
            period: it.period.to_string(),
            days: format!("{} – {}", t.day(it.from_on), t.day(it.until_on)),
            cut_off: instant(t, it.cut_off, zone),
            checksum: it.checksum.clone(),
        }
    }
}

pub(super) fn address(place: &str, series: Series, number: u32) -> String {
    format!("/c/{place}/bulletins/{}/{number}", series.code())
}

fn instant(t: Text, at: chrono::DateTime<chrono::Utc>, zone: chrono_tz::Tz) -> String {
    at.with_timezone(&zone).format(t.get("bulletin_instant")).to_string()
}

#[derive(Template)]
#[template(path = "bulletins.html")]
struct ListPage {
    t: Text,
    place: String,
    rows: Vec<Row>,
}

impl State {
    /// The name of a place.
    pub(super) async fn place_name(&self, t: Text, code: &str) -> Result<String, Refusal> {
        let code = code.to_owned();
        let place = self.tables.read(move |db| places::place(db, &code)).await?;
        let place = place.ok_or_else(Refusal::missing)?;
        Ok(t.name((&place.name, &place.name_en)).to_owned())
    }

    /// All bulletins of a place, as a list shows them.
    pub(super) async fn bulletins(&self, t: Text, place: &str) -> Result<Vec<Row>, Refusal> {
        let (zone, code) = (self.zone(place).await?, place.to_owned());
        let list = self.tables.read(move |db| bulletins::list(db, &code)).await?;
        Ok(list.iter().map(|it| Row::of(t, place, zone, it)).collect())
    }
}

pub(super) async fn list(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text::of(&viewer);
    let place = state.place_name(t, &community).await?;
    let rows = state.bulletins(t, &community).await?;
    let html = ListPage { t, place, rows }.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("bulletins"), html).of(&community))
}

/// Which bulletin.
#[derive(Deserialize)]
pub(super) struct Which {
    community: String,
    series: String,
    number: u32,
}

/// How it is shown.
#[derive(Deserialize)]
pub(super) struct How {
    #[serde(default)]
    print: Option<String>,
}

/// A bulletin with the tables it is shown as.
pub(super) struct Told {
    pub sheets: Vec<Sheet>,
    pub head: Vec<String>,
    pub quiet: bool,
}

#[derive(Template)]
#[template(path = "bulletin.html")]
pub(super) struct BulletinPage {
    pub t: Text,
    pub told: Told,
    /// The checksum; none for a preview.
    pub checksum: Option<String>,
    /// Its own address; none for a preview.
    pub path: String,
    pub print: bool,
}

impl State {
    /// A content in the words of a page, with the names that may be shown now.
    pub(super) async fn told(
        &self,
        viewer: &Viewer,
        content: Content,
        checksum: Option<&str>,
    ) -> Result<Told, Refusal> {
        let t = Text::of(viewer);
        let zone = self.zone(&content.place).await?;
        let people = content.residents.iter().map(|it| it.resident).collect();
        let names: Names = self.names(viewer, people, Purpose::Ranking).await;
        let desk = viewer.may("bulletin.publish", &content.place);
        let place = t.name((&content.place_name, &content.place_name_en));
        let series = t.code("bulletin_series", content.series.code());
        let number = match checksum {
            Some(_) => t.n("bulletin_nth", content.number),
            None => t.get("bulletin_preview").to_owned(),
        };
        let days = format!("{} – {}", t.day(content.from_on), t.day(content.until_on));
        let mut head = vec![
            format!("{place} · {series} · {number}"),
            format!("{} {} ({days})", t.get("bulletin_period"), content.period),
            format!("{} {}", t.get("bulletin_cut_off"), instant(t, content.cut_off, zone)),
        ];
        head.extend(checksum.map(|sum| format!("SHA-256 {sum}")));
        let planned = content.measures("total").and_then(|it| it.get(&Count::Planned));
        let quiet = planned.is_none_or(|n| *n == 0);
        let sheets = sheets(&content, t, &names, desk);
        Ok(Told { sheets, head, quiet })
    }

    async fn published(&self, which: &Which) -> Result<(Entry, String), Refusal> {
        let series = Series::of(&which.series).ok_or_else(Refusal::missing)?;
        let (place, number) = (which.community.clone(), which.number);
        let found = self.tables.read(move |db| bulletins::one(db, &place, series, number)).await?;
        found.ok_or_else(Refusal::missing)
    }

    async fn read_out(&self, which: &Which, viewer: &Viewer) -> Result<(Entry, Told), Refusal> {
        let (entry, text) = self.published(which).await?;
        let content = serde_json::from_str(&text).map_err(Refusal::failed)?;
        let told = self.told(viewer, content, Some(&entry.checksum)).await?;
        Ok((entry, told))
    }
}

pub(super) async fn page(
    Extension(state): Extension<State>,
    Path(which): Path<Which>,
    Query(how): Query<How>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let (entry, told) = state.read_out(&which, &viewer).await?;
    let title = told.head.first().cloned().unwrap_or_default();
    let path = address(&which.community, entry.series, entry.number);
    let (t, print) = (Text::of(&viewer), how.print.is_some());
    let page = BulletinPage { t, told, checksum: Some(entry.checksum), path, print };
    let page = Page::new(title, page.render().map_err(Refusal::failed)?).of(&which.community);
    Ok(if print { page.bare() } else { page })
}

fn file_name(which: &Which, entry: &Entry, ending: &str) -> String {
    format!("{}-{}-{}.{ending}", which.community, entry.series.code(), entry.period)
}

pub(super) async fn csv_file(
    Extension(state): Extension<State>,
    Path(which): Path<Which>,
    viewer: Viewer,
) -> Result<Response, Refusal> {
    let (entry, told) = state.read_out(&which, &viewer).await?;
    let bytes = csv(&told.head, &told.sheets)?;
    Ok(file(bytes, "text/csv; charset=utf-8", &file_name(&which, &entry, "csv")))
}

pub(super) async fn xlsx_file(
    Extension(state): Extension<State>,
    Path(which): Path<Which>,
    viewer: Viewer,
) -> Result<Response, Refusal> {
    const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let (entry, told) = state.read_out(&which, &viewer).await?;
    let bytes = xlsx(&told.head, &told.sheets).map_err(Refusal::failed)?;
    Ok(file(bytes, KIND, &file_name(&which, &entry, "xlsx")))
}

/// The very bytes that its checksum is of. They list what is not for all to see, so they are the
/// desk's.
pub(super) async fn bytes(
    Extension(state): Extension<State>,
    Path(which): Path<Which>,
) -> Result<Response, Refusal> {
    let (_, text) = state.published(&which).await?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], text).into_response())
}

/// A bulletin in the list for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    series: Series,
    number: u32,
    period: String,
    from_on: chrono::NaiveDate,
    until_on: chrono::NaiveDate,
    cut_off: chrono::DateTime<chrono::Utc>,
    checksum: String,
    page: String,
}

pub(super) async fn list_json(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
) -> Result<Json<Vec<Summary>>, Refusal> {
    state.zone(&community).await?;
    let place = community.clone();
    let list = state.tables.read(move |db| bulletins::list(db, &place)).await?;
    let told = |it: Entry| Summary {
        page: address(&community, it.series, it.number),
        series: it.series,
        number: it.number,
        period: it.period.to_string(),
        from_on: it.from_on,
        until_on: it.until_on,
        cut_off: it.cut_off,
        checksum: it.checksum,
    };
    Ok(Json(list.into_iter().map(told).collect()))
}
