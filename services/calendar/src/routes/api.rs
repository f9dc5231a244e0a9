//! The agenda as JSON.

use axum::{
    Extension, Json,
    extract::{Path, Query},
};
use chrono::{Days, NaiveDate};
use linli_platform::web::{Refusal, Viewer};
use serde::Deserialize;

use super::{Shared, Text, sees};
use crate::{projections::agenda, values::line::Line};

/// The longest window in days.
const DAYS_MAX: i64 = 800;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

pub(super) async fn agenda(
    Extension(calendar): Shared,
    viewer: Viewer,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Vec<Line>>, Refusal> {
    let place = super::place(&calendar, &community).await?;
    let now = calendar.platform.clock.now();
    let from = asked.from.unwrap_or_else(|| now.with_timezone(&place.zone).date_naive());
    let to = asked.to.or_else(|| from.checked_add_days(Days::new(31))).unwrap_or(from);
    if to < from || (to - from).num_days() > DAYS_MAX {
        return Err(Refusal::invalid(Text(viewer.language).n("no_window", DAYS_MAX)));
    }
    let read = calendar.tables.read(move |db| {
        let ask = sees(db, &viewer, &community, from..=to)?;
        Ok(agenda::agenda(db, &ask, now)?.iter().map(crate::values::agenda::Entry::line).collect())
    });
    Ok(Json(read.await?))
}
