//! What a month's report says.

use chrono_tz::Tz;
use linli_ranking::{
    deciders::bulletin_schedule::{Command, Rejection},
    values::{Count, Series, checksum},
};
use serde_json::json;

use crate::town::{Town, who};

fn period(text: &str) -> linli_ranking::values::StatPeriod {
    text.parse().unwrap()
}

fn total(content: &linli_ranking::values::Content, measure: Count) -> Option<i64> {
    content.measures("total")?.get(&measure).copied()
}

#[tokio::test]
async fn a_month_with_no_activity_has_a_bulletin_that_says_so() {
    let town = Town::new().await;
    town.upto("2026-11-03T08:59:00+08:00").await;
    assert_eq!(town.out("junhe", Series::Monthly).await, 0);
    town.upto("2026-11-03T09:00:00+08:00").await;
    for place in ["guangling", "junhe", "tianbao"] {
        let (content, text) = town.bulletin(place, Series::Monthly, 1).await;
        assert_eq!(content.period, period("2026-10"));
        assert_eq!(content.occurrences, []);
        assert_eq!(content.corrections, []);
        assert_eq!(total(&content, Count::Occurrences), None);
        assert_eq!(content.canonical().unwrap(), text);
    }
    let (content, _) = town.bulletin("junhe", Series::Monthly, 1).await;
    let building = content.measures("building/junhe-1").unwrap();
    assert_eq!(building.get(&Count::Residents), Some(&3));
}

#[tokio::test]
async fn a_joint_occurrence_counts_once_for_the_subdistrict_and_once_for_each_community() {
    let town = Town::new().await;
    town.plans("junhe", 1, &["festival", "talk"], &["tianbao"]).await;
    town.plans("tianbao", 2, &["talk"], &[]).await;
    town.opens("junhe", 1, "2026-11-05").await;
    town.opens("tianbao", 2, "2026-11-06").await;
    town.upto("2026-11-05T09:00:00+08:00").await;
    for resident in [1, 2, 5] {
        town.comes("junhe", 1, "2026-11-05", resident, 60).await;
    }
    town.roll("junhe", 1, "2026-11-05", json!({"headcountGiven": {"people": 40}})).await;
    town.upto("2026-11-06T09:00:00+08:00").await;
    town.comes("tianbao", 2, "2026-11-06", 5, 30).await;
    town.upto("2026-12-03T09:00:00+08:00").await;
    let (above, _) = town.bulletin("guangling", Series::Monthly, 2).await;
    assert_eq!(total(&above, Count::Occurrences), Some(2));
    assert_eq!(total(&above, Count::Attended), Some(41));
    assert_eq!(total(&above, Count::People), Some(3));
    assert_eq!(total(&above, Count::Minutes), Some(210));
    assert_eq!(total(&above, Count::ActivityMinutes), Some(120));
    let held = |line: &str| above.measures(line).and_then(|it| it.get(&Count::Occurrences));
    assert_eq!((held("community/junhe"), held("community/tianbao")), (Some(&1), Some(&2)));
    assert_eq!((held("kind/talk"), held("kind/festival")), (Some(&2), Some(&1)));
    for (place, occurrences) in [("junhe", 1), ("tianbao", 2)] {
        let (content, _) = town.bulletin(place, Series::Monthly, 2).await;
        assert_eq!(total(&content, Count::Occurrences), Some(occurrences));
    }
    // Points: 2 for being there, 1 for the full hour; those with the most stand first.
    let (junhe, _) = town.bulletin("junhe", Series::Monthly, 2).await;
    let points: Vec<_> = junhe.residents.iter().map(|it| (it.resident, it.points)).collect();
    assert_eq!(points, [(who(1), 3), (who(2), 3)]);
    assert_eq!(junhe.residents[0].building, "junhe-1 name");
    let grid = junhe.measures("grid/junhe-g1").unwrap();
    assert_eq!((grid[&Count::People], grid[&Count::Minutes]), (2, 120));
}

