//! "This and future": another rule from a day on. Afterwards the desk is asked about each opened
//! occurrence that the new rule has elsewhere.

use axum::response::Response;
use linli_platform::web::{Page, Refusal};

use super::{ask::Desk, edit::Sheet};

async fn sheet(desk: &Desk) -> Result<Sheet, Refusal> {
    let activity = desk.activity().await?;
    let base = desk.at(format_args!("plan/{}/future", activity.id));
    Ok(Sheet { activity: Some(activity), describes: false, rules: true, base })
}

/// The form, filled in with the rule that holds now, from today on.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let sheet = sheet(&desk).await?;
    let mut fields = sheet.fields(&desk);
    fields.set("from", desk.today());
    sheet.page(&desk, &fields, Vec::new(), None).await
}

/// What the new rule would come to.
pub(super) async fn preview(desk: Desk) -> Result<Page, Refusal> {
    sheet(&desk).await?.previewed(&desk).await
}

/// Adds the rule, and goes on to the occurrences that it leaves elsewhere.
pub(super) async fn save(desk: Desk) -> Result<Response, Refusal> {
    desk.cmd()?;
    sheet(&desk).await?.saved(&desk, "affected?activity={id}").await
}
