//! What attendance does by itself.

mod duties;
mod expected;
mod leavers;
mod rolls;
#[cfg(test)]
mod tests;

pub use duties::Duties;
pub use expected::Expected;
pub use leavers::Leavers;
pub use rolls::{Order, Rolls};
