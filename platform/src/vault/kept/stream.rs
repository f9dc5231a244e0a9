//! The stream beneath a vault that several nodes can take over: one message per person, replaced by
//! the next one and then erased.

use std::time::Duration;

use async_nats::jetstream::{
    self, ErrorCode,
    consumer::{DeliverPolicy, pull},
    context::{GetStreamErrorKind, PublishError, PublishErrorKind},
    message::PublishMessage,
    stream::{Config, DeleteMessageErrorKind, DiscardPolicy, LastRawMessageErrorKind, Stream},
};
use futures::{FutureExt as _, StreamExt as _, future::join_all};

use super::super::VaultError;
use crate::{
    entropy::Entropy,
    nats::{Nats, PATIENCE},
};

/// The most a vault takes up: half a million persons.
const BYTES_MAX: i64 = 1 << 30;
/// So many messages are on their way before their acknowledgements are waited for.
const UNDER_WAY: usize = 1_000;
/// How long a message may take to be stored in most copies.
const STORED_WITHIN: Duration = Duration::from_secs(20);
/// The most messages that are taken in at a time.
const BATCH: usize = 500;
/// A server compacts the Raft log of a stream once it is longer than 8 MiB; this many bytes in so
/// many messages make it so.
const FILLING: (usize, usize) = (700 << 10, 14);

/// What is to be stored.
pub(super) struct Next {
    pub(super) subject: String,
    pub(super) payload: Vec<u8>,
    /// The message before it; 0 for the first.
    pub(super) after: u64,
}

/// Why nothing was stored, or not all.
pub(super) enum NotStored {
    /// Somebody else stored something under the same subject.
    Overtaken,
    Failed(VaultError),
}

/// The stream. A copy is the same.
#[derive(Clone)]
pub(super) struct VaultStream {
    nats: Nats,
    context: jetstream::Context,
    stream: Stream<()>,
    /// When it was made, which tells it from another one of that name.
    pub(super) made: String,
}

fn failed(what: &str, error: impl std::fmt::Display) -> VaultError {
    VaultError::Unreachable(format!("{what}: {error}"))
}

impl VaultStream {
    /// Opens the stream; makes it if it is not there.
    pub(super) async fn open(nats: &Nats) -> Result<Self, VaultError> {
        let name = nats.log().vault_stream();
        let wanted = Config {
            name: name.clone(),
            description: Some("the vault of Linli: keys and names, boxed".to_owned()),
            subjects: vec![format!("linli-vault.{}.>", nats.log())],
            num_replicas: nats.replicas(),
            max_bytes: BYTES_MAX,
            discard: DiscardPolicy::New,
            ..Config::default()
        };
        let info = match nats.jetstream().get_stream(&name).await {
            Ok(stream) => stream.cached_info().clone(),
            Err(error) => {
                let missing = matches!(error.kind(), GetStreamErrorKind::JetStream(ref error)
                    if error.error_code() == ErrorCode::STREAM_NOT_FOUND);
                if !missing {
                    return Err(failed(&format!("the stream {name} can't be looked at"), error));
                }
                let made = nats.jetstream().create_stream(wanted.clone()).await;
                let made = made.map_err(|error| {
                    let told = "where this role may not, `linli seed` or `linli import` makes it";
                    failed(&format!("the stream {name} can't be made ({told})"), error)
                })?;
                made.cached_info().clone()
            }
        };
        let there = &info.config;
        let fits = there.subjects == wanted.subjects
            && there.discard == wanted.discard
            && there.storage == wanted.storage
            && there.max_age.is_zero()
            && there.max_messages <= 0
            && !there.deny_delete
            && !there.deny_purge;
        if !fits {
            return Err(VaultError::Stream(format!(
                "the stream {name} has other settings than a vault needs (subjects {:?}, file \
                 storage, discard new, no limit of age or number, deletes allowed): it is \
                 somebody else's, or was changed; set it right with `nats stream edit {name}`",
                wanted.subjects
            )));
        }
        let context = jetstream::context::ContextBuilder::new()
            .timeout(PATIENCE)
            .ack_timeout(STORED_WITHIN)
            .build(nats.client().clone());
        let stream = context.get_stream_no_info(&name).await;
        let stream = stream.map_err(|error| failed(&name, error))?;
        Ok(Self { nats: nats.clone(), context, stream, made: info.created.to_string() })
    }

