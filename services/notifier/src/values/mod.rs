//! The nouns of reminding: what a delivery is for, when it may come, whom a subscription is about.

mod cover;
mod hours;
mod key;
mod quiet;
mod series;
mod target;

pub use cover::{COVER, cover_source};
pub use hours::{Hours, HoursError, Span};
pub use key::{Channel, Key, KeyError, Purpose};
pub use quiet::{Quiet, QuietError};
pub use series::is_frequent;
pub use target::{Target, own_subscription};

/// At most this many deliveries are sent as one batch.
pub const BATCH_MAX: usize = 64;
/// How long before the start whoever registered is reminded, without a subscription that says
/// otherwise, in minutes.
pub const LEADS_DEFAULT: [u32; 2] = [1440, 120];
/// The longest lead time, in minutes: four weeks.
pub const LEAD_MINUTES_MAX: u32 = 40_320;
/// The shortest lead time, in minutes.
pub const LEAD_MINUTES_MIN: u32 = 5;
/// The most lead times of one subscription.
pub const LEADS_MAX: usize = 4;
