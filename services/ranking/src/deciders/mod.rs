//! What may happen: one file per category of stream.

pub mod bulletin;
pub mod bulletin_schedule;
pub mod scoring;
pub mod tally;
pub mod wallet;
