//! The names of things on the log: streams, versions, positions, commands, actors.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, de::Error as _};
use uuid::Uuid;

/// The community code under which places, residents, teams, units, staff and holidays stand, so
/// that a person who moves keeps the same stream.
pub const EVERYWHERE: &str = "_";

/// Why a text is not a name on the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text has not the parts it needs.
    #[error("'{0}' is not a stream: write <community>/<service>/<category>/<id>")]
    Parts(String),
    /// A part is empty or has a character that neither a path nor a NATS subject can bear.
    #[error("'{0}' can't be part of a stream's name: use letters a-z, A-Z, digits, '-' and '_'")]
    Character(String),
    /// The text is not `stream@version`.
    #[error("'{0}' does not name an event: write <stream>@<version>")]
    Reference(String),
    /// The text names no actor.
    #[error("'{0}' names no actor")]
    Actor(String),
}

/// The name of one stream: `<community>/<service>/<category>/<id>`. The log it lives in is not part
/// of it, so that checksums, seals and ids survive a move to another log.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// Puts a stream's name together. Each part must be non-empty and of `[A-Za-z0-9_-]`.
    pub fn new(
        community: &str,
        service: &str,
        category: &str,
        id: impl fmt::Display,
    ) -> Result<Self, NameError> {
        format!("{community}/{service}/{category}/{id}").parse()
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code of the place that hosts, or [`EVERYWHERE`].
    pub fn community(&self) -> &str {
        self.part(0)
    }

    /// The service that writes it.
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The kind of stream, for example `activity`.
    pub fn category(&self) -> &str {
        self.part(2)
    }

    /// Which one of its category.
    pub fn id(&self) -> &str {
        self.part(3)
    }

    /// The UUID that the id begins with and what follows it, where it is `<uuid>-<rest>`.
    pub fn uuid_and_rest(&self) -> Option<(Uuid, &str)> {
        let (uuid, rest) = self.id().split_at_checked(uuid::fmt::Hyphenated::LENGTH)?;
        let rest = rest.strip_prefix('-').filter(|rest| !rest.is_empty())?;
        Some((uuid.parse().ok()?, rest))
    }

    /// The id as a UUID, where it is one.
    pub fn uuid(&self) -> Option<Uuid> {
        self.id().parse().ok()
    }

    fn part(&self, n: usize) -> &str {
        self.0.split('/').nth(n).unwrap_or_default()
    }
}

/// The bytes that a part of a stream's name may have.
const NAMED: [bool; 256] = {
    let mut named = [false; 256];
    let mut c = 0_u8;
    while c < 128 {
        named[c as usize] = c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        c += 1;
    }
    named
};

impl FromStr for StreamId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let named = |c: u8| NAMED[usize::from(c)];
        // Every record read passes here: what is right is found in one go.
        let (mut parts, mut before) = (1, b'/');
        let well_formed = text.bytes().all(|c| {
            let ahead = std::mem::replace(&mut before, c);
            parts += usize::from(c == b'/');
            named(c) || (c == b'/' && ahead != b'/')
        });
        if well_formed && before != b'/' && parts == 4 {
            return Ok(Self(text.into()));
        }
        if text.split('/').count() != 4 {
            return Err(NameError::Parts(text.to_owned()));
        }
        let bad = text.split('/').find(|part| part.is_empty() || !part.bytes().all(named));
        Err(NameError::Character(bad.unwrap_or_default().to_owned()))
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many events a stream has had so far: 0 is a stream that does not exist yet.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version after `n` more events.
    #[must_use]
    pub fn plus(self, n: usize) -> Self {
        Self(self.0 + n as u64)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a commit in one log: rises, may have holes, means nothing in another log. Never
/// stored in an event or a lasting link.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `stream@version`: names one event for ever, also after export and import.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventRef {
    /// The stream the event stands on.
    pub stream: StreamId,
    /// The stream's version once the event is on it: the first event has version 1.
    pub version: Version,
}

impl fmt::Display for EventRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.stream, self.version)
    }
}

impl FromStr for EventRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Reference(text.to_owned());
        let (stream, version) = text.rsplit_once('@').ok_or_else(wrong)?;
        let version = Version(version.parse().map_err(|_| wrong())?);
        Ok(Self { stream: stream.parse()?, version })
    }
}

/// Names one command: sent again under the same id it has no further effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who a command comes from. Every write has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A resident, by id; whom they act for stands in the event.
    Resident(Uuid),
    /// A member of staff, by id.
    Staff(Uuid),
    /// A process of a service, by `<service>.<process>`.
    Process(String),
    /// Somebody at the machine itself, by operating-system user.
    Operator(String),
    /// Somebody who has not said who they are, for example one who asks for a sign-in link.
    Visitor,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resident(id) => write!(f, "resident:{id}"),
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::Process(name) => write!(f, "process:{name}"),
            Self::Operator(user) => write!(f, "operator:{user}"),
            Self::Visitor => f.write_str("visitor"),
        }
    }
}

impl FromStr for Actor {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Actor(text.to_owned());
        match text.split_once(':') {
            None if text == "visitor" => Ok(Self::Visitor),
            Some(("resident", id)) => id.parse().map(Self::Resident).map_err(|_| wrong()),
            Some(("staff", id)) => id.parse().map(Self::Staff).map_err(|_| wrong()),
            Some(("process", name)) => Ok(Self::Process(name.to_owned())),
            Some(("operator", user)) => Ok(Self::Operator(user.to_owned())),
            _ => Err(wrong()),
        }
    }
}

/// A text that is borrowed from what is read, where it stands there as it is.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub std::borrow::Cow<'a, str>);

macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let Text(text) = Text::deserialize(from)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}
serde_as_text!(StreamId, EventRef, Actor);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_by_its_four_parts() {
        let stream = StreamId::new("xiguan", "calendar", "activity", "a-1").unwrap();
        assert_eq!(
            (stream.community(), stream.service(), stream.category(), stream.id()),
            ("xiguan", "calendar", "activity", "a-1")
        );
        assert_eq!(StreamId::new("西关", "a", "b", "c"), Err(NameError::Character("西关".into())));
        assert!(matches!("a/b/c".parse::<StreamId>(), Err(NameError::Parts(_))));
        assert!(matches!("a/b//d".parse::<StreamId>(), Err(NameError::Character(_))));
    }

    #[test]
    fn names_come_back_from_their_text() {
        let event: EventRef = "xiguan/calendar/activity/a-1@12".parse().unwrap();
        assert_eq!(event.version, Version(12));
        assert_eq!(event.to_string().parse(), Ok(event));
        for actor in [
            Actor::Resident(Uuid::from_u128(1)),
            Actor::Staff(Uuid::from_u128(2)),
            Actor::Process("notifier.reminders".into()),
            Actor::Operator("office".into()),
            Actor::Visitor,
        ] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert!("resident:somebody".parse::<Actor>().is_err());
    }
}
