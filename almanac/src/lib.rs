//! The almanac of Linli: rules → dates, the Chinese lunar calendar, solar terms, public holidays,
//! rotation and cadence. Pure: no clock, no files, no network; time is an argument.
//!
//! - [`Rule::parse`] reads a recurrence from TOML and refuses one that can never occur;
//!   [`Rule::occurrences`] gives its dates in a window, [`Rule::preview`] the next few,
//!   [`Rule::plain_rrule`] the `RRULE` where calendar clients can be trusted with one.
//! - [`lunar`]: `to_lunar`, `to_civil`, texts such as 八月十五 and 丙午马年.
//! - [`terms`]: the 24 solar terms; [`festivals`]: the festivals of a civil year.
//! - [`holidays`]: the State Council's papers as a table, working days.
//! - [`cadence`]: what is owed of "at least twice a month"; [`rotation`]: whose turn it is.
//! - [`RecurrenceId`]: the lasting name of an occurrence; [`zoned::resolve`]: wall clock → instant.
//!
//! Rules, festivals and holiday papers cover the civil years 1901 to 2099; the lunar and solar-term
//! tables reach a little further on both sides.

pub mod cadence;
pub mod festivals;
pub mod holidays;
mod loose;
pub mod lunar;
mod recurrence_id;
pub mod rotation;
mod rule;
mod table;
pub mod terms;
pub mod zoned;

pub use cadence::{Cadence, Per, Standing};
pub use festivals::Festival;
pub use holidays::{Holiday, HolidayError, HolidayKind, HolidayTable, HolidayYear};
pub use lunar::LunarDate;
pub use recurrence_id::{BadRecurrenceId, RecurrenceId};
pub use rule::{Computed, HolidayPolicy, PlainRrule, Rule, RuleError, Start};
pub use terms::SolarTerm;

use std::ops::RangeInclusive;

/// The civil years that rules, festivals and holiday papers cover.
pub const YEARS: RangeInclusive<i32> = 1901..=2099;
