//! Whatever happens to the bytes of the SQLite log, it is found and named, never served as true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use futures::StreamExt;
use linli_platform::{
    commit::{Recorded, Sum, encode},
    event_log::{
        AppendError, EventLog, Filter, ReadError,
        sqlite::{OpenError, OpenMode, SqliteLog},
    },
    ids::{Position, Version},
    testing::contract::{commit, stream},
};
use rusqlite::Connection;

/// Three streams, twelve commits each in turn; one is larger than a page of the file.
const COMMITS: u64 = 36;

/// Writes the log and gives the bytes of each record in order of position.
async fn write(folder: &Path) -> Vec<Vec<u8>> {
    let log = SqliteLog::open(folder, OpenMode::Write).unwrap();
    let mut records = Vec::new();
    let (mut versions, mut sums) = ([0, 0, 0], [Sum::default(); 3]);
    for n in 0..COMMITS {
        let one = usize::try_from(n % 3).unwrap();
        let events = if n == 17 { 200 } else { 1 };
        let commit = commit(&stream(u8::try_from(one).unwrap()), versions[one], n, events);
        let (bytes, sum) = encode(&commit, sums[one]).unwrap();
        records.push(bytes);
        (versions[one], sums[one]) = (versions[one] + events as u64, sum);
        log.append(commit).await.unwrap();
    }
    records
}

async fn all(log: &SqliteLog) -> Result<Vec<Recorded>, ReadError> {
    let mut pages = log.follow(Filter::all(), Position(0));
    let mut records = Vec::new();
    loop {
        let page = pages.next().await.expect("a follower does not end")?;
        records.extend(page.commits);
        if page.live {
            return Ok(records);
        }
    }
}

/// What is found to be wrong with the log in a folder: nothing, or where and what.
async fn found(folder: &Path) -> Option<(Position, String)> {
    let log = match SqliteLog::open(folder, OpenMode::ReadOnly) {
        Ok(log) => log,
        Err(error) => return Some((Position(0), error.to_string())),
    };
    match log.verify(Position(0)).await {
        Ok(report) => report.first_bad,
        Err(error) => Some((Position(0), error.to_string())),
    }
}

/// Where a record stands in the file. SQLite leaves old copies behind in pages that it has split.
fn find(file: &[u8], record: &[u8]) -> Vec<usize> {
    let windows = file.windows(record.len()).enumerate();
    windows.filter(|(_, window)| *window == record).map(|(at, _)| at).collect()
}

#[tokio::test]
async fn every_flipped_bit_in_a_record_is_found_and_its_position_named() {
    let folder = tempfile::tempdir().unwrap();
    let records = write(folder.path()).await;
    let path = folder.path().join("log.db");
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(found(folder.path()).await, None);
    let mut tried = 0;
    for (record, position) in records.iter().zip(1..) {
        // The large one lies over several pages and is covered by the test below.
        let copies = find(&whole, record);
        if copies.is_empty() {
            continue;
        }
        for at in (0..record.len()).step_by(53) {
            let mut file = whole.clone();
            for copy in &copies {
                file[copy + at] ^= 1 << (at % 8);
            }
            std::fs::write(&path, &file).unwrap();
            let bad = found(folder.path()).await;
            assert_eq!(bad.map(|bad| bad.0), Some(Position(position)), "byte {at}");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path()).await;
    let path = folder.path().join("log.db");
    let whole = std::fs::read(&path).unwrap();
    let show = |records: &[Recorded]| format!("{records:?}");
    let log = SqliteLog::open(folder.path(), OpenMode::ReadOnly).unwrap();
    let truth = show(&all(&log).await.unwrap());
    drop(log);
    let (mut seen, mut harmless) = (0, 0);
    for at in (0..whole.len()).step_by(211) {
        let mut file = whole.clone();
        file[at] ^= 1 << (at % 8);
        std::fs::write(&path, &file).unwrap();
        if found(folder.path()).await.is_some() {
            seen += 1;
            continue;
        }
        let log = SqliteLog::open(folder.path(), OpenMode::ReadOnly).unwrap();
        assert_eq!(show(&all(&log).await.unwrap()), truth, "byte {at} changed unseen");
        harmless += 1;
    }
    // Most pages of so small a file are half empty.
    assert!(seen * 2 > harmless, "{seen} found, {harmless} harmless");
}

#[tokio::test]
async fn a_lost_end_of_the_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path()).await;
    let path = folder.path().join("log.db");
    let whole = std::fs::read(&path).unwrap();
    for part in 1..10 {
        std::fs::write(&path, &whole[..whole.len() * part / 10]).unwrap();
        assert!(found(folder.path()).await.is_some(), "{part} tenths");
    }
    let mut hole = whole.clone();
    let page = hole.len() / 4096 / 2 * 4096;
    hole[page..page + 4096].fill(0);
    std::fs::write(&path, hole).unwrap();
    assert!(found(folder.path()).await.is_some());
}

