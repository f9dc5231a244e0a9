use std::sync::Arc;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    commit::{Commit, Entry, NewEvent},
    entropy::Entropy,
    event_log::memory::{Chances, Fault, MemoryLog},
    testing::at,
};

/// A counter that never passes its limit.
enum Tally {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    Added { by: u32 },
    Emptied {},
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0} is the limit")]
struct TooMuch(u32);

const LIMIT: u32 = 50;
/// The command that sets the counter to nothing.
const EMPTY: u32 = u32::MAX;

impl Decider for Tally {
    const SERVICE: &'static str = "test";
    const CATEGORY: &'static str = "tally";
    type Command = u32;
    type Event = Event;
    type State = u32;
    type Rejection = TooMuch;

    fn decide(sum: &u32, by: u32, _: chrono::DateTime<chrono::Utc>) -> Result<Vec<Event>, TooMuch> {
        match by {
            0 => Ok(vec![]),
            EMPTY => Ok(vec![Event::Emptied {}]),
            by if sum + by > LIMIT => Err(TooMuch(LIMIT)),
            by => Ok(vec![Event::Added { by }]),
        }
    }

    fn evolve(sum: u32, event: &Event) -> u32 {
        match event {
            Event::Added { by } => sum + by,
            Event::Emptied {} => 0,
        }
    }
}

fn streams(log: &MemoryLog) -> Streams {
    Streams::new(Arc::new(log.clone()), Clock::standing_at(at("2026-11-05T09:00:00+08:00")))
}

fn name() -> StreamId {
    StreamId::new("xiguan", "test", "tally", "one").unwrap()
}

fn meta(n: u128) -> Meta {
    Meta::by(Actor::Visitor, CommandId(uuid::Uuid::from_u128(n)))
}

#[tokio::test]
async fn a_command_is_done_once_and_answered_alike_for_ever() {
    let log = MemoryLog::new();
    let first = streams(&log).execute::<Tally>(&name(), meta(1), 7).await.unwrap();
    assert_eq!((first.version, first.events.len(), first.repeated), (Version(1), 1, false));
    let other_node = streams(&log);
    other_node.execute::<Tally>(&name(), meta(2), 1).await.unwrap();
    let again = other_node.execute::<Tally>(&name(), meta(1), 7).await.unwrap();
    assert_eq!((again.position, again.version), (first.position, first.version));
    assert!(again.repeated && again.events.is_empty());
    assert_eq!(other_node.state::<Tally>(&name()).await.unwrap(), (8, Version(2)));
}

#[tokio::test]
async fn a_rejection_and_a_command_with_nothing_to_do_leave_no_trace() {
    let log = MemoryLog::new();
    let streams = streams(&log);
    let too_much = streams.execute::<Tally>(&name(), meta(1), LIMIT + 1).await;
    assert!(matches!(too_much, Err(ExecuteError::Rejected(TooMuch(LIMIT)))));
    assert!(streams.execute::<Tally>(&name(), meta(2), 0).await.unwrap().events.is_empty());
    assert_eq!(log.last().await, Ok(Position(0)));
}

#[tokio::test]
async fn what_changed_nothing_is_not_taken_for_done_when_sent_twice_at_once() {
    let log = MemoryLog::new();
    let streams = streams(&log);
    let (one, name) = (meta(1), name());
    let twice = [0, 0].map(|by| streams.execute::<Tally>(&name, one.clone(), by));
    for answer in futures::future::join_all(twice).await {
        let answer = answer.unwrap();
        assert_eq!((answer.events, answer.repeated), (vec![], false));
    }
    assert_eq!(log.last().await, Ok(Position(0)));
}

#[tokio::test]
async fn nobody_is_refused_on_what_another_node_has_changed_since() {
    let log = MemoryLog::new();
    let (here, there) = (streams(&log), streams(&log));
    here.execute::<Tally>(&name(), meta(1), LIMIT).await.unwrap();
    there.execute::<Tally>(&name(), meta(2), EMPTY).await.unwrap();
    here.execute::<Tally>(&name(), meta(3), LIMIT).await.unwrap();
    assert_eq!(there.state::<Tally>(&name()).await.unwrap(), (LIMIT, Version(3)));
}

#[tokio::test]
async fn a_commit_of_another_node_is_not_taken_for_a_lost_one_that_shares_a_command() {
    let log = MemoryLog::new();
    let (here, there, name) = (streams(&log), streams(&log), name());
    here.execute::<Tally>(&name, meta(1), 1).await.unwrap();
    there.execute::<Tally>(&name, meta(2), 2).await.unwrap();
    log.script([Some(Fault::UnknownLost)]);
    let both = [(2, 2), (3, 4)].map(|(n, by)| here.execute::<Tally>(&name, meta(n), by));
    for answer in futures::future::join_all(both).await {
        answer.unwrap();
    }
    assert_eq!(there.state::<Tally>(&name).await.unwrap(), (7, Version(3)));
}

