//! What everybody sees of the calendar: the month, its sheet, a poster, the notice, JSON.

use axum::http::StatusCode;
use chrono::TimeDelta;
use linli_almanac::RecurrenceId;
use linli_calendar::{
    deciders::activity::{Cancel, Command, Move},
    routes::{Calendar, Text, fragment, plain},
};
use linli_platform::web::{Language, Viewer};

use crate::kit::{Served, id, organiser};

async fn november() -> Served {
    let served = Served::xiguan("2026-11-02T08:00:00+08:00").await;
    let day: RecurrenceId = "20261114T083000".parse().unwrap();
    let entry = served.entry("back-lanes", day).await;
    let (opening, reason) = (Some(entry.opening()), "雨天".to_owned());
    let cancel = Cancel { id: day, opening, seen: None, reason, past: false };
    served.activity("back-lanes", Command::Cancel(cancel)).await;
    let day: RecurrenceId = "20261120T090000".parse().unwrap();
    let entry = served.entry("love-day", day).await;
    let moved = Move {
        id: day,
        opening: Some(entry.opening()),
        seen: None,
        start: entry.start + TimeDelta::days(1),
        end: entry.end + TimeDelta::days(1),
        all_day: false,
        venue: Some(id("room")),
        reason: "场地检修".into(),
        past: false,
    };
    served.activity("love-day", Command::Move(moved)).await;
    served.settle().await;
    served
}

/// The cell of a day in the grid.
fn cell<'a>(html: &'a str, iso: &str) -> &'a str {
    let from = html.find(&format!("href=\"#d{iso}\"")).expect(iso);
    let rest = &html[from..];
    &rest[..rest.find("</td>").unwrap()]
}

