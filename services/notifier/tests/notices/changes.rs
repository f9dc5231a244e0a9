//! Moved, cancelled, promoted, mended: what must go out, and what must not.

use linli_platform::testing::at;
use serde_json::json;

use crate::world::{OCC, World};

fn to(n: u32, kind: &str) -> (String, String) {
    (format!("r{n}@example.test"), kind.to_owned())
}

#[tokio::test]
async fn a_move_is_told_to_whom_it_concerns_with_the_old_time_and_the_reason() {
    let world = World::with(5).await;
    world.roll("registered", 1).await;
    world.roll("waitlisted", 2).await;
    world
        .happened(
            &format!("xiguan/attendance/duty/{OCC}"),
            json!({ "dutyClaimed": {
        "duty": "登记", "resident": uuid::Uuid::from_u128(3)
    } }),
        )
        .await;
    world.subscribe(4, &[60]).await;
    world.moved(1, "2026-11-06T14:00:00+08:00", "v2").await;
    world.quiet().await;
    let told = [1, 2, 3].map(|n| to(n, "活动变更"));
    assert_eq!(world.sent().await, told, "neither the subscriber to come nor resident 5");
    let letter = &world.letters().await[0];
    for part in ["2026年11月6日", "连心亭", "原定时间： 2026年11月5日", "近邻议事厅", "会场停电"]
    {
        assert!(letter.text.contains(part), "{part} in {}", letter.text);
    }
    assert!(String::from_utf8(letter.raw.clone()).unwrap().contains("Importance: high"));
    world.until("2026-11-06T15:00:00+08:00").await;
    let sent = world.sent().await;
    let reminders = sent.iter().filter(|(_, kind)| kind == "活动提醒").count();
    assert_eq!(reminders, 5, "two each for 1 and 3, one for 4: {sent:?}");
}

#[tokio::test]
async fn a_cancellation_goes_out_at_night_and_ends_all_reminders() {
    let world = World::with(3).await;
    world.roll("registered", 1).await;
    world.subscribe(2, &[720]).await;
    world.people.reached(4, None, "zh");
    world.roll("registered", 4).await;
    // Resident 2 is reminded at 21:00; then the rain comes.
    world.until("2026-11-04T23:30:00+08:00").await;
    world.cancelled(1).await;
    world.quiet().await;
    let sent = world.sent().await;
    for n in [1, 2] {
        assert!(sent.contains(&to(n, "活动取消")), "{n} in {sent:?}");
    }
    assert!(!sent.contains(&to(3, "活动取消")));
    let letters = world.letters().await;
    assert!(letters.iter().any(|letter| letter.text.contains("暴雨预警")));
    let calls = world.calls().await;
    assert_eq!((calls.len(), calls[0].revision, &*calls[0].purpose), (1, 1, "changed"));
    let before = world.sent().await.len();
    world.until("2026-11-05T12:00:00+08:00").await;
    assert_eq!(world.sent().await.len(), before);
}

#[tokio::test]
async fn a_mended_text_sends_nothing_and_stands_in_the_next_reminder() {
    let world = World::with(1).await;
    world.roll("registered", 1).await;
    world.until("2026-11-04T12:00:00+08:00").await;
    world
        .calendar(json!({ "occurrenceDescribed": {
        "recurrenceId": "20261105T090000", "title": "党员活动日"
    } }))
        .await;
    world.quiet().await;
    assert_eq!(world.sent().await.len(), 1);
    world.until("2026-11-05T08:00:00+08:00").await;
    let letters = world.letters().await;
    assert!(letters.iter().any(|letter| letter.head.subject.contains("党员活动日")));
}

#[tokio::test]
async fn who_moves_up_from_the_waiting_list_is_told_and_reminded() {
    let world = World::with(1).await;
    world.roll("waitlisted", 1).await;
    world.roll("promoted", 1).await;
    world.until("2026-11-05T08:00:00+08:00").await;
    let kinds: Vec<String> = world.sent().await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["有名额了", "活动提醒", "活动提醒"]);
}

#[tokio::test]
async fn a_move_in_the_middle_of_a_fan_out_fences_what_has_not_started() {
    let world = World::with(150).await;
    for n in 1..=150 {
        world.roll("registered", n).await;
    }
    world.quiet().await;
    world.people.close();
    let mut asked = world.people.asked.subscribe();
    world.kit.platform.clock.advance_to(at("2026-11-04T09:00:00+08:00"));
    asked.wait_for(|n| *n == 1).await.unwrap();
    // The first batch is started; the other two wait behind it.
    world.moved(1, "2026-11-06T14:00:00+08:00", "v1").await;
    let position = world.kit.platform.log.last().await.unwrap();
    assert!(world.service.tables.reach(position).await);
    world.people.open();
    world.quiet().await;
    let standing = world.standing().await;
    let old = standing.iter().filter(|(_, text)| text.contains(" r0 ")).count();
    assert_eq!(old, 64);
    let changed = |text: &str| text == "changed r1 settled ACCEPTED try 1 doubts 0";
    let told = standing.iter().filter(|(_, text)| changed(text)).count();
    assert_eq!(told, 150, "everybody once, also those whose old reminder was under way");
}
