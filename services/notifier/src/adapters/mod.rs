//! The notifier's edge towards the outside: what leaves the office, leaves here.

mod forget;
pub mod hand;
pub mod mail;
mod render;
mod week;
