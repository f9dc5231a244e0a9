//! The residents of a community: the list, the search, the form for a new one, the list as CSV.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query},
    http::header,
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    directory::Lookup,
    stream::Meta,
    vault::phone_digits,
    web::{Page, Refusal, Viewer, see},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Once, Shared, Text, community, covered, meta_of, or, page};
use crate::{
    adapters::{NewResident, People},
    contract::Purpose,
    projections::{
        places::{self, PlaceRow},
        residents::{self, ResidentRow},
    },
    values::matching::Building,
};

/// Residents on one page of the list.
const PAGE: u32 = 100;

/// A resident as a line of a list.
pub(super) struct Line {
    pub id: Uuid,
    pub name: String,
    pub building: String,
    pub flat: String,
    pub phone: String,
    pub marks: Vec<String>,
}

#[derive(Template)]
#[template(path = "residents.html")]
struct List<'a> {
    t: Text,
    community: &'a str,
    may_manage: bool,
    q: &'a str,
    building: &'a str,
    buildings: &'a [Building],
    lines: &'a [Line],
    total: u32,
    before: Option<u32>,
    after: Option<u32>,
    cmd: Uuid,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    building: String,
    #[serde(default)]
    page: u32,
}

fn marks(t: Text, row: &ResidentRow) -> Vec<String> {
    let all = [
        (row.party_member, "party_member"),
        (row.volunteer, "volunteer"),
        (row.building_head, "building_head"),
        (row.under_14, "under_14"),
        (row.synthetic, "synthetic"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, mark)| t.of("mark", mark)).collect()
}

/// Rows as lines, with the buildings' names.
pub(super) async fn lines(
    people: &People,
    t: Text,
    rows: Vec<ResidentRow>,
) -> Result<Vec<Line>, Refusal> {
    let vault = people.platform.vault.clone();
    let found = people.tables.read(move |db| {
        // Where another node keeps the vault, it is asked once and not for each line.
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        if let Err(error) = vault.keys(&ids) {
            return Ok(Err(error.into()));
        }
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            let building = places::place(db, &row.building)?;
            let building = building.map(|b| b.called(t.0).to_owned());
            lines.push((building.unwrap_or_else(|| row.building.clone()), row));
        }
        let line = |(building, row): (String, ResidentRow)| {
            let clear = crate::adapters::clear(&vault, &row)?;
            let (id, marks) = (row.id, marks(t, &row));
            let (name, flat, phone) = (clear.name, clear.flat, clear.phone);
            Ok(Line { id, name, building, flat, phone, marks })
        };
        Ok(lines.into_iter().map(line).collect::<Result<Vec<_>, crate::adapters::Fault>>())
    });
    found.await?.map_err(Refusal::failed)
}

/// Residents within a place by the beginning of a name, or by a telephone number.
pub(super) async fn search(
    people: &People,
    place: &str,
    q: &str,
) -> Result<Vec<ResidentRow>, Refusal> {
    let digits = phone_digits(q);
    let by = if digits.len() >= 7 {
        Lookup::Phone(q.to_owned())
    } else {
        Lookup::Name { community: place.to_owned(), begins: q.to_owned() }
    };
    let ids = people.platform.directory.find(by).await?;
    let scope = covered(people, place).await?;
    let rows = people.tables.read(move |db| residents::residents(db, &ids)).await?;
    Ok(rows.into_iter().filter(|row| row.lives() && scope.contains(&row.community)).collect())
}

