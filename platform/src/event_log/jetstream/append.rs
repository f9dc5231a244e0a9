//! Appending: one message, let in by the sequence number that it expects last on its subject.

use async_nats::{
    HeaderMap,
    jetstream::{
        self, ErrorCode,
        context::{PublishError, PublishErrorKind},
        message::PublishMessage,
    },
};
use chrono::SecondsFormat;

use super::{End, Shared};
use crate::{
    commit::Commit,
    event_log::{
        AppendError, Done, ReadError,
        accept::{Asked, accept},
    },
    ids::{Position, StreamId, Version},
};

impl Shared {
    pub(super) async fn append(&self, commit: Commit) -> Result<Done, AppendError> {
        let headers = self.headers(&commit);
        let asked = Asked::of(commit)?;
        let (stream, expect) = (asked.stream.clone(), asked.expect);
        let end = self.expected(&stream, expect).await?;
        let (bytes, mut tip) = accept(asked, end.tip.as_ref(), Position(0))?;
        let subject = self.subject(&stream);
        let message = PublishMessage::build()
            .headers(headers)
            .payload(bytes.into())
            .expected_last_subject_sequence(end.last);
        let sent = self.nats.jetstream().send_publish(subject.clone(), message).await;
        let stored = match sent {
            Ok(ack) => ack.await,
            Err(error) => Err(error),
        };
        match stored {
            Ok(ack) => {
                tip.position = Position(ack.sequence);
                let done = Done { position: tip.position, version: tip.version };
                self.ends().put(stream, End { tip: Some(tip), last: ack.sequence });
                Ok(done)
            }
            Err(error) => Err(self.failure(&stream, &subject, &error)),
        }
    }

    /// Where the stream should end for what is expected of it: as this node remembers it, else as
    /// its leader says.
    async fn expected(&self, stream: &StreamId, expect: Version) -> Result<End, AppendError> {
        let known = self.ends().get(stream).cloned();
        match known {
            Some(end) if end.version() == expect => Ok(end),
            // Nobody has seen it here; if it is not empty, the server says so.
            None if expect == Version(0) => Ok(End::default()),
            _ => self.end(stream).await.map_err(|error| match error {
                ReadError::Corrupt { position, .. } => AppendError::Corrupt(position),
                other => AppendError::Down(other.to_string()),
            }),
        }
    }

    /// The attributes of CloudEvents, for other systems that listen.
    fn headers(&self, commit: &Commit) -> HeaderMap {
        let Commit { stream, expect, entries } = commit;
        let at = entries.last().map(|entry| entry.at).unwrap_or_default();
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", format!("{stream}@{}", expect.plus(commit.events())));
        headers.insert("ce-source", format!("/linli/{}", self.nats.log()));
        headers.insert("ce-type", format!("linli.{}.{}", stream.service(), stream.category()));
        headers.insert("ce-time", at.to_rfc3339_opts(SecondsFormat::Micros, true));
        headers.insert("ce-datacontenttype", "application/json");
        headers
    }

    fn failure(&self, stream: &StreamId, subject: &str, error: &PublishError) -> AppendError {
        if let Some(code) = code(error) {
            return refused(stream, code, error);
        }
        match error.kind() {
            PublishErrorKind::WrongLastSequence => AppendError::Conflict(stream.clone()),
            PublishErrorKind::StreamNotFound => AppendError::Down(format!(
                "no server answers for the log {}: most of its servers must run",
                self.nats.address()
            )),
            PublishErrorKind::MaxPayloadExceeded => AppendError::Refused(format!(
                "{stream}: the record is larger than the servers' max_payload"
            )),
            // A refusal is not answered; the server only complains.
            _ if self.nats.refused(subject).is_some() => AppendError::Denied(stream.clone()),
            _ => AppendError::Unknown(stream.clone()),
        }
    }
}

/// The server's own reason. The client's kinds name only some of them.
fn code(error: &PublishError) -> Option<ErrorCode> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<jetstream::Error>().map(jetstream::Error::error_code)
}

fn refused(stream: &StreamId, code: ErrorCode, error: &PublishError) -> AppendError {
    match code {
        // The second says that another write to the subject is under way.
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT => {
            AppendError::Conflict(stream.clone())
        }
        ErrorCode::STREAM_STORE_FAILED | ErrorCode::STORAGE_RESOURCES_EXCEEDED => {
            AppendError::Full(format!(
                "{error}; raise the stream's max_bytes with `nats stream edit`, or the disks"
            ))
        }
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM => {
            AppendError::Refused(format!("{stream}: {error}"))
        }
        _ => AppendError::Down(error.to_string()),
    }
}
