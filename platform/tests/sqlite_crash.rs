//! The SQLite log under `kill -9` and under a disk that fails in the middle of writing. The child
//! process is this test program itself, told by the environment to write instead of to check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::{
    collections::HashMap,
    io::BufReader,
    path::Path,
    process::{Child, Command, Stdio},
};

use futures::StreamExt;
use linli_platform::{
    entropy::Entropy,
    event_log::{
        AppendError, EventLog, Filter,
        sqlite::{OpenMode, SqliteLog},
    },
    ids::{Position, StreamId, Version},
    testing::contract::{commit, stream},
};

const FOLDER: &str = "LINLI_TEST_CHILD_WRITES_IN";

fn child_folder() -> Option<std::path::PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

fn open(folder: &Path) -> SqliteLog {
    SqliteLog::open(folder, OpenMode::Write).unwrap()
}

async fn version(log: &SqliteLog, of: &StreamId) -> Version {
    log.head(of).await.unwrap().map(|head| head.version).unwrap_or_default()
}

/// One acknowledged commit, as the child printed it.
type Told = (String, u64, u64);

/// The next line that tells of an acknowledged commit; none at the end, or when it is cut short.
fn told(lines: &mut impl std::io::BufRead) -> Option<Told> {
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        let words: Vec<_> = line.trim_end_matches('\n').split(' ').collect();
        if let ["stored", stream, version, position] = words[..]
            && line.ends_with('\n')
        {
            return Some((stream.to_owned(), version.parse().unwrap(), position.parse().unwrap()));
        }
        line.clear();
    }
    None
}

fn start(mut command: Command, test: &str, folder: &Path) -> Child {
    command
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Every commit that was told is where it was told to be, and the log is whole.
async fn holds(log: &SqliteLog, told: &[Told]) {
    let report = log.verify(Position(0)).await.unwrap();
    assert_eq!(report.first_bad, None);
    let mut pages = log.follow(Filter::all(), Position(0));
    let mut stored = HashMap::new();
    let mut versions: HashMap<StreamId, Version> = HashMap::new();
    loop {
        let page = pages.next().await.unwrap().unwrap();
        for record in page.commits {
            let version = versions.entry(record.stream.clone()).or_default();
            assert_eq!(record.after, *version, "{} has a gap", record.stream);
            *version = record.version();
            stored.insert(record.position.0, (record.stream.to_string(), version.0));
        }
        if page.live {
            break;
        }
    }
    for (stream, version, position) in told {
        assert_eq!(stored.get(position), Some(&(stream.clone(), *version)), "it was lost");
    }
}

/// Eight callers append until the process is killed.
async fn write_until_killed(folder: &Path) {
    let log = open(folder);
    let callers = (0..8).map(|n| {
        let (log, to) = (&log, stream(n));
        async move {
            let mut expect = version(log, &to).await;
            loop {
                let mark = u64::from(n) << 32 | expect.0;
                let done = log.append(commit(&to, expect.0, mark, 2)).await.unwrap();
                println!("stored {to} {} {}", done.version, done.position);
                expect = done.version;
            }
        }
    });
    futures::future::join_all(callers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_9() {
    if let Some(folder) = child_folder() {
        return write_until_killed(&folder).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for _ in 0..6 {
        let program = Command::new(std::env::current_exe().unwrap());
        let mut child = start(program, "nothing_acknowledged_is_lost_by_kill_9", folder.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let [low, high] = Entropy::system().bytes();
        for _ in 0..20 + u32::from(low) + u32::from(high) {
            acknowledged.push(told(&mut lines).expect("the child writes until it is killed"));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(std::iter::from_fn(|| told(&mut lines)));
        holds(&open(folder.path()), &acknowledged).await;
    }
    assert!(acknowledged.len() >= 120);
}

/// Appends until the disk fails, then until it is known again where the stream stands.
async fn write_until_the_disk_fails(folder: &Path) {
    let log = open(folder);
    let to = stream(1);
    let mut expect = Version(0);
    let failed = loop {
        match log.append(commit(&to, expect.0, expect.0, 8)).await {
            Ok(done) => {
                println!("stored {to} {} {}", done.version, done.position);
                expect = done.version;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(failed, AppendError::Unknown(to.clone()));
    match log.head(&to).await {
        Ok(head) => println!("settled {}", head.map_or(0, |head| head.version.0)),
        Err(error) => println!("open {error}"),
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_loses_nothing_and_leaves_no_doubt_behind() {
    if let Some(folder) = child_folder() {
        return write_until_the_disk_fails(&folder).await;
    }
    let folder = tempfile::tempdir().unwrap();
    // No file may grow beyond the limit: SQLite's write-ahead log meets it in the middle of a
    // transaction, as an input/output error.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 900; exec \"$0\" \"$@\""]);
    limited.arg(std::env::current_exe().unwrap());
    let name = "a_disk_that_fails_loses_nothing_and_leaves_no_doubt_behind";
    let child = start(limited, name, folder.path());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{text}");
    let mut lines = BufReader::new(&output.stdout[..]);
    let acknowledged: Vec<_> = std::iter::from_fn(|| told(&mut lines)).collect();
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    let log = open(folder.path());
    holds(&log, &acknowledged).await;
    let version = version(&log, &stream(1)).await;
    let settled = text.lines().find_map(|line| line.strip_prefix("settled "));
    if let Some(settled) = settled {
        assert_eq!(settled.parse(), Ok(version.0), "what was told then holds for ever");
    } else {
        assert!(text.contains("\nopen "), "{text}");
    }
    log.append(commit(&stream(1), version.0, 1, 1)).await.unwrap();
}
