//! One occurrence, from the pieces of three services: what it is, who comes, what one is told of.

use askama::Template;
use axum::{Extension, extract::Path};
use linli_platform::web::{Page, Refusal, Viewer};

use super::{Gateway, words::Text};

#[derive(Template)]
#[template(path = "occurrence.html")]
struct Occurrence<'a> {
    t: Text,
    community: &'a str,
    path: &'a str,
    facts: &'a str,
    roll: &'a str,
    reminders: &'a str,
    signed_in: bool,
}

pub(super) async fn page(
    Extension(gateway): Extension<Gateway>,
    Path((community, activity, id)): Path<(String, String, String)>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let calendar = &gateway.calendar_pages;
    let facts =
        linli_calendar::routes::fragment(calendar, &viewer, &community, &activity, &id).await?;
    // Roll and reminders are kept where the activity is hosted, wherever it is shown.
    let (host, path) = (&facts.entry.activity.community, facts.entry.path());
    let attendance = linli_attendance::State::new(&gateway.platform, &gateway.attendance);
    let roll = linli_attendance::fragments::occurrence(&attendance, &viewer, host, &activity, &id);
    let (platform, tables) = (&gateway.platform, &gateway.notifier);
    let of = (host.as_str(), activity.as_str());
    let reminders = linli_notifier::fragments::occurrence(platform, tables, &viewer, of, &path);
    let (roll, reminders) = (roll.await?, reminders.await?);
    let t = Text(viewer.language);
    let page = Occurrence {
        t,
        community: host,
        path: &path,
        facts: &facts.html,
        roll: &roll,
        reminders: &reminders,
        signed_in: viewer.principal.is_some(),
    };
    Ok(Page::new(&facts.title, page.render().map_err(Refusal::failed)?).of(&community))
}