pub(super) async fn list(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page, Refusal> {
    let here = community(&people, &code).await?;
    let t = Text(viewer.language);
    let place = code.clone();
    let buildings = people.tables.read(move |db| places::buildings(db, &place)).await?;
    let q = asked.q.trim();
    let known = buildings.iter().any(|building| building.code == asked.building);
    let (rows, total) = if q.is_empty() {
        let place = if known { asked.building.clone() } else { code.clone() };
        let window = (asked.page.saturating_mul(PAGE), PAGE);
        people.tables.read(move |db| residents::living(db, &place, window)).await?
    } else {
        let rows = search(&people, &code, q).await?;
        let total = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        (rows, total)
    };
    let more = q.is_empty() && (asked.page + 1).saturating_mul(PAGE) < total;
    let lines = lines(&people, t, rows).await?;
    let list = List {
        t,
        community: &code,
        may_manage: viewer.may("people.manage", &code),
        q,
        building: &asked.building,
        buildings: &buildings,
        lines: &lines,
        total,
        before: asked.page.checked_sub(1),
        after: more.then_some(asked.page + 1),
        cmd: people.platform.entropy.uuid(),
    };
    let title = format!("{} · {}", t.w("residents_title"), here.called(viewer.language));
    Ok(page(&title, &list)?.of(&code))
}

#[derive(Template)]
#[template(path = "resident_new.html")]
struct Blank<'a> {
    t: Text,
    community: &'a str,
    buildings: &'a [Building],
    cmd: Uuid,
}

pub(super) async fn blank(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
) -> Result<Page, Refusal> {
    let _: PlaceRow = community(&people, &code).await?;
    let (t, place) = (Text(viewer.language), code.clone());
    let buildings = people.tables.read(move |db| places::buildings(db, &place)).await?;
    let cmd = people.platform.entropy.uuid();
    let blank = Blank { t, community: &code, buildings: &buildings, cmd };
    Ok(page(t.w("resident_new_title"), &blank)?.of(&code))
}

/// A box that is ticked or not there at all.
fn ticked(value: Option<&String>) -> bool {
    value.is_some()
}

#[derive(Deserialize)]
pub(super) struct New {
    cmd: Uuid,
    name: String,
    building: String,
    #[serde(default)]
    flat: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    language: String,
    large_type: Option<String>,
    party_member: Option<String>,
    volunteer: Option<String>,
    building_head: Option<String>,
    under_14: Option<String>,
    storage: Option<String>,
    reminders: Option<String>,
    rankings: Option<String>,
    guardian: Option<String>,
}

impl New {
    fn resident(self) -> NewResident {
        let consents = [
            (&self.storage, Purpose::Storage),
            (&self.reminders, Purpose::Reminders),
            (&self.rankings, Purpose::Rankings),
            (&self.guardian, Purpose::Guardian),
        ];
        let consents = consents.into_iter().filter(|(given, _)| given.is_some());
        NewResident {
            consents: consents.map(|(_, purpose)| purpose).collect(),
            large_type: ticked(self.large_type.as_ref()),
            party_member: ticked(self.party_member.as_ref()),
            volunteer: ticked(self.volunteer.as_ref()),
            building_head: ticked(self.building_head.as_ref()),
            under_14: ticked(self.under_14.as_ref()),
            language: if self.language == "en" { "en".into() } else { "zh".into() },
            building: self.building,
            name: self.name,
            phone: self.phone,
            email: self.email,
            flat: self.flat,
            how: "paper".into(),
            synthetic: false,
        }
    }
}

pub(super) async fn register(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Form(new): Form<New>,
) -> Result<Response, Refusal> {
    let cmd = new.cmd;
    people.community_of(&new.building, Some(&code)).await.map_err(or(&viewer))?;
    let new = new.resident();
    // The same form with somebody else in it is about somebody else.
    let meta = meta_of(&viewer, cmd, &new);
    let (id, position) = people.register(meta, new).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{code}/residents/{id}"), position))
}

pub(super) async fn export(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Form(_): Form<Once>,
) -> Result<Response, Refusal> {
    // Two clicks are two files, so each is noted.
    let meta = Meta::by(viewer.actor(), people.platform.entropy.command());
    let csv = people.export_csv(meta, &code, viewer.language).await.map_err(or(&viewer))?;
    let name = format!("attachment; filename=\"residents-{code}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, csv).into_response())
}
