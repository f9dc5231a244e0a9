//! Reminding: who wants to know of what, what goes out and when, and whom no mail reaches.
//!
//! Read [`contract`] (events), [`deciders`] (what may go out), [`processes`] (what shall),
//! [`adapters`] (how it does), [`projections`] and [`routes`] (what people see of it).

use std::sync::Arc;

use linli_platform::{
    service::{Platform, Service},
    tables::{Issued, Plan, TablesError},
};

pub mod adapters;
pub mod contract;
pub mod deciders;
pub mod processes;
pub mod projections;
mod routes;
pub mod values;

/// What the gateway puts on pages of its own.
pub mod fragments {
    pub use crate::routes::{my_fragment as my, occurrence_fragment as occurrence};
}

pub use adapters::hand::Post;
pub use routes::refused;

/// The notifier, sending by `post`. In a demonstration the outbox can be read in the browser by
/// anyone; never set `demo` where mail is real.
pub fn service(platform: &Platform, post: Post, demo: bool) -> Result<Service, TablesError> {
    let post = Arc::new(post);
    let hand = adapters::hand::Hand::new(platform, post.clone());
    let (dispatch, streams) = (hand.clone(), platform.streams.clone());
    let hears = ["calendar", "people", "attendance", "notifier"];
    let plan = Plan::new("notifier", &hears, contract::heard::hear)
        .projection::<projections::occurrences::Occurrences>()
        .projection::<projections::deliveries::Deliveries>()
        .projection::<projections::subscriptions::Subscriptions>()
        .projection::<projections::calls::Calls>()
        .projection::<projections::announcements::Announcements>()
        .projection::<projections::covers::Covers>()
        .process::<processes::Reminders, _, _>(move |to, meta, command| {
            let hand = dispatch.clone();
            async move { hand.dispatch(to, meta, command).await }
        })
        .process::<processes::Heirs, _, _>(move |to, meta, wish| {
            let streams = streams.clone();
            async move {
                let done = streams.execute::<deciders::Subscription>(&to, meta, wish).await;
                Issued::of(done)
            }
        });
    let started = platform.start(plan)?;
    hand.take_up(&started.0);
    let face = routes::Face { platform: platform.clone(), tables: started.0.clone(), post };
    Ok(Service::new("notifier", started, routes::all(face, demo)))
}
