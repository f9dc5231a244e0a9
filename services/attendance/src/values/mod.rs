//! Nouns of attendance.

mod key;

pub use key::{KeyError, OccurrenceKey};
