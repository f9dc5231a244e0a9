//! What the notifier does by itself.

mod heirs;
mod reminders;

pub use heirs::Heirs;
pub use reminders::Reminders;
