//! The month is over: its bulletin, what is corrected later, and the boards that go on living.

use axum::http::StatusCode;
use linli_attendance::{
    contract::{Rating, Way},
    deciders::roll::{self, Rejection, Roll},
};
use linli_platform::{ids::StreamId, stream::ExecuteError, testing::at};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    app::{App, XIGUAN, files, id},
    visitor::Visitor,
};

const PLAN: &str = "
[[activity]]
key = \"talk\"
title = \"议事\"
kinds = [\"邻里议事日\", \"学习\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
[[activity.segment]]
from = 2026-11-01
rule = '''
dates = [\"2026-11-05\", \"2026-11-20\"]
at = \"09:00\"
'''
[[activity]]
key = \"joint\"
title = \"集中整治\"
kinds = [\"志愿服务\"]
partners = [\"wuhang\"]
venue = \"gallery\"
visibility = \"public\"
state = \"published\"
minutes = 60
[[activity.segment]]
from = 2026-11-01
rule = '''
dates = [\"2026-11-12\"]
at = \"09:00\"
'''
";
pub const FIRST: &str = "20261105T090000";
pub const SECOND: &str = "20261120T090000";

/// Xiguan at the end of October, with the example rules of points.
pub async fn office() -> App {
    let app = App::planning("2026-10-30T08:00:00+08:00", PLAN).await;
    app.seed(&files(|path| path.ends_with("scoring/wuhang.toml"))).await;
    app
}

pub async fn says(
    app: &App,
    slug: &str,
    which: &str,
    command: roll::Command,
) -> Result<(), Rejection> {
    let stream = StreamId::new(XIGUAN, "attendance", "roll", format!("{}-{which}", id(slug)));
    let streams = &app.platform().streams;
    let done = streams.execute::<Roll>(&stream.unwrap(), app.meta(), command).await;
    app.settle().await;
    match done {
        Ok(_) => Ok(()),
        Err(ExecuteError::Rejected(no)) => Err(no),
        Err(error) => panic!("{error}"),
    }
}

/// Ticked by an organiser, now or as the paper says.
pub async fn comes(app: &App, slug: &str, which: &str, resident: Uuid, paper: Option<&str>) {
    let (way, time) = (if paper.is_some() { Way::Paper } else { Way::List }, paper.map(at));
    let staff = true;
    let command = roll::Command::CheckIn { resident, way, at: time, proxy: None, staff };
    says(app, slug, which, command).await.unwrap();
}

/// A board's lines as `rank name value`; those without a rank have a dash.
async fn board(who: &Visitor, place: &str, asked: &str) -> Vec<String> {
    let board = who.json(&format!("/api/v1/c/{place}/rankings?{asked}")).await;
    let line = |line: &Value| {
        let rank = line["rank"].as_u64().map_or("-".to_owned(), |rank| rank.to_string());
        format!("{rank} {} {}", line["name"].as_str().unwrap(), line["value"])
    };
    board["lines"].as_array().unwrap().iter().map(line).collect()
}

/// A monthly report's content, as it was published.
async fn report(desk: &Visitor, number: u32) -> String {
    desk.reads(&format!("/api/v1/c/{XIGUAN}/bulletins/monthly/{number}")).await
}

fn measure(report: &str, line: &str, measure: &str) -> Option<i64> {
    let report: Value = serde_json::from_str(report).unwrap();
    let lines = report["lines"].as_array().unwrap();
    lines.iter().find(|it| it["line"] == line)?["measures"][measure].as_i64()
}

#[tokio::test]
async fn a_correction_after_the_bulletin_stands_in_the_next_and_the_old_one_keeps_its_bytes() {
    // Given two come to the talk of the 5th and nobody closes a roll for the 20th.
    let app = office().await;
    let (one, two) = (app.resident("1", true).await, app.resident("2", true).await);
    app.until("2026-11-05T09:00:00+08:00").await;
    comes(&app, "talk", FIRST, one, None).await;
    app.until("2026-12-05T12:00:00+08:00").await;
    let desk = app.desk("organiser").await;
    // The first report is of October, in which nothing was.
    let november = report(&desk, 2).await;
    assert_eq!(measure(&november, "total", "present"), Some(1), "{november}");
    let of_kinds = ["kind/学习", "kind/邻里议事日"].map(|line| measure(&november, line, "present"));
    assert_eq!(of_kinds, [Some(1), Some(1)], "of two kinds, once in the total");
    let before = board(&desk, XIGUAN, "level=building&period=2026-11").await;
    // When a paper turns up in December.
    comes(&app, "talk", FIRST, two, Some("2026-11-05T09:05:00+08:00")).await;
    // Then the boards know it at once, and the bulletin says what it said.
    let after = board(&desk, XIGUAN, "level=building&period=2026-11").await;
    assert_ne!(before, after);
    assert_eq!(report(&desk, 2).await, november);
    // The next one, of a month in which nothing happened, says what was so.
    app.until("2027-01-05T12:00:00+08:00").await;
    let desk = app.desk("administrator").await;
    let december = report(&desk, 3).await;
    assert_eq!(measure(&december, "total", "present").unwrap_or_default(), 0);
    let content: Value = serde_json::from_str(&december).unwrap();
    let corrections = content["corrections"].as_array().unwrap();
    let of_total = |it: &&Value| it["line"] == "total" && it["measure"] == "present";
    let corrected = corrections.iter().find(of_total).expect("the total is corrected");
    assert_eq!((&corrected["old"], &corrected["new"]), (&Value::from(1), &Value::from(2)));
    assert!(corrected["cause"].as_str().unwrap().contains("/roll/"), "{corrected}");
    let page = desk.reads("/c/xiguan/bulletins/monthly/3").await;
    assert!(page.contains("上期更正"), "{page}");
    // What is put together anew from the log is the same, byte for byte.
    for service in app.node.services().await.unwrap() {
        service.rebuild().await.unwrap();
    }
    assert_eq!([report(&desk, 2).await, report(&desk, 3).await], [november, december]);
    assert_eq!(board(&desk, XIGUAN, "level=building&period=2026-11").await, after);
}

#[tokio::test]
async fn who_moves_counts_in_the_house_of_that_day_and_a_small_house_has_no_rank() {
    let app = office().await;
    let one = app.resident("1", true).await;
    app.until("2026-11-05T09:00:00+08:00").await;
    comes(&app, "talk", FIRST, one, None).await;
    app.people.relocate(app.meta(), one, "xiguan-b04").await.unwrap();
    app.until("2026-11-20T09:00:00+08:00").await;
    comes(&app, "talk", SECOND, one, None).await;
    let lines =
        board(&app.stranger(), XIGUAN, "level=building&measure=attended&period=2026-11").await;
    let came: Vec<_> = lines.iter().filter(|line| !line.ends_with(" 0")).collect();
    assert_eq!(came.len(), 2, "{lines:?}");
    assert!(came.iter().all(|line| line.starts_with("- ") && line.ends_with(" 1")), "{came:?}");
    // Nobody who has not agreed is named.
    let people = board(&app.stranger(), XIGUAN, "level=resident&period=2026-11").await;
    assert!(people.len() == 1 && !people[0].contains("测试居民"), "{people:?}");
}

#[tokio::test]
async fn what_two_hold_together_counts_for_each_and_once_above() {
    let app = office().await;
    let one = app.resident("1", true).await;
    app.until("2026-11-12T09:00:00+08:00").await;
    comes(&app, "joint", "20261112T090000", one, None).await;
    app.until("2026-11-14T12:00:00+08:00").await;
    for place in [XIGUAN, "wuhang"] {
        let path = format!("/api/v1/c/{place}/figures?from=2026-11-01&to=2026-11-30");
        let figures = app.stranger().reads(&path).await;
        let present = ["total", "kind/志愿服务"].map(|line| measure(&figures, line, "present"));
        assert_eq!(present, [Some(1), Some(1)], "{place}: {figures}");
        let board =
            app.stranger().json(&format!("/api/v1/c/{place}/rankings?period=2026-11")).await;
        assert_eq!(board["total"]["attended"], 1, "{place}: {board}");
    }
}

#[tokio::test]
async fn only_who_was_there_rates_and_once_and_five_show_it() {
    let app = office().await;
    let mut there = Vec::new();
    for n in 0..5 {
        there.push(app.resident(&n.to_string(), false).await);
    }
    let away = app.resident("away", false).await;
    app.until("2026-11-05T09:00:00+08:00").await;
    for resident in &there {
        comes(&app, "talk", FIRST, *resident, None).await;
    }
    let rating = Rating::VerySatisfied;
    let rate = |resident| roll::Command::Rate { resident, rating, comment: None };
    for resident in &there[..4] {
        says(&app, "talk", FIRST, rate(*resident)).await.unwrap();
    }
    let no = says(&app, "talk", FIRST, rate(away)).await.unwrap_err();
    assert_eq!(no, Rejection::NotThere);
    assert_eq!(says(&app, "talk", FIRST, rate(there[0])).await.unwrap_err(), Rejection::Rated);
    let page = format!("/c/xiguan/talk/{FIRST}");
    let shown = "满意率 100%（5 人评价）";
    assert!(!app.stranger().reads(&page).await.contains("满意率"), "four are not shown");
    says(&app, "talk", FIRST, rate(there[4])).await.unwrap();
    let five = app.stranger().reads(&page).await;
    assert!(five.contains(shown), "{five}");
}

#[tokio::test]
async fn a_month_that_goes_on_has_no_bulletin() {
    let app = office().await;
    app.until("2026-11-10T09:00:00+08:00").await;
    let desk = app.desk("organiser").await;
    let asked = desk.post("/desk/xiguan/bulletins", &[("period", "2026-11")]).await;
    assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.text);
    let none = desk.get("/api/v1/c/xiguan/bulletins/monthly/2").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