#[tokio::test]
async fn a_bulletin_for_a_month_that_is_not_over_is_refused_and_nothing_changes() {
    let town = Town::new().await;
    town.upto("2026-11-20T10:00:00+08:00").await;
    let before = town.kit.platform.log.last().await.unwrap();
    let ask = |of: &str| Command::Ask { period: period(of), zone: Tz::Asia__Shanghai };
    let refused = town.desk("junhe", ask("2026-11")).await.unwrap_err();
    assert!(matches!(refused, Rejection::NotOver { .. }));
    assert!(refused.to_string().contains("2026-11 is not over"));
    assert_eq!(town.kit.platform.log.last().await.unwrap(), before);
    // A look ahead is free and publishes nothing.
    assert_eq!(town.preview("junhe", "2026-11").await.number, 2);
    assert_eq!(town.out("junhe", Series::Monthly).await, 1);
}

#[tokio::test]
async fn the_desk_publishes_once_what_is_over_and_twice_is_the_same() {
    let town = Town::new().await;
    town.upto("2026-11-01T08:00:00+08:00").await;
    let ask = || Command::Ask { period: period("2026-10"), zone: Tz::Asia__Shanghai };
    assert_eq!(town.desk("junhe", ask()).await, Ok(1));
    let (content, text) = town.bulletin("junhe", Series::Monthly, 1).await;
    assert_eq!(content.cut_off, linli_platform::testing::at("2026-11-01T08:00:00+08:00"));
    assert_eq!(town.desk("junhe", ask()).await, Ok(0));
    town.upto("2026-11-04T08:00:00+08:00").await;
    assert_eq!(town.out("junhe", Series::Monthly).await, 1);
    assert_eq!(town.bulletin("junhe", Series::Monthly, 1).await.1, text);
}

#[tokio::test]
async fn not_reported_and_a_confirmed_zero_stand_apart() {
    let town = Town::new().await;
    town.plans("junhe", 1, &["talk"], &[]).await;
    for day in ["2026-11-05", "2026-11-06", "2026-11-07", "2026-11-08"] {
        town.opens("junhe", 1, day).await;
    }
    town.upto("2026-11-09T08:00:00+08:00").await;
    town.roll("junhe", 1, "2026-11-06", json!({"headcountGiven": {"people": 0}})).await;
    town.closes("junhe", 1, "2026-11-07").await;
    let cancelled = json!({"occurrenceCancelled": {"recurrenceId": "20261108T090000"}});
    let stream = format!("junhe/calendar/activity/{}", crate::town::activity(1));
    town.happens(&stream, cancelled).await;
    town.upto("2026-11-10T09:00:00+08:00").await;
    let (week, _) = town.bulletin("junhe", Series::Weekly, 3).await;
    assert_eq!(week.period, period("2026-W45"));
    let of = |measure| total(&week, measure);
    assert_eq!(of(Count::Planned), Some(4));
    assert_eq!(of(Count::Occurrences), Some(3));
    assert_eq!(of(Count::Cancelled), Some(1));
    assert_eq!(of(Count::Unreported), Some(1));
    assert_eq!(of(Count::Nobody), Some(2));
    assert_eq!(of(Count::Attended), Some(0));
}

#[tokio::test]
async fn expected_excused_absent_ratings_and_notices_are_counted() {
    let town = Town::new().await;
    town.plans("junhe", 1, &["talk"], &[]).await;
    town.opens("junhe", 1, "2026-11-05").await;
    let day = "2026-11-05";
    let list = json!({"expected": {"residents": [who(1), who(2)], "by": "team"}});
    town.roll("junhe", 1, day, list).await;
    for event in ["registered", "registered", "excused", "withdrawn"].into_iter().zip([3, 4, 4, 3])
    {
        town.roll("junhe", 1, day, json!({event.0: {"resident": who(event.1)}})).await;
    }
    for resident in 1..=5 {
        let came = [1, 5, 6, 7, 8][resident - 1];
        town.comes("junhe", 1, day, came, 60).await;
        let rating = if resident == 5 { "FAIR" } else { "SATISFIED" };
        let rated = json!({"rated": {"resident": who(came), "rating": rating}});
        town.roll("junhe", 1, day, rated).await;
    }
    town.closes("junhe", 1, day).await;
    let settled = |purpose: &str, class: &str| {
        let key = json!({"resident": who(1), "purpose": purpose, "channel": "email"});
        json!({"key": key, "class": class})
    };
    let outcomes = [
        settled("lead-1440", "ACCEPTED"),
        settled("lead-1440", "ADDRESS"),
        settled("sign-in-1", "ACCEPTED"),
        settled("changed", "ACCEPTED"),
    ];
    let event = json!({"deliveriesSettled": {"attempt": 1, "outcomes": outcomes}});
    town.happens("junhe/notifier/delivery/digest-2026-W43", event).await;
    town.settle().await;
    let lines = town.lines("junhe", "2026-11-01", "2026-11-30").await;
    let of = |measure| lines["total"].measures.get(&measure).copied();
    assert_eq!((of(Count::Expected), of(Count::Excused)), (Some(3), Some(1)));
    assert_eq!((of(Count::Absent), of(Count::Registered)), (Some(1), Some(0)));
    assert_eq!((of(Count::Ratings), of(Count::Satisfied)), (Some(5), Some(4)));
    let lines = town.lines("guangling", "2026-10-20", "2026-10-20").await;
    assert_eq!(lines["channel/email"].measures[&Count::Sent], 2);
}

