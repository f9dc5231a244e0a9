//! What every log asks of a commit before it takes it, so that all refuse the same ones.

use crate::{
    commit::{Commit, ENTRIES_MAX, Recorded, Sum, encode},
    event_log::{AppendError, Head},
    ids::{Position, Version},
};

/// At most this many bytes make one record: what a nats-server takes as one message unless told
/// otherwise (1 MiB), with room for its headers.
pub const RECORD_MAX: usize = 1_000_000;

/// What must be known of a stream's newest commit to take the next one.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub position: Position,
    pub version: Version,
    pub sum: Sum,
    /// When its last entry was decided, in microseconds as it stands in the record.
    at_us: i64,
}

impl Tip {
    pub fn of(record: &Recorded) -> Self {
        Self {
            position: record.position,
            version: record.version(),
            sum: record.sum.clone(),
            at_us: record.at().timestamp_micros(),
        }
    }

    pub fn head(&self) -> Head {
        Head { position: self.position, version: self.version, sum: self.sum.clone() }
    }
}

/// Judges a commit that would stand at `position`, after `tip`. Gives its bytes and the stream's
/// tip with it.
pub(super) fn accept(
    commit: &Commit,
    tip: Option<&Tip>,
    position: Position,
) -> Result<(Vec<u8>, Tip), AppendError> {
    let refusal = |why: String| AppendError::Refused(format!("{}: {why}", commit.stream));
    let refused = |why: String| Err(refusal(why));
    // A commit without events would leave the version as it is, and the next could not be told
    // from it.
    if commit.events() == 0 {
        return refused("it holds no event".to_owned());
    }
    if commit.entries.len() > ENTRIES_MAX {
        let found = commit.entries.len();
        return refused(format!("it holds {found} entries, {ENTRIES_MAX} are allowed"));
    }
    if tip.map_or(Version(0), |tip| tip.version) != commit.expect {
        return Err(AppendError::Conflict(commit.stream.clone()));
    }
    let mut at_us = tip.map_or(i64::MIN, |tip| tip.at_us);
    for entry in &commit.entries {
        let next_us = entry.at.timestamp_micros();
        if next_us < at_us {
            return refused(format!("an entry was decided at {}, before the one ahead", entry.at));
        }
        at_us = next_us;
    }
    let prev = tip.map_or("", |tip| tip.sum.as_str());
    let (bytes, sum) =
        encode(commit, prev).map_err(|error| refusal(format!("it can't be written: {error}")))?;
    if bytes.len() > RECORD_MAX {
        let found = bytes.len();
        return refused(format!("its record has {found} bytes, {RECORD_MAX} are allowed"));
    }
    let version = commit.expect.plus(commit.events());
    Ok((bytes, Tip { position, version, sum, at_us }))
}
