//! Ratings, and people who were counted twice.

use axum::http::StatusCode;
use linli_attendance::fragments;
use linli_platform::{event_log::EventLog as _, ids::Version};
use serde_json::json;

use crate::town::{API, DESK, Office, PAGE, RID, keeper, key, resident, who};

async fn with_present(people: &[u128]) -> Office {
    let office = Office::new().await;
    office.opens(0, json!({})).await;
    office.at_minute(0).await;
    for n in people {
        office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(*n)))]).await;
    }
    office
}

async fn page_of(office: &Office, n: u128) -> String {
    let viewer = resident(n, []);
    fragments::occurrence(&office.state, &viewer, "xiguan", "tea-party", RID).await.unwrap()
}

async fn rates(office: &Office, n: u128, rating: &str, comment: &str) -> StatusCode {
    let fields = [("rating", rating), ("comment", comment)];
    office.post(&resident(n, []), &format!("{PAGE}/rate"), &fields).await.status
}

#[tokio::test]
async fn five_ratings_are_shown_and_four_are_not() {
    let office = with_present(&[1, 2, 3, 4, 5]).await;
    office.at_minute(60).await;
    assert!(page_of(&office, 1).await.contains("/rate\""));
    for (n, word) in [(1, "VERY_SATISFIED"), (2, "SATISFIED"), (3, "FAIR"), (4, "SATISFIED")] {
        assert_eq!(rates(&office, n, word, "").await, StatusCode::SEE_OTHER);
    }
    let four = page_of(&office, 1).await;
    assert!(!four.contains("/rate\"") && !four.contains("satisfied ("), "{four}");
    assert!(office.counts().await.get("ratings").is_none());
    let desk = office.get(&keeper(), &format!("{DESK}/comments")).await.text;
    assert!(desk.contains("from 5 ratings on") && !desk.contains("satisfied ("), "{desk}");
    assert_eq!(rates(&office, 5, "VERY_DISSATISFIED", "").await, StatusCode::SEE_OTHER);
    assert!(page_of(&office, 1).await.contains("60% satisfied (5 ratings)"));
    let ratings = &office.counts().await["ratings"];
    assert_eq!(
        *ratings,
        json!({ "ratings": 5, "byWord": [1, 2, 1, 0, 1], "satisfiedPercent": 60 })
    );
}

#[tokio::test]
async fn only_who_was_there_rates_and_once_and_nobody_for_a_stranger() {
    let office = with_present(&[1, 2]).await;
    assert_eq!(rates(&office, 3, "FAIR", "").await, StatusCode::CONFLICT);
    assert_eq!(rates(&office, 1, "GREAT", "").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rates(&office, 1, "FAIR", "").await, StatusCode::SEE_OTHER);
    assert_eq!(rates(&office, 1, "SATISFIED", "").await, StatusCode::CONFLICT);
    let two = who(2).to_string();
    let other = [("rating", "FAIR"), ("resident", two.as_str())];
    for viewer in [resident(1, []), keeper()] {
        let refused = office.post(&viewer, &format!("{PAGE}/rate"), &other).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    let daughter = office.post(&resident(1, [2]), &format!("{PAGE}/rate"), &other).await;
    assert_eq!(daughter.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_comment_is_read_at_the_desk_before_all_read_it() {
    let office = with_present(&[1, 2, 3, 4, 5]).await;
    assert_eq!(rates(&office, 1, "FAIR", "more chairs").await, StatusCode::SEE_OTHER);
    let log = office.kit.log.read(&key().roll().unwrap(), Version(0)).await.unwrap();
    assert!(!format!("{log:?}").contains("chairs"), "sealed");
    let path = format!("{DESK}/comments");
    let desk = office.get(&keeper(), &path).await.text;
    assert!(desk.contains("more chairs") && !desk.contains("Test Adam"), "{desk}");
    let show = format!("show {}", who(1));
    assert_eq!(
        office.post(&resident(1, []), &path, &[("one", &show)]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        office.post(&keeper(), &path, &[("one", &show)]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!page_of(&office, 2).await.contains("more chairs"), "fewer than five");
    for n in 2..=5 {
        rates(&office, n, "SATISFIED", "").await;
    }
    assert!(page_of(&office, 2).await.contains("more chairs"));
    let withhold = format!("withhold {}", who(1));
    office.post(&keeper(), &path, &[("one", &withhold)]).await;
    assert!(!page_of(&office, 2).await.contains("more chairs"));
}

async fn merges(office: &Office, n: u128, into: u128) {
    let merged = json!({ "residentMerged": { "into": who(into) } });
    office.kit.happened(&format!("_/people/resident/{}", who(n)), &merged).await;
    office.settle().await;
}

#[tokio::test]
async fn who_was_counted_twice_counts_once_also_after_the_closing() {
    let office = with_present(&[2, 3, 5]).await;
    office.at_minute(30).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-out {}", who(2)))]).await;
    office.at_minute(120 + 24 * 60).await;
    let counts = office.counts().await;
    assert_eq!((&counts["present"], &counts["minutes"]), (&json!(3), &json!(30 + 120 + 120)));
    merges(&office, 2, 3).await;
    let counts = office.counts().await;
    assert_eq!((&counts["present"], &counts["minutes"]), (&json!(2), &json!(240)));
    // The check-in goes over to one who was not there under their own name.
    merges(&office, 5, 1).await;
    let counts = office.counts().await;
    assert_eq!((&counts["present"], &counts["minutes"]), (&json!(2), &json!(240)));
    let mine = fragments::my(&office.state, &resident(1, [])).await.unwrap();
    assert!(mine.contains("attended 1 times, 2.0 hours"), "{mine}");
    let length = office.kit.log.last().await.unwrap();
    office.service.rebuild().await.unwrap();
    assert_eq!(office.kit.log.last().await.unwrap(), length, "a rebuild does nothing twice");
    assert_eq!(office.get(&keeper(), API).await.status, StatusCode::OK);
    assert_eq!(office.counts().await, counts);
}
