//! What attendance looks up: one file each with tables, what an event does to them, and queries.

pub mod activities;
pub mod declined;
pub mod duties;
pub mod places;
pub mod ratings;
pub mod residents;
pub mod rolls;
pub mod standing;
