//! What the SQLite log promises beyond the contract: it keeps, it keeps others out, it copies
//! itself, it says when there is no room.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{path::Path, sync::Arc};

use futures::{StreamExt, future::join_all};
use linli_platform::{
    event_log::{
        AppendError, EventLog, Filter,
        sqlite::{BackupError, FolderLock, OpenError, OpenMode, SqliteLog},
    },
    ids::{Position, StreamId, Version},
    testing::contract::{commit, stream},
};
use rusqlite::Connection;

fn open(folder: &Path) -> SqliteLog {
    SqliteLog::open(folder, OpenMode::Write).unwrap()
}

fn opened(folder: &Path, mode: OpenMode) -> OpenError {
    SqliteLog::open(folder, mode).expect_err("it should not open")
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..4_u64 {
        let log = open(folder.path());
        let head = log.head(&stream(1)).await.unwrap();
        assert_eq!(head.map_or(0, |head| head.version.0), round * 10);
        for version in round * 10..round * 10 + 10 {
            let done = log.append(commit(&stream(1), version, version, 1)).await.unwrap();
            assert_eq!(done.position, Position(version + 1));
        }
        let report = log.verify(Position(0)).await.unwrap();
        assert_eq!((report.commits, report.first_bad), (round * 10 + 10, None));
    }
    let names = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["log.db", "writer.lock"], "everything is put away into one file");
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let refused = opened(folder.path(), OpenMode::Write);
    assert!(matches!(&refused, OpenError::Locked { pid: Some(pid), .. }
        if *pid == std::process::id()));
    let told = refused.to_string();
    assert!(told.contains(folder.path().to_str().unwrap()) && told.contains("--data"), "{told}");
    assert!(matches!(FolderLock::take(folder.path()), Err(OpenError::Locked { .. })));
    drop(first);
    open(folder.path());
}

#[test]
fn what_is_no_log_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    assert!(matches!(opened(folder.path(), OpenMode::ReadOnly), OpenError::Missing(_)));
    std::fs::write(&file, "a letter to the neighbours, ".repeat(50)).unwrap();
    for mode in [OpenMode::Write, OpenMode::ReadOnly] {
        assert!(matches!(opened(folder.path(), mode), OpenError::Foreign(_)));
    }
    std::fs::remove_file(&file).unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    drop(other);
    for mode in [OpenMode::Write, OpenMode::ReadOnly] {
        assert!(matches!(opened(folder.path(), mode), OpenError::Foreign(_)));
    }
    std::fs::remove_file(&file).unwrap();
    drop(open(folder.path()));
    let newer = Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for mode in [OpenMode::Write, OpenMode::ReadOnly] {
        assert!(matches!(opened(folder.path(), mode), OpenError::Newer { found: 99, .. }));
    }
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = opened(&folder.path().join("file"), OpenMode::Write);
    assert!(matches!(refused, OpenError::Folder { .. }), "{refused}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let _log = open(&folder);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_the_writer_hears_what_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let writer = open(folder.path());
    writer.append(commit(&stream(1), 0, 1, 1)).await.unwrap();
    let reader = SqliteLog::open(folder.path(), OpenMode::ReadOnly).unwrap();
    let mut pages = reader.follow(Filter::all(), Position(0));
    let page = pages.next().await.unwrap().unwrap();
    assert_eq!((page.commits.len(), page.live), (1, true));
    let done = writer.append(commit(&stream(1), 1, 2, 1)).await.unwrap();
    let page = pages.next().await.unwrap().unwrap();
    assert_eq!((page.commits.len(), page.upto), (1, done.position));
    assert_eq!(reader.last().await, Ok(done.position));
    let denied = Err(AppendError::Denied(stream(1)));
    assert_eq!(reader.append(commit(&stream(1), 2, 3, 1)).await, denied);
    drop(reader);
    assert!(pages.next().await.is_none(), "a follower ends when its log is closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_log_says_so_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.limit_bytes(128 * 1024);
    let stream = |n: u64| StreamId::new("xiguan", "calendar", "activity", n).unwrap();
    let mut taken = 0;
    let full = loop {
        match log.append(commit(&stream(taken), 0, taken, 4)).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&full, AppendError::Full(why) if why.contains("log.db")), "{full}");
    assert!(taken > 20);
    assert_eq!(log.last().await, Ok(Position(taken)), "reading goes on");
    let streams: Vec<_> = (taken..taken + 50).map(stream).collect();
    let crowd = || join_all(streams.iter().map(|to| log.append(commit(to, 0, 1, 4))));
    assert!(crowd().await.iter().all(|answer| matches!(answer, Err(AppendError::Full(_)))));
    assert_eq!(log.last().await, Ok(Position(taken)));
    log.limit_bytes(u64::MAX);
    assert!(crowd().await.iter().all(Result::is_ok));
    let report = log.verify(Position(0)).await.unwrap();
    assert_eq!((report.commits, report.first_bad), (taken + 50, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_build_on_each_other_go_into_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let to = stream(1);
    // Sent in order without waiting for an answer, with one among them that does not fit.
    let appends = (0..40_u64).map(|n| {
        let expect = if n == 20 { 3 } else { n - u64::from(n > 20) };
        log.append(commit(&to, expect, n, 1))
    });
    for (n, answer) in join_all(appends).await.into_iter().enumerate() {
        match n {
            20 => assert_eq!(answer, Err(AppendError::Conflict(to.clone()))),
            _ => assert!(answer.is_ok(), "{n}: {answer:?}"),
        }
    }
    assert_eq!(log.head(&to).await.unwrap().unwrap().version, Version(39));
    assert_eq!(log.verify(Position(0)).await.unwrap().first_bad, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_during_a_flood_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(open(folder.path()));
    for version in 0..200 {
        log.append(commit(&stream(1), version * 20, version, 20)).await.unwrap();
        log.append(commit(&stream(2), version, version, 1)).await.unwrap();
    }
    let before = log.last().await.unwrap();
    let flood = tokio::spawn({
        let log = log.clone();
        async move {
            for version in 200..600 {
                log.append(commit(&stream(2), version, version, 1)).await.unwrap();
            }
        }
    });
    let target = tempfile::tempdir().unwrap();
    let file = target.path().join("log.db");
    let (steps, told) = std::sync::mpsc::channel();
    let upto = log.backup_to(file.clone(), move |step| steps.send(step).unwrap()).await.unwrap();
    flood.await.unwrap();
    let steps: Vec<_> = told.iter().collect();
    assert!(steps.last().is_some_and(|step| step.done == step.total && step.total > 0));
    assert!(upto >= before);
    let exists = log.backup_to(file.clone(), |_| ()).await;
    assert_eq!(exists, Err(BackupError::Exists(file)));
    let nowhere = log.backup_to(target.path().join("no/log.db"), |_| ()).await;
    assert!(matches!(nowhere, Err(BackupError::Failed { .. })), "{nowhere:?}");
    let copy = open(target.path());
    let report = copy.verify(Position(0)).await.unwrap();
    assert_eq!((report.upto, report.commits, report.first_bad), (upto, upto.0, None));
    assert!(!target.path().join("log.db.part").exists());
}
