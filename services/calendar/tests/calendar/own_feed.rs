//! One's own feed: what one has a place or a duty at; and addresses that were renewed.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use linli_calendar::{
    deciders::activity::{Cancel, Command},
    projections::agenda::Ask,
    routes::feed,
};
use linli_platform::web::Viewer;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::{Served, id};

const WHO: Uuid = Uuid::from_u128(42);
const LOVE_DAY: &str = "20261120T090000";
/// It hangs on its own: its venues take turns.
const TALK: &str = "20261103T190000";

async fn november() -> Served {
    Served::xiguan("2026-11-02T08:00:00+08:00").await
}

/// Something that attendance tells of an occurrence.
async fn told(served: &Served, category: &str, of: (&str, &str), event: Value) {
    let stream = format!("xiguan/attendance/{category}/{}-{}", id(of.0), of.1);
    served.kit.happened(&stream, &event).await;
    served.settle().await;
}

fn address(served: &Served) -> String {
    let secret = served.kit.platform.vault.lasting("feed", WHO).unwrap();
    format!("/my/{}/calendar.ics", secret.expose_secret())
}

async fn text(served: &Served, path: &str) -> String {
    let feed = served.get(path, &Viewer::default()).await;
    assert_eq!(feed.status, StatusCode::OK, "{path}");
    feed.text.replace("\r\n ", "")
}

/// The part of a feed that is one occurrence, by a line that it has.
fn event<'a>(feed: &'a str, line: &str) -> &'a str {
    let mut all = feed.split("BEGIN:VEVENT").map(|one| one.split("END:VEVENT").next().unwrap());
    all.find(|one| one.contains(line)).unwrap_or_else(|| panic!("no {line} in\n{feed}"))
}

#[tokio::test]
async fn what_one_has_a_part_in_is_marked_and_rings() {
    let served = november().await;
    let path = address(&served);
    let before = text(&served, &path).await;
    assert!(!before.contains("已报名") && !before.contains("VALARM"));
    served.kit.platform.clock.advance_to(served.kit.platform.clock.now() + TimeDelta::minutes(9));
    told(&served, "roll", ("love-day", LOVE_DAY), json!({"registered": {"resident": WHO}})).await;
    let other = Uuid::from_u128(43);
    told(&served, "roll", ("love-day", LOVE_DAY), json!({"registered": {"resident": other}})).await;
    let waits = json!({"waitlisted": {"resident": WHO}});
    told(&served, "roll", ("quarter-hour-talk", TALK), waits).await;
    let claims = json!({"dutyClaimed": {"duty": "签到", "resident": WHO}});
    told(&served, "duty", ("quarter-hour-talk", TALK), claims).await;

    let feed = text(&served, &path).await;
    let day = event(&feed, "RECURRENCE-ID;TZID=Asia/Shanghai:20261120T090000");
    assert!(day.contains("SUMMARY:【已报名】") && day.contains("TRIGGER:-PT60M"), "{day}");
    assert!(day.contains("LAST-MODIFIED:20261102T000900Z"), "it is newer than before: {day}");
    let talk = event(&feed, &format!("UID:{}-{TALK}@", id("quarter-hour-talk")));
    assert!(talk.contains("SUMMARY:【岗位】") && talk.contains("我的岗位：签到\\n"), "{talk}");
    assert_eq!(feed.matches("BEGIN:VALARM").count(), 2, "nothing else rings");
    // The community's own feed knows nobody.
    let all = text(&served, "/c/xiguan/calendar.ics").await;
    assert!(!all.contains("已报名") && !all.contains("VALARM") && !all.contains("签到"));

    let earlier = text(&served, &format!("{path}?alarm=1440")).await;
    assert_eq!(earlier.matches("TRIGGER:-PT1440M").count(), 2);
    assert!(!text(&served, &format!("{path}?alarm=0")).await.contains("VALARM"));

    let gone = json!({"withdrawn": {"resident": WHO}});
    told(&served, "roll", ("love-day", LOVE_DAY), gone).await;
    let after = text(&served, &path).await;
    assert!(!after.contains("已报名") && after.contains("【岗位】"), "{after}");
}

#[tokio::test]
async fn a_place_elsewhere_is_in_ones_own_feed_and_nothing_else_of_there() {
    let served = november().await;
    let path = address(&served);
    // Theirs alone who visit: this resident is none of them, but was taken along.
    let before = text(&served, &path).await;
    assert!(!before.contains("独居老人"));
    let days = "2026-11-03".parse().unwrap()..="2026-11-30".parse().unwrap();
    let entries = served.agenda(Ask::all("xiguan", days)).await;
    let team = entries.iter().find(|entry| entry.title.contains("独居老人")).unwrap();
    let (slug, which) = (team.activity.slug.clone(), team.id.to_string());
    told(&served, "roll", (&slug, &which), json!({"registered": {"resident": WHO}})).await;
    let feed = text(&served, &path).await;
    assert_eq!(feed.matches(&format!("SUMMARY:【已报名】{}\r\n", team.title)).count(), 1);
    let count = |feed: &str| feed.matches("BEGIN:VEVENT").count();
    assert_eq!(count(&feed), count(&before) + 1);
    assert!(feed.contains(&format!("UID:{}-{which}@", team.activity.id)), "{feed}");
    let cancel = Cancel {
        id: team.id,
        opening: Some(team.opening()),
        seen: None,
        reason: "下雨".into(),
        past: false,
    };
    served.activity(&slug, Command::Cancel(cancel)).await;
    served.settle().await;
    let feed = text(&served, &path).await;
    assert!(
        feed.contains(&format!("SUMMARY:【取消】{}\r\n", team.title)) && !feed.contains("VALARM"),
        "{feed}"
    );
}

#[tokio::test]
async fn a_renewed_address_leads_to_the_new_one() {
    let served = november().await;
    let (vault, viewer) = (&served.kit.platform.vault, Viewer::default());
    let old = address(&served);
    let until = served.kit.platform.clock.now() + TimeDelta::days(90);
    vault.renew("feed", WHO, until).unwrap();
    let new = address(&served);
    let led = served.get(&format!("{old}?kind=宣讲&alarm=0"), &viewer).await;
    assert_eq!(led.status, StatusCode::MOVED_PERMANENTLY);
    let to = led.header(header::LOCATION).to_owned();
    assert_eq!(to, format!("{new}?kind=%E5%AE%A3%E8%AE%B2&alarm=0"));
    assert!(text(&served, &to).await.contains("一刻钟宣讲"));
    vault.rotate("feed", WHO).unwrap();
    for void in [&old, &new] {
        assert_eq!(served.get(void, &viewer).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_teams_renewed_address_leads_to_the_new_one() {
    let served = november().await;
    let (platform, viewer, team) = (&served.kit.platform, Viewer::default(), id("hand-in-hand"));
    let founded = json!({"teamFounded": {"community": "xiguan", "name": "手拉手"}});
    served.kit.happened(&format!("_/people/team/{team}"), &founded).await;
    served.settle().await;
    let old = feed::team_path(platform, team).unwrap();
    feed::renew_team(platform, team, false).unwrap();
    let new = feed::team_path(platform, team).unwrap();
    let led = served.get(&old, &viewer).await;
    assert_eq!(led.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(led.header(header::LOCATION), new);
    assert_eq!(served.get(&new, &viewer).await.status, StatusCode::OK);
    feed::renew_team(platform, team, true).unwrap();
    assert_eq!(served.get(&new, &viewer).await.status, StatusCode::NOT_FOUND);
}
