//! What is looked up.

pub mod activities;
pub mod boards;
pub mod bulletins;
pub mod compare;
pub mod credits;
pub mod figures;
pub mod occurrences;
pub mod places;
pub mod residents;
pub mod teams;
pub mod wallets;
