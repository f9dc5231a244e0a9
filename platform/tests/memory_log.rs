//! The faults of the log in memory are those asked for, and the same again for the same seed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::StreamExt;
use linli_platform::{
    event_log::{
        AppendError, EventLog, Filter, ReadError,
        memory::{Chances, Fault, MemoryLog},
    },
    ids::{Position, Version},
    testing::contract::{commit, stream},
};

async fn version(log: &MemoryLog) -> u64 {
    log.head(&stream(1)).await.unwrap().map_or(0, |head| head.version.0)
}

#[tokio::test]
async fn a_script_is_met_one_fault_per_append() {
    let log = MemoryLog::new();
    log.script([
        Some(Fault::UnknownStored),
        Some(Fault::UnknownLost),
        Some(Fault::Conflict),
        None,
        Some(Fault::Full),
        Some(Fault::Down),
        Some(Fault::Delay { before: 2, after: 2 }),
    ]);
    let to = stream(1);
    let unknown = Err(AppendError::Unknown(to.clone()));
    assert_eq!((log.append(commit(&to, 0, 1, 1)).await, version(&log).await), (unknown.clone(), 1));
    assert_eq!((log.append(commit(&to, 1, 2, 1)).await, version(&log).await), (unknown, 1));
    assert_eq!(log.append(commit(&to, 1, 2, 1)).await, Err(AppendError::Conflict(to.clone())));
    assert_eq!(log.append(commit(&to, 1, 2, 1)).await.unwrap().version, Version(2));
    assert!(matches!(log.append(commit(&to, 2, 3, 1)).await, Err(AppendError::Full(_))));
    assert!(matches!(log.append(commit(&to, 2, 3, 1)).await, Err(AppendError::Down(_))));
    assert_eq!(log.append(commit(&to, 2, 3, 1)).await.unwrap().version, Version(3));
    assert_eq!(version(&log).await, 3);
}

async fn run(seed: u64) -> Vec<String> {
    let chances = Chances {
        unknown_stored: 100,
        unknown_lost: 100,
        conflict: 100,
        full: 50,
        down: 50,
        delay: 200,
        ..Chances::default()
    };
    let log = MemoryLog::failing(seed, chances);
    let mut told = Vec::new();
    for mark in 0..300 {
        let to = stream(1);
        let expect = version(&log).await;
        told.push(format!("{:?}", log.append(commit(&to, expect, mark, 1)).await));
    }
    told
}

#[tokio::test]
async fn chances_repeat_for_a_seed_and_each_of_them_comes() {
    let told = run(7).await;
    assert_eq!(told, run(7).await);
    assert_ne!(told, run(8).await);
    for kind in ["Ok(", "Unknown(", "Conflict(", "Full(", "Down("] {
        assert!(told.iter().any(|told| told.contains(kind)), "{kind} never came");
    }
}

#[tokio::test]
async fn a_follower_that_is_cut_off_goes_on_where_it_was() {
    let log = MemoryLog::failing(3, Chances { cut: 300, ..Chances::default() });
    log.set_page_max(2);
    for version in 0..40 {
        log.append(commit(&stream(1), version, version, 1)).await.unwrap();
    }
    let (mut upto, mut seen, mut cuts) = (Position(0), Vec::new(), 0);
    while seen.len() < 40 {
        let mut pages = log.follow(Filter::all(), upto);
        while let Some(page) = pages.next().await {
            let Ok(page) = page else {
                cuts += 1;
                break;
            };
            upto = page.upto;
            seen.extend(page.commits.iter().map(|record| record.after.0));
            if seen.len() == 40 {
                break;
            }
        }
    }
    assert!(cuts > 0);
    assert!(seen.iter().copied().eq(0..40));
}

#[tokio::test]
async fn damage_is_found_and_named() {
    let log = MemoryLog::new();
    for version in 0..5 {
        log.append(commit(&stream(1), version, version, 1)).await.unwrap();
    }
    let third = log.bytes(Position(3)).unwrap();
    let mut changed = third.clone();
    changed[40] ^= 1;
    log.damage(Position(3), changed);
    let (position, why) = log.verify(Position(0)).await.unwrap().first_bad.unwrap();
    assert_eq!(position, Position(3));
    assert!(why.contains("checksum"), "{why}");
    assert!(matches!(
        log.read(&stream(1), Version(0)).await,
        Err(ReadError::Corrupt { position: Position(3), .. })
    ));
    log.damage(Position(3), log.bytes(Position(2)).unwrap());
    let (position, why) = log.verify(Position(2)).await.unwrap().first_bad.unwrap();
    assert_eq!((position, why.contains("follows")), (Position(3), true), "{why}");
    log.damage(Position(3), third);
    assert_eq!(log.verify(Position(3)).await.unwrap().first_bad, None);
    log.set_chances(Chances { read_down: 999, ..Chances::default() });
    assert!(log.last().await.is_ok(), "without a seed nothing fails by chance");
}
