//! One commit: what is appended to one stream at once, and the bytes it is kept as.
//!
//! The bytes are one JSON object whose last member is the checksum of all before it, the same in
//! every log:
//! `{"v":1,"stream":…,"after":…,"prev":…,"entries":[…],"sum":"<SHA-256, 64 hex digits>"}`.
//! `prev` is the `sum` of the stream's commit before, empty for the first: a changed, missing or
//! exchanged record shows.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::ids::{Actor, CommandId, EventRef, Position, StreamId, Text, Version};

/// The format that is written.
const FORMAT: u32 = 1;
/// At most this many entries go into one commit.
pub const ENTRIES_MAX: usize = 256;
/// At most this many bytes of events go into one commit, unless one entry alone is larger.
pub const BYTES_MAX: usize = 256 * 1024;

/// What somebody wants appended to one stream: all of it or nothing.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The stream.
    pub stream: StreamId,
    /// The version the stream must have now.
    pub expect: Version,
    /// One entry per command, in order.
    pub entries: Vec<Entry>,
}

impl Commit {
    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.entries.iter().map(|entry| entry.events.len()).sum()
    }
}

/// What one command brought about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The command.
    pub cmd: CommandId,
    /// Who gave it.
    pub actor: Actor,
    /// The event that made a process give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventRef>,
    /// When it was decided; never before the stream's last commit.
    #[serde(serialize_with = "micros", deserialize_with = "instant")]
    pub at: DateTime<Utc>,
    /// What happened.
    pub events: Vec<NewEvent>,
}

fn micros<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Chrono's own reading takes many forms and several times as long.
fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    let Text(text) = Text::deserialize(from)?;
    DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc()).map_err(D::Error::custom)
}

/// One event as its proto3 JSON: an object with one member, named after what happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NewEvent(pub Box<RawValue>);

impl NewEvent {
    /// Writes an event down.
    pub fn of(event: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(event).map(Self)
    }

    /// Reads it as `E`.
    pub fn decode<E: DeserializeOwned>(&self) -> Result<E, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }

    /// The event's name, for example `checkedIn`: its only member's key.
    pub fn name(&self) -> &str {
        self.0.get().split('"').nth(1).unwrap_or_default()
    }
}

/// A commit as it stands on the log.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Where it stands in this log.
    pub position: Position,
    /// The stream.
    pub stream: StreamId,
    /// The version before it.
    pub after: Version,
    /// One entry per command.
    pub entries: Vec<Entry>,
    /// The checksum of the stream's commit before; empty for the first.
    pub prev: Sum,
    /// Its own checksum.
    pub sum: Sum,
}

impl Recorded {
    /// The stream's version with it.
    pub fn version(&self) -> Version {
        self.after.plus(self.entries.iter().map(|entry| entry.events.len()).sum())
    }

    /// When its last entry was decided.
    pub fn at(&self) -> DateTime<Utc> {
        self.entries.last().map(|entry| entry.at).unwrap_or_default()
    }

    /// Its events in order, each with the entry it belongs to and its name on the log.
    pub fn events(&self) -> impl Iterator<Item = (EventRef, &Entry, &NewEvent)> {
        let all = self.entries.iter().flat_map(|e| e.events.iter().map(move |event| (e, event)));
        all.enumerate().map(|(n, (entry, event))| {
            let version = self.after.plus(n + 1);
            (EventRef { stream: self.stream.clone(), version }, entry, event)
        })
    }
}

/// A SHA-256 checksum in hexadecimal, or the empty text before a stream's first commit.
pub type Sum = String;

/// Why a record can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It does not end as a record does.
    #[error("the record is cut short or is not one of Linli's")]
    Shape,
    /// The bytes are not those that were written.
    #[error("the record's checksum does not fit its bytes")]
    Checksum,
    /// It was written by a newer version.
    #[error(
        "the record has format {0}, which this version of Linli can't read: install a newer one"
    )]
    Format(u32),
    /// The content is not what it should be.
    #[error("the record can't be read: {0}")]
    Content(String),
}

