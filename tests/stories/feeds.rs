//! The feeds, read by the parsers that calendar programs use.

use std::process::Command;

use chrono::{DateTime, Days, Utc};
use linli_calendar::{
    projections::agenda::{self, Ask},
    values::agenda::{Entry, State},
};

use crate::{
    app::{App, XIGUAN, files},
    tools,
};

/// Start, end, title, place, status.
type Shown = [String; 5];

/// What an agenda must look like in a calendar program.
fn expected(entries: &[Entry]) -> Vec<Shown> {
    let told = |entry: &Entry, at: DateTime<Utc>| {
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

/// What one parser shows of a feed between two dates, both included.
fn parsed(mut parser: Command, script: &str, ics: &str, window: [String; 2]) -> Vec<Shown> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, ics).unwrap();
    let script = tools::root().join("services/calendar/tests/calendar").join(script);
    parser.arg(script).arg(file.path()).args(window).arg(tools::root().join(".tools/node_modules"));
    let mut shown: Vec<Shown> = serde_json::from_str(&tools::output(parser)).unwrap();
    shown.sort();
    shown
}

#[tokio::test]
async fn every_parser_shows_the_agenda_of_every_community() {
    const COMMUNITIES: [&str; 3] = [XIGUAN, "linjiaya", "guangling"];
    let app = App::at("2026-11-02T08:00:00+08:00").await;
    let wanted = |path: &str| COMMUNITIES.iter().any(|one| path.ends_with(&format!("{one}.toml")));
    app.seed(&files(wanted)).await;
    app.moves("love-day", "20261120T090000", "2026-11-21T14:00:00+08:00", Some("room")).await;
    app.cancels("back-lanes", "20261114T083000").await;
    let today = app.now().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    let (first, last) = (today - Days::new(30), today + Days::new(400));
    for community in COMMUNITIES {
        let (ask, now) = (Ask::public(community, first..=last), app.now());
        let read = app.calendar().await.read(move |db| agenda::agenda(db, &ask, now)).await;
        let expected = expected(&read.unwrap());
        assert!(expected.len() > 20, "{community} has {}", expected.len());
        let feed = app.stranger().reads(&format!("/c/{community}/calendar.ics")).await;
        let window = [first.to_string(), (last + Days::new(1)).to_string()];
        let python = parsed(tools::python(), "expand.py", &feed, window.clone());
        assert!(python == expected, "{community}: {:?}", different(&python, &expected));
        let js = parsed(Command::new("node"), "expand.js", &feed, window);
        assert!(js == expected, "{community}: {:?}", different(&js, &expected));
    }
}

/// What stands in one list alone.
fn different(one: &[Shown], other: &[Shown]) -> Vec<Shown> {
    let alone = |a: &[Shown], b: &[Shown]| -> Vec<Shown> {
        a.iter().filter(|shown| !b.contains(shown)).cloned().collect()
    };
    [alone(one, other), alone(other, one)]
        .into_iter()
        .flat_map(|all| all.into_iter().take(3))
        .collect()
}
