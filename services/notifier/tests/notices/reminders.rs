//! What goes out by itself, when, and in which words.

use linli_platform::{ids::Position, testing::at};
use serde_json::json;
use uuid::Uuid;

use crate::world::{World, now};

#[tokio::test]
async fn a_registered_resident_is_reminded_in_their_language_with_the_lunar_date() {
    let world = World::with(1).await;
    world.people.reached(2, Some("r2@example.test"), "en");
    world.roll("registered", 1).await;
    world.roll("registered", 2).await;
    world.until("2026-11-04T09:00:00+08:00").await;
    let letters = world.letters().await;
    assert_eq!(letters.len(), 2);
    let zh = &letters[0];
    let when = "2026年11月5日 星期四（农历九月廿七） 09:00–11:00";
    assert_eq!(zh.head.subject, format!("活动提醒：党员日，{when}"));
    let link = "https://linli.test/c/xiguan/party-day/20261105T090000";
    for part in ["测试居民1，您好！", when, "近邻议事厅", link, "西关社区", "/unsubscribe/"]
    {
        assert!(zh.text.contains(part), "{part} in {}", zh.text);
        assert!(zh.html.contains(part), "{part} in {}", zh.html);
    }
    let en = &letters[1];
    let when = "Thursday, 5 November 2026 (day 27 of lunar month 9), 09:00–11:00";
    assert_eq!(en.head.subject, format!("Reminder: Party-member day, {when}"));
    assert!(en.text.contains("Neighbours' hall") && en.text.contains("Xiguan"), "{}", en.text);
    let raw = String::from_utf8(zh.raw.clone()).unwrap();
    assert!(raw.contains("List-Unsubscribe: <https://linli.test/unsubscribe/"), "{raw}");
    assert!(raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{raw}");
    assert!(raw.contains("@linli.test>"), "{raw}");
    world.until("2026-11-05T12:00:00+08:00").await;
    let kinds = world.sent().await;
    assert_eq!(kinds.len(), 4, "a day before and two hours before: {kinds:?}");
}

#[tokio::test]
async fn what_was_asleep_until_the_occurrence_began_is_missed_and_not_sent() {
    let world = World::with(1).await;
    world.roll("registered", 1).await;
    world.quiet().await;
    world.kit.platform.clock.advance_to(at("2026-11-05T09:00:00+08:00"));
    world.quiet().await;
    assert_eq!(world.sent().await, []);
    let missed = |lead| (1, format!("lead-{lead} r0 missed  try 0 doubts 0"));
    assert_eq!(world.standing().await, [missed(120), missed(1440)]);
}

#[tokio::test]
async fn what_comes_late_into_the_night_waits_for_the_morning() {
    let world = World::with(1).await;
    world.subscribe(1, &[840]).await;
    world.quiet().await;
    // Wanted at 19:00, but the machine was off until 23:00.
    world.kit.platform.clock.advance_to(at("2026-11-04T23:00:00+08:00"));
    world.quiet().await;
    assert_eq!(world.sent().await, []);
    assert!(world.standing().await[0].1.contains("held"));
    world.until("2026-11-05T07:00:00+08:00").await;
    assert_eq!(world.sent().await.len(), 1);
}

#[tokio::test]
async fn who_has_no_address_stands_on_the_call_list_and_who_did_not_agree_is_left_alone() {
    let world = World::with(1).await;
    world.people.reached(2, None, "zh");
    for n in 1..=3 {
        world.roll("registered", n).await;
    }
    world.until("2026-11-05T08:00:00+08:00").await;
    assert!(world.sent().await.iter().all(|(to, _)| to == "r1@example.test"));
    let standing = world.standing().await;
    let suppressed = |n, reason| {
        let text = format!("lead-120 r0 suppressed {reason} try 1 doubts 0");
        assert!(standing.contains(&(n, text)), "{standing:?}");
    };
    suppressed(2, "no-address");
    suppressed(3, "no-consent");
    let calls = world.calls().await;
    let called: Vec<u128> = calls.iter().map(|call| call.resident.as_u128()).collect();
    assert_eq!(called, [2], "one line for both reminders, and none without consent");
    let resident = Uuid::from_u128(2);
    world.happened(&format!("_/people/resident/{resident}"), json!({ "residentErased": {} })).await;
    world.quiet().await;
    assert_eq!(world.calls().await, []);
}

#[tokio::test]
async fn nobody_is_called_to_be_reminded_of_what_has_begun() {
    let world = World::with(1).await;
    world.people.reached(2, None, "zh");
    world.roll("registered", 2).await;
    world.until("2026-11-05T08:59:00+08:00").await;
    assert_eq!(world.calls().await.len(), 1);
    world.until("2026-11-05T09:00:00+08:00").await;
    assert_eq!(world.calls().await, []);
}

#[tokio::test]
async fn a_weekly_series_comes_as_one_summary_on_sunday() {
    let world = World::with(1).await;
    world.segment("cron = \"0 0 9 * * Thu\"").await;
    world.open("20261112T090000", "2026-11-12T09:00:00+08:00").await;
    world.open("20261119T090000", "2026-11-19T09:00:00+08:00").await;
    world.subscribe(1, &[60]).await;
    world.until("2026-11-08T18:00:00+08:00").await;
    let letters = world.letters().await;
    let (alone, summary) = (&letters[0], &letters[1]);
    assert_eq!(letters.len(), 2);
    assert!(alone.text.contains("2026年11月5日"), "opened after its week's summary");
    assert_eq!(summary.head.subject, "第46周活动汇总：1场");
    assert!(summary.text.contains("2026年11月12日") && !summary.text.contains("11月19日"));
    assert_eq!(now(&world), at("2026-11-08T18:00:00+08:00"));
}

#[tokio::test]
async fn a_link_to_sign_in_goes_to_whoever_asked() {
    let world = World::with(1).await;
    let person = Uuid::from_u128(1);
    world
        .happened(&format!("_/people/resident/{person}"), json!({ "signInAsked": { "n": 1 } }))
        .await;
    world.quiet().await;
    let letters = world.letters().await;
    assert_eq!(letters.len(), 1);
    let link = "https://linli.test/sign-in/link?secret=one-time-secret";
    assert!(letters[0].text.contains(link), "{}", letters[0].text);
    assert!(letters[0].text.contains("15分钟"), "{}", letters[0].text);
    assert!(!letters[0].text.contains("unsubscribe"));
}

#[tokio::test]
async fn a_directory_out_of_order_delays_a_mail_and_loses_none() {
    let world = World::with(1).await;
    world.roll("registered", 1).await;
    world.people.set_down(true);
    world.until("2026-11-04T09:00:00+08:00").await;
    assert!(world.standing().await[0].1.contains("settled TRANSIENT try 1"));
    world.people.set_down(false);
    world.until("2026-11-04T09:01:00+08:00").await;
    assert!(world.standing().await[0].1.contains("settled ACCEPTED try 2"));
    assert_eq!(world.sent().await.len(), 1);
}

#[tokio::test]
async fn tables_built_anew_send_nothing_again() {
    let world = World::with(3).await;
    for n in 1..=3 {
        world.roll("registered", n).await;
    }
    world.until("2026-11-04T12:00:00+08:00").await;
    let last = world.kit.platform.log.last().await.unwrap();
    world.service.rebuild().await.unwrap();
    world.quiet().await;
    assert_eq!(world.kit.platform.log.last().await.unwrap(), last);
    assert_eq!(world.sent().await.len(), 3);
}

#[tokio::test]
async fn on_a_machine_that_is_off_at_night_an_early_reminder_goes_out_before() {
    // On Thursday at 9, subscribed two hours before: 7 o'clock, when nobody is there yet.
    let world = World::with(2).await;
    world.subscribe(1, &[120]).await;
    let before = world.kit.platform.log.last().await.unwrap();
    let world = world.again_in("mon-fri 08:00-17:30", |log| log);
    is_beyond(&world, before).await;
    world.until("2026-11-04T16:29:00+08:00").await;
    assert_eq!(world.sent().await, []);
    world.until("2026-11-04T16:30:00+08:00").await;
    assert_eq!(world.sent().await.len(), 1, "in the last hour of the day before");
    // Who registers after that has just seen the time.
    world.until("2026-11-04T16:31:00+08:00").await;
    world.roll("registered", 2).await;
    world.until("2026-11-05T09:00:00+08:00").await;
    assert_eq!(world.sent().await.len(), 1, "theirs were due before");
    // Nothing is said twice of the hours; other hours plan anew.
    let before = world.kit.platform.log.last().await.unwrap();
    let world = world.again_in("mon-fri 08:00-17:30", |log| log);
    world.quiet().await;
    assert_eq!(world.kit.platform.log.last().await.unwrap(), before);
    let world = world.again(|log| log);
    is_beyond(&world, before).await;
}

/// Waits until the notifier has heard something after a position.
async fn is_beyond(world: &World, position: Position) {
    let mut progress = world.service.tables.progress();
    progress.wait_for(|progress| progress.position > position).await.unwrap();
}
