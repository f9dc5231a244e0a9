//! The figures of any days of a place, for programs.

use std::collections::BTreeMap;

use axum::{
    Extension, Json,
    extract::{Path, Query},
};
use chrono::NaiveDate;
use linli_platform::web::{Refusal, Viewer};
use serde::{Deserialize, Serialize};

use super::{State, text::Text};
use crate::{
    projections::{bulletins::named_lines, figures},
    values::{Count, Group},
};

/// At most so many days at once: a year and a month.
const DAYS_MAX: i64 = 400;

/// Which days, both included.
#[derive(Deserialize)]
pub(super) struct Days {
    from: Option<String>,
    to: Option<String>,
}

/// The figures, each with its unit.
#[derive(Serialize)]
pub(super) struct Figures {
    place: String,
    from: NaiveDate,
    to: NaiveDate,
    units: BTreeMap<&'static str, &'static str>,
    lines: Vec<Group>,
}

pub(super) async fn json(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Query(days): Query<Days>,
    viewer: Viewer,
) -> Result<Json<Figures>, Refusal> {
    let t = Text::of(&viewer);
    state.zone(&community).await?;
    let read = |name: &str, text: Option<String>| {
        let text = text.unwrap_or_default();
        let wrong = || t.with("bulletin_no_date", &[("field", name), ("text", &text)]);
        text.parse::<NaiveDate>().map_err(|_| Refusal::invalid(wrong()))
    };
    let (from, to) = (read("from", days.from)?, read("to", days.to)?);
    if from > to || (to - from).num_days() >= DAYS_MAX {
        return Err(Refusal::invalid(t.n("bulletin_no_days", DAYS_MAX)));
    }
    let place = community.clone();
    let read = move |db: &_| named_lines(db, &figures::gather(db, &place, from, to)?);
    let lines = state.tables.read(read).await?;
    let units = Count::ALL.into_iter().map(|count| (count.code(), count.unit())).collect();
    Ok(Json(Figures { place: community, from, to, units, lines }))
}
