use axum::http::StatusCode;
use serde_json::json;

use crate::town::{API, DESK, Office, PAGE, between, keeper, key, resident, who};

async fn with_two() -> Office {
    let office = Office::new().await;
    office.opens(10, json!({})).await;
    for n in [1, 2] {
        office.post(&resident(n, []), &format!("{PAGE}/register"), &[]).await;
    }
    office
}

async fn own_code(office: &Office, n: u128) -> String {
    let page = office.get(&resident(n, []), "/my/code").await;
    assert!(page.text.contains("<svg"));
    between(&page.text, "<code>", "</code>").to_owned()
}

#[tokio::test]
async fn of_one_altered_letter_a_personal_code_stands_for_nobody() {
    let office = with_two().await;
    office.at_minute(-5).await;
    let code = own_code(&office, 1).await;
    let path = format!("{DESK}/code");
    for at in (0..code.len()).filter(|at| !code[*at..].starts_with(' ')) {
        let other = if code[at..].starts_with('A') { "B" } else { "A" };
        let altered = format!("{}{other}{}", &code[..at], &code[at + 1..]);
        let refused = office.post(&keeper(), &path, &[("code", &altered)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{altered}");
    }
    assert_eq!(office.counts().await["present"], json!(0));
    let done = office.post(&keeper(), &path, &[("code", &code)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(office.get(&keeper(), &done.to).await.text.contains("Test Adam is checked in"));
}

#[tokio::test]
async fn a_code_or_card_shown_again_is_refused_and_a_form_sent_twice_is_not() {
    let office = with_two().await;
    office.at_minute(-5).await;
    let code = own_code(&office, 1).await;
    let path = format!("{DESK}/code");
    let cmd = who(0xC0DE).to_string();
    let fields = [("code", code.as_str())];
    for _ in 0..2 {
        let done = office.post_again(&keeper(), &path, &fields, &cmd).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
    }
    let replayed = office.post(&keeper(), &path, &fields).await;
    assert_eq!(replayed.status, StatusCode::CONFLICT);
    assert!(replayed.text.contains("can't be used again"), "{}", replayed.text);
    let body = json!({ "code": code });
    let by_machine = office.post_json(&keeper(), &format!("{API}/check-ins"), &body).await;
    assert_eq!(by_machine.status, StatusCode::CONFLICT);
    let card = [("code", "34679-ACDEF")];
    assert_eq!(office.post(&keeper(), &path, &card).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.post(&keeper(), &path, &card).await.status, StatusCode::CONFLICT);
    assert_eq!(office.counts().await["present"], json!(2));
}

#[tokio::test]
async fn a_code_of_another_day_is_refused() {
    let office = with_two().await;
    office.at_minute(-24 * 60).await;
    let yesterdays = own_code(&office, 1).await;
    office.at_minute(-5).await;
    let path = format!("{DESK}/code");
    let refused = office.post(&keeper(), &path, &[("code", &yesterdays)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("4 Nov 2026"), "{}", refused.text);
    assert_eq!(office.counts().await["present"], json!(0));
}

#[tokio::test]
async fn the_code_on_the_wall_is_soon_of_no_use_and_good_for_a_family_at_once() {
    let office = with_two().await;
    office.at_minute(-20).await;
    // What the wall shows is in its picture alone, so the test seals as the page does.
    let sealed = |made: i64, purpose: &str| {
        office.kit.platform.vault.seal_cookie(purpose, &made.to_be_bytes()).unwrap()
    };
    let made = office.kit.platform.clock.now().timestamp_micros();
    let code = sealed(made, &format!("wall/{}", key()));
    assert!(office.get(&keeper(), &format!("{DESK}/wall")).await.text.contains("<svg"));
    let with = |code: &str| format!("{PAGE}/check-in?code={code}");
    let family = resident(2, [1]);
    let page = office.get(&family, &with(&code)).await;
    assert!(page.text.contains("Test Adam") && page.text.contains("Test Berta"), "{}", page.text);
    let own = between(&page.text, "name=\"code\" value=\"", "\"").to_owned();
    for wrong in [sealed(made, "wall/another"), format!("{code}A"), own.clone(), String::new()] {
        assert_eq!(office.get(&family, &with(&wrong)).await.status, StatusCode::CONFLICT);
    }
    let path = format!("{PAGE}/check-in");
    let (adam, berta, carla) = (who(1).to_string(), who(2).to_string(), who(3).to_string());
    let stranger = [("code", own.as_str()), ("resident", carla.as_str())];
    assert_eq!(office.post(&family, &path, &stranger).await.status, StatusCode::FORBIDDEN);
    // The picture itself checks nobody in, nor does what another got for it.
    let picture = [("code", code.as_str()), ("resident", berta.as_str())];
    assert_eq!(office.post(&family, &path, &picture).await.status, StatusCode::CONFLICT);
    let others = [("code", own.as_str()), ("resident", adam.as_str())];
    assert_eq!(office.post(&resident(1, []), &path, &others).await.status, StatusCode::CONFLICT);
    let both = [("code", own.as_str()), ("resident", &berta), ("resident", &adam)];
    let done = office.post(&family, &path, &both).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(office.counts().await["present"], json!(2));
    office.at_minute(-14).await;
    assert_eq!(office.get(&family, &with(&code)).await.status, StatusCode::CONFLICT);
    office.at_minute(-9).await;
    assert_eq!(office.post(&family, &path, &both).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_family_of_whom_one_can_t_come_in_stays_out_and_is_told_who() {
    let office = Office::new().await;
    office.opens(1, json!({})).await;
    office.post(&resident(2, []), &format!("{PAGE}/register"), &[]).await;
    office.at_minute(-20).await;
    let family = resident(2, [1]);
    let own = office.at_the_wall(&family).await;
    let (adam, berta) = (who(1).to_string(), who(2).to_string());
    let both = [("code", own.as_str()), ("resident", &berta), ("resident", &adam)];
    let refused = office.post(&family, &format!("{PAGE}/check-in"), &both).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("Nobody was checked in. Test Adam: All 1"), "{}", refused.text);
    assert_eq!(office.counts().await["present"], json!(0));
}
