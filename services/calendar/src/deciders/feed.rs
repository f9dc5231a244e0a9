//! What all feeds share, stream `_/calendar/feed/host`. Invariant: the host in their UIDs is named
//! once and never changes, or every calendar client would show everything twice.

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use crate::contract::{FeedEvent as Event, SERVICE};

/// The decider of the category `feed`.
pub enum Feeds {}

/// What can be asked of the feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Settle the host, unless it is.
    Name {
        /// A host name.
        host: String,
    },
}

/// Why a host is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no host name: write one such as linli.example.org")]
pub struct NoHost(pub String);

impl Decider for Feeds {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "feed";
    type Command = Command;
    type Event = Event;
    type State = Option<String>;
    type Rejection = NoHost;

    fn decide(
        state: &Option<String>,
        Command::Name { host }: Command,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, NoHost> {
        if state.is_some() {
            return Ok(Vec::new());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if host.is_empty() || !host.chars().all(plain) {
            return Err(NoHost(host));
        }
        Ok(vec![Event::HostNamed { host }])
    }

    fn evolve(_state: Option<String>, event: &Event) -> Option<String> {
        match event {
            Event::HostNamed { host } => Some(host.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;

    #[test]
    fn the_host_is_named_once() {
        let now = at("2026-01-01T00:00:00Z");
        let name = |host: &str| Command::Name { host: host.to_owned() };
        let named = Event::HostNamed { host: "linli.example.org".into() };
        let none = given::<Feeds>([]);
        none.when(name("linli.example.org"), now).then([named.clone()]);
        none.when(name("a b"), now).then_rejected(&NoHost("a b".into()));
        given::<Feeds>([named]).when(name("other.example.org"), now).then_nothing();
    }
}
