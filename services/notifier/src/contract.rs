//! What the notifier publishes, in the words of `proto/linli/notifier/v1/notifier.proto`; what it
//! hears of others stands in [`heard`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::values::{Channel, Hours, Key};

pub mod heard;
#[cfg(test)]
mod tests;

/// The sort of thing that a subscription is about.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum What {
    /// All public occurrences.
    #[default]
    All,
    /// One activity.
    Activity,
    /// One kind of activity.
    Kind,
    /// What is one team's own.
    Team,
    /// All that is held at one venue.
    Venue,
}

impl What {
    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Activity => "ACTIVITY",
            Self::Kind => "KIND",
            Self::Team => "TEAM",
            Self::Venue => "VENUE",
        }
    }
}

/// Whether somebody wants one summary a week in place of single reminders.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Digest {
    /// For series held weekly or more often.
    #[default]
    Default,
    /// Never: each occurrence is reminded of.
    Never,
    /// For all.
    Always,
}

impl Digest {
    /// Whether an occurrence goes into the weekly summary; `frequent` is one of a series held
    /// weekly or more often.
    pub fn takes(self, frequent: bool) -> bool {
        match self {
            Self::Default => frequent,
            Self::Never => false,
            Self::Always => true,
        }
    }
}

/// What happens on a `subscription`, the stream of one resident in one community, or under `_`
/// for what holds everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SubscriptionEvent {
    /// The resident wants to be told.
    Subscribed {
        /// Its id; the same again replaces it.
        subscription: Uuid,
        /// The sort of thing.
        #[serde(default)]
        what: What,
        /// Which one: a UUID, or a kind's name; empty for all.
        #[serde(default)]
        of: String,
        /// How many minutes before the start, the longest first.
        #[serde(default)]
        lead_minutes: Vec<u32>,
        /// How.
        #[serde(default)]
        channels: Vec<Channel>,
        /// Whether in one summary a week.
        #[serde(default)]
        digest: Digest,
    },
    /// No more of one subscription.
    Unsubscribed {
        /// Which.
        subscription: Uuid,
    },
    /// When no reminder shall come; both the same: none.
    QuietHoursSet {
        /// `22:00`.
        #[serde(default)]
        from: String,
        /// `07:00`.
        #[serde(default)]
        until: String,
    },
    /// No reminders and no summaries until resumed.
    RemindersStopped {},
    /// Reminders and summaries again.
    RemindersResumed {},
}

/// What somebody put a notice up on by hand.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Medium {
    /// Anything else.
    #[default]
    Other,
    /// Chat groups.
    ChatGroup,
    /// Notice boards.
    Board,
    /// Posters, at doors and lifts.
    Poster,
    /// Loudspeakers.
    Broadcast,
    /// Platforms and public accounts.
    Platform,
}

impl Medium {
    /// All, in the order of a form.
    pub const ALL: [Self; 6] =
        [Self::ChatGroup, Self::Board, Self::Poster, Self::Broadcast, Self::Platform, Self::Other];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Other => "OTHER",
            Self::ChatGroup => "CHAT_GROUP",
            Self::Board => "BOARD",
            Self::Poster => "POSTER",
            Self::Broadcast => "BROADCAST",
            Self::Platform => "PLATFORM",
        }
    }
}

/// What happens to an `announcement`: what a community tells, id a uuid; or, id an occurrence, where
/// that one's notice was put up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AnnouncementEvent {
    /// It goes out by mail. Public words: no names.
    Announced {
        /// In one line.
        #[serde(default)]
        title: String,
        /// The rest.
        #[serde(default)]
        text: String,
        /// To all of the community, those of a team, or who subscribed to a kind.
        #[serde(default)]
        what: What,
        /// Which team or kind; empty for all.
        #[serde(default)]
        of: String,
    },
    /// Somebody put it up by hand: in how many places of this sort so far.
    Posted {
        /// The sort.
        #[serde(default)]
        medium: Medium,
        /// How many; a smaller number than before corrects it.
        #[serde(default)]
        places: u32,
    },
}

/// What happens to the `machine` that the hand runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MachineEvent {
    /// Its configuration says when it runs.
    HoursSet {
        /// As `mon-fri 08:00-17:30`; none is always.
        #[serde(default)]
        hours: Hours,
    },
}

/// What became of a delivery that was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Class {
    /// The relay has it.
    #[default]
    Accepted,
    /// A passing trouble.
    Transient,
    /// The relay asks for a slower pace.
    Throttled,
    /// The address takes nothing, for good.
    Address,
    /// The text is refused, for good.
    Content,
    /// Our account is set up wrongly.
    Account,
    /// It may have gone out or not.
    Indeterminate,
}

impl Class {
    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Transient => "TRANSIENT",
            Self::Throttled => "THROTTLED",
            Self::Address => "ADDRESS",
            Self::Content => "CONTENT",
            Self::Account => "ACCOUNT",
            Self::Indeterminate => "INDETERMINATE",
        }
    }

    /// Whether it is tried again by itself, later.
    pub fn retries(self) -> bool {
        match self {
            Self::Transient | Self::Throttled | Self::Account => true,
            Self::Accepted | Self::Address | Self::Content | Self::Indeterminate => false,
        }
    }
}

/// What became of one delivery of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which.
    pub key: Key,
    /// The class.
    #[serde(default)]
    pub class: Class,
    /// The provider's code, never its text.
    #[serde(default)]
    pub code: String,
}

/// What happens on a `delivery`, the stream of one source of notices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DeliveryEvent {
    /// A batch is about to be sent: nobody else may any more.
    DeliveriesStarted {
        /// Which try of these, from 1.
        #[serde(default)]
        attempt: u32,
        /// Which.
        #[serde(default)]
        keys: Vec<Key>,
    },
    /// What became of them.
    DeliveriesSettled {
        /// Which try.
        #[serde(default)]
        attempt: u32,
        /// One for each.
        #[serde(default)]
        outcomes: Vec<Outcome>,
    },
    /// Too late to send, or tried often enough.
    DeliveriesMissed {
        /// Which.
        #[serde(default)]
        keys: Vec<Key>,
    },
    /// A newer revision stands: what tells of an older one and was not started never will be.
    DeliveriesSuperseded {
        /// The newer revision.
        #[serde(default)]
        revision: u32,
    },
    /// Not sent, and why.
    DeliveriesSuppressed {
        /// `no-consent` or `no-address`.
        #[serde(default)]
        reason: String,
        /// Which.
        #[serde(default)]
        keys: Vec<Key>,
    },
    /// Due in quiet hours: to be looked at again at their end.
    DeliveriesHeld {
        /// When.
        until: DateTime<Utc>,
        /// Which try, not yet started.
        #[serde(default)]
        attempt: u32,
        /// Which.
        #[serde(default)]
        keys: Vec<Key>,
    },
}

/// What happens on a `followup`: what people decided about the deliveries of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FollowupEvent {
    /// Somebody was told by voice.
    CallTicked {
        /// Who.
        resident: Uuid,
        /// Of which revision.
        #[serde(default)]
        revision: u32,
    },
    /// An indeterminate delivery shall go out once more.
    Resent {
        /// Which.
        key: Key,
    },
    /// An indeterminate delivery is left as it is.
    LetGo {
        /// Which.
        key: Key,
    },
}
