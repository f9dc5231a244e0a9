//! What ranking does by itself.

mod tallies;
mod wallets;

pub use tallies::Tallies;
pub use wallets::{Wallets, wallet};