#[derive(Serialize)]
struct BodyOut<'a> {
    v: u32,
    stream: &'a StreamId,
    after: Version,
    prev: &'a str,
    entries: &'a [Entry],
}

#[derive(Deserialize)]
struct BodyIn {
    v: u32,
    stream: StreamId,
    after: Version,
    prev: String,
    entries: Vec<Entry>,
}

const SUM_KEY: &[u8] = b",\"sum\":\"";
const TAIL: usize = SUM_KEY.len() + 64 + 2;

/// The bytes of a commit and its checksum.
pub fn encode(commit: &Commit, prev: &str) -> Result<(Vec<u8>, Sum), serde_json::Error> {
    let Commit { stream, expect, entries } = commit;
    let mut bytes =
        serde_json::to_vec(&BodyOut { v: FORMAT, stream, after: *expect, prev, entries })?;
    bytes.pop();
    let sum = hex(&Sha256::digest(&bytes));
    bytes.extend_from_slice(SUM_KEY);
    bytes.extend_from_slice(sum.as_bytes());
    bytes.extend_from_slice(b"\"}");
    Ok((bytes, sum))
}

/// Reads a record's bytes and checks its checksum.
pub fn decode(position: Position, bytes: &[u8]) -> Result<Recorded, RecordError> {
    decode_with(position, bytes, true)
}

/// Reads a record's bytes. `check` compares the checksum, which costs as much again as reading;
/// a replay of a log that `verify` has passed may leave it out.
pub fn decode_with(position: Position, bytes: &[u8], check: bool) -> Result<Recorded, RecordError> {
    let at = bytes.len().checked_sub(TAIL).ok_or(RecordError::Shape)?;
    let (body, tail) = bytes.split_at(at);
    let sum = tail
        .strip_prefix(SUM_KEY)
        .and_then(|tail| tail.strip_suffix(b"\"}"))
        .and_then(|sum| std::str::from_utf8(sum).ok())
        .ok_or(RecordError::Shape)?;
    if check && hex(&Sha256::digest(body)) != sum {
        return Err(RecordError::Checksum);
    }
    let content = |error: serde_json::Error| RecordError::Content(error.to_string());
    let body: BodyIn = serde_json::from_slice(bytes).map_err(content)?;
    if body.v != FORMAT {
        return Err(RecordError::Format(body.v));
    }
    let BodyIn { stream, after, prev, entries, .. } = body;
    Ok(Recorded { position, stream, after, entries, prev, sum: sum.to_owned() })
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn commit() -> Commit {
        let event = serde_json::json!({ "opened": { "title": "邻里议事" } });
        Commit {
            stream: "xiguan/calendar/activity/a".parse().unwrap(),
            expect: Version(3),
            entries: vec![Entry {
                cmd: CommandId(Uuid::from_u128(9)),
                actor: Actor::Visitor,
                cause: None,
                at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
                events: vec![NewEvent::of(&event).unwrap()],
            }],
        }
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let (bytes, sum) = encode(&commit(), "").unwrap();
        let read = decode(Position(5), &bytes).unwrap();
        assert_eq!(
            (read.position, read.after, read.version()),
            (Position(5), Version(3), Version(4))
        );
        assert_eq!(read.sum, sum);
        let (name, _, event) = read.events().next().unwrap();
        assert_eq!(name.to_string(), "xiguan/calendar/activity/a@4");
        assert_eq!(event.name(), "opened");
    }

    #[test]
    fn every_changed_byte_shows() {
        let (bytes, _) = encode(&commit(), "").unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(decode(Position(1), &changed).is_err(), "byte {at} changed unseen");
        }
        assert_eq!(decode(Position(1), b"{}").unwrap_err(), RecordError::Shape);
    }
}
