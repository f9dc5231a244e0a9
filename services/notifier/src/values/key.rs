//! What one delivery is: to whom, about which revision, for what purpose, on which channel.

use std::{fmt, str::FromStr};

use linli_platform::{entropy::derived, ids::StreamId};
use serde::{Deserialize, Serialize, de::Error as _};
use uuid::Uuid;

/// A text that names no purpose or channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a purpose nor a channel of deliveries")]
pub struct KeyError(String);

/// What a delivery is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A reminder so many minutes before the start.
    Lead(u32),
    /// The occurrence was moved or cancelled.
    Changed,
    /// A place fell free.
    Promoted,
    /// The weekly summary.
    Digest,
    /// What the community tells.
    Announcement,
    /// A duty has nobody yet, and the day is near: for the member of staff who is the contact.
    Unfilled,
    /// A link to sign in with, the n-th that the person asked for.
    SignIn(u32),
}

impl Purpose {
    /// Whether whoever gets it knows of an occurrence from then on, and so has to learn of its
    /// changes.
    pub fn tells_of_an_occurrence(self) -> bool {
        match self {
            Self::Lead(_) | Self::Changed | Self::Promoted => true,
            Self::Digest | Self::Announcement | Self::Unfilled | Self::SignIn(_) => false,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lead(minutes) => write!(f, "lead-{minutes}"),
            Self::Changed => f.write_str("changed"),
            Self::Promoted => f.write_str("promoted"),
            Self::Digest => f.write_str("digest"),
            Self::Announcement => f.write_str("announcement"),
            Self::Unfilled => f.write_str("unfilled"),
            Self::SignIn(n) => write!(f, "sign-in-{n}"),
        }
    }
}

impl FromStr for Purpose {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError(text.to_owned());
        let number = |digits: &str| digits.parse().map_err(|_| wrong());
        match text {
            "changed" => Ok(Self::Changed),
            "promoted" => Ok(Self::Promoted),
            "digest" => Ok(Self::Digest),
            "announcement" => Ok(Self::Announcement),
            "unfilled" => Ok(Self::Unfilled),
            _ => match (text.strip_prefix("lead-"), text.strip_prefix("sign-in-")) {
                (Some(minutes), _) => number(minutes).map(Self::Lead),
                (_, Some(n)) => number(n).map(Self::SignIn),
                _ => Err(wrong()),
            },
        }
    }
}

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// A mail.
    #[default]
    Email,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email => f.write_str("email"),
        }
    }
}

impl FromStr for Channel {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text == "email" { Ok(Self::Email) } else { Err(KeyError(text.to_owned())) }
    }
}

macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}
serde_as_text!(Purpose, Channel);

/// One delivery of a source. Small and copied freely: a fan-out holds 20,000 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// To whom: a resident, or a member of staff for a sign-in link and an unfilled duty.
    pub resident: Uuid,
    /// The revision of the occurrence that it tells of; 0 where there is none.
    #[serde(default)]
    pub revision: u32,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub channel: Channel,
}

impl Key {
    /// A mail.
    pub fn mail(resident: Uuid, revision: u32, purpose: Purpose) -> Self {
        Self { resident, revision, purpose, channel: Channel::Email }
    }

    /// The name under which every try of this delivery goes out, so that mailboxes can drop a
    /// double.
    pub fn lasting_name(&self, source: &StreamId) -> String {
        derived("notifier.delivery", &format!("{source}/{self}")).simple().to_string()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.resident, self.revision, self.purpose, self.channel)
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError(text.to_owned());
        let parts: Vec<&str> = text.split('/').collect();
        let [resident, revision, purpose, channel] = parts[..] else { return Err(wrong()) };
        Ok(Self {
            resident: resident.parse().map_err(|_| wrong())?,
            revision: revision.parse().map_err(|_| wrong())?,
            purpose: purpose.parse()?,
            channel: channel.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text_and_keeps_its_name() {
        let source: StreamId = "xiguan/notifier/delivery/a-20261105T090000".parse().unwrap();
        let purposes = [
            Purpose::Lead(120),
            Purpose::Changed,
            Purpose::Promoted,
            Purpose::Digest,
            Purpose::Announcement,
            Purpose::Unfilled,
            Purpose::SignIn(3),
        ];
        for purpose in purposes {
            let key = Key::mail(Uuid::from_u128(7), 2, purpose);
            assert_eq!(key.to_string().parse(), Ok(key));
            assert_eq!(key.lasting_name(&source), key.lasting_name(&source));
        }
        let first = Key::mail(Uuid::from_u128(7), 0, Purpose::Changed);
        let second = Key { revision: 1, ..first };
        assert_ne!(first.lasting_name(&source), second.lasting_name(&source));
        assert!("lead-soon".parse::<Purpose>().is_err());
        assert!("pigeon".parse::<Channel>().is_err());
    }
}
