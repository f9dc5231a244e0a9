//! Duties: stand-ins, what is missing two days before, what is done, and standing ones.

use axum::http::StatusCode;
use linli_attendance::{contract::DutyEvent, fragments};
use linli_platform::{event_log::EventLog as _, ids::Version, web::Viewer};
use serde_json::json;

use crate::town::{DESK, Office, PAGE, RID, between, keeper, key, resident, who};

const STANDING: &str = "/c/xiguan/duties";
const AT_DESK: &str = "/desk/xiguan/duties";

async fn with_duty(places: u32) -> Office {
    let office = Office::new().await;
    office.opens(0, json!({ "duties": [{ "name": "tea", "places": places }] })).await;
    office
}

async fn of_duties(office: &Office) -> Vec<DutyEvent> {
    let log = office.kit.log.read(&key().duty().unwrap(), Version(0)).await.unwrap();
    let events = log.iter().flat_map(|commit| &commit.entries).flat_map(|entry| &entry.events);
    events.map(|event| event.decode().unwrap()).collect()
}

async fn page_of(office: &Office, n: u128) -> String {
    let viewer = resident(n, []);
    fragments::occurrence(&office.state, &viewer, "xiguan", "tea-party", RID).await.unwrap()
}

async fn tea(office: &Office, n: u128, action: &str) -> StatusCode {
    let path = format!("{PAGE}/{action}");
    office.post(&resident(n, []), &path, &[("duty", "tea")]).await.status
}

#[tokio::test]
async fn two_days_before_the_log_and_the_desk_say_that_somebody_is_missing() {
    let office = with_duty(2).await;
    tea(&office, 1, "claim").await;
    office.at_minute(-2 * 24 * 60 - 1).await;
    assert!(!office.get(&keeper(), AT_DESK).await.text.contains("tea: 1 missing"));
    let told = |events: &[DutyEvent]| {
        events.iter().filter(|event| matches!(event, DutyEvent::DutyUnfilled { .. })).count()
    };
    assert_eq!(told(&of_duties(&office).await), 0);
    office.at_minute(-2 * 24 * 60).await;
    assert_eq!(told(&of_duties(&office).await), 1);
    let desk = office.get(&keeper(), AT_DESK).await.text;
    assert!(desk.contains("Tea party") && desk.contains("tea: 1 missing"), "{desk}");
    tea(&office, 2, "claim").await;
    assert!(!office.get(&keeper(), AT_DESK).await.text.contains("missing"));
    office.at_minute(-24 * 60).await;
    tea(&office, 1, "ask-stand-in").await;
    assert_eq!(told(&of_duties(&office).await), 1, "the same is missing as was told");
    tea(&office, 2, "release").await;
    assert_eq!(told(&of_duties(&office).await), 2);
    let noted = office.get(&keeper(), DESK).await.text;
    assert!(!noted.contains("took no effect"), "nothing was asked for in vain: {noted}");
}

#[tokio::test]
async fn somebody_stands_in_and_the_duty_is_theirs_when_it_is_done() {
    let office = with_duty(1).await;
    tea(&office, 1, "claim").await;
    assert_eq!(tea(&office, 2, "stand-in").await, StatusCode::CONFLICT);
    assert_eq!(tea(&office, 1, "ask-stand-in").await, StatusCode::SEE_OTHER);
    let page = page_of(&office, 2).await;
    assert!(page.contains("stand-in wanted") && page.contains("/stand-in\""), "{page}");
    assert!(!page.contains(&who(1).to_string()), "who asks is nobody else's business");
    assert_eq!(tea(&office, 2, "stand-in").await, StatusCode::SEE_OTHER);
    assert!(!page_of(&office, 1).await.contains("stand-in wanted"));
    office.at_minute(0).await;
    for n in [1, 2] {
        office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(n)))]).await;
    }
    office.at_minute(120 + 24 * 60).await;
    let done = DutyEvent::DutyDone { duty: "tea".into(), resident: who(2) };
    assert_eq!(of_duties(&office).await.last(), Some(&done));
    office.post(&keeper(), DESK, &[("one", &format!("reverse {}", who(2)))]).await;
    let undone = DutyEvent::DutyDoneReversed { duty: "tea".into(), resident: who(2), into: None };
    assert_eq!(of_duties(&office).await.last(), Some(&undone));
    let paper = [("resident", who(2).to_string())].map(|(k, v)| (k, v.clone()));
    let paper: Vec<_> = paper.iter().map(|(k, v)| (*k, v.as_str())).collect();
    office.post(&keeper(), &format!("{DESK}/paper"), &paper).await;
    assert_eq!(of_duties(&office).await.last(), Some(&done), "from paper it is done again");
}

