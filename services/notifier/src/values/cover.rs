//! What deliveries about somebody who is away from a standing duty are named by.

use chrono::NaiveDate;
use linli_platform::entropy::derived;
use uuid::Uuid;

/// How such a source begins.
pub const COVER: &str = "cover-";

/// The source of what is told when nobody stands in at a duty: it does not say who is away.
pub fn cover_source(duty: &str, away: Uuid, from_on: NaiveDate) -> String {
    format!("{COVER}{}", derived(duty, &format!("{away} {from_on}")))
}
