//! What is looked up.

pub mod activities;
pub mod boards;
pub mod credits;
pub mod declined;
pub mod occurrences;
pub mod places;
pub mod residents;
pub mod teams;
pub mod wallets;
