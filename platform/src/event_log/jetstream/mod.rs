//! The log on NATS JetStream: one commit is one message on its stream's subject, with the very bytes
//! that the embedded log keeps.
//!
//! The sequence number that the stream expects last on a subject is what lets one of two appends in.
//! It stands in a table of what this node last saw; a stale line there shows itself as a conflict.
//! What must not be stale is asked of the stream's leader, never of a copy.
//!
//! A message on our subjects that is none of ours (somebody with the rights of an administrator put
//! it there) is passed over with a warning and named by `verify`. Nothing is built on a record that
//! is ours and damaged.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_nats::jetstream::stream::Stream;
use futures::{future::BoxFuture, stream::BoxStream};
use lru::LruCache;

use crate::{
    commit::{Commit, Recorded, decode, stream_of},
    event_log::{
        AppendError, Done, EventLog, Filter, Head, Page, ReadError, VerifyReport, accept::Tip,
    },
    ids::{Position, StreamId, Version},
    nats::{Nats, NatsError},
};

mod append;
mod follow;
mod read;
mod setup;
mod verify;

pub use setup::check;

/// So many streams' ends are remembered.
const TIPS: NonZeroUsize = NonZeroUsize::new(1 << 16).unwrap();

/// The log on JetStream. A copy is the same log.
#[derive(Clone)]
pub struct JetStreamLog(Arc<Shared>);

struct Shared {
    nats: Nats,
    stream: Stream<()>,
    /// The part of every subject before the stream's name, with a dot at its end.
    prefix: String,
    ends: Mutex<LruCache<StreamId, End>>,
}

/// What was last seen of a stream.
#[derive(Debug, Clone, Default)]
struct End {
    /// Its last commit; none before the first.
    tip: Option<Tip>,
    /// The last message on its subject: the tip, unless one followed that is none of ours.
    last: u64,
}

impl End {
    fn version(&self) -> Version {
        self.tip.as_ref().map_or(Version(0), |tip| tip.version)
    }
}

impl std::fmt::Debug for JetStreamLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JetStreamLog({})", self.0.nats.address())
    }
}

/// What a message is.
enum Found {
    /// A commit.
    Ours(Recorded),
    /// Something that Linli did not write.
    Foreign,
}

impl JetStreamLog {
    /// Opens the log; its stream is made if it is not there and this node may. A stream with other
    /// settings is refused.
    pub async fn open(nats: &Nats) -> Result<Self, NatsError> {
        setup::ensure(nats).await?;
        let name = nats.log().stream();
        let stream = nats.jetstream().get_stream_no_info(&name).await;
        let stream = stream.map_err(|error| NatsError::Setup(format!("{name}: {error}")))?;
        Ok(Self(Arc::new(Shared {
            nats: nats.clone(),
            stream,
            prefix: format!("linli.{}.", nats.log()),
            ends: Mutex::new(LruCache::new(TIPS)),
        })))
    }
}

impl Shared {
    fn subject(&self, stream: &StreamId) -> String {
        format!("{}{}", self.prefix, stream.as_str().replace('/', "."))
    }

    fn ends(&self) -> MutexGuard<'_, LruCache<StreamId, End>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service whose stream a subject names.
    fn service<'a>(&self, subject: &'a str) -> Option<&'a str> {
        subject.strip_prefix(&self.prefix)?.split('.').nth(1)
    }

    /// Reads a message and compares it with its subject and its checksum.
    fn decode(&self, sequence: u64, subject: &str, bytes: &[u8]) -> Result<Found, ReadError> {
        let position = Position(sequence);
        let corrupt = |why: String| ReadError::Corrupt { position, why };
        if stream_of(bytes).is_none() {
            tracing::warn!(sequence, subject, "a message that is none of Linli's is passed over");
            return Ok(Found::Foreign);
        }
        let record = decode(position, bytes).map_err(|error| corrupt(error.to_string()))?;
        if self.subject(&record.stream) == subject {
            Ok(Found::Ours(record))
        } else {
            Err(corrupt(format!("it is of {}, but stands on {subject}", record.stream)))
        }
    }
}

impl EventLog for JetStreamLog {
    /// Only the answer tells the number that the next commit has to expect.
    fn pipelines(&self) -> bool {
        false
    }

    fn append(&self, commit: Commit) -> BoxFuture<'_, Result<Done, AppendError>> {
        Box::pin(self.0.append(commit))
    }

    fn head(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Head>, ReadError>> {
        let stream = stream.clone();
        Box::pin(async move { Ok(self.0.end(&stream).await?.tip.map(|tip| tip.head())) })
    }

    fn read(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, ReadError>> {
        let stream = stream.clone();
        Box::pin(async move { self.0.read(&stream, after).await })
    }

    fn follow(
        &self,
        filter: Filter,
        after: Position,
    ) -> BoxStream<'static, Result<Page, ReadError>> {
        follow::follow(self.0.clone(), filter, after)
    }

    fn last(&self) -> BoxFuture<'_, Result<Position, ReadError>> {
        Box::pin(self.0.last())
    }

    fn verify(&self, after: Position) -> BoxFuture<'_, Result<VerifyReport, ReadError>> {
        Box::pin(verify::verify(self.0.clone(), after))
    }
}
