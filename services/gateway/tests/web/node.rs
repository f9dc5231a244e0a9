//! What a node tells of itself, and of what changes.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use chrono::TimeDelta;
use futures::StreamExt as _;
use linli_platform::{clock::Clock, clock_guard::ClockGuard};
use tower::ServiceExt as _;

use crate::house::{House, get, look};

#[tokio::test]
async fn a_node_is_ready_once_its_tables_have_caught_up() {
    let house = House::new().await;
    let app = house.app();
    assert_eq!(look(&app, "/healthz").await.text, "ok\n");
    let ready = look(&app, "/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    let report: serde_json::Value = serde_json::from_str(&ready.text).unwrap();
    assert_eq!(report["ready"], true);
    assert_eq!(report["tables"].as_array().unwrap().len(), house.services.len());
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[tokio::test]
async fn a_node_whose_clock_was_set_back_is_not_ready_and_says_why() {
    let mut house = House::new().await;
    let clock = Clock::system();
    let last = clock.now() + TimeDelta::minutes(10);
    let guard = ClockGuard::new(&clock, Some(last));
    house.kit.platform.streams = house.kit.platform.streams.clone().guarded_by(guard);
    let ready = look(&house.app(), "/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    ready.shows(&last.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    ready.shows("the clock shows").shows("nothing is written until the clock is set right");
    let told = last.with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M");
    look(&house.app(), "/").await.shows("本机时钟显示").shows(&told.to_string());
}

#[tokio::test]
async fn a_node_that_rested_for_long_serves_and_tells_the_desk_what_waits() {
    let mut house = House::new().await;
    let clock = Clock::system();
    let guard = ClockGuard::new(&clock, Some(clock.now() - TimeDelta::days(40)));
    house.kit.platform.streams = house.kit.platform.streams.clone().guarded_by(guard.clone());
    let app = house.app();
    let ready = look(&app, "/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    ready.shows("linli serve --clock-is-right");
    look(&app, "/").await.hides("clock-is-right");
    guard.release();
    look(&app, "/readyz").await.hides("clock-is-right");
}

#[tokio::test]
async fn numbers_for_whoever_watches() {
    let house = House::new().await;
    let metrics = look(&house.app(), "/metrics").await;
    let last = house.kit.platform.log.last().await.unwrap();
    metrics.shows(&format!("linli_log_position {last}"));
    for service in ["calendar", "people", "notifier", "attendance", "ranking"] {
        metrics.shows(&format!("linli_tables_lag{{service=\"{service}\"}} 0"));
    }
}

/// The next event of a live page.
async fn next(body: &mut axum::body::BodyDataStream) -> String {
    String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap()
}

async fn watch(house: &House, path: &str, after: Option<u64>) -> axum::body::BodyDataStream {
    let mut request: Request<Body> = get(path).body(Body::empty()).unwrap();
    if let Some(after) = after {
        request.headers_mut().insert("last-event-id", after.into());
    }
    let response = house.app().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

#[tokio::test]
async fn a_live_page_goes_on_where_it_was_and_tells_no_names() {
    let house = House::new().await;
    let before = house.kit.platform.log.last().await.unwrap();
    house.settles_in().await;
    let last = house.kit.platform.log.last().await.unwrap();
    assert!(last > before);
    let mut missed = watch(&house, "/live", Some(before.0)).await;
    let event = next(&mut missed).await;
    assert!(event.contains("event: changed"), "{event}");
    assert!(event.contains(r#"{"community":"_","service":"people"}"#), "{event}");
    assert!(!event.contains("合成居民甲") && !event.contains("resident"), "{event}");
    let id = event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    assert!(id.parse::<u64>().unwrap() > before.0, "{event}");
}

#[tokio::test]
async fn a_live_page_of_one_community_hears_of_no_other() {
    let house = House::new().await;
    let mut live = watch(&house, "/live?community=xiguan", None).await;
    let fact = serde_json::json!({ "somethingNew": {} });
    house.kit.happened("guanyuan/matters/matter/1", &fact).await;
    house.kit.happened("xiguan/matters/matter/1", &fact).await;
    let event = next(&mut live).await;
    assert!(
        event.contains(r#"{"changed":[{"community":"xiguan","service":"matters"}]}"#),
        "{event}"
    );
    let last = house.kit.platform.log.last().await.unwrap();
    assert!(event.contains(&format!("id: {last}")), "{event}");
}
