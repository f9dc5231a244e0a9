//! What is written: one decider per category of stream.

mod delivery;
mod followup;
mod host;
mod subscription;

pub use delivery::{Delivery, DeliveryCommand, Late, Unsendable};
pub use followup::{Followup, FollowupCommand, NotOpen};
pub use host::{Host, HostCommand};
pub use subscription::{Subscription, SubscriptionCommand, Unfit};
