//! What organisers do at the desk, by its pages.

use linli_platform::testing::at;

use crate::{
    app::{App, XIGUAN, id},
    visitor::Visitor,
};

/// The form with which an occurrence is moved or called off, as it was opened.
pub struct Form {
    seen: String,
    shown: String,
}

/// What a hidden field of a page holds.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
    rest.split('"').next().unwrap_or_default().to_owned()
}

impl Form {
    /// Opens the page of an occurrence of Xiguan at the desk.
    pub async fn open(desk: &Visitor, slug: &str, which: &str) -> Self {
        let page = desk.reads(&format!("/desk/{XIGUAN}/change/{slug}/{which}")).await;
        Self { seen: hidden(&page, "seen"), shown: hidden(&page, "shown") }
    }

    /// What goes with each of its buttons.
    pub fn fields<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("seen", self.seen.as_str()), ("shown", self.shown.as_str())], more].concat()
    }
}

impl App {
    /// An organiser moves an occurrence, and all that follows from it happens.
    pub async fn moves(&self, slug: &str, which: &str, start: &str, venue: Option<&str>) {
        let (desk, entry) = (self.desk("organiser").await, self.entry(slug, which).await);
        let form = Form::open(&desk, slug, which).await;
        let start = at(start).with_timezone(&entry.zone).format("%Y-%m-%dT%H:%M").to_string();
        let minutes = (entry.end - entry.start).num_minutes().to_string();
        let venue = venue.map(id).or(entry.venue).map(|venue| venue.to_string());
        let fields = form.fields(&[
            ("start", &start),
            ("minutes", &minutes),
            ("venue", venue.as_deref().unwrap_or_default()),
            ("reason", "会场停电"),
        ]);
        desk.does(&format!("/desk/{XIGUAN}/change/{slug}/{which}/move"), &fields).await;
        self.settle().await;
    }

    /// An organiser calls an occurrence off, and all that follows from it happens.
    pub async fn cancels(&self, slug: &str, which: &str) {
        let desk = self.desk("organiser").await;
        let form = Form::open(&desk, slug, which).await;
        let fields = form.fields(&[("reason", "暴雨预警")]);
        desk.does(&format!("/desk/{XIGUAN}/change/{slug}/{which}/cancel"), &fields).await;
        self.settle().await;
    }
}
