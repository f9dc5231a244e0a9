//! Nouns of ranking.

mod day;
mod key;
mod rates;

pub use day::{Day, Share};
pub use key::{KeyError, OccurrenceKey};
pub use rates::Rates;
