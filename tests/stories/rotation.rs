//! A talk that takes three places in turn, and a duty every morning.

use linli_calendar::values::agenda::Entry;
use linli_platform::testing::at;

use crate::app::{App, XIGUAN};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"一刻钟宣讲\"
kinds = [\"宣讲\"]
rotation = [\"pavilion\", \"gallery\", \"hall\"]
visibility = \"public\"
state = \"published\"
minutes = 15
[[activity.segment]]
from = 2026-09-01
rule = '''
cron = \"0 0 19 * * Tue\"
from = \"2026-09-01\"
holiday = \"skip\"
'''
";

const DUTY: &str = "
[[activity]]
key = \"silver\"
title = \"银龄先锋值守\"
kinds = [\"志愿服务\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 60
duties = [{ name = \"门口值守\", places = 1 }]
[[activity.segment]]
from = 2026-01-01
rule = '''
cron = \"0 30 8 * * *\"
'''
";

fn place(entry: &Entry) -> String {
    let venue = entry.venue_name.as_ref().unwrap();
    format!("{} {}", entry.starts_on().format("%m-%d"), venue.name)
}

#[tokio::test]
async fn neither_a_holiday_nor_one_called_off_shifts_the_turn() {
    let app = App::planning("2026-08-24T08:00:00+08:00", TALK).await;
    app.cancels("talk", "20260915T190000").await;
    let entries = app.agenda(XIGUAN, "2026-09-01", "2026-10-20").await;
    let places: Vec<_> = entries.iter().map(place).collect();
    assert_eq!(
        places,
        [
            "09-01 连心亭",
            "09-08 说事廊院",
            "09-15 近邻议事厅",
            "09-22 连心亭",
            "09-29 说事廊院",
            // The 6th of October is in the National Day: its turn is passed over with it.
            "10-13 连心亭",
            "10-20 说事廊院",
        ]
    );
}

#[tokio::test]
async fn a_subscriber_of_a_weekly_series_has_one_summary_a_week_with_its_place() {
    let app = App::planning("2026-08-24T08:00:00+08:00", TALK).await;
    let visitor = app.browser_of(app.resident("r", true).await).await;
    let back = ("back", "/c/xiguan/talk/20260901T190000");
    visitor.does("/c/xiguan/talk/subscribe", &[back]).await;
    app.until("2026-09-09T08:00:00+08:00").await;
    let letters = app.letters().await;
    let told = ["2026-08-30T18:00:00+08:00", "2026-09-06T18:00:00+08:00"].map(at);
    let dates: Vec<_> = letters.iter().map(|letter| letter.head.date).collect();
    assert_eq!(dates, told);
    assert!(letters[0].text.contains("连心亭") && letters[1].text.contains("说事廊院"));
}

#[tokio::test]
async fn the_duty_of_every_morning_is_there_in_holidays_too_and_wakes_nobody() {
    let app = App::planning("2026-09-28T08:00:00+08:00", DUTY).await;
    let starts = app.starts("silver", "2026-10-01", "2026-10-31").await;
    assert_eq!(starts.len(), 31);
    assert!(starts.iter().all(|start| start.ends_with("08:30")));
    let visitor = app.browser_of(app.resident("r", true).await).await;
    let claim = "/c/xiguan/silver/20261001T083000/claim";
    visitor.does(claim, &[("duty", "门口值守")]).await;
    app.until("2026-10-02T12:00:00+08:00").await;
    let dates: Vec<_> = app.letters().await.iter().map(|letter| letter.head.date).collect();
    // Two hours before would be half past six: it comes when the quiet hours end.
    assert_eq!(dates, ["2026-09-30T08:30:00+08:00", "2026-10-01T07:00:00+08:00"].map(at));
}
