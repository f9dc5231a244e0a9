//! What ranking does by itself.

mod tallies;

pub use tallies::Tallies;
