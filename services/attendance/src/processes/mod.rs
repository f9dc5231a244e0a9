//! What attendance does by itself.

mod rolls;

pub use rolls::{Order, Rolls};
