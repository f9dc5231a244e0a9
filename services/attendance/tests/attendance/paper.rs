use axum::http::StatusCode;
use serde_json::json;

use crate::town::{DESK, Office, keeper};

async fn after() -> Office {
    let office = Office::new().await;
    office.opens(10, json!({})).await;
    office.at_minute(180).await;
    office
}

fn paper() -> String {
    format!("{DESK}/paper")
}

#[tokio::test]
async fn a_name_is_typed_with_its_building_which_stays_for_the_next() {
    let office = after().await;
    let fields = [("name", "Test Berta"), ("building", "xg-2"), ("time", "09:05")];
    let done = office.post(&keeper(), &paper(), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(done.to.contains("building=xg-2&time=09:05"), "{}", done.to);
    let next = office.get(&keeper(), &done.to).await;
    assert!(next.text.contains("<option value=\"xg-2\" selected>Grid 1 House 2"), "{}", next.text);
    let other = [("name", "Test Adam"), ("building", "xg-2")];
    let nobody = office.post(&keeper(), &paper(), &other).await;
    assert!(nobody.text.contains("Nobody is called"), "{}", nobody.text);
    // Who is called almost so is offered, and entered by nobody but the clerk.
    let short = office.post(&keeper(), &paper(), &[("name", "Test Ada")]).await;
    assert_eq!(short.status, StatusCode::OK);
    assert!(short.text.contains("Nobody is called “Test Ada”"), "{}", short.text);
    assert!(short.text.contains("Test Adam</") || short.text.contains("Test Adam <"));
    assert_eq!(office.counts().await["present"], json!(1));
}

#[tokio::test]
async fn two_of_one_name_in_one_building_are_told_apart_by_flat_or_card_alone() {
    let office = after().await;
    let moved = json!({ "residentMoved": { "community": "xiguan", "building": "xg-2" } });
    let third = crate::town::who(3);
    office.kit.happened(&format!("_/people/resident/{third}"), &moved).await;
    office.settle().await;
    let both = [("name", "Test Berta"), ("building", "xg-2")];
    let page = office.post(&keeper(), &paper(), &both).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("give the flat or card number"), "{}", page.text);
    assert!(!page.text.contains(&format!("name=\"resident\" value=\"{third}\"")), "no guess");
    let flat = |flat| [("name", "Test Berta"), ("building", "xg-2"), ("flat", flat)];
    let wrong = office.post(&keeper(), &paper(), &flat("999")).await;
    assert!(wrong.text.contains("has the flat or card “999”"), "{}", wrong.text);
    let right = office.post(&keeper(), &paper(), &flat("301")).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    let roll = office.get(&keeper(), DESK).await.text;
    assert!(roll.contains(&format!("check-out {third}")) || roll.contains(&third.to_string()));
    assert_eq!(office.counts().await["present"], json!(1));
}

#[tokio::test]
async fn a_table_is_entered_whole_or_not_at_all() {
    let office = after().await;
    let csv = |text: &str| {
        let (path, text) = (format!("{DESK}/paper/csv"), text.to_owned());
        let office = &office;
        async move { office.post(&keeper(), &path, &[("csv", &text)]).await }
    };
    let wrong = "Name,Building,Flat,Time\nTest Adam,House 1,,09:05\nTest Nobody,,,\n\
                 Test Berta,,,\nTest Carla,,,half nine\nTest Adam,xg-1,,\n,xg-1,,";
    let refused = csv(wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for told in [
        "5 lines can't be entered",
        "Line 3: Nobody is called “Test Nobody”",
        "Line 4: several people are called “Test Berta”",
        "Line 5: 'half nine' is no time",
        "Line 6: the same person as in line 2",
        "Line 7: no name",
    ] {
        assert!(refused.text.contains(told), "{told} in {}", refused.text);
    }
    assert_eq!(office.counts().await["present"], json!(0), "nothing is changed");
    let other_day = csv("Test Adam,,,\nTest Carla,,,13:00").await;
    assert_eq!(other_day.status, StatusCode::CONFLICT);
    assert!(other_day.text.contains("Nobody was checked in. Test Carla"), "{}", other_day.text);
    assert_eq!(office.counts().await["present"], json!(0));
    let done = csv("Test Adam,House 1,,09:05\nTest Berta,2,,\nTest Berta,,301,").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(office.counts().await["present"], json!(3));
    assert_eq!(csv(" \n").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_table_comes_as_a_file_as_spreadsheets_save_it() {
    let office = after().await;
    // The heading is Chinese in GB18030: the words for name and building.
    let heading = b"\xD0\xD5\xC3\xFB,\xC2\xA5\xB6\xB0\r\n";
    let file = [&heading[..], b"Test Adam,House 1\r\nTest Carla,\r\n"].concat();
    let done = office.send_file(&keeper(), &format!("{DESK}/paper/csv"), "file", &file).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(office.counts().await["present"], json!(2));
}
