//! The pages of ranking.

use axum::{Extension, Json, extract::Path};
use chrono::NaiveDate;
use chrono_tz::Tz;
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

mod bulletins;
mod bulletins_desk;
mod bulletins_figures;
mod bulletins_files;
mod bulletins_sheets;
mod people;
mod text;

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

    /// The zone of a place; a refusal if there is no such place.
    async fn zone(&self, place: &str) -> Result<Tz, Refusal> {
        let place = place.to_owned();
        let zone = self.tables.read(move |db| places::zone(db, &place)).await?;
        zone.ok_or_else(Refusal::missing)
    }

    /// Today where a place is.
    async fn today(&self, place: &str) -> Result<NaiveDate, Refusal> {
        let zone = self.zone(place).await?;
        Ok(self.platform.clock.now().with_timezone(&zone).date_naive())
    }
}

pub(crate) fn all(state: &State) -> Routes {
    Routes::new()
        .get("/api/v1/c/{community}/scoring", Need::Anyone, scoring)
        .merge(of_bulletins())
        .sharing(state.clone())
        .waiting_for(&state.tables)
}

fn of_bulletins() -> Routes {
    let publish = Need::May("bulletin.publish");
    let of = |rest: &str| format!("/c/{{community}}/bulletins{rest}");
    let desk = |rest: &str| format!("/desk/{{community}}/bulletins{rest}");
    let api = |rest: &str| format!("/api/v1/c/{{community}}/{rest}");
    Routes::new()
        .get(&of(""), Need::Anyone, bulletins::list)
        .get(&of("/{series}/{number}"), Need::Anyone, bulletins::page)
        .get(&of("/{series}/{number}/csv"), Need::Anyone, bulletins::csv_file)
        .get(&of("/{series}/{number}/xlsx"), Need::Anyone, bulletins::xlsx_file)
        .get(&desk(""), publish, bulletins_desk::page)
        .post(&desk(""), publish, bulletins_desk::publish)
        .get(&desk("/preview"), publish, bulletins_desk::preview)
        .post(&desk("/settings"), publish, bulletins_desk::set)
        .get(&api("bulletins"), Need::Anyone, bulletins::list_json)
        .get(&api("bulletins/{series}/{number}"), publish, bulletins::bytes)
        .get(&api("figures"), Need::Anyone, bulletins_figures::json)
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