    pub(super) fn name(&self) -> String {
        self.nats.log().vault_stream()
    }

    /// Where something is kept; `of` is a person's id or [`OWN`](super::state::OWN).
    pub(super) fn subject(&self, of: &str) -> String {
        format!("linli-vault.{}.{of}", self.nats.log())
    }

    /// What the subject of a message says it is of; none for a filling.
    pub(super) fn of<'a>(&self, subject: &'a str) -> Option<&'a str> {
        let of = subject.strip_prefix("linli-vault.")?.strip_prefix(self.nats.log().as_str())?;
        of.strip_prefix('.').filter(|of| !of.contains('.'))
    }

    /// Stores all of it, each only after the message it follows; the numbers, in order. Where it is
    /// not all, some may be stored nevertheless.
    pub(super) async fn store(&self, next: Vec<Next>) -> Result<Vec<u64>, NotStored> {
        let mut numbers = Vec::with_capacity(next.len());
        let mut next = next.into_iter().peekable();
        while next.peek().is_some() {
            let mut under_way = Vec::new();
            for Next { subject, payload, after } in next.by_ref().take(UNDER_WAY) {
                let message = PublishMessage::build()
                    .payload(payload.into())
                    .expected_last_subject_sequence(after);
                let sent = self.context.send_publish(subject, message).await;
                under_way.push(sent.map_err(|error| not_stored(&error))?);
            }
            for stored in join_all(under_way.into_iter().map(IntoFuture::into_future)).await {
                numbers.push(stored.map_err(|error| not_stored(&error))?.sequence);
            }
        }
        Ok(numbers)
    }

    /// The number of the last message that is of somebody, as the stream's leader has it.
    pub(super) async fn last(&self) -> Result<u64, VaultError> {
        let last = self.stream.get_last_raw_message_by_subject(&self.subject("*")).await;
        match last {
            Ok(message) => Ok(message.sequence),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(0),
            Err(error) => Err(failed("the stream's leader does not answer", error)),
        }
    }

    /// The message that holds the vault's own secrets.
    pub(super) async fn own(&self) -> Result<Option<Found>, VaultError> {
        let subject = self.subject(super::state::OWN);
        match self.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => Ok(Some(Found {
                number: message.sequence,
                subject,
                payload: message.payload.to_vec(),
            })),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(failed("the stream's leader does not answer", error)),
        }
    }

    /// Numbers and subjects of all messages after a number, without what is in them.
    pub(super) fn headers(&self) -> Reader {
        Reader { headers_only: true, ..self.read(0) }
    }

    /// All messages after a number, and those to come.
    pub(super) fn read(&self, seen: u64) -> Reader {
        Reader { stream: self.clone(), seen, headers_only: false, messages: None }
    }

    /// Overwrites a message on the servers' disks. It is no failure if it is gone already.
    pub(super) async fn erase(&self, number: u64) -> Result<(), VaultError> {
        let erased = self.stream.delete_message(number).await;
        match erased.as_ref().map_err(async_nats::error::Error::kind) {
            Ok(_) => Ok(()),
            Err(DeleteMessageErrorKind::JetStream(error))
                if matches!(
                    error.error_code(),
                    ErrorCode::NO_MESSAGE_FOUND | ErrorCode::SEQUENCE_NOT_FOUND
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("a message was not erased", error)),
        }
    }

    /// The messages of somebody that the last one replaces.
    pub(super) async fn earlier(&self, of: &str) -> Result<Vec<u64>, VaultError> {
        let (subject, mut numbers) = (self.subject(of), vec![0]);
        while let Some(last) = numbers.last() {
            let next = self.stream.raw_message_builder().sequence(last + 1);
            match next.next_by_subject(subject.as_str()).send().await {
                Ok(message) => numbers.push(message.sequence),
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => break,
                Err(error) => return Err(failed("the stream's leader does not answer", error)),
            }
        }
        numbers.pop();
        Ok(numbers.split_off(1.min(numbers.len())))
    }

    /// Those servers that don't have all of the stream at the moment.
    pub(super) async fn behind(&self) -> Result<Vec<String>, VaultError> {
        let info = self.stream.get_info().await;
        let info = info.map_err(|error| failed("the stream's leader does not answer", error))?;
        let replicas = info.cluster.map(|cluster| cluster.replicas).unwrap_or_default();
        // One that was paused a moment ago is still called current.
        let away = replicas.into_iter().filter(|copy| {
            !copy.current || copy.offline || copy.active > PATIENCE / 2 || copy.lag.unwrap_or(0) > 0
        });
        Ok(away.map(|copy| copy.name).collect())
    }

    /// Makes every server rewrite the stream's Raft log, in which erased messages still stand: it
    /// does so when the log has grown by enough.
    pub(super) async fn compact(&self, entropy: &Entropy) -> Result<(), VaultError> {
        if self.nats.replicas() == 1 {
            return Ok(());
        }
        let subject = self.subject("fill.1");
        let (bytes, messages) = FILLING;
        // It is packed on its way into the Raft log, which chance can't be.
        let filling: Vec<u8> = std::iter::repeat_with(|| entropy.bytes::<1024>())
            .take(bytes >> 10)
            .flatten()
            .collect();
        for _ in 0..messages {
            let sent = self.context.publish(subject.clone(), filling.clone().into()).await;
            let stored = match sent {
                Ok(ack) => ack.await,
                Err(error) => Err(error),
            };
            stored.map_err(|error| failed("the filling was not stored", error))?;
        }
        let purged = self.stream.purge().filter(subject).await;
        purged.map(drop).map_err(|error| failed("the filling was not removed", error))
    }
}

