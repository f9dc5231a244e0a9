//! What figures need to hear besides: who was expected, how people were satisfied, what was sent.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Of attendance's `roll` streams, what earns nobody anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ListEvent {
    /// Somebody has a place.
    Registered {
        /// Who.
        resident: Uuid,
    },
    /// Somebody from the waiting list has a place.
    Promoted {
        /// Who.
        resident: Uuid,
    },
    /// Somebody gave their place back.
    Withdrawn {
        /// Who.
        resident: Uuid,
    },
    /// Somebody let know that they don't come.
    Excused {
        /// Who.
        resident: Uuid,
    },
    /// People are expected.
    Expected {
        /// Who.
        #[serde(default)]
        residents: Vec<Uuid>,
    },
    /// Somebody is not expected any more.
    ExpectationDropped {
        /// Who.
        resident: Uuid,
    },
    /// Somebody who was there says how it was.
    Rated {
        /// Who.
        resident: Uuid,
        /// How it was.
        #[serde(default)]
        rating: Rating,
    },
    /// They were not there after all.
    RatingReversed {
        /// Who.
        resident: Uuid,
    },
}

/// How satisfied somebody is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rating {
    /// 很满意.
    #[default]
    VerySatisfied,
    /// 满意.
    Satisfied,
    /// 一般.
    Fair,
    /// 不满意.
    Dissatisfied,
    /// 很不满意.
    VeryDissatisfied,
}

/// Of the notifier's `delivery` and `announcement` streams.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NoticeEvent {
    /// It is known what became of deliveries.
    DeliveriesSettled {
        /// Each of them.
        #[serde(default)]
        outcomes: Vec<Outcome>,
    },
    /// A community told something.
    Announced {},
    /// A notice was put up by hand.
    Posted {
        /// Where: `BOARD` and others.
        #[serde(default = "other")]
        medium: String,
        /// In how many places so far.
        #[serde(default)]
        places: u32,
    },
}

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Outcome {
    /// Which.
    pub key: DeliveryKey,
    /// How it ended: `ACCEPTED` and others.
    #[serde(default = "accepted")]
    pub class: String,
}

/// Proto3 leaves the first value of an enumeration out.
fn accepted() -> String {
    ACCEPTED.to_owned()
}

/// Proto3 leaves the first value of an enumeration out.
fn other() -> String {
    "OTHER".to_owned()
}

/// The provider took it.
pub const ACCEPTED: &str = "ACCEPTED";

/// Which delivery, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// What for.
    #[serde(default)]
    pub purpose: String,
    /// By which channel.
    #[serde(default)]
    pub channel: String,
}

/// Names of [`NoticeEvent`]s.
pub(super) const OF_NOTICES: [&str; 3] = ["deliveriesSettled", "announced", "posted"];
/// Names of [`ListEvent`]s.
pub(super) const OF_LISTS: [&str; 8] = [
    "registered",
    "promoted",
    "withdrawn",
    "excused",
    "expected",
    "expectationDropped",
    "rated",
    "ratingReversed",
];
