//! The whole service over a log in memory and a clock moved by hand, through its pages.

#![expect(clippy::unwrap_used, reason = "in tests a surprise is a failure")]

mod bank;
mod boards;
mod machines;
mod random;
mod scoring;
mod town;
