//! Attendance: who wants to come to an occurrence, who came, for how long, and who does what.

pub mod contract;
pub mod deciders;
pub mod values;

/// The service's name, the second part of its streams' names.
pub const SERVICE: &str = "attendance";