fn not_stored(error: &PublishError) -> NotStored {
    let source = std::error::Error::source(error);
    let code = source.and_then(|source| source.downcast_ref::<jetstream::Error>());
    match code.map(jetstream::Error::error_code) {
        Some(
            ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT,
        ) => NotStored::Overtaken,
        Some(ErrorCode::STREAM_STORE_FAILED | ErrorCode::STORAGE_RESOURCES_EXCEEDED) => {
            let told = "raise the stream's max_bytes with `nats stream edit`, or the disks";
            NotStored::Failed(VaultError::Stream(format!("the vault is full: {error}; {told}")))
        }
        _ if error.kind() == PublishErrorKind::WrongLastSequence => NotStored::Overtaken,
        _ => NotStored::Failed(failed("it was not stored, or is not known to be", error)),
    }
}

/// One message.
pub(super) struct Found {
    pub(super) number: u64,
    pub(super) subject: String,
    pub(super) payload: Vec<u8>,
}

/// Reads on from where it is.
pub(super) struct Reader {
    stream: VaultStream,
    /// The last message that was passed on.
    pub(super) seen: u64,
    headers_only: bool,
    messages: Option<pull::Ordered>,
}

impl Reader {
    /// Reads again what comes after a message.
    pub(super) fn back_to(&mut self, seen: u64) {
        (self.seen, self.messages) = (seen, None);
    }

    async fn open(&mut self) -> Result<pull::Ordered, VaultError> {
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.seen + 1 },
            headers_only: self.headers_only,
            ..pull::OrderedConfig::default()
        };
        let consumer = self.stream.stream.create_consumer(config).await;
        let consumer = consumer.map_err(|error| failed("following failed", error))?;
        consumer.messages().await.map_err(|error| failed("following failed", error))
    }

    /// The next messages, at least one; waits for it.
    pub(super) async fn next(&mut self) -> Result<Vec<Found>, VaultError> {
        loop {
            let mut messages = match self.messages.take() {
                Some(messages) => messages,
                None => self.open().await?,
            };
            let mut found = Vec::new();
            let mut next = tokio::time::timeout(PATIENCE, messages.next()).await.ok();
            while let Some(message) = next {
                let message = message.ok_or_else(|| failed("following", "it has ended"))?;
                let message = message.map_err(|error| failed("following failed", error))?;
                let number = match message.info() {
                    Ok(info) => info.stream_sequence,
                    Err(error) => return Err(failed("following failed", error)),
                };
                let subject = message.subject.to_string();
                if number > self.seen {
                    self.seen = number;
                    let payload = message.payload.to_vec();
                    found.push(Found { number, subject, payload });
                }
                next = if found.len() < BATCH { messages.next().now_or_never() } else { None };
            }
            // A consumer lives on one server and may have fallen silent with it.
            let silent = found.is_empty() && self.stream.last().await? > self.seen;
            if !silent {
                self.messages = Some(messages);
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
}
