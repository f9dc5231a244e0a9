//! How those who were there found it.

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use uuid::Uuid;

use super::{Comment, RATED_AFTER, Rejection, RollState};
use crate::contract::{Rating, RollEvent};

type Decision = Result<Vec<RollEvent>, Rejection>;

/// Once each, from the start until some weeks after the end.
pub(super) fn rate(
    state: &RollState,
    resident: Uuid,
    rating: Rating,
    comment: Option<Sealed>,
    now: DateTime<Utc>,
) -> Decision {
    let until = state.end + RATED_AFTER;
    if state.presence(resident).is_none() {
        Err(Rejection::NotThere)
    } else if state.rating(resident).is_some() {
        Err(Rejection::Rated)
    } else if now < state.start {
        Err(Rejection::RatedTooEarly(state.start))
    } else if now > until {
        Err(Rejection::RatedTooLate(until))
    } else {
        Ok(vec![RollEvent::Rated { resident, rating, comment }])
    }
}

/// The desk reads a comment before all do, and may take it back later.
pub(super) fn show(state: &RollState, resident: Uuid, shown: bool) -> Decision {
    match (state.comment(resident), shown) {
        (Comment::None, _) => Err(Rejection::NoComment),
        (Comment::Shown, true) | (Comment::Withheld, false) => Ok(Vec::new()),
        (_, true) => Ok(vec![RollEvent::CommentApproved { resident }]),
        (_, false) => Ok(vec![RollEvent::CommentWithheld { resident }]),
    }
}
