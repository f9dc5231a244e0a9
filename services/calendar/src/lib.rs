//! The calendar: activities and their occurrences, venues and their bookings, public holidays,
//! promises. Start with [`contract`], then [`deciders`]; [`values`] computes, [`processes`] open
//! occurrences and book venues, [`projections`] answer pages, feeds and the command line.

pub mod contract;
pub mod deciders;
pub mod processes;
pub mod projections;
pub mod routes;
pub mod values;

use linli_platform::{
    service::{Platform, Service},
    tables::{Issued, Plan, TablesError},
};

use crate::{
    contract::{ATTENDANCE, PEOPLE, SERVICE, hear},
    deciders::{activity, venue},
    processes::{booking::Booking, opening::Opening},
};

/// The calendar's tables, processes and pages.
pub fn service(platform: &Platform) -> Result<Service, TablesError> {
    let (opens, books) = (platform.streams.clone(), platform.streams.clone());
    let plan = Plan::new(SERVICE, &[SERVICE, PEOPLE, ATTENDANCE], hear)
        .projection::<projections::activities::Activities>()
        .projection::<projections::occurrences::Occurrences>()
        .projection::<projections::venues::Venues>()
        .projection::<projections::holidays::Holidays>()
        .projection::<projections::cadences::Cadences>()
        .projection::<projections::feeds::Feeds>()
        .projection::<projections::mine::Mine>()
        .projection::<projections::neighbours::Neighbours>()
        .process::<Opening, _, _>(move |to, meta, command| {
            let streams = opens.clone();
            async move {
                let done = streams.execute::<activity::Activities>(&to, meta, command).await;
                Issued::of(done)
            }
        })
        .process::<Booking, _, _>(move |to, meta, command| {
            let streams = books.clone();
            async move {
                let done = streams.execute::<venue::Venues>(&to, meta, command).await;
                Issued::of(done)
            }
        });
    let started = platform.start(plan)?;
    let routes = routes::routes(&routes::Calendar::new(platform, &started.0));
    Ok(Service::new(SERVICE, started, routes))
}
