//! The almanac against calendars on the wall, independent libraries and its own definitions. One
//! binary, so that the oracles are linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in the functions that tests share as well"
)]

mod common;
mod cron_oracle;
mod holidays_and_cadence;
mod lunar_cases;
mod lunar_oracles;
mod rule_kinds;
mod rule_order;
mod rule_refused;
mod terms_oracle;
mod wall_clock;
