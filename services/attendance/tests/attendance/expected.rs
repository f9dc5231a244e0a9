//! Who should come, who says that they don't, and the page for inspection.

use axum::http::StatusCode;
use linli_attendance::{contract::RollEvent, fragments};
use linli_platform::{event_log::EventLog as _, ids::Version};
use serde_json::json;

use crate::town::{API, DESK, Office, PAGE, RID, keeper, key, resident, who};

async fn joins(office: &Office, n: u128) {
    let joined = json!({ "teamJoined": { "team": who(0x7ea) } });
    office.kit.happened(&format!("_/people/resident/{}", who(n)), &joined).await;
}

async fn founded(office: &Office) {
    let founded = json!({ "teamFounded": { "community": "xiguan", "name": "Lanterns" } });
    office.kit.happened(&format!("_/people/team/{}", who(0x7ea)), &founded).await;
}

fn seen(page: &str, word: &str) -> usize {
    page.matches(&format!("\">{word}</span>")).count()
}

#[tokio::test]
async fn a_team_is_expected_by_itself_and_who_does_not_come_is_absent() {
    let office = Office::new().await;
    joins(&office, 1).await;
    joins(&office, 2).await;
    let expects = json!({ "visibility": "TEAM", "teams": [who(0x7ea)], "expected": true });
    office.opens(0, expects).await;
    joins(&office, 3).await;
    office.settle().await;
    let page = office.get(&keeper(), DESK).await.text;
    assert_eq!(seen(&page, "expected"), 3, "{page}");
    let second = resident(2, []);
    let own = fragments::occurrence(&office.state, &second, "xiguan", "tea-party", RID);
    let own = own.await.unwrap();
    assert!(own.contains("expected") && own.contains("/excuse"), "{own}");
    let why = [("remark", "on a journey")];
    let excused = office.post(&resident(2, []), &format!("{PAGE}/excuse"), &why).await;
    assert_eq!(excused.status, StatusCode::SEE_OTHER, "{}", excused.text);
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    let counts = office.get(&keeper(), API).await.text;
    let counts: serde_json::Value = serde_json::from_str(&counts).unwrap();
    assert_eq!((&counts["expected"], &counts["missing"]), (&json!(3), &json!(1)));
    office.at_minute(120 + 24 * 60).await;
    let page = office.get(&keeper(), DESK).await.text;
    assert!(page.contains("on a journey"), "{page}");
    assert_eq!((seen(&page, "absent"), seen(&page, "excused")), (1, 1));
    let log = office.kit.log.read(&key().roll().unwrap(), Version(0)).await.unwrap();
    assert!(!format!("{log:?}").contains("journey"), "remarks are sealed");
    let last = log.last().unwrap().entries[0].events.last().unwrap().decode().unwrap();
    let RollEvent::RollClosed { expected: 3, excused: 1, absent, .. } = last else {
        panic!("{last:?}")
    };
    assert_eq!(absent, [who(3)]);
}

#[tokio::test]
async fn the_desk_expects_a_role_a_team_or_a_single_person() {
    let office = Office::new().await;
    founded(&office).await;
    joins(&office, 3).await;
    for n in [1, 2] {
        let changed = json!({ "residentChanged": { "partyMember": true } });
        office.kit.happened(&format!("_/people/resident/{}", who(n)), &changed).await;
    }
    office.opens(0, json!({})).await;
    let path = format!("{DESK}/expected");
    let team = format!("team:{}", who(0x7ea));
    let page = office.get(&keeper(), &path).await.text;
    assert!(page.contains("Lanterns") && page.contains(&team), "{page}");
    for group in ["role:party-member", team.as_str()] {
        let done = office.post(&keeper(), &path, &[("group", group)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
    office.post(&keeper(), DESK, &[("one", &format!("expect {}", who(5)))]).await;
    assert_eq!(office.counts().await["expected"], json!(4));
    office
        .post(&keeper(), DESK, &[("do", "drop-expected"), ("resident", &who(2).to_string())])
        .await;
    assert_eq!(office.counts().await["expected"], json!(3));
    let nobody = office.post(&keeper(), &path, &[("group", "role:volunteer")]).await;
    assert_eq!(nobody.status, StatusCode::CONFLICT);
    let nonsense = office.post(&keeper(), &path, &[("group", "role:king")]).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY);
    let denied = office.post(&resident(1, []), &path, &[("group", "role:volunteer")]).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_is_not_expected_has_nothing_to_be_excused_from() {
    let office = Office::new().await;
    office.opens(0, json!({})).await;
    let refused = office.post(&resident(1, []), &format!("{PAGE}/excuse"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("neither expected nor registered"), "{}", refused.text);
}

#[tokio::test]
async fn one_page_holds_all_that_an_inspection_asks_for() {
    let office = Office::new().await;
    let venue = json!({ "venueAdded": { "description": { "name": "Reading room" } } });
    office.kit.happened(&format!("xiguan/calendar/venue/{}", who(0x7e)), &venue).await;
    let duties = json!([{ "name": "urn", "places": 2 }]);
    office.opens(0, json!({ "text": "Bring your own cup.", "duties": duties })).await;
    office
        .calendar(json!({ "occurrenceMoved": {
            "recurrenceId": RID, "revision": 1, "zone": "Asia/Shanghai", "venue": who(0x7e),
            "start": "2026-11-05T01:00:00Z", "end": "2026-11-05T03:00:00Z", "reason": "flooded",
        }}))
        .await;
    for n in [1, 2] {
        office.post(&resident(n, []), &format!("{PAGE}/register"), &[]).await;
    }
    office.post(&resident(1, []), &format!("{PAGE}/claim"), &[("duty", "urn")]).await;
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    office.post(&keeper(), &format!("{DESK}/headcount"), &[("people", "30")]).await;
    let adam = who(1).to_string();
    let late = [("resident", adam.as_str()), ("minutes", "45"), ("remark", "left early")];
    office.at_minute(120 + 24 * 60).await;
    office.post(&keeper(), &format!("{DESK}/hours"), &late).await;
    let page = office.get(&keeper(), &format!("{DESK}/record")).await;
    assert_eq!(page.status, StatusCode::OK);
    for told in [
        "Tea party",
        "Xiguan",
        "Reading room",
        "flooded",
        "Bring your own cup.",
        "roll closed",
        "<th scope=\"row\">Expected</th><td>2</td>",
        "<th scope=\"row\">Present by name</th><td>1</td>",
        "<th scope=\"row\">Absent</th><td>1</td>",
        "<th scope=\"row\">Headcount</th><td>30</td>",
        "<th scope=\"row\">Attended</th><td>30</td>",
        "<th scope=\"row\">Hours</th><td>0.8 hours</td>",
        "<th scope=\"row\">Length</th><td>2.0 hours</td>",
        "left early",
        "Test Berta",
        "<th scope=\"row\">urn</th><td>2</td><td>Test Adam</td><td>1</td>",
    ] {
        assert!(page.text.contains(told), "{told} in {}", page.text);
    }
    assert_eq!(
        office.get(&resident(1, []), &format!("{DESK}/record")).await.status,
        StatusCode::FORBIDDEN
    );
}
