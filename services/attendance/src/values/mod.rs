//! Nouns of attendance.

mod audience;
mod key;

pub use audience::{Audience, Role};
pub use key::{KeyError, OccurrenceKey, StandingKey};
