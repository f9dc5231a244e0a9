//! One occurrence is moved, another is called off: who hears of it, when, and what stays unsaid.

use axum::http::StatusCode;
use linli_platform::testing::at;

use crate::{app::App, visitor::Visitor};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"议事\"
kinds = [\"邻里议事日\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
capacity = 1
duties = [{ name = \"迎接\", places = 1 }]
[[activity.segment]]
from = 2026-01-01
rule = '''
cron = \"0 0 9 5 * *\"
'''
";
const PAGE: &str = "/c/xiguan/talk/20261105T090000";
const ID: &str = "20261105T090000";

/// One has the place, one waits for it, one has a duty, one subscribed, and one does nothing.
async fn neighbours(app: &App) -> Visitor {
    let register = format!("{PAGE}/register");
    let place = app.browser_of(app.resident("place", true).await).await;
    place.does(&register, &[]).await;
    app.browser_of(app.resident("waits", true).await).await.does(&register, &[]).await;
    let duty = app.browser_of(app.resident("duty", true).await).await;
    duty.does(&format!("{PAGE}/claim"), &[("duty", "迎接")]).await;
    let subscriber = app.browser_of(app.resident("subscribed", true).await).await;
    subscriber.does("/c/xiguan/talk/subscribe", &[("back", PAGE)]).await;
    app.resident("nothing", true).await;
    app.settle().await;
    place
}

#[tokio::test]
async fn a_moved_one_is_told_once_and_its_old_reminder_never_goes_out() {
    // Given everybody was reminded a day before.
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    neighbours(&app).await;
    app.until("2026-11-04T20:00:00+08:00").await;
    let reminded = ["duty 活动提醒", "place 活动提醒", "subscribed 活动提醒"];
    assert_eq!(app.sent().await, reminded);
    // When it is moved, all who took part or were reminded hear of it at once.
    app.moves("talk", ID, "2026-11-06T15:00:00+08:00", Some("pavilion")).await;
    let told = ["duty 活动变更", "place 活动变更", "subscribed 活动变更", "waits 活动变更"];
    assert_eq!(app.sent().await[3..], told);
    let change = &app.letters().await[4];
    assert_eq!(change.head.date, at("2026-11-04T20:00:00+08:00"));
    for part in ["11月6日", "15:00–16:30", "11月5日", "连心亭", "近邻议事厅", "会场停电"]
    {
        assert!(change.text.contains(part), "{part} is missing in {}", change.text);
    }
    // Then the reminder of 7 o'clock on the 5th stays unsaid; those of the new time come.
    app.until("2026-11-05T14:59:00+08:00").await;
    assert_eq!(app.letters().await.len(), 7);
    app.until("2026-11-07T09:00:00+08:00").await;
    let later = app.letters().await.split_off(7);
    let times = ["2026-11-05T15:00:00+08:00", "2026-11-06T13:00:00+08:00"].map(at);
    assert_eq!(later.len(), 6, "two for each of those who come");
    for letter in later {
        assert!(times.contains(&letter.head.date), "{:?}", letter.head);
        assert!(letter.head.subject.contains("11月6日") && !letter.head.to.starts_with("waits"));
    }
}

#[tokio::test]
async fn a_moved_one_keeps_its_people_and_its_name() {
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    neighbours(&app).await;
    app.moves("talk", ID, "2026-11-06T15:00:00+08:00", None).await;
    let roll = app.stranger().json("/api/v1/c/xiguan/rolls/talk/20261105T090000").await;
    assert_eq!((&roll["registered"], &roll["waiting"]), (&1.into(), &1.into()));
    assert_eq!(roll["start"], "2026-11-06T07:00:00Z");
    let feed = app.stranger().reads("/c/xiguan/calendar.ics").await;
    assert!(feed.contains("RECURRENCE-ID;TZID=Asia/Shanghai:20261105T090000"), "{feed}");
    assert!(
        feed.contains("DTSTART;TZID=Asia/Shanghai:20261106T150000") && feed.contains("SEQUENCE:1")
    );
}

#[tokio::test]
async fn one_called_off_at_night_is_told_at_night_and_takes_nobody_any_more() {
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    let place = neighbours(&app).await;
    app.until("2026-11-04T23:30:00+08:00").await;
    assert_eq!(app.letters().await.len(), 3);
    app.cancels("talk", ID).await;
    let told = ["duty 活动取消", "place 活动取消", "subscribed 活动取消", "waits 活动取消"];
    assert_eq!(app.sent().await[3..], told);
    for letter in &app.letters().await[3..] {
        assert_eq!(letter.head.date, at("2026-11-04T23:30:00+08:00"), "past quiet hours");
        assert!(letter.text.contains("暴雨预警"));
    }
    app.until("2026-11-07T09:00:00+08:00").await;
    assert_eq!(app.letters().await.len(), 7, "and nothing more");
    let late = place.post(&format!("{PAGE}/register"), &[]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let roll = app.stranger().json("/api/v1/c/xiguan/rolls/talk/20261105T090000").await;
    assert_eq!(roll["cancelled"], true);
}
