use axum::http::StatusCode;
use linli_attendance::{contract::RollEvent, fragments};
use linli_platform::{event_log::EventLog as _, ids::Version, vault::Placed, web::Viewer};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::town::{API, DESK, Office, PAGE, keeper, key, resident, who};

async fn with_two() -> Office {
    let office = Office::new().await;
    office.opens(10, json!({})).await;
    for n in [1, 2] {
        office.post(&resident(n, []), &format!("{PAGE}/register"), &[]).await;
    }
    office
}

#[tokio::test]
async fn the_roll_is_for_those_who_take_it() {
    let office = with_two().await;
    let page = office.get(&keeper(), DESK).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Test Adam") && page.text.contains("2 / 10"), "{}", page.text);
    assert_eq!(office.get(&resident(1, []), DESK).await.status, StatusCode::FORBIDDEN);
    assert_eq!(office.get(&Viewer::default(), DESK).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        office.get(&keeper(), "/desk/xiguan/roll/no-such/20261105T090000").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn ticking_counting_and_closing() {
    let office = with_two().await;
    let (adam, dora) = (who(1).to_string(), who(5).to_string());
    let early = office.post(&keeper(), DESK, &[("do", "check-in"), ("resident", &adam)]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(
        early.text.contains("Test Adam: Check-in begins at 5 Nov 2026, 08:00"),
        "{}",
        early.text
    );
    office.at_minute(-10).await;
    let found = office.get(&keeper(), &format!("{DESK}?q=Test+Dora")).await;
    assert!(found.text.contains(&format!("check-in {dora}")), "{}", found.text);
    let ticked = [("do", "check-in"), ("resident", adam.as_str()), ("resident", dora.as_str())];
    assert_eq!(office.post(&keeper(), DESK, &ticked).await.status, StatusCode::SEE_OTHER);
    let counts = office.counts().await;
    assert_eq!((&counts["present"], &counts["missing"]), (&json!(2), &json!(1)));
    let too_few = office.post(&keeper(), &format!("{DESK}/headcount"), &[("people", "1")]).await;
    assert_eq!(too_few.status, StatusCode::CONFLICT);
    assert!(too_few.text.contains("2 are present by name"), "{}", too_few.text);
    office.post(&keeper(), &format!("{DESK}/headcount"), &[("people", "30")]).await;
    assert_eq!(office.counts().await["attended"], json!(30));
    office.at_minute(50).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-out {adam}"))]).await;
    let close = format!("{DESK}/close");
    assert_eq!(office.post(&keeper(), &close, &[]).await.status, StatusCode::CONFLICT);
    office.at_minute(120).await;
    assert_eq!(office.post(&keeper(), &close, &[]).await.status, StatusCode::SEE_OTHER);
    let counts = office.counts().await;
    assert_eq!((&counts["closed"], &counts["minutes"]), (&json!(true), &json!(60 + 120)));
    let mine = fragments::my(&office.state, &resident(1, [])).await.unwrap();
    assert!(mine.contains("attended 1 times, 1.0 hours"), "{mine}");
}

#[tokio::test]
async fn a_roll_closes_by_itself_a_day_after_and_paper_still_comes_in() {
    let office = with_two().await;
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    office.at_minute(120 + 24 * 60).await;
    let counts = office.counts().await;
    assert_eq!((&counts["closed"], &counts["minutes"]), (&json!(true), &json!(120)));
    let late = office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(2)))]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let paper = format!("{DESK}/paper");
    let entered = office.post(&keeper(), &paper, &[("name", "Test Adam"), ("time", "")]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "who is there stays there");
    let two_of_a_name = office.post(&keeper(), &paper, &[("name", "Test Berta")]).await;
    assert_eq!(two_of_a_name.status, StatusCode::OK);
    assert!(two_of_a_name.text.contains("Grid 1 House 2"), "{}", two_of_a_name.text);
    assert!(two_of_a_name.text.contains("House 3"), "{}", two_of_a_name.text);
    assert_eq!(office.counts().await["present"], json!(1));
    let chosen = [("resident", who(2).to_string()), ("time", "09:20".to_owned())];
    let chosen = chosen.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(office.post(&keeper(), &paper, &chosen).await.status, StatusCode::SEE_OTHER);
    let counts = office.counts().await;
    assert_eq!((&counts["present"], &counts["minutes"]), (&json!(2), &json!(240)));
    let other_day = [("name", "Test Carla"), ("time", "13:00")];
    let refused = office.post(&keeper(), &paper, &other_day).await;
    assert!(refused.text.contains("13:00 is not within"), "{}", refused.text);
    let nonsense = office.post(&keeper(), &paper, &[("name", "Test Carla"), ("time", "9")]).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nobody = office.post(&keeper(), &paper, &[("name", "Test Nobody")]).await;
    assert!(nobody.text.contains("Nobody is called"), "{}", nobody.text);
}

