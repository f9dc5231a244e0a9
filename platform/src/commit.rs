//! One commit: what is appended to one stream at once, and the bytes it is kept as.
//!
//! The bytes are one JSON object whose last member is the checksum of all before it, the same in
//! every log:
//! `{"v":1,"stream":…,"after":…,"entries":[…],"prev":"<sum>","sum":"<sum>"}`. `prev` is the `sum` of
//! the stream's commit before, zeros for the first: a changed, missing or exchanged record shows.
//! A sum is BLAKE2b with 128 bits, in 32 hexadecimal digits: it finds damage, and costs a third of
//! SHA-256 where the processor has no instructions for that.

use std::{fmt, ops::Range};

use blake2::{Blake2b, Digest as _, digest::consts::U16};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::value::RawValue;

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

fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    let Text(text) = Text::deserialize(from)?;
    match written(text.as_bytes()) {
        Some(at) => Ok(at),
        None => text.parse().map_err(D::Error::custom),
    }
}

/// The form that [`micros`] writes, read without looking for any other.
fn written(text: &[u8]) -> Option<DateTime<Utc>> {
    let text: &[u8; 27] = text.try_into().ok()?;
    let digit = |n: u32, c: &u8| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0'));
    let number = |at: Range<usize>| text[at].iter().try_fold(0, digit);
    let marks = [text[4], text[7], text[10], text[13], text[16], text[19], text[26]];
    let year = i32::try_from(number(0..4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
    let at =
        day.and_hms_micro_opt(number(11..13)?, number(14..16)?, number(17..19)?, number(20..26)?)?;
    (marks == *b"--T::.Z").then(|| at.and_utc())
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

    /// How long it is, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.get().len()
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

/// The checksum of a record as it stands there, in hexadecimal digits; zeros stand for the one
/// before a stream's first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sum([u8; DIGITS]);

impl Default for Sum {
    fn default() -> Self {
        Self([b'0'; DIGITS])
    }
}

impl Sum {
    fn of(hash: Blake2b<U16>) -> Self {
        const DIGIT: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; DIGITS];
        for (two, byte) in digits.chunks_exact_mut(2).zip(hash.finalize()) {
            two.copy_from_slice(&[DIGIT[usize::from(byte >> 4)], DIGIT[usize::from(byte & 15)]]);
        }
        Self(digits)
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

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
    entries: &'a [Entry],
}

#[derive(Deserialize)]
struct BodyIn {
    v: u32,
    stream: StreamId,
    after: Version,
    entries: Vec<Entry>,
}

const START: &[u8] = b"{\"v\":1,\"stream\":\"";
const PREV_KEY: &[u8] = b",\"prev\":\"";
const SUM_KEY: &[u8] = b"\",\"sum\":\"";
const END: &[u8] = b"\"}";
const DIGITS: usize = 32;
/// So many bytes at the end of a record hold both checksums.
pub const TAIL: usize = PREV_KEY.len() + DIGITS + SUM_KEY.len() + DIGITS + END.len();

/// A record but for its end, which only the log knows: the checksum of the commit before.
#[derive(Debug, Clone)]
pub struct Draft {
    bytes: Vec<u8>,
    hash: Blake2b<U16>,
}

impl Draft {
    /// Writes down all of a commit that does not depend on the one before.
    pub fn of(commit: &Commit) -> Result<Self, serde_json::Error> {
        let Commit { stream, expect, entries } = commit;
        let events = entries.iter().flat_map(|entry| &entry.events);
        let room = 512 + 160 * entries.len() + events.map(NewEvent::len).sum::<usize>();
        let mut bytes = Vec::with_capacity(room);
        let body = BodyOut { v: FORMAT, stream, after: *expect, entries };
        serde_json::to_writer(&mut bytes, &body)?;
        bytes.pop();
        bytes.extend_from_slice(PREV_KEY);
        let hash = Blake2b::new_with_prefix(&bytes);
        Ok(Self { bytes, hash })
    }

    /// How long the record will be, in bytes.
    pub fn record_len(&self) -> usize {
        self.bytes.len() - PREV_KEY.len() + TAIL
    }

    /// The record's bytes and its checksum.
    pub fn finish(self, prev: Sum) -> (Vec<u8>, Sum) {
        let Self { mut bytes, hash } = self;
        let sum = Sum::of(hash.chain_update(prev.0));
        for part in [&prev.0, SUM_KEY, &sum.0, END] {
            bytes.extend_from_slice(part);
        }
        (bytes, sum)
    }
}

/// The bytes of a commit and its checksum.
pub fn encode(commit: &Commit, prev: Sum) -> Result<(Vec<u8>, Sum), serde_json::Error> {
    Draft::of(commit).map(|draft| draft.finish(prev))
}

/// Reads a record's bytes and checks its checksum.
pub fn decode(position: Position, bytes: &[u8]) -> Result<Recorded, RecordError> {
    let (_, sum) = sums(bytes)?;
    let body = &bytes[..bytes.len() - SUM_KEY.len() - DIGITS - END.len()];
    if Sum::of(Blake2b::new_with_prefix(body)) != sum {
        return Err(RecordError::Checksum);
    }
    decode_unchecked(position, bytes)
}

/// Reads a record's bytes without comparing the checksum, which costs as much again: for the replay
/// of a log that `verify` looks through.
pub fn decode_unchecked(position: Position, bytes: &[u8]) -> Result<Recorded, RecordError> {
    let (prev, sum) = sums(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|e| RecordError::Content(e.to_string()))?;
    let body: BodyIn =
        serde_json::from_str(text).map_err(|e| RecordError::Content(e.to_string()))?;
    if body.v != FORMAT {
        return Err(RecordError::Format(body.v));
    }
    let BodyIn { stream, after, entries, .. } = body;
    Ok(Recorded { position, stream, after, entries, prev, sum })
}

/// The checksum of the commit before and the record's own, as they stand at its end; nothing else
/// is looked at.
pub fn sums(bytes: &[u8]) -> Result<(Sum, Sum), RecordError> {
    let read = || {
        let tail = bytes.get(bytes.len().checked_sub(TAIL)?..)?;
        let (prev, tail) = tail.strip_prefix(PREV_KEY)?.split_at_checked(DIGITS)?;
        let sum = tail.strip_prefix(SUM_KEY)?.strip_suffix(END)?;
        Some((Sum(prev.try_into().ok()?), Sum(sum.try_into().ok()?)))
    };
    read().ok_or(RecordError::Shape)
}

/// The stream's name, if the record starts as all do: for choosing records without reading them.
pub fn stream_of(bytes: &[u8]) -> Option<&str> {
    let name = bytes.strip_prefix(START)?.split(|byte| *byte == b'"').next()?;
    std::str::from_utf8(name).ok()
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
        let (bytes, sum) = encode(&commit(), Sum::default()).unwrap();
        let read = decode(Position(5), &bytes).unwrap();
        assert_eq!(
            (read.position, read.after, read.version()),
            (Position(5), Version(3), Version(4))
        );
        assert_eq!(read.sum, sum);
        assert_eq!(sums(&bytes), Ok((Sum::default(), sum)));
        assert_eq!(stream_of(&bytes), Some("xiguan/calendar/activity/a"));
        assert_eq!(read.at(), commit().entries[0].at);
        let (name, _, event) = read.events().next().unwrap();
        assert_eq!(name.to_string(), "xiguan/calendar/activity/a@4");
        assert_eq!(event.name(), "opened");
    }

    #[test]
    fn the_record_is_one_json_object_that_ends_with_its_sum() {
        let (first, sum) = encode(&commit(), Sum::default()).unwrap();
        let (second, _) = encode(&commit(), sum).unwrap();
        let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
        assert_eq!(read(&second)["prev"], read(&first)["sum"]);
        assert_eq!(read(&first)["prev"], "0".repeat(32));
        assert!(first.ends_with(format!("\"sum\":\"{sum:?}\"}}").as_bytes()));
    }

    #[test]
    fn instants_are_read_in_every_form_and_nothing_else_is() {
        let at = |text: &str| instant(serde_json::Value::from(text));
        for text in [
            "2026-11-05T01:02:03.000004Z",
            "2026-11-05T09:02:03.000004+08:00",
            "2026-11-05T01:02:03.000004000Z",
        ] {
            let found = at(text).unwrap();
            assert_eq!(found.to_rfc3339(), "2026-11-05T01:02:03.000004+00:00", "{text}");
        }
        for text in ["2026-11-05 01:02:03.000004!", "2026-13-05T01:02:03.000004Z", "today"] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_changed_byte_shows() {
        let (bytes, _) = encode(&commit(), Sum::default()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(decode(Position(1), &changed).is_err(), "byte {at} changed unseen");
        }
        assert_eq!(decode(Position(1), b"{}").unwrap_err(), RecordError::Shape);
    }
}
