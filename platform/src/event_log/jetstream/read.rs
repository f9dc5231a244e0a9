//! Reading one stream: its end from the leader, what lies before it from whichever server is near.

use std::time::Duration;

use async_nats::{
    HeaderMap,
    jetstream::{
        message::StreamMessage,
        stream::{LastRawMessageErrorKind, RawMessageError},
    },
};
use futures::StreamExt as _;
use serde::Serialize;

use super::{End, Found, Shared};
use crate::{
    commit::Recorded,
    event_log::{ReadError, accept::Tip},
    ids::{Position, StreamId, Version},
    nats::PATIENCE,
};

/// So many messages of one subject are asked for at once.
const BATCH: usize = 256;
/// So many bytes may they have.
const BATCH_BYTES: usize = 8 << 20;

/// A request for messages of one subject, from a sequence number on.
#[derive(Serialize)]
struct Batch<'a> {
    seq: u64,
    #[serde(rename = "batch")]
    most: usize,
    max_bytes: usize,
    next_by_subj: &'a str,
}

/// A message as it came, with its sequence number.
type Raw = (u64, Vec<u8>);

fn down(why: &impl std::fmt::Display) -> ReadError {
    ReadError::Down(why.to_string())
}

fn found(answer: Result<StreamMessage, RawMessageError>) -> Result<Option<Raw>, ReadError> {
    match answer {
        Ok(message) => Ok(Some((message.sequence, message.payload.to_vec()))),
        Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
        Err(error) => Err(down(&error)),
    }
}

impl Shared {
    pub(super) async fn last(&self) -> Result<Position, ReadError> {
        let info = self.stream.get_info().await.map_err(|error| down(&error))?;
        Ok(Position(info.state.last_sequence))
    }

    /// Whether the leader has a message of this number.
    pub(super) async fn holds(&self, sequence: u64) -> Result<bool, ReadError> {
        let answer = self.stream.raw_message_builder().sequence(sequence).send().await;
        Ok(found(answer)?.is_some())
    }

    /// Where a stream ends now, never an earlier end.
    pub(super) async fn end(&self, stream: &StreamId) -> Result<End, ReadError> {
        let subject = self.subject(stream);
        let Some((last, bytes)) = self.newest(&subject).await? else { return Ok(End::default()) };
        let tip = match self.decode(last, &subject, &bytes)? {
            Found::Ours(record) => Some(Tip::of(&record)),
            // What is ours lies before it.
            Found::Foreign => self.between(&subject, 1, last).await?.last().map(Tip::of),
        };
        Ok(End { tip, last })
    }

    async fn newest(&self, subject: &str) -> Result<Option<Raw>, ReadError> {
        found(self.stream.get_last_raw_message_by_subject(subject).await)
    }

    pub(super) async fn read(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Vec<Recorded>, ReadError> {
        let subject = self.subject(stream);
        let known = self.ends().get(stream).cloned();
        let Some((last, bytes)) = self.newest(&subject).await? else { return Ok(Vec::new()) };
        let newest = match self.decode(last, &subject, &bytes)? {
            Found::Ours(record) => Some(record),
            Found::Foreign => None,
        };
        let records = match newest {
            Some(record) if record.version() <= after => Vec::new(),
            Some(record) if record.after <= after => vec![record],
            _ => {
                let from = known.filter(|end| end.version() <= after).map_or(1, |end| end.last + 1);
                let mut records = self.between(&subject, from, last).await?;
                records.retain(|record| record.version() > after);
                records
            }
        };
        if let Some(record) = records.last() {
            let end = End { tip: Some(Tip::of(record)), last };
            self.ends().put(stream.clone(), end);
        } else if let Some(end) = self.ends().get_mut(stream) {
            end.last = end.last.max(last);
        } else if after == Version(0) {
            // Nothing of ours stands there, only what is none of ours.
            self.ends().put(stream.clone(), End { tip: None, last });
        }
        Ok(records)
    }

    /// The commits on a subject from one sequence number to another, both included, which the leader
    /// is known to have.
    async fn between(&self, subject: &str, from: u64, to: u64) -> Result<Vec<Recorded>, ReadError> {
        let mut records = Vec::new();
        let mut next = from;
        while next <= to {
            let mut batch = self.batch(subject, next).await?;
            batch.retain(|(sequence, _)| (next..=to).contains(sequence));
            if batch.is_empty() {
                // That server lags behind: the leader has it.
                let builder = self.stream.raw_message_builder();
                let answer = builder.next_by_subject(subject.to_owned()).sequence(next).send();
                batch.extend(found(answer.await)?);
            }
            let Some(&(last, _)) = batch.last() else { break };
            for (sequence, bytes) in batch {
                if let Found::Ours(record) = self.decode(sequence, subject, &bytes)? {
                    records.push(record);
                }
            }
            next = last + 1;
        }
        Ok(records)
    }

    /// Some messages of a subject from a sequence number on, as the nearest server has them.
    async fn batch(&self, subject: &str, seq: u64) -> Result<Vec<Raw>, ReadError> {
        let asked = Batch { seq, most: BATCH, max_bytes: BATCH_BYTES, next_by_subj: subject };
        let asked = serde_json::to_vec(&asked).map_err(|error| down(&error))?;
        let client = self.nats.client();
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| down(&error))?;
        let to = format!("$JS.API.DIRECT.GET.{}", self.nats.log().stream());
        client.publish_with_reply(to, inbox, asked.into()).await.map_err(|error| down(&error))?;
        let mut batch = Vec::new();
        loop {
            let answer = tokio::time::timeout(PATIENCE, answers.next()).await;
            let Ok(Some(answer)) = answer else {
                return Err(ReadError::Down(format!("{subject}: no answer came in time")));
            };
            // The end of a batch, or that nothing was found, comes as a status.
            if answer.status.is_some() {
                return Ok(batch);
            }
            let Some(sequence) = sequence(answer.headers.as_ref()) else { return Ok(batch) };
            batch.push((sequence, answer.payload.to_vec()));
        }
    }
}

fn sequence(headers: Option<&HeaderMap>) -> Option<u64> {
    headers?.get("Nats-Sequence")?.as_str().parse().ok()
}

/// How long a follower hears nothing before it asks whether there is something.
pub(super) const SILENCE: Duration = Duration::from_secs(2);
