//! Checking a log record by record: that each is whole and follows the one before in its stream.

use std::num::NonZeroUsize;

use lru::LruCache;

use crate::{
    commit::{Recorded, Sum},
    event_log::VerifyReport,
    ids::{Position, StreamId, Version},
};

/// So many streams are remembered while a log is checked; others are looked up again.
const STREAMS: NonZeroUsize = NonZeroUsize::new(1 << 16).unwrap();

/// A check under way.
pub(super) struct Check {
    tips: LruCache<StreamId, (Version, Sum)>,
    report: VerifyReport,
}

impl Check {
    /// Starts after a position.
    pub fn new(after: Position) -> Self {
        let report =
            VerifyReport { commits: 0, events: 0, streams: 0, upto: after, first_bad: None };
        Self { tips: LruCache::new(STREAMS), report }
    }

    /// The same for a log that is read from its first record on: no stream is forgotten.
    pub fn of_all(after: Position) -> Self {
        Self { tips: LruCache::unbounded(), ..Self::new(after) }
    }

    /// Takes in a record that is not to be told of, for those that follow it.
    pub fn passed(&mut self, record: Recorded) {
        let tip = (record.version(), record.sum);
        self.tips.put(record.stream, tip);
    }

    /// How many streams were seen so far, where none is forgotten.
    pub fn streams(&self) -> u64 {
        self.tips.len() as u64
    }

    /// How far the check has come.
    pub fn upto(&self) -> Position {
        self.report.upto
    }

    /// Looks at the next record, or at why it can't be read. `before` gives version and checksum
    /// of the record ahead of this one in its stream, if there is one; it is asked only for
    /// streams not seen lately.
    pub fn record(
        &mut self,
        position: Position,
        record: Result<Recorded, String>,
        before: impl FnOnce(&Recorded) -> Option<(Version, Sum)>,
    ) {
        self.report.commits += 1;
        self.report.upto = position;
        match record {
            Ok(record) => {
                self.report.events += record.version().0 - record.after.0;
                let (version, sum) = match self.tips.get(&record.stream) {
                    Some(tip) => *tip,
                    None => before(&record).unwrap_or_default(),
                };
                if record.after != version {
                    let Recorded { stream, after, .. } = &record;
                    self.bad(
                        position,
                        format!("it follows {stream}@{after}, but {version} was the last"),
                    );
                } else if record.prev != sum {
                    let stream = &record.stream;
                    self.bad(
                        position,
                        format!("it was not written after {stream}@{version} as that stands now"),
                    );
                }
                let tip = (record.version(), record.sum);
                self.tips.put(record.stream, tip);
            }
            Err(why) => self.bad(position, why),
        }
    }

    /// Notes that something is wrong at a position; the first one is reported.
    pub fn bad(&mut self, position: Position, why: String) {
        self.report.first_bad.get_or_insert((position, why));
    }

    /// The outcome, over so many streams.
    pub fn report(self, streams: u64) -> VerifyReport {
        VerifyReport { streams, ..self.report }
    }

    /// Whether nothing bad has been found so far.
    pub fn is_good(&self) -> bool {
        self.report.first_bad.is_none()
    }
}
