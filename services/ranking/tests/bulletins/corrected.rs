//! What was said once stays; what is different now stands in the next bulletin.

use linli_platform::testing::{Kit, Nobody};
use linli_ranking::values::{Correction, Count, Series};
use serde_json::json;
use std::sync::Arc;

use crate::town::{Town, activity, who};

const DAY: &str = "2026-10-28";

/// October with one talk, to which three people came.
async fn october() -> Town {
    let town = Town::new().await;
    town.plans("junhe", 1, &["talk"], &[]).await;
    town.opens("junhe", 1, DAY).await;
    town.upto("2026-10-28T09:00:00+08:00").await;
    for resident in [1, 2, 4] {
        town.comes("junhe", 1, DAY, resident, 60).await;
    }
    town.upto("2026-10-28T11:00:00+08:00").await;
    town.closes("junhe", 1, DAY).await;
    town.upto("2026-11-04T09:00:00+08:00").await;
    town
}

fn of<'a>(all: &'a [Correction], line: &str) -> Vec<(Count, Option<i64>, Option<i64>, &'a str)> {
    let lines = all.iter().filter(|it| it.line == line);
    lines.map(|it| (it.measure, it.old, it.new, it.cause.as_str())).collect()
}

#[tokio::test]
async fn a_correction_after_the_bulletin_stands_in_the_next_one_alone() {
    let town = october().await;
    let (first, bytes) = town.bulletin("junhe", Series::Monthly, 1).await;
    assert_eq!(first.measures("total").unwrap()[&Count::Minutes], 180);
    let corrected =
        json!({"hoursCorrected": {"resident": who(4), "minutesBefore": 60, "minutes": 30}});
    let cause = town.roll("junhe", 1, DAY, corrected).await.to_string();
    town.settle().await;
    // Live figures have it at once; what is out stays.
    let at_once = town.lines("junhe", "2026-10-01", "2026-10-31").await;
    assert_eq!(at_once["total"].measures[&Count::Minutes], 150);
    assert_eq!(town.bulletin("junhe", Series::Monthly, 1).await.1, bytes);
    town.upto("2026-12-03T09:00:00+08:00").await;
    let (second, _) = town.bulletin("junhe", Series::Monthly, 2).await;
    let minutes = (Count::Minutes, Some(180), Some(150), cause.as_str());
    // The full hour's point went with it.
    let points = (Count::Points, Some(9), Some(8), cause.as_str());
    assert_eq!(of(&second.corrections, "total"), [minutes, points]);
    let line = format!("occurrence/junhe/{}/20261028T090000", activity(1));
    assert_eq!(of(&second.corrections, &line), [minutes, points]);
    let building = (Count::Minutes, Some(60), Some(30), cause.as_str());
    assert_eq!(of(&second.corrections, "building/junhe-2")[0], building);
    assert!(of(&second.corrections, "building/junhe-1").is_empty());
    assert!(second.corrections.iter().all(|it| it.bulletin == 1));
    assert_eq!(second.measures("total").unwrap().get(&Count::Minutes), None);
    // It is said once.
    town.upto("2027-01-03T09:00:00+08:00").await;
    assert_eq!(town.bulletin("junhe", Series::Monthly, 3).await.0.corrections, []);
    assert_eq!(town.bulletin("junhe", Series::Monthly, 1).await.1, bytes);
}

#[tokio::test]
async fn paper_typed_in_late_and_a_reversal_are_corrected_in_each_series_on_its_own() {
    let town = october().await;
    let paper = json!({"checkedIn": {"resident": who(3), "way": "PAPER"}});
    let cause = town.roll("junhe", 1, DAY, paper).await.to_string();
    town.upto("2026-11-10T09:00:00+08:00").await;
    let line = format!("occurrence/junhe/{}/20261028T090000", activity(1));
    let (week, _) = town.bulletin("junhe", Series::Weekly, 3).await;
    let attended = (Count::Attended, Some(3), Some(4), cause.as_str());
    assert!(of(&week.corrections, &line).contains(&attended));
    let reversed = json!({"checkInReversed": {"resident": who(3)}});
    let back = town.roll("junhe", 1, DAY, reversed).await.to_string();
    town.upto("2026-12-03T09:00:00+08:00").await;
    // The week's series said 4 and takes it back; the month's never said it.
    let (next, _) = town.bulletin("junhe", Series::Weekly, 4).await;
    let attended = (Count::Attended, Some(4), Some(3), back.as_str());
    assert!(of(&next.corrections, &line).contains(&attended));
    assert_eq!(town.bulletin("junhe", Series::Monthly, 2).await.0.corrections, []);
    assert_eq!(town.bulletin("guangling", Series::Monthly, 2).await.0.corrections, []);
}

