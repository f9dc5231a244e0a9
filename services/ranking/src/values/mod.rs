//! Nouns of ranking.

mod board;
mod day;
mod key;
mod period;
mod rates;

pub use board::{Line, Ranked, ranked};
pub use day::{Day, Share};
pub use key::{KeyError, OccurrenceKey};
pub use period::{Period, PeriodError, Span};
pub use rates::Rates;
