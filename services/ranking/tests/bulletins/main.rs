//! Bulletins and figures over the whole service: facts of other services go in, and what places
//! publish comes out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod corrected;
mod months;
mod pages;
mod town;
