//! What the calendar does by itself.

pub mod booking;
pub mod opening;