#[tokio::test]
async fn november_stands_on_the_wall_with_its_lunar_dates() {
    let served = november().await;
    let month = served.month("xiguan", "2026-11", &Viewer::default()).await;
    assert_eq!(month.status, StatusCode::OK);
    let html = &month.text;
    assert!(html.contains("西关 · 2026年11月") && html.contains("丙午马年"));
    assert!(cell(html, "2026-11-05").contains("党员服务文明城市创建行动"));
    assert!(cell(html, "2026-11-05").contains("廿七"));
    assert!(cell(html, "2026-11-07").contains("立冬"));
    assert!(cell(html, "2026-11-09").contains("十月"));
    assert!(cell(html, "2026-11-14").contains("class=\"cancelled\""));
    assert!(!cell(html, "2026-11-20").contains("便民服务集市"));
    assert!(cell(html, "2026-11-21").contains("便民服务集市"));
    assert!(html.contains("webcal://linli.test/c/xiguan/calendar.ics") && html.contains("<svg"));
    // What is for staff or a team, and drafts, are not for everybody.
    for hidden in ["四项清单", "独居老人", "十佳楼栋"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    let staff = served.month("xiguan", "2026-12", &organiser()).await.text;
    assert!(staff.contains("四项清单") && staff.contains("badge-draft"));
    let english = Viewer { language: Language::En, ..Viewer::default() };
    let english = served.month("xiguan", "2026-11", &english).await.text;
    assert!(english.contains("Xiguan · November 2026"));
    assert!(english.contains("Quarter-hour talk") && english.contains("badge-moved"));
}

#[tokio::test]
async fn new_year_2027_is_on_the_sixth_of_february() {
    let served = Served::xiguan("2026-11-02T08:00:00+08:00").await;
    let html = served.month("xiguan", "2027-02", &Viewer::default()).await.text;
    assert!(cell(&html, "2027-02-05").contains("除夕"));
    assert!(cell(&html, "2027-02-06").contains("春节"));
    assert!(!cell(&html, "2027-02-07").contains("春节"));
    assert!(html.contains("正月"), "the list names the lunar month on its first day");
    let october = served.month("xiguan", "2026-10", &Viewer::default()).await.text;
    assert!(cell(&october, "2026-10-01").contains("badge-off"));
    assert!(cell(&october, "2026-10-10").contains("badge-work"));
    let now = served.month("xiguan", "", &Viewer::default()).await.text;
    assert!(now.contains("2026年11月") && now.contains("aria-current=\"date\""));
    assert_eq!(served.month("nowhere", "", &Viewer::default()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_sheet_and_the_poster_are_to_be_printed_and_show_what_is_public() {
    let served = november().await;
    let sheet = served.get("/c/xiguan/sheet?month=2026-11", &organiser()).await;
    assert!(sheet.text.contains("<svg") && sheet.text.contains("一刻钟宣讲"));
    assert!(!sheet.text.contains("四项清单"), "the sheet hangs where everybody passes");
    let path = "/c/xiguan/love-day/20261120T090000/poster";
    let poster = served.get(path, &Viewer::default()).await.text;
    for part in ["便民服务集市", "11月21日 周六", "农历十月十三", "场地检修", "多功能室", "<svg"]
    {
        assert!(poster.contains(part), "{part} is missing in {poster}");
    }
    for path in [
        "/c/xiguan/visits/20261115T090000/poster",
        "/c/xiguan/love-day/20261121T090000/poster",
        "/c/xiguan/love-day/tomorrow/poster",
        "/c/xiguan/none/20261120T090000/poster",
    ] {
        assert_eq!(served.get(path, &Viewer::default()).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_notice_of_each_state_is_short_and_plain() {
    let served = november().await;
    let calendar = Calendar::new(&served.kit.platform, &served.service.tables);
    let of = |slug: &'static str, id: &'static str| {
        let calendar = calendar.clone();
        async move { fragment(&calendar, &Viewer::default(), "xiguan", slug, id).await.unwrap() }
    };
    let published = of("deliberation-day", "20261112T193000").await;
    assert!(
        published
            .notice
            .starts_with("【活动通知】楼道堆物与车辆停放议事\n时间：2026年11月12日 周四")
    );
    assert!(published.notice.contains("19:30–21:00") && published.notice.contains("近邻议事厅"));
    assert!(
        published.html.contains(&published.notice.replace('\n', "&#10;")[..30])
            || published.html.contains("楼道堆物")
    );
    let moved = of("love-day", "20261120T090000").await;
    assert!(moved.notice.starts_with("【活动变更】便民服务集市\n改为：2026年11月21日 周六"));
    assert!(moved.notice.contains("原因：场地检修"));
    let cancelled = of("back-lanes", "20261114T083000").await;
    assert!(
        cancelled.notice.starts_with("【活动取消】") && cancelled.notice.contains("原因：雨天")
    );
    for one in [&published, &moved, &cancelled] {
        assert!(one.notice.chars().count() <= 300, "{}", one.notice);
        let english = plain(Text(Language::En), &one.entry, "https://linli.test");
        assert!(english.chars().count() <= 300 && english.starts_with('['), "{english}");
    }
    let anybody = Viewer::default();
    let visits = fragment(&calendar, &anybody, "xiguan", "visits", "20261115T090000").await;
    assert_eq!(visits.unwrap_err().status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_agenda_as_json_is_that_of_the_command_line() {
    let served = november().await;
    let path = "/api/v1/c/xiguan/agenda?from=2026-11-01&to=2026-11-30";
    let answer = served.get(path, &Viewer::default()).await;
    let lines: Vec<serde_json::Value> = serde_json::from_str(&answer.text).unwrap();
    assert!(lines.len() >= 15, "{} lines", lines.len());
    let moved = lines.iter().find(|line| line["activity"] == "love-day").unwrap();
    assert_eq!(moved["start"], "2026-11-21T09:00:00+08:00");
    assert_eq!(moved["state"], "moved");
    assert!(lines.iter().all(|line| line["visibility"] == "public"));
    let staff = served.get(path, &organiser()).await.text;
    let staff: Vec<serde_json::Value> = serde_json::from_str(&staff).unwrap();
    assert!(staff.len() > lines.len());
    let wrong = served
        .get("/api/v1/c/xiguan/agenda?from=2026-11-30&to=2026-11-01", &Viewer::default())
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}