#[tokio::test]
async fn an_occurrence_that_did_not_take_place_after_all_leaves_the_sums() {
    let town = october().await;
    let cancelled = json!({"occurrenceCancelled": {"recurrenceId": "20261028T090000"}});
    let stream = format!("junhe/calendar/activity/{}", activity(1));
    let cause = town.happens(&stream, cancelled).await.to_string();
    town.upto("2026-12-03T09:00:00+08:00").await;
    let (second, _) = town.bulletin("junhe", Series::Monthly, 2).await;
    let total = of(&second.corrections, "total");
    assert!(total.contains(&(Count::Occurrences, Some(1), None, cause.as_str())));
    assert!(total.contains(&(Count::Cancelled, None, Some(1), cause.as_str())));
}

#[tokio::test]
async fn one_that_staff_alone_see_counts_and_is_not_named() {
    let town = Town::new().await;
    let description = json!({"title": "a visit", "kinds": ["visit"], "visibility": "STAFF"});
    let stream = format!("junhe/calendar/activity/{}", activity(1));
    town.happens(&stream, json!({"activityDrafted": {"description": description}})).await;
    town.opens("junhe", 1, DAY).await;
    town.upto("2026-11-03T09:00:00+08:00").await;
    let (content, text) = town.bulletin("junhe", Series::Monthly, 1).await;
    assert_eq!(content.measures("total").unwrap()[&Count::Occurrences], 1);
    assert!(!content.occurrences[0].public);
    assert!(!text.contains("a visit"));
}

/// Tables built anew from the log: the same bytes of each bulletin, and the same figures, also of
/// those who moved house in the middle of the month.
#[tokio::test]
async fn replay_gives_byte_equal_bulletins_and_equal_figures() {
    let town = october().await;
    let moved = json!({"residentMoved": {"community": "junhe", "building": "junhe-2"}});
    town.happens(&format!("_/people/resident/{}", who(1)), moved).await;
    town.opens("junhe", 1, "2026-11-12").await;
    town.upto("2026-11-12T09:00:00+08:00").await;
    town.comes("junhe", 1, "2026-11-12", 1, 45).await;
    town.upto("2026-12-03T09:00:00+08:00").await;
    let all = |town: &Town| {
        let tables = town.service.tables.clone();
        let list = move |db: &_| {
            ["guangling", "junhe", "tianbao"]
                .map(|place| linli_ranking::projections::bulletins::list(db, place))
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
        };
        async move { tables.read(list).await.unwrap() }
    };
    let (lists, bytes) = (all(&town).await, town.bulletin("junhe", Series::Monthly, 2).await.1);
    let lines = town.lines("guangling", "2026-10-01", "2026-11-30").await;
    assert_eq!(lines["building/junhe-1"].measures[&Count::Minutes], 120);
    assert_eq!(lines["building/junhe-2"].measures[&Count::Minutes], 105);
    let preview = town.preview("guangling", "2026-12").await;
    town.service.rebuild().await.unwrap();
    town.settle().await;
    assert_eq!(all(&town).await, lists);
    assert_eq!(town.bulletin("junhe", Series::Monthly, 2).await.1, bytes);
    assert_eq!(town.lines("guangling", "2026-10-01", "2026-11-30").await, lines);
    assert_eq!(town.preview("guangling", "2026-12").await, preview);
    // Another node on the same log comes to the same, and publishes nothing anew.
    let end = town.kit.platform.log.last().await.unwrap();
    let now = town.kit.platform.clock.now();
    let dir = Arc::new(tempfile::TempDir::new().unwrap());
    let kit = Kit::over(town.kit.log.clone(), dir, now, |_| Arc::new(Nobody));
    let service = linli_ranking::service(&kit.platform).unwrap();
    let other = Town { kit, service };
    other.settle().await;
    assert_eq!(all(&other).await, lists);
    assert_eq!(other.lines("guangling", "2026-10-01", "2026-11-30").await, lines);
    assert_eq!(other.kit.platform.log.last().await.unwrap(), end);
}
