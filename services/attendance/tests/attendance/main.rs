//! The whole service over a log in memory and a clock moved by hand, through its pages.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in tests a surprise is a failure")]

mod codes;
mod desk;
mod duties;
mod expected;
mod leaving;
mod paper;
mod rated;
mod reach;
mod registering;
mod town;
