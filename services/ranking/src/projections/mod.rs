//! What is looked up.

pub mod places;
