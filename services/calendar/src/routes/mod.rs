//! Pages, feeds and forms of the calendar: the month, its sheet and posters for everybody, the
//! planning desk for staff.

mod api;
mod desk;
pub mod feed;
mod month;
mod occurrence;
mod words;

use std::ops::RangeInclusive;

use askama::Template;
use axum::Extension;
use chrono::NaiveDate;
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Need, Page, Refusal, Routes, Viewer},
};
use rusqlite::Connection;

pub use desk::refused;
pub use month::{Filled, Places, Wall, month};
pub use occurrence::{Fragment, fragment, plain};
pub use words::{Text, WORDS};

use crate::{
    projections::{
        agenda::Ask,
        neighbours::{self, Place},
    },
    values::agenda::Audience,
};

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

/// A page about a community.
pub(crate) fn page(
    community: &str,
    title: &str,
    template: &impl Template,
) -> Result<Page, Refusal> {
    Ok(Page::new(title, template.render().map_err(Refusal::failed)?).of(community))
}

/// The community of the path, or 404.
pub(crate) async fn place(calendar: &Calendar, code: &str) -> Result<Place, Refusal> {
    let code = code.to_owned();
    let found = calendar.tables.read(move |db| neighbours::place(db, &code)).await?;
    found.ok_or_else(Refusal::missing)
}

/// What a visitor may see of a community in a window, drafts aside.
pub(crate) fn sees(
    db: &Connection,
    viewer: &Viewer,
    community: &str,
    window: RangeInclusive<NaiveDate>,
) -> rusqlite::Result<Ask> {
    let works_here = |who: &&linli_platform::directory::Principal| {
        let here = |code: &str| code == "*" || code == community;
        who.staff && who.grants.iter().any(|grant| here(&grant.community))
    };
    let audience = match &viewer.principal {
        None => Audience::Public,
        Some(who) if works_here(&who) => Audience::Staff,
        Some(who) => Audience::Teams(neighbours::teams_of(db, who.person)?),
    };
    Ok(Ask { audience, drafts: false, ..Ask::all(community, window) })
}

/// A QR code as SVG; nothing for what is too long for one.
pub(crate) fn qr(text: &str) -> String {
    use fast_qr::{
        convert::{Builder as _, svg::SvgBuilder},
        qr::QRBuilder,
    };
    let code = QRBuilder::new(text).build();
    code.map_or_else(|_| String::new(), |code| SvgBuilder::default().margin(2).to_str(&code))
}

/// All pages of the service.
pub fn routes(calendar: &Calendar) -> Routes {
    let occurrence = "/c/{community}/{activity}/{recurrence_id}/poster";
    Routes::new()
        .get("/c/{community}/sheet", Need::Anyone, month::sheet)
        .get("/c/{community}/calendar.ics", Need::Anyone, feed::community)
        .get(occurrence, Need::Anyone, occurrence::poster)
        .get("/t/{token}/calendar.ics", Need::Anyone, feed::team)
        .get("/my/{token}/calendar.ics", Need::Anyone, feed::person)
        .get("/api/v1/c/{community}/agenda", Need::Anyone, api::agenda)
        .merge(desk::routes())
        .sharing(calendar.clone())
        .waiting_for(&calendar.tables)
}
