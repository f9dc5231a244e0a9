//! The gateway over all services, on a log in memory, asked as a browser asks.

#![expect(clippy::unwrap_used, reason = "in tests a surprise is a failure")]

mod frame;
mod house;
mod layers;
mod node;
mod occurrence;
mod permissions;
