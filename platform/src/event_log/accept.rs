//! What every log asks of a commit before it takes it, so that all refuse the same ones.

use crate::{
    commit::{Commit, Draft, ENTRIES_MAX, Recorded, Sum},
    event_log::{AppendError, Head},
    ids::{Position, StreamId, Version},
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
            sum: record.sum,
            at_us: record.at().timestamp_micros(),
        }
    }

    pub fn head(&self) -> Head {
        Head { position: self.position, version: self.version, sum: self.sum }
    }
}

/// A commit of which all is judged that can be without its log.
pub(super) struct Asked {
    pub stream: StreamId,
    pub expect: Version,
    events: usize,
    /// When its first and its last entry were decided, in microseconds.
    at_us: (i64, i64),
    draft: Draft,
}

impl Asked {
    /// Judges a commit by itself, and writes its record but for the end.
    pub fn of(commit: Commit) -> Result<Self, AppendError> {
        let refused = |why: String| AppendError::Refused(format!("{}: {why}", commit.stream));
        let events = commit.events();
        // A commit without events would leave the version as it is, and the next could not be
        // told from it.
        if events == 0 {
            return Err(refused("it holds no event".to_owned()));
        }
        if commit.entries.len() > ENTRIES_MAX {
            let found = commit.entries.len();
            return Err(refused(format!("it holds {found} entries, {ENTRIES_MAX} are allowed")));
        }
        let times = || commit.entries.iter().map(|entry| entry.at.timestamp_micros());
        if !times().is_sorted() {
            return Err(refused("an entry was decided before the one ahead".to_owned()));
        }
        let at_us = (times().next().unwrap_or_default(), times().next_back().unwrap_or_default());
        let draft =
            Draft::of(&commit).map_err(|error| refused(format!("it can't be written: {error}")))?;
        let found = draft.record_len();
        if found > RECORD_MAX {
            let why = format!("its record has {found} bytes, {RECORD_MAX} are allowed");
            return Err(refused(why));
        }
        let Commit { stream, expect, .. } = commit;
        Ok(Self { stream, expect, events, at_us, draft })
    }
}

/// Judges a commit that would stand at `position`, after `tip`. Gives its bytes and the stream's
/// tip with it.
pub(super) fn accept(
    asked: Asked,
    tip: Option<&Tip>,
    position: Position,
) -> Result<(Vec<u8>, Tip), AppendError> {
    let Asked { stream, expect, events, at_us, draft } = asked;
    if tip.map_or(Version(0), |tip| tip.version) != expect {
        return Err(AppendError::Conflict(stream));
    }
    if tip.is_some_and(|tip| at_us.0 < tip.at_us) {
        let why = "it was decided before the stream's last commit";
        return Err(AppendError::Refused(format!("{stream}: {why}")));
    }
    let (bytes, sum) = draft.finish(tip.map_or(Sum::default(), |tip| tip.sum));
    Ok((bytes, Tip { position, version: expect.plus(events), sum, at_us: at_us.1 }))
}
