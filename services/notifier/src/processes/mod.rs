//! What the notifier does by itself.

mod reminders;

pub use reminders::Reminders;
