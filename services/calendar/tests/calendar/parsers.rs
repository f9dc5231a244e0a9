//! Feeds read by the parsers that calendar programs use.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use chrono::{Days, NaiveDate};
use linli_calendar::values::agenda::{Entry, State};
use serde::de::DeserializeOwned;

/// Start, end, title, place, status.
pub type Shown = [String; 5];

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools")
}

fn run(program: &Path, script: &str, ics: &str, first: NaiveDate, last: NaiveDate) -> Vec<Shown> {
    let end = last + Days::new(1);
    let mut shown: Vec<Shown> = told(program, script, ics, [first.to_string(), end.to_string()]);
    shown.sort();
    shown
}

fn told<T: DeserializeOwned>(program: &Path, script: &str, ics: &str, args: [String; 2]) -> T {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("feed.ics");
    std::fs::write(&file, ics).unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calendar");
    let output = Command::new(program)
        .arg(scripts.join(script))
        .arg(&file)
        .args(args)
        .arg(tools().join("node_modules"))
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}; run ./check, which installs it", program.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nIf a module is missing, run ./check first.");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What Python `icalendar` with `recurring-ical-events` shows in a window of civil dates.
pub fn python(ics: &str, first: NaiveDate, last: NaiveDate) -> Vec<Shown> {
    run(&python_itself(), "expand.py", ics, first, last)
}

/// The titles that Python `icalendar` reads, in their order.
pub fn python_titles(ics: &str) -> Vec<String> {
    told(&python_itself(), "titles.py", ics, Default::default())
}

fn python_itself() -> PathBuf {
    std::env::var_os("LINLI_TEST_PYTHON")
        .map_or_else(|| tools().join("venv/bin/python"), PathBuf::from)
}

/// What npm's `ical.js` shows in a window of civil dates in Shanghai.
pub fn ical_js(ics: &str, first: NaiveDate, last: NaiveDate) -> Vec<Shown> {
    run(Path::new("node"), "expand.js", ics, first, last)
}

/// What a calendar program must show of an agenda.
pub fn expected(entries: &[Entry]) -> Vec<Shown> {
    let told = |entry: &Entry, at: chrono::DateTime<chrono::Utc>| {
        if entry.all_day {
            at.with_timezone(&entry.zone).date_naive().to_string()
        } else {
            at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        }
    };
    let shown = |entry: &Entry| {
        let (mark, status) = match entry.state {
            State::Cancelled => ("【取消】", "CANCELLED"),
            _ if entry.unsettled => ("", "TENTATIVE"),
            _ => ("", "CONFIRMED"),
        };
        let place = entry.venue_name.as_ref().map_or_else(String::new, |v| v.name.clone());
        let title = format!("{mark}{}", entry.title);
        [told(entry, entry.start), told(entry, entry.end), title, place, status.to_owned()]
    };
    let mut all: Vec<_> = entries.iter().map(shown).collect();
    all.sort();
    all
}

/// Says what is shown but must not be, and what must be but is not.
#[track_caller]
pub fn assert_shows(shown: &[Shown], expected: &[Shown]) {
    let beside = |a: &[Shown], b: &[Shown]| -> Vec<Shown> {
        a.iter().filter(|one| !b.contains(one)).cloned().collect()
    };
    let (wrong, missing) = (beside(shown, expected), beside(expected, shown));
    assert!(wrong.is_empty() && missing.is_empty(), "wrong: {wrong:#?}\nmissing: {missing:#?}");
    assert_eq!(shown.len(), expected.len(), "something is shown twice");
}
