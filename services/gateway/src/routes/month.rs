//! The month of a community, from the pieces of two services: what takes place, and how full it is.

use axum::{
    Extension,
    extract::{Path, Query},
};
use linli_calendar::{
    routes::{Filled, Places},
    values::agenda::State,
};
use linli_platform::web::{Page, Refusal, Viewer};
use serde::Deserialize;

use super::{Gateway, lines::places, words::Text};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
}

pub(super) async fn page(
    Extension(gateway): Extension<Gateway>,
    viewer: Viewer,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page, Refusal> {
    let (calendar, t) = (&gateway.calendar_pages, Text(viewer.language));
    let wall = linli_calendar::routes::month(calendar, &viewer, &community, &asked.month).await?;
    let open = |state| matches!(state, State::Opened | State::Moved);
    let opened = wall.entries().iter().filter(|entry| open(entry.state)).cloned().collect();
    let mut filled = Places::new();
    for (entry, counts) in gateway.with_rolls(opened).await? {
        // Where there is no limit there is nothing to be full.
        let limited = counts.and_then(|counts| counts.free().map(|free| (counts, free)));
        if let Some((counts, free)) = limited {
            let text = places(t, &counts);
            filled.insert((entry.activity.id, entry.id), Filled { full: free == 0, text });
        }
    }
    wall.page(calendar, &viewer, &filled)
}
