//! The pages of ranking.

use chrono::NaiveDate;
use chrono_tz::Tz;
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Need, Refusal, Routes},
};

use crate::projections::places;

mod api;
mod bank;
mod bulletins;
mod bulletins_desk;
mod bulletins_figures;
mod bulletins_files;
mod bulletins_sheets;
mod drill;
mod page;
mod people;
mod points;
mod refused;
mod rules;
mod svg;
mod text;
mod view;

pub use refused::refused;

/// Parts of pages that other services put together.
pub mod fragments {
    pub use super::points::fragment as my;
}

/// What the pages work with. The gateway makes one too, for the [`fragments`].
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
    let adopt = Need::May("scoring.adopt");
    let spend = Need::May("points.spend");
    let of = |rest: &str| format!("/api/v1/c/{{community}}/{rest}");
    Routes::new()
        .get("/rankings/{community}", Need::Anyone, page::page)
        .get("/rankings/{community}/rules", Need::Anyone, rules::page)
        .get("/rankings/{community}/place/{place}", Need::Anyone, drill::place)
        .get("/rankings/{community}/team/{team}", Need::Anyone, drill::team)
        .get("/my/points", Need::SignedIn, points::mine)
        .get("/desk/{community}/points/{resident}", Need::May("people.see"), points::desk)
        .get("/desk/{community}/scoring", adopt, rules::desk)
        .post("/desk/{community}/scoring", adopt, rules::adopt)
        .get("/desk/{community}/bank", spend, bank::page)
        .post("/desk/{community}/bank", spend, bank::act)
        .get(&of("rankings"), Need::Anyone, api::json)
        .get(&of("rankings.csv"), Need::Anyone, api::csv_file)
        .get(&of("rankings/series"), Need::Anyone, api::series)
        .get(&of("scoring"), Need::Anyone, rules::json)
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
