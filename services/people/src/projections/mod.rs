//! What can be looked up: places, residents, staff, teams, units. Names and numbers stand here as
//! sealed as on the log.

pub mod groups;
pub mod places;
pub mod residents;
pub mod staff;

use linli_platform::vault::Sealed;
use rusqlite::types::Type;

/// A sealed value of a row.
pub(crate) fn sealed(text: Option<String>) -> rusqlite::Result<Option<Sealed>> {
    let read = |text: String| {
        serde_json::from_str(&text)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
    };
    text.map(read).transpose()
}

/// A sealed value as a row keeps it.
pub(crate) fn kept(sealed: Option<&Sealed>) -> Result<Option<String>, serde_json::Error> {
    sealed.map(serde_json::to_string).transpose()
}
