//! Somebody who is erased, or was written down twice, over the whole service.

use axum::http::StatusCode;
use linli_attendance::fragments;
use linli_platform::{
    event_log::EventLog as _,
    web::{Language, Viewer},
};
use serde_json::{Value, json};

use crate::town::{DESK, Office, PAGE, keeper, resident, who};

/// One place and one duty: the first has both, the second and third wait.
async fn full() -> Office {
    let office = Office::new().await;
    office.opens(1, json!({ "duties": [{ "name": "welcome", "places": 1 }] })).await;
    for n in [1, 2, 3] {
        let done = office.post(&resident(n, []), &format!("{PAGE}/register"), &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
    }
    office.post(&resident(1, []), &format!("{PAGE}/claim"), &[("duty", "welcome")]).await;
    office
}

async fn happened(office: &Office, n: u128, event: Value) {
    office.kit.happened(&format!("_/people/resident/{}", who(n)), &event).await;
    office.settle().await;
}

async fn shown(office: &Office, n: u128) -> String {
    let (state, viewer) = (&office.state, resident(n, []));
    fragments::occurrence(state, &viewer, "xiguan", "tea-party", crate::town::RID).await.unwrap()
}

#[tokio::test]
async fn an_erased_resident_s_place_goes_to_the_first_in_line_and_the_duty_is_free() {
    let office = full().await;
    happened(&office, 1, json!({ "residentErased": {} })).await;
    let counts = office.counts().await;
    assert_eq!((&counts["registered"], &counts["waiting"]), (&json!(1), &json!(1)));
    assert!(shown(&office, 2).await.contains("badge-registered"));
    assert!(shown(&office, 3).await.contains("number 1 in line"), "{}", shown(&office, 3).await);
    let claim = [("duty", "welcome")];
    let claimed = office.post(&resident(2, []), &format!("{PAGE}/claim"), &claim).await;
    assert_eq!(claimed.status, StatusCode::SEE_OTHER);
    let again = office.post(&resident(1, []), &format!("{PAGE}/register"), &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_double_s_places_go_to_the_other_entry_and_nobody_is_passed_over() {
    let office = full().await;
    happened(&office, 1, json!({ "residentMerged": { "into": who(4) } })).await;
    happened(&office, 2, json!({ "residentMerged": { "into": who(5) } })).await;
    let counts = office.counts().await;
    assert_eq!((&counts["registered"], &counts["waiting"]), (&json!(1), &json!(2)));
    let four = shown(&office, 4).await;
    assert!(four.contains("badge-registered") && four.contains("release"), "{four}");
    let five = shown(&office, 5).await;
    assert!(five.contains("badge-waiting") && five.contains("number 1 in line"), "{five}");
    let double = office.post(&resident(1, []), &format!("{PAGE}/register"), &[]).await;
    assert_eq!(double.status, StatusCode::UNPROCESSABLE_ENTITY);
    let length = office.kit.log.last().await.unwrap();
    office.service.rebuild().await.unwrap();
    assert_eq!(shown(&office, 5).await.matches("number 1 in line").count(), 1);
    assert_eq!(office.kit.log.last().await.unwrap(), length, "a rebuild does nothing twice");
}

#[tokio::test]
async fn why_something_took_no_effect_is_told_in_the_reader_s_language() {
    let office = full().await;
    let lowered = json!({ "recurrenceId": crate::town::RID, "capacity": 2 });
    office.calendar(json!({ "occurrenceDescribed": lowered })).await;
    let lowered = json!({ "recurrenceId": crate::town::RID, "capacity": 1 });
    office.calendar(json!({ "occurrenceDescribed": lowered })).await;
    let english = office.get(&keeper(), DESK).await.text;
    assert!(english.contains("2 are registered: withdraw some"), "{english}");
    let chinese = Viewer { language: Language::Zh, ..keeper() };
    let chinese = office.get(&chinese, DESK).await.text;
    assert!(chinese.contains("没有生效") && !chinese.contains("registered:"), "{chinese}");
}
