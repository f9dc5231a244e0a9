//! Feeds: true dates in every parser, the same bytes at each fetch, 304.

use axum::http::{StatusCode, header};
use chrono::{Days, NaiveDate, TimeDelta};
use linli_almanac::RecurrenceId;
use linli_calendar::{
    deciders::activity::{Cancel, Command, Move},
    projections::agenda::Ask,
    routes::feed::export_ics,
    values::ics::Ics,
};
use linli_platform::web::Viewer;

use crate::{
    kit::{COMMUNITY, Served, id},
    parsers::{assert_shows, expected, ical_js, python, python_titles},
};

const FEED: &str = "/c/xiguan/calendar.ics";

fn occurrence(text: &str) -> RecurrenceId {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Xiguan in November 2026 with a moved, a cancelled and a described occurrence of plain rules.
async fn november() -> Served {
    let served = Served::xiguan("2026-11-02T08:00:00+08:00").await;
    let day = occurrence("20261120T090000");
    let entry = served.entry("love-day", day).await;
    let moved = Move {
        id: day,
        opening: Some(entry.opening()),
        seen: None,
        start: entry.start + TimeDelta::hours(25),
        end: entry.end + TimeDelta::hours(25),
        all_day: false,
        venue: Some(id("room")),
        reason: "雨天，改到室内".into(),
        past: false,
    };
    served.activity("love-day", Command::Move(moved)).await;
    for (key, day) in [("back-lanes", "20261114T083000"), ("love-day", "20261220T090000")] {
        let entry = served.entry(key, occurrence(day)).await;
        let (opening, reason) = (Some(entry.opening()), "天气原因".to_owned());
        let cancel = Cancel { id: entry.id, opening, seen: None, reason, past: false };
        served.activity(key, Command::Cancel(cancel)).await;
    }
    served.settle().await;
    served
}

#[tokio::test]
async fn every_parser_shows_the_dates_of_the_agenda() {
    let served = november().await;
    let feed = served.get(FEED, &Viewer::default()).await;
    assert_eq!(feed.status, StatusCode::OK);
    assert_eq!(feed.header(header::CONTENT_TYPE), "text/calendar; charset=utf-8");
    let (first, last) = (date("2026-10-03"), date("2026-11-02") + Days::new(400));
    let agenda = served.agenda(Ask::public(COMMUNITY, first..=last)).await;
    let expected = expected(&agenda);
    assert!(expected.len() > 200, "{} occurrences", expected.len());
    assert_shows(&python(&feed.text, first, last), &expected);
    assert_shows(&ical_js(&feed.text, first, last), &expected);
}

#[tokio::test]
async fn an_export_of_ten_years_shows_the_dates_of_the_agenda() {
    let served = november().await;
    let (first, last) = (date("2026-01-01"), date("2035-12-31"));
    let (tables, now) = (&served.service.tables, served.kit.platform.clock.now());
    for all in [false, true] {
        let of = (COMMUNITY, "https://linli.test");
        let ics = export_ics(tables, of, &(first..=last), all, now).unwrap().unwrap();
        let mut ask = Ask::all(COMMUNITY, first..=last);
        ask.drafts = false;
        if !all {
            ask = Ask::public(COMMUNITY, first..=last);
        }
        let expected = expected(&served.agenda(ask).await);
        assert_shows(&python(&ics, first, last), &expected);
    }
}

#[tokio::test]
async fn a_feed_is_made_as_clients_need_it() {
    let served = november().await;
    let text = served.get(FEED, &Viewer::default()).await.text;
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
    assert!(!text.contains("RDATE") && !text.contains("RSCALE") && !text.contains("BYHOUR"));
    assert!(!text.contains("独居老人") && !text.contains("四项清单") && !text.contains("十佳楼栋"));
    let unfolded = text.replace("\r\n ", "");
    let love = id("love-day");
    for part in [
        "X-WR-CALNAME:西关\r\n",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n",
        "TZOFFSETTO:+0800\r\n",
        &format!("UID:{love}-1@linli.test\r\n"),
        "DTSTART;TZID=Asia/Shanghai:20260120T090000\r\n",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=20;UNTIL=20271220T155959Z\r\n",
        "RECURRENCE-ID;TZID=Asia/Shanghai:20261120T090000\r\n",
        "DTSTART;TZID=Asia/Shanghai:20261121T100000\r\n",
        "SUMMARY:【取消】",
        // Rotated, lunar and moved-by-holiday ones stand alone.
        &format!("UID:{}-20261103T190000@linli.test\r\n", id("quarter-hour-talk")),
    ] {
        assert!(unfolded.contains(part), "{part} is missing in\n{unfolded}");
    }
    // No paper for 2027 yet: what hangs on it may still move.
    let ahead =
        served.agenda(Ask::public(COMMUNITY, date("2027-01-01")..=date("2027-12-01"))).await;
    let unsettled = ahead.iter().filter(|entry| entry.unsettled).count();
    assert!(unsettled > 20, "{unsettled} hang on holidays");
    assert!(unfolded.matches("STATUS:TENTATIVE").count() >= unsettled);
    assert_eq!(unfolded.matches("BEGIN:VTIMEZONE").count(), 1);
    let kind = served.get(&format!("{FEED}?kind=宣讲"), &Viewer::default()).await;
    assert_eq!(kind.status, StatusCode::OK);
    assert!(kind.text.contains("一刻钟宣讲") && !kind.text.contains("FREQ=MONTHLY"));
}

#[tokio::test]
async fn who_has_it_already_gets_a_304_until_something_changes() {
    let served = november().await;
    let viewer = Viewer::default();
    let first = served.get(FEED, &viewer).await;
    let etag = first.header(header::ETAG).to_owned();
    let modified = first.header(header::LAST_MODIFIED).to_owned();
    assert_eq!(first.header(header::CACHE_CONTROL), "private, max-age=300");
    let tag = [("if-none-match", etag.as_str()), ("accept", "text/html")];
    assert_eq!(served.get_with(FEED, &viewer, &tag).await.status, StatusCode::NOT_MODIFIED);
    let since = [("if-modified-since", modified.as_str())];
    let known = served.get_with(FEED, &viewer, &since).await;
    assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    served.kit.platform.clock.advance_to(served.kit.platform.clock.now() + TimeDelta::minutes(5));
    let keep = Command::Keep { id: occurrence("20261120T090000") };
    served.activity("love-day", keep).await;
    served.settle().await;
    // A decision of the desk changes nothing that a calendar shows: the same bytes.
    let again = served.get_with(FEED, &viewer, &tag[..1]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let entry = served.entry("love-day", occurrence("20261120T090000")).await;
    let reason = "停电".to_owned();
    let cancel = Cancel { id: entry.id, opening: None, seen: None, reason, past: false };
    served.activity("love-day", Command::Cancel(cancel)).await;
    served.settle().await;
    let changed = served.get_with(FEED, &viewer, &tag[..1]).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header(header::ETAG), etag);
    // After two weeks it is gone, and the series leaves it out.
    assert!(changed.text.contains("20261120T090000"));
    served.kit.pass(TimeDelta::days(16), &[&served.service.tables]).await;
    let later = served.get(FEED, &viewer).await.text.replace("\r\n ", "");
    assert!(!later.contains("RECURRENCE-ID;TZID=Asia/Shanghai:20261120T090000"));
    assert!(later.contains("EXDATE;TZID=Asia/Shanghai:20261120T090000"));
    let first = date("2026-11-20");
    let that_day = python(&later, first, first);
    assert!(that_day.iter().all(|shown| !shown[2].contains("便民服务集市")), "{that_day:?}");
}

#[tokio::test]
async fn strangers_and_wrong_addresses_get_nothing() {
    let served = november().await;
    let viewer = Viewer::default();
    for path in ["/c/nowhere/calendar.ics", "/t/guessed/calendar.ics", "/my/guessed/calendar.ics"] {
        assert_eq!(served.get(path, &viewer).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let team = serde_json::json!({"teamFounded": {"community": COMMUNITY, "name": "手拉手"}});
    let team_id = id("hand-in-hand");
    served.kit.happened(&format!("_/people/team/{team_id}"), &team).await;
    served.settle().await;
    let path = linli_calendar::routes::feed::team_path(&served.kit.platform, team_id).unwrap();
    let feed = served.get(&path, &viewer).await;
    assert_eq!(feed.status, StatusCode::OK);
    assert!(feed.text.contains("独居老人探访") && feed.text.contains("X-WR-CALNAME:手拉手"));
}

#[tokio::test]
async fn a_feed_is_the_same_text_as_before() {
    let served = november().await;
    let feed = served.get(&format!("{FEED}?kind=爱邻日"), &Viewer::default()).await.text;
    let feed = feed.replace(env!("CARGO_PKG_VERSION"), "VERSION").replace("\r\n", "\n");
    assert_eq!(feed, include_str!("love-day.ics"), "if this is meant, put it into love-day.ics");
}

#[test]
fn python_reads_any_text_back() {
    let entropy = linli_platform::entropy::Entropy::seeded(5);
    let letters: Vec<char> = "aN n:;,\"\\\\\n\t居民，。🎉é^'".chars().collect();
    let text = |_| {
        let bytes = entropy.bytes::<120>();
        let length = usize::from(bytes[0]) % bytes.len();
        let letter = |byte: &u8| letters[usize::from(*byte) % letters.len()];
        bytes[..length].iter().map(letter).collect::<String>()
    };
    let texts: Vec<String> = (0..400).map(text).collect();
    let mut ics = Ics::default();
    ics.line(&["BEGIN:VCALENDAR"]);
    for text in &texts {
        ics.line(&["BEGIN:VEVENT"]);
        ics.text("SUMMARY", &[text]);
        ics.line(&["END:VEVENT"]);
    }
    ics.line(&["END:VCALENDAR"]);
    assert_eq!(python_titles(&ics.into_text()), texts);
}
