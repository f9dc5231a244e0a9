//! Who can't be put on a roll, and by whom.

use axum::http::StatusCode;
use serde_json::json;

use crate::town::{DESK, Office, PAGE, RID, between, keeper, resident, who};

#[tokio::test]
async fn nobody_unknown_stands_on_a_roll() {
    let office = Office::new().await;
    office.opens(10, json!({})).await;
    office.at_minute(0).await;
    let stranger = who(77).to_string();
    for verb in ["check-in", "excuse"] {
        let form = [("do", verb), ("resident", stranger.as_str())];
        let refused = office.post(&keeper(), DESK, &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{verb}");
        assert!(refused.text.contains("no such resident"), "{}", refused.text);
    }
    let counts = office.counts().await;
    assert_eq!((&counts["present"], &counts["excused"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn the_code_of_a_double_stands_for_nobody() {
    let office = Office::new().await;
    office.opens(10, json!({})).await;
    office.at_minute(0).await;
    let page = office.get(&resident(1, []), "/my/code").await.text;
    let code = between(&page, "<code>", "</code>").to_owned();
    let merged = json!({ "residentMerged": { "into": who(2) } });
    office.kit.happened(&format!("_/people/resident/{}", who(1)), &merged).await;
    office.settle().await;
    let refused = office.post(&keeper(), &format!("{DESK}/code"), &[("code", &code)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_team_s_own_roll_is_for_its_members_and_those_whom_staff_took_on() {
    let office = Office::new().await;
    office.opens(0, json!({ "visibility": "TEAM", "teams": [who(0x7ea)] })).await;
    let excuse = office.post(&resident(1, []), &format!("{PAGE}/excuse"), &[]).await;
    assert_eq!(excuse.status, StatusCode::FORBIDDEN);
    let guest = who(2).to_string();
    let invited =
        office.post(&keeper(), &format!("{PAGE}/register"), &[("resident", &guest)]).await;
    assert_eq!(invited.status, StatusCode::SEE_OTHER);
    office.at_minute(0).await;
    let mut answers = Vec::new();
    for n in [1, 2] {
        let (path, id) = (format!("{PAGE}/check-in"), who(n).to_string());
        let code = office.at_the_wall(&resident(n, [])).await;
        let form = [("code", code.as_str()), ("resident", id.as_str())];
        answers.push(office.post(&resident(n, []), &path, &form).await.status);
    }
    assert_eq!(answers, [StatusCode::FORBIDDEN, StatusCode::SEE_OTHER], "{RID}");
}

#[tokio::test]
async fn a_remark_is_no_book() {
    let office = Office::new().await;
    office.opens(0, json!({})).await;
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    let (id, long) = (who(1).to_string(), "x".repeat(201));
    let form = [("resident", id.as_str()), ("minutes", "5"), ("remark", long.as_str())];
    let refused = office.post(&keeper(), &format!("{DESK}/hours"), &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("200"), "{}", refused.text);
}
