//! Nouns of ranking.

mod board;
mod content;
mod count;
mod day;
pub mod figures;
mod key;
mod measure;
mod period;
mod rates;
mod schedule;
mod stat_period;

pub use board::{Line, Ranked, ranked};
pub use content::{Best, Content, Correction, Group, Listed, Measures, checksum, pieces};
pub use count::Count;
pub use day::{Day, Share};
pub use key::{KeyError, OccurrenceKey};
pub use measure::{Level, Measure};
pub use period::{Period, PeriodError, Span};
pub use rates::Rates;
pub use schedule::{Schedule, time};
pub use stat_period::{FIRST_DAY_MAX, Series, StatMonths, StatPeriod, StatPeriodError};
