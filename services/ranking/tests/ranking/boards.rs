use linli_platform::{testing::at, web::Viewer};
use serde_json::json;

use crate::town::{Office, RID, activity, line, resident, staff, visitor, who};

#[tokio::test]
async fn buildings_are_compared_in_all_and_by_head_and_small_ones_have_no_rank() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    for (n, minutes) in [(1, 60), (4, 60), (6, 120)] {
        office.came("xiguan", 1, n, minutes).await;
    }
    let absolute = office.lines("xiguan", "level=building").await;
    let expected = [line("Building 1", 1, 5), line("Building 2", 1, 5), line("Building 3", 0, 8)];
    assert_eq!(absolute, expected, "those who tie share a rank, one person is no group");
    let by_head = office.lines("xiguan", "level=building&per=head").await;
    assert_eq!(
        by_head,
        [line("Building 2", 1, 5), line("Building 1", 2, 5), line("Building 3", 0, 8)]
    );
    let hours = office.lines("xiguan", "level=building&measure=minutes").await;
    assert_eq!(
        hours,
        [line("Building 1", 1, 60), line("Building 2", 1, 60), line("Building 3", 0, 120)]
    );
    let grid = office.lines("xiguan", "level=grid").await;
    assert_eq!(grid, [line("Grid 1", 1, 10)]);
    let page = office.get(&visitor(), "/rankings/xiguan?level=building").await;
    page.shows("Building 1").shows("<svg").shows("not ranked").shows("fewer than 2");
    page.shows("/rankings/xiguan/place/xiguan-1?period=2026-11").shows("data-live=\"xiguan\"");
}

#[tokio::test]
async fn people_are_named_only_with_their_consent() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 0).await;
    office.came("xiguan", 1, 4, 60).await;
    let people = office.lines("xiguan", "level=resident").await;
    assert_eq!(people, [line("a resident of Building 1", 1, 5), line("Test 1", 2, 2)]);
    let board = office.board("xiguan", "level=resident").await.to_string();
    assert!(!board.contains(&who(4).to_string()), "no id tells who it is");
}

#[tokio::test]
async fn a_joint_occurrence_counts_once_above_and_once_for_each() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({ "partners": ["beishan"] })).await;
    office.came("xiguan", 1, 1, 120).await;
    office.came("xiguan", 1, 7, 120).await;
    office.roll("xiguan", 1, &json!({ "headcountGiven": { "people": 61 } })).await;
    let measure = |measure: &str| format!("level=community&measure={measure}");
    for (code, each) in [("attended", 61), ("activityMinutes", 120), ("occurrences", 1)] {
        let lines = office.lines("wuhang", &measure(code)).await;
        assert_eq!(lines, [line("Beishan", 1, each), line("Xiguan", 1, each)]);
        assert_eq!(office.board("wuhang", "").await["total"][code], json!(each), "{code}");
    }
    let minutes = office.board("wuhang", "measure=minutes").await;
    assert_eq!((&minutes["total"]["minutes"], &minutes["people"]), (&json!(240), &json!(2)));
    assert_eq!(minutes["total"]["unreported"], json!(0));
}

#[tokio::test]
async fn who_moves_in_mid_month_counts_where_they_lived_that_day() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 0).await;
    office.settle().await;
    office.kit.pass(chrono::TimeDelta::days(3), &[&office.service.tables]).await;
    let moved = json!({ "residentMoved": { "community": "xiguan", "building": "xiguan-2" } });
    office.person(1, &moved).await;
    // Of the 5th, typed in on the 8th.
    office.opens("xiguan", 2, json!({})).await;
    office.came("xiguan", 2, 1, 0).await;
    let board = office.board("xiguan", "level=building&measure=attended").await;
    let told: Vec<_> = board["lines"].as_array().unwrap().iter().collect();
    let of = |name: &str| told.iter().find(|line| line["name"] == name).unwrap();
    assert_eq!((&of("Building 1")["value"], &of("Building 1")["base"]), (&json!(2), &json!(2)));
    assert_eq!((&of("Building 2")["value"], &of("Building 2")["base"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn a_building_counts_for_the_grid_it_belonged_to_that_day() {
    let office = Office::new().await;
    office.place("xiguan-g2", "第二网格", "Grid 2", "GRID", "xiguan").await;
    for n in [1, 2] {
        office.opens("xiguan", n, json!({})).await;
    }
    // One is on the 5th, the other on the 9th; the building changes its grid on the 7th.
    let ninth = json!({ "occurrenceMoved": {
        "recurrenceId": RID, "revision": 1, "zone": "Asia/Shanghai", "reason": "停电",
        "start": "2026-11-09T01:00:00Z", "end": "2026-11-09T03:00:00Z",
    }});
    office.calendar("xiguan", 2, &ninth).await;
    office.settle().await;
    let now = office.kit.platform.clock.now();
    let days = at("2026-11-07T02:00:00Z") - now;
    office.kit.pass(days, &[&office.service.tables]).await;
    let moved = json!({ "placeChanged": {
        "name": "1号楼", "nameEn": "Building 1", "parent": "xiguan-g2",
    }});
    office.kit.happened("_/people/place/xiguan-1", &moved).await;
    office.came("xiguan", 1, 1, 60).await;
    office.came("xiguan", 2, 1, 0).await;
    let lines = office.lines("xiguan", "level=grid&period=2026-11").await;
    assert_eq!(lines, [line("Grid 1", 1, 5), line("Grid 2", 2, 2)]);
    // The week's board is that of the first alone.
    let lines = office.lines("xiguan", "level=grid&period=2026-W45&measure=attended").await;
    assert_eq!(lines, [line("Grid 1", 1, 1), line("Grid 2", 2, 0)]);
    let page = "/rankings/xiguan/place/xiguan-g1?period=2026-11";
    office.get(&visitor(), page).await.shows("Tea party 1").hides("Tea party 2");
    let page = "/rankings/xiguan/place/xiguan-g2?period=2026-11";
    office.get(&visitor(), page).await.shows("Tea party 2").hides("Tea party 1");
}

#[tokio::test]
async fn whoever_names_no_month_sees_the_last_in_which_anything_was() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 60).await;
    office.settle().await;
    let path = "/rankings/xiguan?level=building";
    office.get(&visitor(), path).await.shows("November 2026").shows("aria-labelledby=\"heat\"");
    let december = at("2026-12-01T00:00:00Z") - office.kit.platform.clock.now();
    office.kit.pass(december, &[&office.service.tables]).await;
    let page = office.get(&visitor(), path).await;
    page.shows("<strong>November 2026</strong>").shows("Building 1").shows("id=\"heat\"");
    let asked = format!("{path}&period=month");
    office.get(&visitor(), &asked).await.shows("<strong>December 2026</strong>");
}

#[tokio::test]
async fn an_occurrence_that_is_moved_leaves_the_day_it_was_on() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 60).await;
    office.settle().await;
    let december = json!({ "occurrenceMoved": {
        "recurrenceId": RID, "revision": 1, "zone": "Asia/Shanghai", "reason": "停电",
        "start": "2026-12-03T01:00:00Z", "end": "2026-12-03T03:00:00Z",
    }});
    office.calendar("xiguan", 1, &december).await;
    office.settle().await;
    let of = async |period: &str| {
        let query = format!("level=building&period={period}");
        let lines = office.lines("xiguan", &query).await;
        let total = office.board("xiguan", &query).await["total"]["points"].clone();
        (lines.into_iter().find(|(name, ..)| name == "Building 1").unwrap().2, total)
    };
    assert_eq!(of("2026-11").await, (0, json!(0)));
    assert_eq!(of("2026-12").await, (5, json!(5)));
}

