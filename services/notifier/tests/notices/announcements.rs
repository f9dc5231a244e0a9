//! What a community tells, and what the contact of an activity is told.

use std::fmt::Write as _;

use axum::http::StatusCode;
use linli_notifier::{
    contract::{Medium, What},
    projections::announcements::{self, Mails},
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{ACTIVITY, OCC, World, viewer};

const PATH: &str = "/desk/xiguan/announcements";

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").unwrap();
    }
    encoded
}

async fn person(world: &World, n: u128, events: &[serde_json::Value]) {
    let stream = format!("_/people/resident/{}", Uuid::from_u128(n));
    for event in events {
        world.happened(&stream, event.clone()).await;
    }
}

/// Residents 1 to 5: in Xiguan who agree, 4 without an address; 5 elsewhere; 6 never agreed.
async fn town() -> World {
    let world = World::with(3).await;
    world.people.reached(4, None, "zh");
    world.people.reached(5, Some("r5@example.test"), "zh");
    let registered = |code: &str| json!({ "residentRegistered": { "community": code } });
    let agreed = json!({ "consentGiven": { "purpose": "REMINDERS" } });
    for n in 1..=4 {
        person(&world, n, &[registered("xiguan"), agreed.clone()]).await;
    }
    person(&world, 5, &[registered("elsewhere"), agreed]).await;
    person(&world, 6, &[registered("xiguan")]).await;
    world.quiet().await;
    world
}

async fn announce(world: &World, audience: &str, sure: bool) -> (StatusCode, String) {
    world.quiet().await;
    let cmd = Uuid::from_u128(700 + u128::from(audience.len() as u64));
    let (title, text) = (encoded("停水通知"), encoded("明天上午停水。\n请提前储水。"));
    let sure = if sure { "&sure=yes" } else { "" };
    let audience = encoded(audience);
    let form = format!("cmd={cmd}&title={title}&text={text}&audience={audience}{sure}");
    let (status, _, body) = world.ask(viewer(9, Some("announce")), PATH, Some(&form)).await;
    world.quiet().await;
    (status, body)
}

