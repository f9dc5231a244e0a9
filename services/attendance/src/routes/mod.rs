//! The pages of attendance.

use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Need, Routes},
};

mod api;
mod ask;
mod code;
mod duties;
mod duties_set;
mod expected;
mod give;
mod my;
mod occurrence;
mod occurrence_form;
mod paper;
mod paper_csv;
mod people;
mod rating;
mod record;
mod refused;
mod roll;
mod roll_form;
mod text;
mod wall;
mod who;

pub use refused::refused;

/// Parts of pages that other services put together.
pub mod fragments {
    pub use super::{my::fragment as my, occurrence::fragment as occurrence};
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

    /// A route's function with the state put in.
    fn on<F, Fut>(&self, page: F) -> impl Fn(ask::Ask) -> Fut + Clone + Send + Sync + 'static
    where
        F: Fn(Self, ask::Ask) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        let state = self.clone();
        move |ask| page(state.clone(), ask)
    }
}

/// Whoever may take the roll of a community.
const TAKE: Need = Need::May("roll.take");

pub(crate) fn all(state: &State) -> Routes {
    residents(state).merge(desk(state)).merge(machines(state)).waiting_for(&state.tables)
}

fn residents(state: &State) -> Routes {
    let of = |rest: &str| format!("/c/{{community}}/{{activity}}/{{recurrence_id}}/{rest}");
    Routes::new()
        .post(&of("register"), Need::SignedIn, state.on(occurrence::register))
        .post(&of("withdraw"), Need::SignedIn, state.on(occurrence::withdraw))
        .post(&of("excuse"), Need::SignedIn, state.on(occurrence::excuse))
        .post(&of("rate"), Need::SignedIn, state.on(rating::rate))
        .post(&of("claim"), Need::SignedIn, state.on(occurrence::claim))
        .post(&of("release"), Need::SignedIn, state.on(occurrence::release))
        .post(&of("ask-stand-in"), Need::SignedIn, state.on(occurrence::ask_stand_in))
        .post(&of("withdraw-stand-in"), Need::SignedIn, state.on(occurrence::withdraw_stand_in))
        .post(&of("stand-in"), Need::SignedIn, state.on(occurrence::stand_in))
        .get(&of("check-in"), Need::SignedIn, state.on(wall::check_in_page))
        .post(&of("check-in"), Need::SignedIn, state.on(wall::check_in))
        .get("/c/{community}/duties", Need::Anyone, state.on(duties::page))
        .post("/c/{community}/duties", Need::SignedIn, state.on(duties::act))
        .get("/my/code", Need::SignedIn, state.on(code::mine))
}

fn desk(state: &State) -> Routes {
    let of = |rest: &str| format!("/desk/{{community}}/roll/{{activity}}/{{recurrence_id}}{rest}");
    Routes::new()
        .get("/desk/{community}/duties", TAKE, state.on(duties::desk))
        .post("/desk/{community}/duties", TAKE, state.on(duties_set::set))
        .post("/desk/{community}/duties/end", TAKE, state.on(duties::end))
        .post("/desk/{community}/duties/give", TAKE, state.on(duties::give))
        .get(&of(""), TAKE, state.on(roll::page))
        .post(&of(""), TAKE, state.on(roll::take))
        .post(&of("/headcount"), TAKE, state.on(roll::headcount))
        .post(&of("/hours"), TAKE, state.on(roll::hours))
        .post(&of("/close"), TAKE, state.on(roll::close))
        .get(&of("/expected"), TAKE, state.on(expected::page))
        .post(&of("/expected"), TAKE, state.on(expected::add))
        .get(&of("/record"), TAKE, state.on(record::page))
        .get(&of("/comments"), TAKE, state.on(rating::page))
        .post(&of("/comments"), TAKE, state.on(rating::decide))
        .get(&of("/sheet"), TAKE, state.on(paper::sheet))
        .get(&of("/paper"), TAKE, state.on(paper::page))
        .post(&of("/paper"), TAKE, state.on(paper::enter))
        .post(&of("/paper/csv"), TAKE, state.on(paper_csv::enter))
        .get(&of("/code"), TAKE, state.on(code::page))
        .post(&of("/code"), TAKE, state.on(code::check_in))
        .get(&of("/wall"), TAKE, state.on(wall::page))
}

fn machines(state: &State) -> Routes {
    let of =
        |rest: &str| format!("/api/v1/c/{{community}}/rolls/{{activity}}/{{recurrence_id}}{rest}");
    Routes::new().get(&of(""), Need::Anyone, state.on(api::counts)).post(
        &of("/check-ins"),
        TAKE,
        state.on(api::check_in),
    )
}
