//! What ranking does by itself.

mod bulletins;
mod tallies;
mod wallets;

pub use bulletins::{Bulletins, Issue};
pub use tallies::Tallies;
pub use wallets::{Wallets, wallet};
