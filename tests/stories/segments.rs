//! "This and future" while people are registered for what is opened already.

use linli_calendar::{
    deciders::activity::Command,
    projections::desk,
    values::{agenda::State, desk::Affected},
};

use crate::app::{App, XIGUAN, date};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"邻里议事日\"
kinds = [\"邻里议事日\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
[[activity.segment]]
from = 2026-01-01
rule = '''
cron = \"0 30 19 12 * *\"
'''
";
const DECEMBER: &str = "20261212T193000";

/// November and December are opened with somebody registered, then from December on it is to be
/// held in the afternoon.
async fn changed() -> App {
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    // The window of 60 days reaches the 12th of December by now.
    let visitor = app.browser_of(app.resident("r", true).await).await;
    for which in ["20261112T193000", DECEMBER] {
        visitor.does(&format!("/c/xiguan/talk/{which}/register"), &[]).await;
    }
    let command = Command::AddSegment {
        seen: None,
        from: date("2026-12-01"),
        until: None,
        rule: "cron = \"0 0 15 12 * *\"".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
    };
    app.ask("talk", command).await.unwrap();
    app
}

async fn asked(app: &App) -> Vec<Affected> {
    let now = app.now();
    let read = app.calendar().await.read(move |db| desk::affected(db, XIGUAN, now)).await;
    read.unwrap()
}

#[tokio::test]
async fn the_new_rule_leaves_opened_ones_alone_until_the_desk_decides() {
    let app = changed().await;
    let starts = app.starts("talk", "2026-11-01", "2027-02-28").await;
    assert_eq!(starts, ["11-12 19:30", "12-12 19:30", "01-12 15:00", "02-12 15:00"]);
    assert!(app.letters().await.is_empty());
    let asked = asked(&app).await;
    assert_eq!(asked.len(), 1, "November is not concerned");
    assert_eq!(asked[0].fact.now.recurrence_id.to_string(), DECEMBER);
    let would_be = asked[0].now.as_ref().unwrap();
    assert_eq!(would_be.start, linli_platform::testing::at("2026-12-12T15:00:00+08:00"));
}

#[tokio::test]
async fn moved_by_the_desk_it_keeps_its_people_who_hear_of_it_once() {
    let app = changed().await;
    app.moves("talk", DECEMBER, "2026-12-12T15:00:00+08:00", None).await;
    assert!(asked(&app).await.is_empty());
    assert_eq!(app.sent().await, ["r 活动变更"]);
    let starts = app.starts("talk", "2026-12-01", "2026-12-31").await;
    assert_eq!(starts, ["12-12 15:00"], "one, not one of each rule");
    let roll = app.stranger().json(&format!("/api/v1/c/xiguan/rolls/talk/{DECEMBER}")).await;
    assert_eq!((&roll["registered"], &roll["start"]), (&1.into(), &"2026-12-12T07:00:00Z".into()));
}

#[tokio::test]
async fn kept_by_the_desk_it_stands_and_nobody_is_written_to() {
    let app = changed().await;
    app.ask("talk", Command::Keep { id: DECEMBER.parse().unwrap() }).await.unwrap();
    assert!(asked(&app).await.is_empty() && app.letters().await.is_empty());
    app.until("2026-12-13T08:00:00+08:00").await;
    let entry = app.entry("talk", DECEMBER).await;
    assert_eq!((entry.state, entry.revision), (State::Held, 0));
    assert_eq!(app.sent().await, ["r 活动提醒"; 4], "two for each of the two evenings");
}