#[tokio::test]
async fn announcements_and_notices_put_up_by_hand_are_counted_and_corrected_by_channel() {
    let town = Town::new().await;
    let stream = format!("junhe/notifier/announcement/{}", who(50));
    town.happens(&stream, json!({"announced": {"title": "water", "text": "off"}})).await;
    town.happens(&stream, json!({"posted": {"medium": "BOARD", "places": 3}})).await;
    town.happens(&stream, json!({"posted": {"medium": "CHAT_GROUP", "places": 5}})).await;
    town.upto("2026-11-04T09:00:00+08:00").await;
    let (first, _) = town.bulletin("junhe", Series::Monthly, 1).await;
    assert_eq!(total(&first, Count::Announcements), Some(1));
    assert_eq!(total(&first, Count::Posted), Some(8));
    assert_eq!(first.measures("channel/board").unwrap()[&Count::Posted], 3);
    // Fewer than was said, and known in November: October is corrected.
    let fewer = town.happens(&stream, json!({"posted": {"medium": "BOARD", "places": 2}})).await;
    town.upto("2026-12-03T09:00:00+08:00").await;
    let (second, _) = town.bulletin("junhe", Series::Monthly, 2).await;
    assert_eq!(total(&second, Count::Posted), None);
    let corrected = |line: &str| {
        let it = second.corrections.iter().find(|it| it.line == line).unwrap();
        (it.old, it.new, it.cause.clone())
    };
    assert_eq!(corrected("total"), (Some(8), Some(7), fewer.to_string()));
    assert_eq!(corrected("channel/board"), (Some(3), Some(2), fewer.to_string()));
}

#[tokio::test]
async fn a_content_too_long_for_one_event_comes_in_parts_and_is_the_same_bytes() {
    let town = Town::new().await;
    let title = "a very long title ".repeat(60);
    let stream = format!("junhe/calendar/activity/{}", crate::town::activity(1));
    let described = json!({"activityDescribed": {"description": {"title": title}}});
    town.happens(&stream, described).await;
    for hour in 0..200 {
        let start =
            linli_platform::testing::at("2026-10-21T00:00:00Z") + chrono::TimeDelta::hours(hour);
        let opened = json!({"occurrenceOpened": {
            "recurrenceId": start.format("%Y%m%dT%H%M%S").to_string(), "zone": "Asia/Shanghai",
            "start": start.to_rfc3339(), "end": (start + chrono::TimeDelta::hours(1)).to_rfc3339(),
        }});
        town.happens(&stream, opened).await;
    }
    town.upto("2026-11-03T09:00:00+08:00").await;
    let (content, text) = town.bulletin("junhe", Series::Monthly, 1).await;
    assert!(text.len() > 200 * 1024);
    assert_eq!(content.occurrences.len(), 200);
    let place = "junhe".to_owned();
    let list = town.service.tables;
    let list = list.read(move |db| linli_ranking::projections::bulletins::list(db, &place));
    let sum = list.await.unwrap().into_iter().find(|it| it.series == Series::Monthly);
    assert_eq!(sum.map(|it| it.checksum), Some(checksum(&text)));
}
