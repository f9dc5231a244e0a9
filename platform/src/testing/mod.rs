//! What tests need: given, when, then; a node in a temporary folder; the contract of every log.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

pub mod contract;
mod given;
mod kit;
pub mod load;
pub mod nats;
mod nobody;

pub use given::{Given, When, at, given};
pub use kit::{Kit, vault};
pub use nats::NatsServers;
pub use nobody::Nobody;
