//! What every event log promises, as checks that run over any of them.
//!
//! Each check gets a log of its own, empty and without faults, and panics where the promise is
//! broken. `platform/tests/contract.rs` runs them over the adapters.
#![expect(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "checks for tests")]

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, future::join_all, stream::BoxStream};
use uuid::Uuid;

use crate::{
    commit::{Commit, ENTRIES_MAX, Entry, NewEvent, Recorded},
    event_log::{
        AppendError, Done, EventLog, Filter, Head, Page, RECORD_MAX, ReadError, VerifyReport,
    },
    ids::{Actor, CommandId, Position, StreamId, Version},
};

/// The log under test.
pub type Log = Arc<dyn EventLog>;

/// The streams of the checks: `n` chooses one, every third of another service.
pub fn stream(n: u8) -> StreamId {
    let service = if n.is_multiple_of(3) { "calendar" } else { "attendance" };
    StreamId::new("xiguan", service, "roll", format!("r-{n}")).unwrap()
}

/// The instant `seconds` after some fixed one.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + seconds)
}

/// One entry with `events` events, numbered from `mark` so that each can be told apart.
pub fn entry(mark: u64, events: usize) -> Entry {
    let event = |n| serde_json::json!({ "checkedIn": { "note": format!("王{mark}/{n}") } });
    Entry {
        cmd: CommandId(Uuid::from_u128(u128::from(mark))),
        actor: Actor::Process("attendance.rolls".to_owned()),
        cause: None,
        at: at(0),
        events: (0..events).map(|n| NewEvent::of(&event(n)).unwrap()).collect(),
    }
}

/// A commit of one entry.
pub fn commit(stream: &StreamId, expect: u64, mark: u64, events: usize) -> Commit {
    Commit { stream: stream.clone(), expect: Version(expect), entries: vec![entry(mark, events)] }
}

/// One step of a run against the model.
#[derive(Debug, Clone)]
pub enum Step {
    /// Appends at the stream's version, shifted by `off` (0 fits).
    Append {
        /// Which stream.
        stream: u8,
        /// Events in each entry.
        events: Vec<usize>,
        /// How far the expected version is from the true one.
        off: i64,
    },
    /// Sends the last commit that was taken once more.
    Again,
    /// Asks for a stream's head and reads it after every version.
    Read {
        /// Which stream.
        stream: u8,
    },
    /// Follows from after the n-th commit (counted round) until the log is live.
    Follow {
        /// After which commit.
        after: usize,
        /// Only one service.
        filtered: bool,
    },
}

/// What the log should hold.
#[derive(Default)]
struct Model {
    commits: Vec<(Done, Commit)>,
    versions: HashMap<StreamId, Version>,
}

/// Runs the steps over an empty log and compares each answer with the model's.
pub async fn obeys_the_model(log: Log, steps: &[Step]) {
    let mut model = Model::default();
    for (mark, step) in steps.iter().enumerate() {
        match step {
            Step::Append { stream: n, events, off } => {
                let stream = stream(*n);
                let is = model.versions.get(&stream).copied().unwrap_or_default();
                let expect = Version(is.0.saturating_add_signed(*off));
                let mark = mark as u64 * 1000;
                let entries = events.iter().zip(mark..).map(|(n, mark)| entry(mark, *n)).collect();
                model.append(&log, Commit { stream, expect, entries }).await;
            }
            Step::Again => {
                if let Some((_, commit)) = model.commits.last().cloned() {
                    let again = log.append(commit.clone()).await;
                    assert_eq!(again, Err(AppendError::Conflict(commit.stream)));
                }
            }
            Step::Read { stream: n } => model.read(&log, &stream(*n)).await,
            Step::Follow { after, filtered } => model.follow(&log, *after, *filtered).await,
        }
    }
    let last = model.commits.last().map_or(Position(0), |(done, _)| done.position);
    assert_eq!(log.last().await, Ok(last));
    let report = VerifyReport {
        commits: model.commits.len() as u64,
        events: model.versions.values().map(|version| version.0).sum(),
        streams: model.versions.len() as u64,
        upto: last,
        first_bad: None,
    };
    assert_eq!(log.verify(Position(0)).await, Ok(report));
}

impl Model {
    fn version(&self, stream: &StreamId) -> Version {
        self.versions.get(stream).copied().unwrap_or_default()
    }

    async fn append(&mut self, log: &Log, commit: Commit) {
        let answer = log.append(commit.clone()).await;
        if commit.events() == 0 {
            assert!(matches!(answer, Err(AppendError::Refused(_))), "empty: {answer:?}");
        } else if commit.expect != self.version(&commit.stream) {
            assert_eq!(answer, Err(AppendError::Conflict(commit.stream)));
        } else {
            let done = answer.expect("a commit that fits is taken");
            assert_eq!(done.version, commit.expect.plus(commit.events()));
            let before = self.commits.last().map_or(Position(0), |(done, _)| done.position);
            assert!(done.position > before, "positions rise");
            self.versions.insert(commit.stream.clone(), done.version);
            self.commits.push((done, commit));
        }
    }

