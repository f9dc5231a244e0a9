//! What attendance does by itself.

mod leavers;
mod rolls;

pub use leavers::Leavers;
pub use rolls::{Order, Rolls};