/// Makes a standing duty and gives its id.
async fn stairs(office: &Office, places: &str) -> String {
    let fields = [("name", "Stairs"), ("about", "Keep them free"), ("building", "xg-2")];
    let fields = [&fields[..], &[("places", places), ("from_on", "2026-11-01")]].concat();
    let made = office.post(&keeper(), AT_DESK, &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = office.get(&keeper(), AT_DESK).await.text;
    assert!(page.contains("Stairs") && page.contains("Grid 1 House 2"), "{page}");
    between(&page, "name=\"id\" value=\"", "\"").to_owned()
}

async fn acts(office: &Office, viewer: &Viewer, id: &str, fields: &[(&str, &str)]) -> StatusCode {
    let fields = [&[("id", id)], fields].concat();
    office.post(viewer, STANDING, &fields).await.status
}

#[tokio::test]
async fn a_standing_duty_is_claimed_covered_and_given_back() {
    let office = Office::new().await;
    let id = stairs(&office, "1").await;
    let (one, two) = (resident(1, []), resident(2, []));
    let page = office.get(&Viewer::default(), STANDING).await.text;
    assert!(page.contains("Keep them free") || page.contains("Stairs"), "{page}");
    assert_eq!(acts(&office, &one, &id, &[("do", "claim")]).await, StatusCode::SEE_OTHER);
    assert_eq!(acts(&office, &two, &id, &[("do", "claim")]).await, StatusCode::CONFLICT);
    let mine = fragments::my(&office.state, &one).await.unwrap();
    assert!(mine.contains("Stairs"), "{mine}");
    let days = [("do", "ask"), ("from_on", "2026-11-10"), ("until_on", "2026-11-12")];
    assert_eq!(acts(&office, &one, &id, &days).await, StatusCode::SEE_OTHER);
    let past = [("do", "ask"), ("from_on", "2026-10-10"), ("until_on", "2026-10-12")];
    assert_eq!(acts(&office, &one, &id, &past).await, StatusCode::CONFLICT);
    let page = office.get(&two, STANDING).await.text;
    assert!(!page.contains(&who(1).to_string()), "who is away is told to nobody: {page}");
    let token = between(&page, "name=\"cover\" value=\"", "\"").to_owned();
    office.at_minute(3 * 24 * 60).await;
    let told = office.get(&keeper(), AT_DESK).await.text;
    assert!(told.contains("nobody stands in yet") && told.contains("Test Adam"), "{told}");
    let take = [("do", "take"), ("cover", token.as_str())];
    assert_eq!(acts(&office, &two, &id, &take).await, StatusCode::SEE_OTHER);
    assert!(office.get(&keeper(), AT_DESK).await.text.contains("Test Berta"));
    assert_eq!(acts(&office, &resident(3, []), &id, &take).await, StatusCode::CONFLICT);
    assert_eq!(acts(&office, &one, &id, &[("do", "release")]).await, StatusCode::SEE_OTHER);
    assert_eq!(acts(&office, &two, &id, &[("do", "claim")]).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_desk_gives_and_ends_standing_duties_and_nobody_else_does() {
    let office = Office::new().await;
    let id = stairs(&office, "2").await;
    let give = |name: &'static str| [("id", id.as_str()), ("name", name)];
    let path = format!("{AT_DESK}/give");
    let done = office.post(&keeper(), &path, &give("Test Adam")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let two = office.post(&keeper(), &path, &give("Test Berta")).await;
    assert_eq!(two.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(office.get(&keeper(), AT_DESK).await.text.contains("Test Adam"));
    let absurd = [("name", "Square"), ("places", "0")];
    assert_eq!(office.post(&keeper(), AT_DESK, &absurd).await.status, StatusCode::CONFLICT);
    let minus = [("name", "Square"), ("places", "-1")];
    let refused = office.post(&keeper(), AT_DESK, &minus).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (viewer, path) in [(resident(1, []), AT_DESK), (resident(1, []), path.as_str())] {
        let denied = office.post(&viewer, path, &give("Test Carla")).await;
        assert_eq!(denied.status, StatusCode::FORBIDDEN);
    }
    let end = format!("{AT_DESK}/end");
    assert_eq!(office.post(&keeper(), &end, &[("id", &id)]).await.status, StatusCode::SEE_OTHER);
    assert!(!office.get(&keeper(), AT_DESK).await.text.contains("Stairs"));
    let claim = acts(&office, &resident(2, []), &id, &[("do", "claim")]).await;
    assert_eq!(claim, StatusCode::CONFLICT);
    let unknown = acts(&office, &resident(2, []), &who(9).to_string(), &[("do", "claim")]).await;
    assert_eq!(unknown, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_desk_changes_a_standing_duty_and_a_stale_form_shows_both_versions() {
    let office = Office::new().await;
    let id = stairs(&office, "1").await;
    let page = office.get(&keeper(), AT_DESK).await.text;
    assert!(page.contains("value=\"Stairs\"") && page.contains("<summary>Change the duty"));
    let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
    let change = |places: &'static str, name: &'static str| {
        let of = [("id", id.as_str()), ("seen", seen.as_str()), ("name", name)];
        [&of[..], &[("places", places), ("from_on", "2026-11-01"), ("tell_me", "1")]].concat()
    };
    let done = office.post(&keeper(), AT_DESK, &change("3", "Stairs and lift")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(office.get(&keeper(), AT_DESK).await.text.contains("Stairs and lift"));
    let stale = office.post(&keeper(), AT_DESK, &change("2", "Staircase")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    for both in ["Staircase", "Stairs and lift", "<td>2</td><td>3</td>"] {
        assert!(stale.text.contains(both), "{both} in {}", stale.text);
    }
    assert!(!office.get(&keeper(), AT_DESK).await.text.contains("Staircase"), "nothing changed");
    let newer = between(&stale.text, "name=\"seen\" value=\"", "\"").to_owned();
    let mut mine = change("2", "Staircase");
    mine[1].1 = &newer;
    let done = office.post(&keeper(), AT_DESK, &mine).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(office.get(&keeper(), AT_DESK).await.text.contains("Staircase"));
}

#[tokio::test]
async fn hours_that_make_no_sense_are_refused_and_change_nothing() {
    let office = with_duty(1).await;
    office.at_minute(0).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-in {}", who(1)))]).await;
    office.at_minute(60).await;
    office.post(&keeper(), DESK, &[("one", &format!("check-out {}", who(1)))]).await;
    let adam = who(1).to_string();
    for (minutes, status) in [
        ("-30", StatusCode::UNPROCESSABLE_ENTITY),
        ("1.5", StatusCode::UNPROCESSABLE_ENTITY),
        ("99999999999", StatusCode::UNPROCESSABLE_ENTITY),
        ("721", StatusCode::CONFLICT),
    ] {
        let fields = [("resident", adam.as_str()), ("minutes", minutes)];
        let refused = office.post(&keeper(), &format!("{DESK}/hours"), &fields).await;
        assert_eq!(refused.status, status, "{minutes}");
        assert!(refused.text.contains(minutes), "{}", refused.text);
    }
    assert_eq!(office.counts().await["minutes"], json!(60));
}
