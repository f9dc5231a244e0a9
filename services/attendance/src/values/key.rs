//! Which occurrence.

use std::fmt;

use linli_platform::ids::{NameError, StreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::SERVICE;

/// Why a text names no occurrence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The stream's id is not `<activity uuid>-<recurrence id>`.
    #[error("'{0}' names no occurrence: write <activity uuid>-<recurrence id>")]
    Id(String),
    /// The text can't be part of a stream's name.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// One occurrence of one activity of one community.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OccurrenceKey {
    /// The code of the community that hosts.
    pub community: String,
    /// The activity.
    pub activity: Uuid,
    /// Which occurrence of it, for example `20260925T190000`.
    pub recurrence_id: String,
}

impl OccurrenceKey {
    /// Names an occurrence.
    pub fn new(community: &str, activity: Uuid, recurrence_id: &str) -> Self {
        let (community, recurrence_id) = (community.to_owned(), recurrence_id.to_owned());
        Self { community, activity, recurrence_id }
    }

    /// Reads the occurrence off one of its streams.
    pub fn of(stream: &StreamId) -> Result<Self, KeyError> {
        let wrong = || KeyError::Id(stream.id().to_owned());
        let (activity, recurrence_id) = stream.uuid_and_rest().ok_or_else(wrong)?;
        Ok(Self::new(stream.community(), activity, recurrence_id))
    }

    /// The stream of its roll.
    pub fn roll(&self) -> Result<StreamId, NameError> {
        StreamId::new(&self.community, SERVICE, "roll", self.id())
    }

    /// The stream of its duties.
    pub fn duty(&self) -> Result<StreamId, NameError> {
        StreamId::new(&self.community, SERVICE, "duty", self.id())
    }

    /// The last part of its streams' names.
    pub fn id(&self) -> String {
        format!("{}-{}", self.activity, self.recurrence_id)
    }
}

impl fmt::Display for OccurrenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.community, self.activity, self.recurrence_id)
    }
}

/// One standing duty of one community.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StandingKey {
    /// The code of the community.
    pub community: String,
    /// The duty.
    pub id: Uuid,
}

impl StandingKey {
    /// Names a standing duty.
    pub fn new(community: &str, id: Uuid) -> Self {
        Self { community: community.to_owned(), id }
    }

    /// Its stream.
    pub fn stream(&self) -> Result<StreamId, NameError> {
        StreamId::new(&self.community, SERVICE, "duty", self.id.to_string())
    }
}

impl fmt::Display for StandingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.community, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_comes_back_from_its_streams() {
        let key = OccurrenceKey::new("xiguan", Uuid::from_u128(7), "20261105T090000");
        assert_eq!(OccurrenceKey::of(&key.roll().unwrap()), Ok(key.clone()));
        assert_eq!(OccurrenceKey::of(&key.duty().unwrap()), Ok(key));
        for wrong in ["a", "00000000-0000-0000-0000-000000000007", "x-20261105T090000"] {
            let stream = StreamId::new("xiguan", SERVICE, "roll", wrong).unwrap();
            assert_eq!(OccurrenceKey::of(&stream), Err(KeyError::Id(wrong.into())));
        }
        assert!(OccurrenceKey::new("西关", Uuid::nil(), "2026").roll().is_err());
    }
}
