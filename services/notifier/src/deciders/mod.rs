//! What is written: one decider per category of stream.

mod delivery;
mod followup;
mod subscription;

pub use delivery::{Delivery, DeliveryCommand, Late, Unsendable};
pub use followup::{Followup, FollowupCommand, NotOpen};
pub use subscription::{Subscription, SubscriptionCommand, Unfit};
