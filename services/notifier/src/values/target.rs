//! What a subscription is about.

use std::fmt;

use linli_platform::entropy::derived;
use uuid::Uuid;

use crate::contract::What;

/// What a subscription is about, within one community. As text it is one part of a row's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The sort.
    pub what: What,
    /// Which one: a UUID as text, or a kind's name; empty for all.
    pub of: String,
}

impl Target {
    /// All public occurrences of the community.
    pub fn all() -> Self {
        Self { what: What::All, of: String::new() }
    }

    /// One of a sort.
    pub fn new(what: What, of: impl Into<String>) -> Self {
        Self { what, of: of.into() }
    }
}

/// The one subscription that the button on an occurrence's page makes and ends: the same at every
/// click.
pub fn own_subscription(resident: Uuid, activity: &str) -> Uuid {
    derived("notifier.subscription", &format!("{resident}/{activity}"))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A kind may bear any name, also one with the character that parts rows' keys.
        write!(f, "{}:{}", self.what.name(), self.of.replace('%', "%25").replace('/', "%2F"))
    }
}
