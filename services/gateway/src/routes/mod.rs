//! The gateway's own pages, and what every request passes on its way to any page.

mod assets;
mod frame;
mod layers;
mod limit;
mod preferences;
mod visitor;
mod words;

use std::sync::Arc;

use axum::{Router, http::StatusCode};
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Need, Refusal, Routes},
};

use crate::{GatewayError, Options, Parts};

/// What the gateway's pages work with.
struct Inner {
    platform: Platform,
    calendar: Tables,
    people: Tables,
    notifier: Tables,
    attendance: Tables,
    options: Options,
}

/// The gateway, as its pages share it. A copy is cheap.
#[derive(Clone)]
struct Gateway(Arc<Inner>);

impl std::ops::Deref for Gateway {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Gateway {
    fn new(parts: Parts<'_>) -> Self {
        Self(Arc::new(Inner {
            platform: parts.platform.clone(),
            calendar: parts.calendar.tables.clone(),
            people: parts.people.tables.clone(),
            notifier: parts.notifier.tables.clone(),
            attendance: parts.attendance.tables.clone(),
            options: parts.options.clone(),
        }))
    }

    /// The tables of all services.
    fn tables(&self) -> [&Tables; 4] {
        [&self.calendar, &self.people, &self.notifier, &self.attendance]
    }
}

/// All routes of all services.
pub(crate) fn all(parts: Parts<'_>) -> Routes {
    let services = [parts.calendar, parts.people, parts.notifier, parts.attendance];
    let own = own(&Gateway::new(parts));
    services.into_iter().fold(own, |all, service| all.merge(service.routes.clone()))
}

fn own(gateway: &Gateway) -> Routes {
    Routes::new()
        .post("/preferences", Need::Anyone, preferences::keep)
        .get("/assets/{file}", Need::Anyone, assets::asset)
        .get("/robots.txt", Need::Anyone, assets::robots)
        .sharing(gateway.clone())
}

/// The whole application.
pub(crate) fn app(parts: Parts<'_>) -> Result<Router, GatewayError> {
    let router = all(parts)
        .into_router()
        .fallback(|| async { Refusal::missing() })
        .method_not_allowed_fallback(|| async {
            Refusal { status: StatusCode::METHOD_NOT_ALLOWED, text: String::new() }
        });
    layers::around(router, &Gateway::new(parts))
}
