//! What is written: one decider per category of stream.

mod announcement;
mod delivery;
mod followup;
mod machine;
mod subscription;

pub use announcement::{Announcement, AnnouncementCommand, TEXT_MAX, TITLE_MAX, Unsaid};
pub use delivery::{Delivery, DeliveryCommand, Late, Unsendable};
pub use followup::{Followup, FollowupCommand, NotOpen};
pub use machine::{Machine, MachineCommand};
pub use subscription::{Subscription, SubscriptionCommand, Unfit};