#[tokio::test]
async fn hours_are_corrected_with_a_remark_that_only_the_key_opens() {
    let office = with_two().await;
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    let adam = who(1).to_string();
    let fields = [("resident", adam.as_str()), ("minutes", "45"), ("remark", "left early")];
    let done = office.post(&keeper(), &format!("{DESK}/hours"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(office.counts().await["minutes"], json!(45));
    let stream = key().roll().unwrap();
    let log = office.kit.log.read(&stream, Version(0)).await.unwrap();
    let last = log.last().unwrap().entries[0].events[0].clone();
    assert!(!last.0.get().contains("left early"));
    let RollEvent::HoursCorrected { remark: Some(sealed), .. } = last.decode().unwrap() else {
        panic!("{}", last.0)
    };
    let placed = Placed { stream: &stream, field: "remark", sealed: &sealed };
    let opened = office.kit.platform.vault.open_sealed(placed).unwrap();
    assert_eq!(opened.expose_secret(), "left early");
    let absurd = [("resident", adam.as_str()), ("minutes", "5000"), ("remark", "")];
    let refused = office.post(&keeper(), &format!("{DESK}/hours"), &absurd).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_sheet_has_the_expected_and_blank_lines_for_others() {
    let office = with_two().await;
    let sheet = office.get(&keeper(), &format!("{DESK}/sheet")).await;
    assert!(
        sheet.text.contains("Test Adam") && sheet.text.contains("Grid 1 House 1"),
        "{}",
        sheet.text
    );
    assert_eq!(sheet.text.matches("<tr>").count(), 1 + 2 + 12);
}

#[tokio::test]
async fn machines_check_in_by_json_and_once_per_command() {
    let office = with_two().await;
    office.at_minute(0).await;
    let path = format!("{API}/check-ins");
    let body = json!({ "resident": who(1), "cmd": who(0xC0DE) });
    let first = office.post_json(&keeper(), &path, &body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let again = office.post_json(&keeper(), &path, &body).await;
    assert_eq!(again.text, first.text);
    assert_eq!(office.counts().await["present"], json!(1));
    let denied = office.post_json(&resident(1, []), &path, &body).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    let unknown = json!({ "resident": who(77) });
    let refused = office.post_json(&keeper(), &path, &unknown).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn tables_built_anew_are_the_same() {
    let office = with_two().await;
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    office.at_minute(120 + 24 * 60).await;
    let before = office.get(&keeper(), DESK).await.text;
    let length = office.kit.log.last().await.unwrap();
    office.service.rebuild().await.unwrap();
    let after = office.get(&keeper(), DESK).await.text;
    // Each rendering has fresh command ids; all else is equal.
    let steady = |page: &str| {
        page.lines().filter(|line| !line.contains("name=\"cmd\"")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(steady(&before), steady(&after));
    assert_eq!(office.kit.log.last().await.unwrap(), length, "a rebuild does nothing twice");
}
