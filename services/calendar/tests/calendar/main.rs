//! The whole calendar on a log in memory, under a clock moved by hand.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails so")]

mod affected;
mod agenda;
mod feed;
mod kit;
mod office;
mod opening;
mod own_feed;
mod pages;
mod parsers;
mod residents;
mod seeds;
mod venues;