#[tokio::test]
async fn an_announcement_is_looked_at_first_and_then_goes_to_those_who_agreed_once() {
    let world = town().await;
    // Who wants no mail at all gets none.
    let stop = format!("_/notifier/subscription/{}", Uuid::from_u128(3));
    world.happened(&stop, json!({ "remindersStopped": {} })).await;
    let (status, page) = announce(&world, "ALL:", false).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("将用邮件发给 2 人") && page.contains("另有 1 人"), "{page}");
    assert_eq!(world.letters().await, []);
    for _ in 0..2 {
        assert_eq!(announce(&world, "ALL:", true).await.0, StatusCode::SEE_OTHER);
    }
    let letters = world.letters().await;
    let to: Vec<_> = letters.iter().map(|letter| letter.head.to.as_str()).collect();
    assert_eq!(to, ["r1@example.test", "r2@example.test"]);
    assert_eq!(letters[0].head.subject, "停水通知");
    let text = letters[0].text.replace('\r', "");
    assert!(text.contains("明天上午停水。\n请提前储水。"), "{text}");
    assert!(letters[0].html.contains("<p>请提前储水。</p>"));
    assert!(String::from_utf8(letters[0].raw.clone()).unwrap().contains("List-Unsubscribe"));
    let calls = world.calls().await;
    assert_eq!(calls, [], "a whole community without addresses is not called one by one");
    let (_, _, page) = world.ask(viewer(9, Some("announce")), PATH, None).await;
    assert!(page.contains("<td class=\"numbers\">2</td>"), "{page}");
    let (status, ..) = world.ask(viewer(9, Some("people.see")), PATH, None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_team_and_the_subscribers_of_a_kind_are_told_alone_and_at_night_in_the_morning() {
    let world = town().await;
    let team = Uuid::from_u128(77);
    let founded = json!({ "teamFounded": { "community": "xiguan", "name": "合唱队" } });
    world.happened(&format!("_/people/team/{team}"), founded).await;
    person(&world, 2, &[json!({ "teamJoined": { "team": team } })]).await;
    world.subscribe(1, &[60]).await;
    world.subscribe(6, &[60]).await;
    world.until("2026-11-02T23:00:00+08:00").await;
    let to_team = format!("TEAM:{team}");
    assert!(announce(&world, &to_team, false).await.1.contains("合唱队"));
    for audience in [to_team.as_str(), "KIND:党员日"] {
        assert_eq!(announce(&world, audience, true).await.0, StatusCode::SEE_OTHER);
    }
    assert_eq!(world.letters().await, [], "in quiet hours");
    world.until("2026-11-03T07:00:00+08:00").await;
    let to: Vec<_> = world.letters().await.into_iter().map(|letter| letter.head.to).collect();
    assert_eq!(to, ["r1@example.test", "r2@example.test"]);
    // What the page promised is what the hand ordered.
    let promised = world.service.tables.read_now(|db| {
        let of = |what, of: &str| announcements::audience(db, "xiguan", (what, of));
        Ok((of(What::All, "")?, of(What::Team, &team.to_string())?, of(What::Kind, "党员日")?))
    });
    let (all, team, kind) = promised.unwrap();
    let ids = |ns: &[u128]| ns.iter().copied().map(Uuid::from_u128).collect::<Vec<_>>();
    assert_eq!((all, team, kind), (ids(&[1, 2, 3, 4]), ids(&[2]), ids(&[1])));
    let (status, _) = announce(&world, "VENUE:v1", true).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_put_up_by_hand_is_counted_by_channel() {
    let world = town().await;
    let desk = || viewer(9, Some("announce"));
    let cmd = Uuid::from_u128(800);
    let post = |source: &str, medium: &str, places: u32| {
        format!("cmd={cmd}&source={source}&medium={medium}&places={places}")
    };
    let path = format!("{PATH}/posted");
    for (form, status) in [
        (post(OCC, "CHAT_GROUP", 12), StatusCode::SEE_OTHER),
        (post(OCC, "BOARD", 3), StatusCode::SEE_OTHER),
        // Mistyped, and put right.
        (post(OCC, "CHAT_GROUP", 2), StatusCode::SEE_OTHER),
        (post(OCC, "BOARD", 1001), StatusCode::UNPROCESSABLE_ENTITY),
        (post(OCC, "PIGEON", 1), StatusCode::NOT_FOUND),
        (post(&cmd.to_string(), "BOARD", 1), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(world.ask(desk(), &path, Some(&form)).await.0, status, "{form}");
    }
    world.quiet().await;
    let posted = world.service.tables.read_now(|db| announcements::posted(db, "xiguan", OCC));
    assert_eq!(Vec::from_iter(posted.unwrap()), [(Medium::ChatGroup, 2), (Medium::Board, 3)]);
    let id = Uuid::from_u128(704);
    let none = world.service.tables.read_now(|db| announcements::mails(db, "xiguan", id));
    assert_eq!(none.unwrap(), Mails::default());
}

#[tokio::test]
async fn the_contact_learns_of_a_duty_that_nobody_has_taken() {
    let world = World::with(1).await;
    let contact = 50;
    world.people.reached(contact, Some("contact@example.test"), "zh");
    let described = json!({ "activityDescribed": { "description": {
        "title": "党员日", "kinds": ["党员日"], "contact": Uuid::from_u128(contact)
    } } });
    world.happened(&format!("xiguan/calendar/activity/{ACTIVITY}"), described).await;
    let unfilled = json!({ "dutyUnfilled": {
        "duties": [{ "name": "登记", "places": 2 }], "start": "2026-11-05T01:00:00Z"
    } });
    world.happened(&format!("xiguan/attendance/duty/{OCC}"), unfilled).await;
    world.until("2026-11-03T09:00:00+08:00").await;
    let letters = world.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].head.to, "contact@example.test");
    assert!(letters[0].head.subject.starts_with("岗位还缺人：党员日"));
    assert!(letters[0].text.contains("登记 还缺2人"), "{}", letters[0].text);
    // They are not counted among those who come: a change is not told to them as to a guest.
    world.cancelled(1).await;
    world.quiet().await;
    assert_eq!(world.letters().await.len(), 1);
}

#[tokio::test]
async fn the_contact_learns_of_a_standing_duty_at_which_nobody_stands_in() {
    let world = World::with(1).await;
    let (contact, duty) = (50, Uuid::from_u128(800));
    world.people.reached(contact, Some("contact@example.test"), "zh");
    let stream = format!("xiguan/attendance/duty/{duty}");
    let stairs = json!({ "standingDutySet": {
        "name": "楼道", "places": 1, "fromOn": "2026-11-01", "contact": Uuid::from_u128(contact)
    } });
    world.happened(&stream, stairs).await;
    let missing = json!({ "coverMissing": {
        "resident": Uuid::from_u128(1), "fromOn": "2026-11-04", "untilOn": "2026-11-06"
    } });
    world.happened(&stream, missing).await;
    world.quiet().await;
    let letters = world.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].head.to, "contact@example.test");
    assert!(letters[0].head.subject.starts_with("替班还没人接：楼道，2026年11月4日"));
    for part in ["2026年11月6日", "https://linli.test/desk/xiguan/duties"] {
        assert!(letters[0].text.contains(part), "{part} in {}", letters[0].text);
    }
    assert!(!letters[0].text.contains("测试居民1，"), "who is away is not said");
    // Without a contact the desk's page alone says so.
    let other = stream.replace(&duty.to_string(), &Uuid::from_u128(801).to_string());
    let nobody =
        json!({ "standingDutySet": { "name": "花坛", "places": 1, "fromOn": "2026-11-01" } });
    world.happened(&other, nobody).await;
    let missing = json!({ "coverMissing": {
        "resident": Uuid::from_u128(1), "fromOn": "2026-11-04", "untilOn": "2026-11-06"
    } });
    world.happened(&other, missing).await;
    world.quiet().await;
    assert_eq!(world.letters().await.len(), 1);
}
