//! Following: an ordered consumer over all messages, checked for gaps, chosen from here.
//!
//! Nothing is filtered by the server, so each message's number must be one more than the last: a gap
//! can't hide, and a follower of one service still learns how far the log has come. A consumer lives
//! on one server and falls silent with it; a follower that has heard nothing for a while asks the
//! leader, and takes a new one where it was.

use std::sync::Arc;

use async_nats::jetstream::{
    self,
    consumer::{DeliverPolicy, pull},
};
use futures::{FutureExt as _, StreamExt as _, stream, stream::BoxStream};

use super::{Found, Shared, read::SILENCE};
use crate::{
    event_log::{
        Filter, Page, ReadError,
        tail::{PAGE_BYTES, PAGE_COMMITS},
    },
    ids::Position,
};

pub(super) fn follow(
    shared: Arc<Shared>,
    filter: Filter,
    after: Position,
) -> BoxStream<'static, Result<Page, ReadError>> {
    let raw = Raw { shared, seen: after.0, messages: None };
    let tail = Tail { raw, filter, live_from: None, told_live: false, ended: false };
    stream::unfold(tail, |mut tail| async move {
        if tail.ended {
            return None;
        }
        let page = tail.next().await;
        tail.ended = page.is_err();
        Some((page, tail))
    })
    .boxed()
}

/// All messages after a number, one by one.
pub(super) struct Raw {
    pub shared: Arc<Shared>,
    /// The last message that was passed on.
    pub seen: u64,
    messages: Option<pull::Ordered>,
}

impl Raw {
    pub fn new(shared: Arc<Shared>, after: Position) -> Self {
        Self { shared, seen: after.0, messages: None }
    }

    async fn open(&mut self) -> Result<pull::Ordered, ReadError> {
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.seen + 1 },
            ..pull::OrderedConfig::default()
        };
        let down = |error: String| ReadError::Down(format!("following failed: {error}"));
        let consumer = self.shared.stream.create_consumer(config).await;
        let consumer = consumer.map_err(|error| down(error.to_string()))?;
        consumer.messages().await.map_err(|error| down(error.to_string()))
    }

    /// The next message, and how many the server had after it.
    pub async fn next(&mut self) -> Result<(jetstream::Message, u64), ReadError> {
        loop {
            if self.messages.is_none() {
                self.messages = Some(self.open().await?);
            }
            let Some(messages) = &mut self.messages else { continue };
            let message = match tokio::time::timeout(SILENCE, messages.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => {
                    return Err(ReadError::Down(format!("following failed: {error}")));
                }
                Ok(None) => return Err(ReadError::Down("following has ended".to_owned())),
                Err(_) => {
                    // Unanswered, it will be asked again.
                    let more = self.shared.last().await.is_ok_and(|last| last.0 > self.seen);
                    if more {
                        self.messages = None;
                    }
                    continue;
                }
            };
            let (sequence, pending) = match message.info() {
                Ok(info) => (info.stream_sequence, info.pending),
                Err(error) => return Err(ReadError::Down(error.to_string())),
            };
            if sequence <= self.seen {
                continue;
            }
            if sequence != self.seen + 1 {
                let position = Position(self.seen + 1);
                if !self.shared.holds(position.0).await? {
                    let why = "it is missing: somebody removed it".to_owned();
                    return Err(ReadError::Corrupt { position, why });
                }
                self.messages = None;
                continue;
            }
            self.seen = sequence;
            return Ok((message, pending));
        }
    }

    /// The next message if it is here already.
    fn ready(&mut self) -> Option<Result<(jetstream::Message, u64), ReadError>> {
        // Nothing is lost by looking: a message stays with the consumer until it is taken.
        self.next().now_or_never()
    }
}

struct Tail {
    raw: Raw,
    filter: Filter,
    /// The end of the log at the start: nothing before it is live.
    live_from: Option<u64>,
    told_live: bool,
    ended: bool,
}

impl Tail {
    /// The first page: an empty one, which is live where there is no history after the start.
    async fn begin(&mut self) -> Result<Page, ReadError> {
        let (last, asked) = (self.raw.shared.last().await?, Position(self.raw.seen));
        if asked > last {
            return Err(ReadError::Beyond { asked, last });
        }
        self.live_from = Some(last.0);
        self.told_live = asked == last;
        if self.told_live {
            return Ok(Page { commits: Vec::new(), upto: last, live: true });
        }
        Box::pin(self.next()).await
    }

    async fn next(&mut self) -> Result<Page, ReadError> {
        let Some(live_from) = self.live_from else { return self.begin().await };
        let mut page = Page { commits: Vec::new(), upto: Position(self.raw.seen), live: false };
        let (mut looked_at, mut bytes) = (0, 0);
        while looked_at < PAGE_COMMITS && bytes < PAGE_BYTES && !page.live {
            let next = if self.told_live && looked_at > 0 {
                match self.raw.ready() {
                    Some(next) => next,
                    // Whoever waits for what is here should not wait for what is not.
                    None => break,
                }
            } else {
                self.raw.next().await
            };
            let (message, pending) = match next {
                Ok(next) => next,
                // What came before the failure is passed on; the failure shows itself again.
                Err(_) if looked_at > 0 => break,
                Err(error) => return Err(error),
            };
            looked_at += 1;
            bytes += message.payload.len();
            let subject = message.subject.as_str();
            let wanted = self.filter.takes_service(self.raw.shared.service(subject));
            if wanted
                && let Found::Ours(record) =
                    self.raw.shared.decode(self.raw.seen, subject, &message.payload)?
            {
                page.commits.push(record);
            }
            page.upto = Position(self.raw.seen);
            page.live = pending == 0 && self.raw.seen >= live_from;
        }
        self.told_live |= page.live;
        Ok(page)
    }
}
