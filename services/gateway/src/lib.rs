//! The gateway: the house that all services' pages stand in. It lets people in, draws the frame,
//! puts pages together from what several services show, and says how the node is.
//!
//! [`app`] is all of it; `routes` holds the pages and what every request passes.

mod routes;

use std::net::IpAddr;

use linli_platform::{
    service::{Platform, Service},
    tables::Tables,
    web::RouteInfo,
};

/// What the gateway stands before.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// What the services were made with.
    pub platform: &'a Platform,
    /// Activities, occurrences, venues.
    pub calendar: &'a Service,
    /// Places, residents, staff, sign-in.
    pub people: &'a Service,
    /// Subscriptions, deliveries, calls.
    pub notifier: &'a Service,
    /// Rolls and duties.
    pub attendance: &'a Service,
    /// Points and boards.
    pub ranking: &'a Service,
    /// How it is set up.
    pub options: &'a Options,
}

/// How the gateway is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Every page says that what it shows is made up from public reports.
    pub demo: bool,
    /// The proxy whose `X-Forwarded-For` is believed; nobody else's is.
    pub trusted_proxy: Option<IpAddr>,
}

/// Why there can be no gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Browsers' forms could never be told from other sites' ones.
    #[error("public_url '{0}' is no address of a site: write https://example.org, without a path")]
    PublicUrl(String),
}

/// How a node is, for one that answers nobody else: `/healthz`, `/readyz`, `/metrics`.
pub fn health(platform: &Platform, tables: Vec<Tables>) -> axum::Router {
    routes::health(platform, tables)
}

/// All pages of all services in one router. Serve it with
/// `into_make_service_with_connect_info::<SocketAddr>()`: the limit on sign-ins goes by the peer.
pub fn app(parts: Parts<'_>) -> Result<axum::Router, GatewayError> {
    routes::app(parts)
}

/// Every route of every service, with what it needs.
pub fn table(parts: Parts<'_>) -> Vec<RouteInfo> {
    routes::all(parts).table().to_vec()
}
