//! The notifier: what is due goes out once, to those who asked for it.

pub mod adapters;
