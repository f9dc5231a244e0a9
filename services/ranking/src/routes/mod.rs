//! The pages of ranking.

use axum::{Extension, Json, extract::Path};
use chrono::NaiveDate;
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Need, Refusal, Routes},
};
use serde::Serialize;

use crate::{
    contract::Rules,
    projections::places::{self, Adopted},
};

/// What the pages work with. The gateway makes one too, for fragments.
#[derive(Clone)]
pub struct State {
    platform: Platform,
    tables: Tables,
}

impl State {
    /// What the pages of a service started on `platform`, with these tables, work with.
    pub fn new(platform: &Platform, tables: &Tables) -> Self {
        Self { platform: platform.clone(), tables: tables.clone() }
    }

    /// Today where a place is; none if there is no such place.
    pub(crate) async fn today(&self, place: &str) -> Result<NaiveDate, Refusal> {
        let place = place.to_owned();
        let zone = self.tables.read(move |db| places::zone(db, &place)).await?;
        let zone = zone.ok_or_else(Refusal::missing)?;
        Ok(self.platform.clock.now().with_timezone(&zone).date_naive())
    }
}

pub(crate) fn all(state: &State) -> Routes {
    Routes::new()
        .get("/api/v1/c/{community}/scoring", Need::Anyone, scoring)
        .sharing(state.clone())
        .waiting_for(&state.tables)
}

/// The rules that hold in a place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InForce {
    place: String,
    from: NaiveDate,
    rules: Rules,
    event: String,
}

async fn scoring(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
) -> Result<Json<Option<InForce>>, Refusal> {
    let today = state.today(&community).await?;
    let rules = state.tables.read(move |db| places::rules(db, &community, today)).await?;
    let told = |Adopted { place, from, rules, event }| InForce { place, from, rules, event };
    Ok(Json(rules.map(told)))
}
