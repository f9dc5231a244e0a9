//! What leaves the pure rooms.

pub mod press;
