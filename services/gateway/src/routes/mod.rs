//! The gateway's own pages, and what every request passes on its way to any page.

mod assets;
mod communities;
mod desk;
mod frame;
mod health;
mod layers;
mod limit;
mod lines;
mod live;
mod metrics;
mod month;
mod my;
mod occurrence;
mod preferences;
mod screen;
mod visitor;
mod words;

use std::{collections::BTreeSet, sync::Arc};

use axum::{Router, http::StatusCode};
use linli_platform::{
    service::{Platform, Service},
    tables::Tables,
    web::{Need, Refusal, Routes},
};

use crate::{GatewayError, Options, Parts};

/// What the gateway's pages work with.
struct Inner {
    platform: Platform,
    calendar: Tables,
    calendar_pages: linli_calendar::routes::Calendar,
    people: Tables,
    notifier: Tables,
    attendance: Tables,
    ranking: Tables,
    options: Options,
    /// The paths of all services' pages, with their `{parameters}`.
    pages: BTreeSet<String>,
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
            calendar_pages: linli_calendar::routes::Calendar::new(
                parts.platform,
                &parts.calendar.tables,
            ),
            people: parts.people.tables.clone(),
            notifier: parts.notifier.tables.clone(),
            attendance: parts.attendance.tables.clone(),
            ranking: parts.ranking.tables.clone(),
            options: parts.options.clone(),
            pages: services(parts).iter().flat_map(|service| pages(service)).collect(),
        }))
    }

    /// The tables of all services.
    fn tables(&self) -> [&Tables; 5] {
        [&self.calendar, &self.people, &self.notifier, &self.attendance, &self.ranking]
    }
}

fn services(parts: Parts<'_>) -> [&Service; 5] {
    [parts.calendar, parts.people, parts.notifier, parts.attendance, parts.ranking]
}

fn pages(service: &Service) -> impl Iterator<Item = String> + '_ {
    let table = service.routes.table().iter().filter(|route| route.method == "GET");
    table.map(|route| route.path.clone())
}

/// All routes of all services.
pub(crate) fn all(parts: Parts<'_>) -> Routes {
    let own = own(&Gateway::new(parts));
    services(parts).into_iter().fold(own, |all, service| all.merge(service.routes.clone()))
}

fn own(gateway: &Gateway) -> Routes {
    let pages = Routes::new()
        .get("/", Need::Anyone, communities::page)
        .get("/c/{community}", Need::Anyone, month::page)
        .get("/c/{community}/{activity}/{recurrence_id}", Need::Anyone, occurrence::page)
        .get("/my", Need::SignedIn, my::page)
        .get("/desk", Need::SignedIn, desk::choose)
        .get("/desk/{community}", Need::May("people.see"), desk::page)
        .get("/screen/{community}", Need::Anyone, screen::page)
        .get("/api/v1/communities", Need::Anyone, communities::list);
    // A page put together from several services waits for each of them.
    let pages = pages.waiting_for_each(&gateway.tables());
    let rest = Routes::new()
        .post("/my/calendar-address", Need::SignedIn, my::renew)
        .post("/preferences", Need::Anyone, preferences::keep)
        .get("/live", Need::Anyone, live::live)
        .get("/assets/{file}", Need::Anyone, assets::asset)
        .get("/api/v1/openapi.json", Need::Anyone, assets::openapi)
        .get("/robots.txt", Need::Anyone, assets::robots)
        .sharing(live::Watchers::default());
    let tables = gateway.tables().map(Clone::clone).into();
    let watched = watched(health::Watched { platform: gateway.platform.clone(), tables });
    pages.merge(rest).sharing(gateway.clone()).merge(watched)
}

/// How a node is, for whoever watches over it.
fn watched(node: health::Watched) -> Routes {
    Routes::new()
        .get("/healthz", Need::Anyone, health::alive)
        .get("/readyz", Need::Anyone, health::ready)
        .get("/metrics", Need::Anyone, metrics::metrics)
        .sharing(node)
}

/// The same alone, for a node that answers nobody else.
pub(crate) fn health(platform: &Platform, tables: Vec<Tables>) -> Router {
    watched(health::Watched { platform: platform.clone(), tables }).into_router()
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
