//! Places, residents, teams, partner units and staff: who lives where, who may do what, who is let
//! in. What says who somebody is stands sealed on the log, and the [`PeopleDirectory`] alone opens
//! it. See README.md.

pub mod adapters;
pub mod contract;
pub mod deciders;
pub mod projections;
pub mod routes;
pub mod values;

use linli_platform::{
    service::{Platform, Service},
    tables::{Plan, TablesError},
};

pub use adapters::{People, PeopleDirectory, PeopleError};
pub use routes::fragments;

/// Starts the service. `directory` is the one that the platform was made with: from here on it
/// answers.
pub fn service(platform: &Platform, directory: &PeopleDirectory) -> Result<Service, TablesError> {
    let plan = Plan::new(contract::SERVICE, &[contract::SERVICE], contract::hear)
        .projection::<projections::places::Places>()
        .projection::<projections::residents::Residents>()
        .projection::<projections::staff::Staff>()
        .projection::<projections::groups::Teams>()
        .projection::<projections::groups::Units>();
    let started = platform.start(plan)?;
    let people = People::new(platform, &started.0);
    directory.answer_from(&started.0, &platform.clock);
    if let Some(hand) = platform.hands.of(contract::SERVICE) {
        tokio::spawn(people.clone().mend_index_each_turn(hand));
    }
    Ok(Service::new(contract::SERVICE, started, routes::routes(&people)))
}