    async fn read(&self, log: &Log, stream: &StreamId) {
        let own = || self.commits.iter().filter(|(_, commit)| commit.stream == *stream);
        let head = log.head(stream).await.unwrap();
        let told = head.as_ref().map(|head| (head.position, head.version));
        assert_eq!(told, own().next_back().map(|(done, _)| (done.position, done.version)));
        for after in 0..=self.version(stream).0 + 1 {
            let read = log.read(stream, Version(after)).await.unwrap();
            let wanted = own().filter(|(done, _)| done.version.0 > after);
            same(&read, wanted);
            let sum = read.last().map(|record| record.sum);
            assert!(sum.is_none() || sum == head.as_ref().map(|head| head.sum));
        }
    }

    async fn follow(&self, log: &Log, after: usize, filtered: bool) {
        let services = if filtered { vec!["calendar".to_owned()] } else { Vec::new() };
        let filter = Filter { services };
        let skip = after % (self.commits.len() + 1);
        let from = self.commits[..skip].last().map_or(Position(0), |(done, _)| done.position);
        let (records, upto) = until_live(log.follow(filter.clone(), from), from).await;
        let rest = self.commits[skip..].iter();
        same(&records, rest.filter(|(_, commit)| filter.takes(&commit.stream)));
        assert_eq!(upto, self.commits.last().map_or(Position(0), |(done, _)| done.position));
    }
}

fn same<'a>(read: &[Recorded], wanted: impl Iterator<Item = &'a (Done, Commit)>) {
    let wanted: Vec<_> = wanted.collect();
    assert_eq!(read.len(), wanted.len());
    for (record, (done, commit)) in read.iter().zip(wanted) {
        assert_eq!((record.position, record.version()), (done.position, done.version));
        assert_eq!((&record.stream, record.after), (&commit.stream, commit.expect));
        let json = |entries: &[Entry]| serde_json::to_string(entries).unwrap();
        assert_eq!(json(&record.entries), json(&commit.entries));
    }
}

type Pages = BoxStream<'static, Result<Page, ReadError>>;

async fn until_live(mut pages: Pages, mut upto: Position) -> (Vec<Recorded>, Position) {
    let mut records = Vec::new();
    loop {
        let page = pages.next().await.expect("a follower does not end").unwrap();
        assert!(page.upto >= upto, "a follower goes forward");
        assert!(page.commits.iter().all(|c| c.position > upto && c.position <= page.upto));
        upto = page.upto;
        records.extend(page.commits);
        if page.live {
            return (records, upto);
        }
    }
}

/// The wanted number of commits from a follower, however many pages it takes.
async fn take(mut pages: Pages, wanted: usize) -> Vec<Recorded> {
    let mut records = Vec::new();
    while records.len() < wanted {
        let page = pages.next().await.expect("a follower does not end").unwrap();
        records.extend(page.commits);
    }
    records
}

/// An empty log has nothing, and a follower hears so at once.
pub async fn an_empty_log_is_live_at_once(log: Log) {
    assert_eq!(log.last().await, Ok(Position(0)));
    assert_eq!(log.head(&stream(1)).await, Ok(None::<Head>));
    assert!(log.read(&stream(1), Version(0)).await.unwrap().is_empty());
    let page = log.follow(Filter::all(), Position(0)).next().await.unwrap().unwrap();
    assert!(page.live && page.commits.is_empty() && page.upto == Position(0));
    assert_eq!(log.verify(Position(0)).await.unwrap().commits, 0);
}

/// What no log may take is refused, with a reason that names the stream, and leaves no trace.
pub async fn what_is_not_acceptable_is_refused(log: Log) {
    let to = stream(1);
    log.append(commit(&to, 0, 1, 2)).await.unwrap();
    let empty = Commit { stream: to.clone(), expect: Version(2), entries: Vec::new() };
    let no_event = commit(&to, 2, 2, 0);
    let many = (0..=ENTRIES_MAX as u64).map(|n| entry(n, 1)).collect();
    let many = Commit { entries: many, ..empty.clone() };
    let mut large = commit(&to, 2, 3, 1);
    let text = serde_json::json!({ "noted": { "text": "x".repeat(RECORD_MAX) } });
    large.entries[0].events = vec![NewEvent::of(&text).unwrap()];
    let mut earlier = commit(&to, 2, 4, 1);
    earlier.entries[0].at = at(-1);
    let mut back = commit(&to, 2, 5, 1);
    back.entries.push(Entry { at: at(9), ..entry(6, 1) });
    back.entries.push(entry(7, 1));
    for wrong in [empty, no_event, many, large, earlier, back] {
        match log.append(wrong).await {
            Err(AppendError::Refused(why)) => assert!(why.contains(to.as_str()), "{why}"),
            other => panic!("refused was expected, not {other:?}"),
        }
    }
    let head = log.head(&to).await.unwrap().unwrap();
    assert_eq!(head.version, Version(2));
    let mut later = commit(&to, 2, 8, 1);
    later.entries[0].at = at(0);
    log.append(later).await.expect("the same instant is not before");
}

