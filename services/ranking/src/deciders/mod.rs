//! What may happen: one file per category of stream.

pub mod scoring;
pub mod tally;
pub mod wallet;
