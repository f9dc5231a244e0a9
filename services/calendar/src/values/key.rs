//! The name of one occurrence within the whole log.

use std::{fmt, str::FromStr};

use linli_almanac::RecurrenceId;
use uuid::Uuid;

/// `<community>/<activity uuid>/<recurrence id>`, as it stands in bookings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OccurrenceKey {
    /// The code of the host.
    pub community: String,
    /// The activity.
    pub activity: Uuid,
    /// The occurrence.
    pub id: RecurrenceId,
}

/// A text that isn't an [`OccurrenceKey`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no occurrence: write <community>/<activity>/<recurrence id>")]
pub struct NoKey(pub String);

impl fmt::Display for OccurrenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.community, self.activity, self.id)
    }
}

impl FromStr for OccurrenceKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let wrong = || NoKey(text.to_owned());
        let mut parts = text.split('/');
        let (Some(community), Some(activity), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let activity = activity.parse().map_err(|_| wrong())?;
        let id = id.parse().map_err(|_| wrong())?;
        Ok(Self { community: community.to_owned(), activity, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_is_written() {
        let text = "xiguan/00000000-0000-0000-0000-000000000001/20261112T193000";
        let key: OccurrenceKey = text.parse().unwrap();
        assert_eq!((key.community.as_str(), key.to_string().as_str()), ("xiguan", text));
        for wrong in ["", "xiguan/1/20261112", "a/b", &format!("{text}/x"), "closure/7"] {
            assert!(wrong.parse::<OccurrenceKey>().is_err(), "{wrong}");
        }
    }
}
