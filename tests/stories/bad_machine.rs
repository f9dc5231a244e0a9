//! A machine that fails: a full disk, a clock that is wrong. It is said, and nothing is lost.

use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::clock::Clock;
use tokio::runtime::Runtime;

use crate::{
    app::files,
    process::{Office, Said, Server, said},
    tools,
};

/// Loads all seeds on a disk of 800 KiB; then, on one of 64 MiB, again.
const ON_A_SMALL_DISK: &str = r#"
set -u
mount -t tmpfs -o size=800k none data
"$LINLI" seed "$SEEDS"; echo "full: $?"
"$LINLI" verify; echo "whole: $?"
mount -o remount,size=64m data
"$LINLI" seed "$SEEDS"; echo "room: $?"
"$LINLI" verify; echo "whole again: $?"
"#;

fn seeds() -> String {
    tools::root().join("seeds").to_str().unwrap().to_owned()
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let office = Office::new();
    std::fs::create_dir(office.path("data")).unwrap();
    // A name space of its own: the small disk is seen nowhere else, and goes with the command.
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK]);
    command.current_dir(office.folder.path()).env("HOME", office.folder.path());
    command.env("LINLI", env!("CARGO_BIN_EXE_linli")).env("SEEDS", seeds());
    command.env("RUST_LOG", "error");
    let told = said(command);
    let has = |part: &str| assert!(told.out.contains(part), "{part} is missing: {told:?}");
    assert!(told.err.contains("free space on its disk"), "{told:?}");
    assert!(told.err.contains("seeds/"), "the line it came to is named: {told:?}");
    has("full: 1");
    has("whole: 0");
    // What was loaded before the disk was full is there, the rest comes now.
    let again = told.out.lines().find(|line| line.starts_with("loaded: ")).expect("a second time");
    assert!(again.contains("already there: "), "{again}");
    has("room: 0");
    has("whole again: 0");
}

/// An office whose log was written so long ago, or ahead.
fn written(ago: TimeDelta) -> (Office, DateTime<Utc>) {
    let (office, then) = (Office::new(), Clock::system().now() - ago);
    office.at(then, async |app| {
        app.seed(&files(|path| path.ends_with("places.toml"))).await;
        app.plan(TALK).await;
    });
    (office, then)
}

/// Every day, so that there is always one to open.
const TALK: &str = "[[activity]]\nkey = \"talk\"\ntitle = \"议事\"\nkinds = [\"邻里议事日\"]\n\
    venue = \"hall\"\nvisibility = \"public\"\nstate = \"published\"\nminutes = 60\n\
    [[activity.segment]]\nfrom = 2020-01-01\nrule = 'cron = \"0 0 9 * * *\"'\n";

/// How many events the calendar has on the log.
fn count(office: &Office) -> usize {
    office.does(&["events", "--json", "--service", "calendar"]).lines().count()
}

#[test]
fn a_clock_behind_the_log_writes_nothing_and_tells_both_times() {
    let (office, then) = written(TimeDelta::days(-1));
    let before = count(&office);
    let Said { code, err, .. } = office.says(&["seed", &seeds()]);
    assert_eq!(code, 1, "{err}");
    for part in ["the clock shows", &then.format("%Y-%m-%d").to_string(), "is set right"] {
        assert!(err.contains(part), "{part} is missing in {err}");
    }
    assert_eq!(count(&office), before, "nothing is written");
}

#[test]
fn after_a_long_rest_the_hands_wait_for_a_word_and_pages_go_on() {
    let (office, then) = written(TimeDelta::days(40));
    let before = count(&office);
    let (server, told) = Server::start_and_hear(office.command(&["serve"]), "clock-is-right");
    assert!(told.contains(&then.format("%Y-%m-%d").to_string()), "{told}");
    let page = reqwest::get(format!("{}/c/xiguan", server.url));
    assert_eq!(Runtime::new().unwrap().block_on(page).unwrap().status(), 200);
    assert_eq!(count(&office), before, "nothing happens by itself");
    // What people write does not make the log look as if it had never rested.
    office.does(&["seed", tools::root().join("seeds/holidays").to_str().unwrap()]);
    drop(server);
    let written = count(&office);
    assert!(written > before);
    let (server, again) = Server::start_and_hear(office.command(&["serve"]), "clock-is-right");
    assert!(again.contains(&then.format("%Y-%m-%d").to_string()), "{again}");
    let page = reqwest::get(format!("{}/c/xiguan", server.url));
    assert_eq!(Runtime::new().unwrap().block_on(page).unwrap().status(), 200);
    assert_eq!(count(&office), written, "nothing happens by itself after a restart either");
    let opened = office.events("calendar");
    office.does(&["serve", "--clock-is-right"]);
    let last_day = (then + TimeDelta::days(60)).format("%Y%m%d").to_string();
    let after = |event: &serde_json::Value| {
        let id = event["data"]["occurrenceOpened"]["recurrenceId"].as_str();
        id.is_some_and(|id| id > last_day.as_str())
    };
    assert!({ opened }.any(|event| after(&event)), "it goes on where it was");
}