#[tokio::test]
async fn changed_exchanged_and_deleted_rows_are_found() {
    let swap = |a: u64, b: u64| {
        format!(
            "CREATE TABLE t AS SELECT position p, body b FROM commits WHERE position IN ({a}, {b});
             UPDATE commits SET body = (SELECT b FROM t WHERE p = {b}) WHERE position = {a};
             UPDATE commits SET body = (SELECT b FROM t WHERE p = {a}) WHERE position = {b};
             DROP TABLE t"
        )
    };
    for (change, first) in [
        (swap(5, 8), 5),
        (swap(6, 10), 6),
        ("DELETE FROM commits WHERE position = 1".to_owned(), 1),
        ("DELETE FROM commits WHERE position = 20".to_owned(), 20),
        ("UPDATE commits SET version = version + 1 WHERE position = 9".to_owned(), 9),
        ("UPDATE commits SET stream = 9 WHERE position = 12".to_owned(), 12),
        ("UPDATE streams SET name = 'a/b/c/d' WHERE id = 2".to_owned(), 2),
        ("DELETE FROM streams WHERE id = 3".to_owned(), 3),
        ("UPDATE commits SET position = 99 WHERE position = 30".to_owned(), 30),
        ("UPDATE commits SET body = substr(body, 1, 100) WHERE position = 36".to_owned(), 36),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).await;
        let conn = Connection::open(folder.path().join("log.db")).unwrap();
        conn.execute_batch(&change).unwrap();
        drop(conn);
        let (position, why) = found(folder.path()).await.unwrap_or_else(|| panic!("{change}"));
        assert_eq!(position, Position(first), "{change}: {why}");
    }
}

#[tokio::test]
async fn a_forged_record_breaks_the_chain_of_its_stream() {
    let folder = tempfile::tempdir().unwrap();
    let records = write(folder.path()).await;
    // A record that is whole in itself, but not the one that the next one was written after.
    let sum = |n: usize| linli_platform::commit::decode(Position(1), &records[n]).unwrap().sum;
    let (forged, _) = encode(&commit(&stream(0), 1, 4711, 1), sum(0)).unwrap();
    let conn = Connection::open(folder.path().join("log.db")).unwrap();
    conn.execute("UPDATE commits SET body = ?1 WHERE position = 4", [forged]).unwrap();
    drop(conn);
    let (position, why) = found(folder.path()).await.unwrap();
    assert_eq!(position, Position(7), "{why}");
}

#[tokio::test]
async fn nothing_is_built_on_a_damaged_record() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path()).await;
    let spoil = |position: u64| {
        let conn = Connection::open(folder.path().join("log.db")).unwrap();
        let sql = "UPDATE commits SET body = CAST(replace(CAST(body AS TEXT), '王', '玉') AS BLOB)
                   WHERE position = ?1";
        assert_eq!(conn.execute(sql, [position.cast_signed()]).unwrap(), 1);
    };
    spoil(COMMITS - 1);
    let log = SqliteLog::open(folder.path(), OpenMode::Write).unwrap();
    let (spoilt, sound) = (stream(1), stream(2));
    let version = |stream| {
        let head = log.head(stream);
        async { head.await.unwrap().unwrap().version }
    };
    let next = commit(&spoilt, version(&spoilt).await.0, 100, 1);
    assert_eq!(log.append(next).await, Err(AppendError::Corrupt(Position(COMMITS - 1))));
    let read = log.read(&spoilt, Version(0)).await;
    assert!(matches!(read, Err(ReadError::Corrupt { .. })), "{read:?}");
    let next = commit(&sound, version(&sound).await.0, 100, 1);
    let last = log.append(next).await.unwrap().position;
    drop(log);
    spoil(last.0);
    let refused = SqliteLog::open(folder.path(), OpenMode::Write);
    assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
    assert_eq!(found(folder.path()).await.unwrap().0, Position(COMMITS - 1));
}
