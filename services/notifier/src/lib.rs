//! Reminding.
pub mod adapters;
pub mod contract;
pub mod deciders;
pub mod processes;
pub mod projections;
pub mod values;
