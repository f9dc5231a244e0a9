//! Pages, feeds and forms of the calendar: the month, its sheet and posters for everybody, the
//! planning desk for staff.

pub mod feed;
mod words;

use axum::Extension;
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Need, Routes},
};

pub use words::{Text, WORDS};

/// What all these pages share.
#[derive(Clone)]
pub struct Calendar {
    /// What the service was made with.
    pub platform: Platform,
    /// Its tables.
    pub tables: Tables,
    pub(crate) feeds: feed::Cache,
}

impl Calendar {
    /// The pages' means.
    pub fn new(platform: &Platform, tables: &Tables) -> Self {
        let feeds = feed::Cache::default();
        Self { platform: platform.clone(), tables: tables.clone(), feeds }
    }
}

pub(crate) type Shared = Extension<Calendar>;

/// All pages of the service.
pub fn routes(calendar: &Calendar) -> Routes {
    Routes::new()
        .get("/c/{community}/calendar.ics", Need::Anyone, feed::community)
        .get("/t/{token}/calendar.ics", Need::Anyone, feed::team)
        .get("/my/{token}/calendar.ics", Need::Anyone, feed::person)
        .sharing(calendar.clone())
        .waiting_for(&calendar.tables)
}
