//! The notifier's edge towards the outside: what leaves the office, leaves here.

pub mod hand;
pub mod mail;
mod render;