/// Of many who append at one version of one stream, exactly one gets it.
pub async fn one_appender_wins_each_version(log: Log) {
    const ROUNDS: u64 = 20;
    let to = stream(2);
    for round in 0..ROUNDS {
        let tries = (0..8).map(|n| log.append(commit(&to, round, round * 8 + n, 1)));
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        let lost = Err(AppendError::Conflict(to.clone()));
        assert_eq!((won, answers.iter().filter(|a| **a == lost).count()), (1, 7));
    }
    assert_eq!(log.head(&to).await.unwrap().unwrap().version, Version(ROUNDS));
}

/// Whoever follows during a flood of appends, from before or from its middle, misses nothing, sees
/// nothing twice, and sees the order that everybody sees.
pub async fn followers_see_one_order_without_a_gap(log: Log) {
    const WRITERS: u8 = 8;
    const EACH: u64 = 120;
    let total = usize::from(WRITERS) * 120;
    let early = tokio::spawn(take(log.follow(Filter::all(), Position(0)), total));
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let log = log.clone();
            tokio::spawn(async move {
                for version in 0..EACH {
                    let mark = u64::from(n) * EACH + version;
                    log.append(commit(&stream(n), version, mark, 1)).await.unwrap();
                }
            })
        })
        .collect();
    // The second starts as soon as the flood has.
    let first = take(log.follow(Filter::all(), Position(0)), 1).await;
    let late = tokio::spawn(take(log.follow(Filter::all(), first[0].position), total - 1));
    let one = Filter { services: vec!["calendar".to_owned()] };
    let some = tokio::spawn(take(log.follow(one.clone(), Position(0)), 3 * 120));
    for writer in writers {
        writer.await.unwrap();
    }
    let (early, late, some) = (early.await.unwrap(), late.await.unwrap(), some.await.unwrap());
    let positions = |records: &[Recorded]| records.iter().map(|r| r.position).collect::<Vec<_>>();
    assert_eq!(early.len(), total);
    assert!(early.is_sorted_by(|a, b| a.position < b.position));
    assert_eq!(positions(&early[1..]), positions(&late));
    let calendar: Vec<_> = early.iter().filter(|r| one.takes(&r.stream)).cloned().collect();
    assert_eq!(positions(&calendar), positions(&some));
    let mut versions: HashMap<StreamId, Version> = HashMap::new();
    for record in early {
        let version = versions.entry(record.stream.clone()).or_default();
        assert_eq!(record.after, *version, "{} has a gap", record.stream);
        *version = record.version();
    }
}

/// A live follower hears each commit without asking, and a filter hides other services from it
/// while it still learns how far the log has come.
pub async fn a_live_follower_hears_what_comes(log: Log) {
    let filter = Filter { services: vec!["calendar".to_owned()] };
    let mut pages = log.follow(filter, Position(0));
    assert!(pages.next().await.unwrap().unwrap().live);
    for version in 0..5 {
        let hidden = log.append(commit(&stream(1), version, version, 1)).await.unwrap();
        let page = pages.next().await.unwrap().unwrap();
        assert!(page.live && page.commits.is_empty());
        assert_eq!(page.upto, hidden.position);
        let shown = log.append(commit(&stream(3), version, 100 + version, 1)).await.unwrap();
        let page = pages.next().await.unwrap().unwrap();
        assert_eq!((page.commits.len(), page.upto), (1, shown.position));
        assert_eq!(page.commits[0].position, shown.position);
    }
}

/// Whoever has seen more than the log holds is told so, not left waiting for ever.
pub async fn a_follower_ahead_of_the_log_is_told(log: Log) {
    let last = log.append(commit(&stream(1), 0, 1, 1)).await.unwrap().position;
    let asked = Position(last.0 + 100);
    let mut pages = log.follow(Filter::all(), asked);
    let answer = pages.next().await.unwrap().map(|page| page.upto);
    assert_eq!(answer, Err(ReadError::Beyond { asked, last }));
    assert!(pages.next().await.is_none(), "after an error a follower ends");
}

/// History longer than a page comes in several, of which only the last is live.
pub async fn long_history_comes_in_pages(log: Log) {
    const COMMITS: u64 = 2500;
    let streams: Vec<_> = (0..COMMITS)
        .map(|n| StreamId::new("xiguan", "calendar", "activity", format!("a-{n}")).unwrap())
        .collect();
    let appends = streams.iter().zip(0..).map(|(to, mark)| log.append(commit(to, 0, mark, 1)));
    for answer in join_all(appends).await {
        answer.unwrap();
    }
    let mut pages = log.follow(Filter::all(), Position(0));
    let (mut seen, mut count) = (0, 0);
    loop {
        let page = pages.next().await.unwrap().unwrap();
        assert!(page.commits.len() <= 1000);
        (seen, count) = (seen + page.commits.len(), count + 1);
        assert_eq!(page.live, seen == streams.len());
        if page.live {
            break;
        }
    }
    assert_eq!((seen, count), (2500, 3));
    let report = log.verify(Position(0)).await.unwrap();
    assert_eq!((report.commits, report.streams, report.first_bad), (COMMITS, COMMITS, None));
}
