use axum::http::StatusCode;
use linli_attendance::{contract::RollEvent, deciders::roll, fragments};
use linli_platform::{
    event_log::EventLog as _,
    ids::{Actor, Version},
    stream::Meta,
    web::Viewer,
};
use serde_json::json;

use crate::town::{ACTIVITY, DESK, Office, PAGE, RID, keeper, key, resident, who};

async fn shown(office: &Office, viewer: &Viewer) -> String {
    fragments::occurrence(&office.state, viewer, "xiguan", "tea-party", RID).await.unwrap()
}

#[tokio::test]
async fn the_last_place_the_line_and_the_promotion() {
    let office = Office::new().await;
    assert_eq!(shown(&office, &resident(1, [])).await, "", "nothing to show before it is opened");
    office.opens(1, json!({})).await;
    assert!(shown(&office, &resident(1, [])).await.contains("1 of 1 places left"));
    let first = office.post(&resident(1, []), &format!("{PAGE}/register"), &[]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert!(first.to.starts_with(&format!("{PAGE}?at=")), "{}", first.to);
    for n in [2, 3] {
        office.post(&resident(n, []), &format!("{PAGE}/register"), &[]).await;
    }
    let third = shown(&office, &resident(3, [])).await;
    assert!(third.contains("number 2 in line") && third.contains("2 waiting"), "{third}");
    office.post(&resident(1, []), &format!("{PAGE}/withdraw"), &[]).await;
    let counts = office.counts().await;
    assert_eq!((&counts["registered"], &counts["waiting"]), (&json!(1), &json!(1)));
    assert!(shown(&office, &resident(2, [])).await.contains("badge-registered"));
    assert!(shown(&office, &resident(3, [])).await.contains("number 1 in line"));
}

#[tokio::test]
async fn a_daughter_registers_her_mother_and_nobody_elses() {
    let (office, path) = (Office::new().await, format!("{PAGE}/register"));
    office.opens(0, json!({})).await;
    let (mother, stranger) = (who(1).to_string(), who(3).to_string());
    let daughter = resident(2, [1]);
    assert!(shown(&office, &daughter).await.contains("Test Adam"));
    let done = office.post(&daughter, &path, &[("resident", &mother)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let refused = office.post(&daughter, &path, &[("resident", &stranger)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let nobody = office.post(&Viewer::default(), &path, &[("resident", &mother)]).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let stream = key().roll().unwrap();
    let read = office.kit.log.read(&stream, Version(1)).await.unwrap();
    let entry = &read[0].entries[0];
    let registered = RollEvent::Registered { resident: who(1), proxy: Some(who(2)) };
    assert_eq!(entry.events[0].decode::<RollEvent>().unwrap(), registered);
    assert_eq!(entry.actor, Actor::Resident(who(2)));
}

#[tokio::test]
async fn a_form_sent_twice_does_it_once() {
    let (office, path) = (Office::new().await, format!("{PAGE}/register"));
    office.opens(0, json!({})).await;
    let viewer = resident(1, []);
    let cmd = "5b0d5a2e-7d0c-4b57-8c8b-0d6a1c2f3e4d";
    let first = office.post_again(&viewer, &path, &[], cmd).await;
    office.post(&viewer, &format!("{PAGE}/withdraw"), &[]).await;
    let again = office.post_again(&viewer, &path, &[], cmd).await;
    assert_eq!((again.status, again.to), (first.status, first.to));
    assert_eq!(office.counts().await["registered"], json!(0));
    let without = office.post_again(&viewer, &path, &[], "").await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_child_comes_with_a_guardians_consent() {
    let (office, path) = (Office::new().await, format!("{PAGE}/register"));
    office.opens(0, json!({ "guardianConsent": true })).await;
    let refused = office.post(&resident(4, []), &path, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("guardian"), "{}", refused.text);
    let given = json!({ "consentGiven": { "purpose": "GUARDIAN", "how": "paper" } });
    office.kit.happened(&format!("_/people/resident/{}", who(4)), &given).await;
    office.settle().await;
    assert_eq!(office.post(&resident(4, []), &path, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_teams_own_activity_takes_its_members() {
    let (office, path) = (Office::new().await, format!("{PAGE}/register"));
    let team = who(0x7ea).to_string();
    office.opens(0, json!({ "visibility": "TEAM", "teams": [team] })).await;
    assert_eq!(office.post(&resident(1, []), &path, &[]).await.status, StatusCode::FORBIDDEN);
    let joined = json!({ "teamJoined": { "team": team } });
    office.kit.happened(&format!("_/people/resident/{}", who(1)), &joined).await;
    office.settle().await;
    assert_eq!(office.post(&resident(1, []), &path, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn duties_are_claimed_and_shown_on_ones_own_page() {
    let office = Office::new().await;
    office.opens(0, json!({ "duties": [{ "name": "welcome", "places": 1 }] })).await;
    let claim = format!("{PAGE}/claim");
    let done = office.post(&resident(1, []), &claim, &[("duty", "welcome")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let full = office.post(&resident(2, []), &claim, &[("duty", "welcome")]).await;
    assert_eq!(full.status, StatusCode::CONFLICT);
    assert!(full.text.contains("All 1 places"), "{}", full.text);
    assert!(shown(&office, &resident(1, [])).await.contains("1 of 1 taken"));
    let mine = fragments::my(&office.state, &resident(1, [])).await.unwrap();
    assert!(mine.contains("Tea party") && mine.contains("welcome"), "{mine}");
    office.post(&resident(1, []), &format!("{PAGE}/release"), &[("duty", "welcome")]).await;
    let again = office.post(&resident(2, []), &claim, &[("duty", "welcome")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_moved_occurrence_keeps_its_people_and_a_cancelled_one_takes_nobody() {
    let office = Office::new().await;
    office.opens(0, json!({})).await;
    office.post(&resident(1, []), &format!("{PAGE}/register"), &[]).await;
    office
        .calendar(json!({ "occurrenceMoved": {
            "recurrenceId": RID, "revision": 1, "zone": "Asia/Shanghai", "reason": "flood",
            "start": "2026-11-06T01:00:00Z", "end": "2026-11-06T03:00:00Z",
        }}))
        .await;
    let counts = office.counts().await;
    assert_eq!(counts["start"], json!("2026-11-06T01:00:00Z"));
    assert_eq!(counts["registered"], json!(1));
    let cancelled = json!({ "recurrenceId": RID, "revision": 2, "reason": "flood" });
    office.calendar(json!({ "occurrenceCancelled": cancelled })).await;
    let refused = office.post(&resident(2, []), &format!("{PAGE}/register"), &[]).await;
    assert_eq!(
        (refused.status, refused.text.as_str()),
        (StatusCode::CONFLICT, "This is cancelled.")
    );
    let mine = fragments::my(&office.state, &resident(1, [])).await.unwrap();
    assert!(mine.contains("badge-cancelled"), "{mine}");
}

#[tokio::test]
async fn a_lowered_capacity_below_the_registered_stays_as_it_was() {
    let office = Office::new().await;
    office.opens(5, json!({})).await;
    for n in [1, 2] {
        office.post(&resident(n, []), &format!("{PAGE}/register"), &[]).await;
    }
    let set =
        |capacity| json!({ "occurrenceDescribed": { "recurrenceId": RID, "capacity": capacity } });
    office.calendar(set(1)).await;
    assert_eq!(office.counts().await["capacity"], json!(5));
    let told = office.get(&keeper(), DESK).await.text;
    assert!(told.contains("took no effect") && told.contains("2 are registered"), "{told}");
    office.calendar(set(2)).await;
    assert_eq!(office.counts().await["capacity"], json!(2));
}

#[tokio::test]
async fn of_a_thousand_at_once_ten_get_a_place_and_the_others_a_line() {
    let office = Office::new().await;
    office.opens(10, json!({})).await;
    let stream = key().roll().unwrap();
    let asked = (1..=1000_u128).map(|n| {
        let (streams, stream) = (office.kit.platform.streams.clone(), stream.clone());
        let meta = Meta::by(Actor::Resident(who(n)), office.kit.platform.entropy.command());
        let command = roll::Command::Register { resident: who(n), proxy: None, guardian_ok: true };
        tokio::spawn(async move { streams.execute::<roll::Roll>(&stream, meta, command).await })
    });
    for answer in asked.collect::<Vec<_>>() {
        answer.await.unwrap().unwrap();
    }
    let counts = office.counts().await;
    assert_eq!((&counts["registered"], &counts["waiting"]), (&json!(10), &json!(990)));
    let (state, _) = office.kit.platform.streams.state::<roll::Roll>(&stream).await.unwrap();
    let written = office.kit.log.read(&stream, Version(0)).await.unwrap();
    let line: Vec<_> = written
        .iter()
        .flat_map(|commit| commit.events().map(|(_, _, event)| event.decode().unwrap()))
        .filter_map(|event| match event {
            RollEvent::Waitlisted { resident, .. } => Some(resident),
            _ => None,
        })
        .collect();
    assert_eq!(state.waiting(), line, "the line is the order on the log");
    let opened: RollEvent = written[0].entries[0].events[0].decode().unwrap();
    assert!(matches!(opened, RollEvent::RollOpened { activity, .. } if activity == ACTIVITY));
}
