use axum::http::StatusCode;
use serde_json::json;

use crate::town::{Office, line, staff, visitor};

const DESK: &str = "/desk/xiguan/scoring";

#[tokio::test]
async fn rules_are_adopted_at_the_desk_and_hold_from_their_date() {
    let office = Office::new().await;
    let public = office.get(&visitor(), "/rankings/xiguan/rules").await;
    public.shows("adopted by Wuhang").hides("<form");
    office.get(&staff("xiguan"), DESK).await.shows("<form").shows("value=\"2026-11-06\"");
    let adopt = [
        ("from", "2026-11-05"),
        ("attendance", "1"),
        ("hour", "0"),
        ("duty", ""),
        ("day_max", "7"),
        ("base_min", "2"),
        ("kind", "议事"),
        ("kind_attendance", "7"),
        ("kind_hour", ""),
        ("kind_duty", ""),
        ("note", "meeting of 1 November"),
    ];
    let done = office.post(&staff("xiguan"), DESK, &adopt).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    office.get(&visitor(), "/rankings/xiguan/rules").await.shows("adopted by Xiguan").shows("议事");
    let rules = office.get(&visitor(), "/api/v1/c/xiguan/scoring").await.json();
    assert_eq!(rules["rules"]["kinds"][0], json!({ "kind": "议事", "attendance": 7 }));
    assert_eq!(rules["event"], json!("xiguan/ranking/scoring/points@1"));
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 120).await;
    let lines = office.lines("xiguan", "level=building").await;
    assert_eq!(lines[0], line("Building 1", 1, 7));
}

#[tokio::test]
async fn rules_that_contradict_themselves_or_look_back_are_refused_and_nothing_changes() {
    let office = Office::new().await;
    let adopt = |from: &'static str, attendance: &'static str, kinds: &'static [&'static str]| {
        let mut fields = vec![("from", from), ("attendance", attendance), ("day_max", "10")];
        for kind in kinds {
            fields.extend([("kind", *kind), ("kind_attendance", "1")]);
        }
        fields
    };
    let before = office.kit.platform.log.last().await.unwrap();
    for (fields, why) in [
        (adopt("2026-12-01", "0", &[]), "give no points for anything"),
        (adopt("2026-12-01", "11", &[]), "below the 11 that one thing earns"),
        (adopt("2026-12-01", "1", &["a", "a"]), "&#39;a&#39; stands twice"),
        (adopt("2026-12-01", "-1", &[]), "attendance: &#39;-1&#39;"),
        (adopt("soon", "1", &[]), "from: &#39;soon&#39;"),
    ] {
        let refused = office.post(&staff("xiguan"), DESK, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let why = why.replace("&#39;", "'");
        refused.shows(&why);
    }
    assert_eq!(office.kit.platform.log.last().await.unwrap(), before);
    let first = adopt("2026-12-01", "1", &[]);
    assert_eq!(office.post(&staff("xiguan"), DESK, &first).await.status, StatusCode::SEE_OTHER);
    let again = office.post(&staff("xiguan"), DESK, &adopt("2026-11-20", "1", &[])).await;
    again.shows("Rules hold from 2026-12-01 on already");
    assert_eq!(office.post(&visitor(), DESK, &first).await.status, StatusCode::UNAUTHORIZED);
}
