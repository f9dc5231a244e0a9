//! The list of those expected, whether they register or not.

use uuid::Uuid;

use super::{NAMES_MAX, Rejection, RollState, booking::still_on};
use crate::contract::{Attendance, RollEvent};

type Decision = Result<Vec<RollEvent>, Rejection>;

/// Those on the list already stay there as they are.
pub(super) fn expect(state: &RollState, mut residents: Vec<Uuid>, by: String) -> Decision {
    still_on(state)?;
    if state.attendance == Attendance::Headcount {
        return Err(Rejection::NotByName);
    }
    residents.sort_unstable();
    residents.dedup();
    residents.retain(|resident| !state.listed(*resident));
    if residents.is_empty() {
        return Ok(Vec::new());
    }
    if state.names() + residents.len() > NAMES_MAX {
        return Err(Rejection::TooManyNames(NAMES_MAX));
    }
    Ok(vec![RollEvent::Expected { residents, by }])
}

/// Who has registered still has a place.
pub(super) fn drop_expected(state: &RollState, resident: Uuid) -> Decision {
    if !state.listed(resident) {
        return Ok(Vec::new());
    }
    still_on(state)?;
    Ok(vec![RollEvent::ExpectationDropped { resident }])
}
