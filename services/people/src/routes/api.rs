//! The same as JSON.

use axum::{
    Extension, Json,
    extract::{Path, Query},
};
use linli_platform::web::{Refusal, Viewer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Shared, Text, community, residents::lines};
use crate::projections::{
    groups::{self, TeamRow, UnitRow},
    places::{self, PlaceRow},
    residents,
};

/// A place with where it belongs.
#[derive(Serialize)]
pub(super) struct Placed {
    #[serde(flatten)]
    place: PlaceRow,
    /// Its time zone, its own or the nearest above's.
    zone_resolved: String,
    /// The codes from itself to the top.
    path: Vec<String>,
}

pub(super) async fn places(Extension(people): Shared) -> Result<Json<Vec<PlaceRow>>, Refusal> {
    Ok(Json(people.tables.read(places::all).await?))
}

pub(super) async fn place(
    Extension(people): Shared,
    Path(code): Path<String>,
) -> Result<Json<Placed>, Refusal> {
    let found = people.tables.read(move |db| {
        let path = places::path(db, &code)?;
        Ok((places::zone(db, &code)?, path))
    });
    let (zone_resolved, path) = found.await?;
    let place = path.first().cloned().ok_or_else(Refusal::missing)?;
    let path = path.into_iter().map(|place| place.code).collect();
    Ok(Json(Placed { place, zone_resolved, path }))
}

pub(super) async fn teams(
    Extension(people): Shared,
    Path(code): Path<String>,
) -> Result<Json<Vec<TeamRow>>, Refusal> {
    Ok(Json(people.tables.read(move |db| groups::teams(db, &code)).await?))
}

pub(super) async fn units(
    Extension(people): Shared,
    Path(code): Path<String>,
) -> Result<Json<Vec<UnitRow>>, Refusal> {
    Ok(Json(people.tables.read(move |db| groups::units(db, &code)).await?))
}

#[derive(Deserialize)]
pub(super) struct Window {
    #[serde(default)]
    skip: u32,
    limit: Option<u32>,
}

/// A resident as the desk lists them.
#[derive(Serialize)]
pub(super) struct Resident {
    id: Uuid,
    name: String,
    building: String,
    flat: String,
    phone: String,
}

/// A window onto the residents of a community.
#[derive(Serialize)]
pub(super) struct Residents {
    total: u32,
    residents: Vec<Resident>,
}

pub(super) async fn residents(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Residents>, Refusal> {
    community(&people, &code).await?;
    let window = (window.skip, window.limit.unwrap_or(100).min(1000));
    let rows = people.tables.read(move |db| residents::living(db, &code, window)).await?;
    let (rows, total) = rows;
    let lines = lines(&people, Text(viewer.language), rows).await?;
    let resident = |line: super::residents::Line| Resident {
        id: line.id,
        name: line.name,
        building: line.building,
        flat: line.flat,
        phone: line.phone,
    };
    Ok(Json(Residents { total, residents: lines.into_iter().map(resident).collect() }))
}
