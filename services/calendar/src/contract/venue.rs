//! Events of a venue and its bookings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::serial;

/// What has happened to a venue, on stream `<community>/calendar/venue/<uuid>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum VenueEvent {
    /// It can be used from now on.
    VenueAdded {
        /// What it is.
        description: VenueDescription,
    },
    /// It is described anew, as a whole.
    VenueChanged {
        /// What it is.
        description: VenueDescription,
    },
    /// It can't be used for a time.
    VenueClosed(Closure),
    /// It can be used after all, or again before it was said.
    VenueReopened {
        /// The closure that ends.
        closure: Uuid,
    },
    /// An occurrence has it.
    VenueBooked(Booking),
    /// An occurrence wants it at a time when something else is there.
    VenueClashed(Clash),
    /// An occurrence needs it no more.
    VenueReleased {
        /// `<community>/<activity uuid>/<recurrence id>`.
        #[serde(default)]
        occurrence: String,
    },
}

/// What a venue is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VenueDescription {
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// How many people it holds; 0 for unknown.
    pub capacity: u32,
    /// The unit that lends it.
    #[serde(with = "serial")]
    pub lender: Option<Uuid>,
    /// More about it.
    pub text: String,
}

/// A time when a venue can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closure {
    /// Its id.
    pub closure: Uuid,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant at which it can be used again.
    pub until: DateTime<Utc>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// A time at which an occurrence has a venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booking {
    /// `<community>/<activity uuid>/<recurrence id>`.
    #[serde(default)]
    pub occurrence: String,
    /// The occurrence's revision that asked for it.
    #[serde(default)]
    pub revision: u32,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
}

/// A time at which an occurrence would need a venue that it can't have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clash {
    /// What was asked for.
    #[serde(flatten)]
    pub booking: Booking,
    /// What stands against it: occurrences, or `closure/<uuid>`.
    #[serde(default)]
    pub with: Vec<String>,
}