#[tokio::test]
async fn a_line_leads_to_its_occurrences_and_a_point_to_its_cause() {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.opens("xiguan", 2, json!({ "visibility": "STAFF" })).await;
    office.came("xiguan", 1, 1, 60).await;
    office.came("xiguan", 2, 1, 0).await;
    let path = "/rankings/xiguan/place/xiguan-1?period=2026-11";
    let public = office.get(&visitor(), path).await;
    public.shows(&format!("/c/xiguan/tea-1/{RID}")).shows("Tea party 1").shows("Not public");
    public.hides("Tea party 2");
    office.get(&staff("xiguan"), path).await.shows("Tea party 2");
    office
        .get(&visitor(), "/rankings/xiguan/place/xiguan?period=2026-11")
        .await
        .shows("Tea party 1");
    let mine = office.get(&resident(1), "/my/points").await;
    mine.shows("Tea party 1").shows("Tea party 2").shows("<dd>7</dd>").shows("Hours of service");
    let desk = office.get(&staff("xiguan"), &format!("/desk/xiguan/points/{}", who(1))).await;
    desk.shows(&format!("xiguan/attendance/roll/{}-{RID}@1", activity(1)));
    let elsewhere =
        office.get(&staff("beishan"), &format!("/desk/beishan/points/{}", who(1))).await;
    assert_eq!(elsewhere.status, 404);
    assert_eq!(office.get(&Viewer::default(), "/my/points").await.status, 401);
}

#[tokio::test]
async fn teams_are_compared_by_who_belonged_that_day_and_by_their_own_occurrences() {
    let office = Office::new().await;
    let team = who(0x7ea);
    let founded = json!({ "teamFounded": { "community": "xiguan", "name": "手拉手" } });
    office.kit.happened(&format!("_/people/team/{team}"), &founded).await;
    office.person(1, &json!({ "teamJoined": { "team": team } })).await;
    office.opens("xiguan", 1, json!({ "visibility": "TEAM", "teams": [team] })).await;
    office.opens("xiguan", 2, json!({})).await;
    office.came("xiguan", 1, 1, 60).await;
    office.came("xiguan", 1, 2, 60).await;
    office.came("xiguan", 2, 1, 0).await;
    let lines = office.lines("xiguan", "level=team").await;
    assert_eq!(lines, [line("手拉手", 1, 7)]);
    let lines = office.lines("xiguan", "level=team&measure=activityMinutes").await;
    assert_eq!(lines, [line("手拉手", 1, 120)]);
    let path = format!("/rankings/xiguan/team/{team}?period=2026-11");
    office.get(&visitor(), &path).await.shows("Not public").hides("Tea party 2");
}

#[tokio::test]
async fn what_can_not_be_shown_is_refused_with_its_name() {
    let office = Office::new().await;
    for (path, status) in [
        ("/rankings/nowhere", 404),
        ("/rankings/xiguan?level=street", 422),
        ("/rankings/xiguan?measure=money", 422),
        ("/rankings/xiguan?period=2026-13", 422),
        ("/rankings/xiguan/place/beishan-1", 404),
    ] {
        assert_eq!(office.get(&visitor(), path).await.status, status, "{path}");
    }
    let empty = office.get(&visitor(), "/rankings/xiguan?level=resident&period=2020").await;
    empty.shows("Nothing yet");
}