#[tokio::test]
async fn a_thousand_at_once_share_commits_and_no_limit_is_passed() {
    let log = MemoryLog::new();
    let streams = streams(&log);
    let answers = futures::future::join_all((0..1000).map(|n| {
        let streams = streams.clone();
        async move { streams.execute::<Tally>(&name(), meta(n), 1).await.is_ok() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|yes| **yes).count(), LIMIT as usize);
    assert_eq!(streams.state::<Tally>(&name()).await.unwrap().0, LIMIT);
    assert!(log.last().await.unwrap() < Position(20), "commands that wait share a commit");
}

#[tokio::test]
async fn another_writer_makes_it_decide_again_on_the_newer_state() {
    let log = MemoryLog::new();
    let (here, there) = (streams(&log), streams(&log));
    here.execute::<Tally>(&name(), meta(1), 1).await.unwrap();
    there.execute::<Tally>(&name(), meta(2), LIMIT - 1).await.unwrap();
    let full = here.execute::<Tally>(&name(), meta(3), 1).await;
    assert!(matches!(full, Err(ExecuteError::Rejected(_))), "decided on the newer state");
}

#[tokio::test]
async fn an_unknown_outcome_is_found_out_before_anything_else_is_decided() {
    let log = MemoryLog::new();
    let streams = streams(&log);
    log.script([Some(Fault::UnknownStored), Some(Fault::UnknownLost), None]);
    let stored = streams.execute::<Tally>(&name(), meta(1), 1).await.unwrap();
    let lost = streams.execute::<Tally>(&name(), meta(2), 1).await.unwrap();
    assert_eq!((stored.version, lost.version), (Version(1), Version(2)));
    assert_eq!(streams.state::<Tally>(&name()).await.unwrap().0, 2);
}

#[tokio::test]
async fn an_event_of_the_future_is_named_and_nothing_is_decided() {
    let log = MemoryLog::new();
    let event = NewEvent::of(&serde_json::json!({ "doubled": {} })).unwrap();
    let (Meta { cmd, actor, cause }, at) = (meta(1), at("2026-11-05T09:00:00+08:00"));
    let entry = Entry { cmd, actor, cause, at, events: vec![event] };
    let commit = Commit { stream: name(), expect: Version(0), entries: vec![entry] };
    log.append(commit).await.unwrap();
    let answer = streams(&log).execute::<Tally>(&name(), meta(2), 1).await.unwrap_err();
    assert!(answer.to_string().starts_with("xiguan/test/tally/one@1 can't be read"), "{answer}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two nodes and a log that fails at random: what is acknowledged is stored once, what is
    /// refused is not, and both nodes come to the same state.
    #[test]
    fn under_faults_every_yes_counts_once(seed in any::<u64>(), amounts in prop::collection::vec(0u32..4, 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let chances = Chances { unknown_stored: 80, unknown_lost: 80, conflict: 120, delay: 300,
                ..Chances::default() };
            let log = MemoryLog::failing(seed, chances);
            let nodes = [streams(&log), streams(&log)];
            let pick = Entropy::seeded(seed);
            let answers = futures::future::join_all(amounts.iter().zip(1..).map(|(by, n)| {
                let node = nodes[usize::from(pick.bytes::<1>()[0] % 2)].clone();
                async move { (n, *by, node.execute::<Tally>(&name(), meta(n), *by).await) }
            })).await;
            log.set_chances(Chances::default());
            let (sum, _) = nodes[0].state::<Tally>(&name()).await.unwrap();
            let commits = log.read(&name(), Version(0)).await.unwrap();
            let mut stored: Vec<_> = commits.iter().flat_map(|c| &c.entries).map(|e| e.cmd).collect();
            for (n, by, answer) in answers {
                let at = stored.iter().position(|cmd| *cmd == meta(n).cmd);
                match answer {
                    Ok(yes) if by > 0 => {
                        assert!(!yes.events.is_empty());
                        stored.remove(at.expect("an acknowledged command is on the log"));
                    }
                    // A conflict is given up after five rounds and known not to be stored.
                    Ok(_)
                    | Err(
                        ExecuteError::Rejected(_)
                        | ExecuteError::Append(AppendError::Conflict(_)),
                    ) => assert_eq!(at, None),
                    Err(other) => panic!("{other}"),
                }
            }
            assert!(stored.is_empty(), "stored twice or without an answer: {stored:?}");
            assert_eq!(nodes[1].state::<Tally>(&name()).await.unwrap().0, sum);
            assert!(sum <= LIMIT);
        });
    }
}
