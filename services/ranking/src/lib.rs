//! Ranking: what people's attendance earns, by rules that a place adopts, and how people, teams and
//! places compare.
//!
//! Read [`contract`] (what happens), [`deciders`] (what may), [`processes`] (what happens by
//! itself), [`projections`] (what is looked up) and `routes` (the pages).

use linli_platform::{
    service::{Platform, Service},
    tables::{Issued, Plan, TablesError},
};

mod adapters;
pub mod contract;
pub mod deciders;
pub mod processes;
pub mod projections;
mod routes;
pub mod values;

use adapters::press::Press;
use deciders::{tally::Tally, wallet::Wallet};
pub use routes::{State, fragments, refused};

/// The service's name, the second part of its streams' names.
pub const SERVICE: &str = "ranking";

/// Starts the service.
pub fn service(platform: &Platform) -> Result<Service, TablesError> {
    let (streams, wallets) = (platform.streams.clone(), platform.streams.clone());
    let hears = [SERVICE, "attendance", "calendar", "notifier", "people"];
    let press = Press::new(platform);
    let presses = press.clone();
    let plan = Plan::new(SERVICE, &hears, contract::heard::hear)
        .projection::<projections::places::Places>()
        .projection::<projections::residents::Residents>()
        .projection::<projections::teams::Teams>()
        .projection::<projections::activities::Activities>()
        .projection::<projections::occurrences::Occurrences>()
        .projection::<projections::credits::Credits>()
        .projection::<projections::boards::Boards>()
        .projection::<projections::wallets::Wallets>()
        .projection::<projections::figures::Figures>()
        .projection::<projections::bulletins::Bulletins>()
        .process::<processes::Tallies, _, _>(move |to, meta, command| {
            let streams = streams.clone();
            async move { Issued::of(streams.execute::<Tally>(&to, meta, command).await) }
        })
        .process::<processes::Wallets, _, _>(move |to, meta, command| {
            let streams = wallets.clone();
            async move { Issued::of(streams.execute::<Wallet>(&to, meta, command).await) }
        })
        .process::<processes::Bulletins, _, _>(move |to, meta, issue| {
            let press = presses.clone();
            async move { press.issue(to, meta, issue).await }
        });
    let started = platform.start(plan)?;
    press.with(&started.0);
    let routes = routes::all(&State::new(platform, &started.0));
    Ok(Service::new(SERVICE, started, routes))
}
