//! Attendance: who wants to come to an occurrence, who came, for how long, and who does what.
//!
//! Read [`contract`] (what happens), [`deciders`] (what may), [`processes`] (what happens by
//! itself), [`projections`] (what is looked up), `routes` (the pages) and [`fragments`] (what other
//! pages show of it).

use linli_platform::{
    ids::StreamId,
    service::{Platform, Service},
    stream::{Meta, Streams},
    tables::{Issued, Plan, TablesError},
};

pub mod contract;
pub mod deciders;
pub mod processes;
pub mod projections;
mod routes;
pub mod values;

use deciders::{duty::Duty, roll::Roll, standing::Standing};
use processes::Order;
pub use routes::{State, fragments, refused};

/// The service's name, the second part of its streams' names.
pub const SERVICE: &str = "attendance";

/// Starts the service.
pub fn service(platform: &Platform) -> Result<Service, TablesError> {
    let streams = || platform.streams.clone();
    let (rolls, leavers, duties, expected) = (streams(), streams(), streams(), streams());
    let plan = Plan::new(SERVICE, &[SERVICE, "calendar", "people"], contract::heard::hear)
        .projection::<projections::activities::Activities>()
        .projection::<projections::residents::Residents>()
        .projection::<projections::rolls::Rolls>()
        .projection::<projections::duties::Duties>()
        .projection::<projections::declined::Declined>()
        .projection::<projections::places::Places>()
        .projection::<projections::ratings::Ratings>()
        .projection::<projections::standing::Standing>()
        .process::<processes::Rolls, _, _>(move |to, meta, order| {
            dispatch(rolls.clone(), to, meta, order)
        })
        .process::<processes::Leavers, _, _>(move |to, meta, order| {
            dispatch(leavers.clone(), to, meta, order)
        })
        .process::<processes::Duties, _, _>(move |to, meta, order| {
            dispatch(duties.clone(), to, meta, order)
        })
        .process::<processes::Expected, _, _>(move |to, meta, order| {
            dispatch(expected.clone(), to, meta, order)
        });
    let started = platform.start(plan)?;
    let routes = routes::all(&State::new(platform, &started.0));
    Ok(Service::new(SERVICE, started, routes))
}

/// Gives an order of a process to its stream.
async fn dispatch(streams: Streams, to: StreamId, meta: Meta, order: Order) -> Issued {
    match order {
        Order::Roll(command) => Issued::of(streams.execute::<Roll>(&to, meta, command).await),
        Order::Duty(command) => Issued::of(streams.execute::<Duty>(&to, meta, command).await),
        Order::Standing(command) => {
            Issued::of(streams.execute::<Standing>(&to, meta, command).await)
        }
    }
}
