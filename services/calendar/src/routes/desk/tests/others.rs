//! Venues, holidays, promises, and who may do what.

use axum::http::{Method, Request};
use linli_platform::web::{Language, Need};

use super::{ALL, CMD, Office, id, staff};
use crate::values::agenda::State;

const NOW: &str = "2026-11-02T08:00:00+08:00";

#[tokio::test]
async fn a_closed_venue_offers_all_its_occurrences_and_they_go_in_one_step() {
    let office = Office::at(NOW).await;
    office.adds_venue("hall").await;
    office.adds_venue("yard").await;
    office.publishes("talk", Some("hall"), "cron = \"0 30 19 12 * *\"").await;
    office.publishes("books", Some("hall"), "cron = \"0 0 9 * * Sat\"").await;
    let venue = format!("venues/{}", id("hall"));
    let form = |until, reason| {
        let from = "2026-12-10T00:00";
        [("cmd", CMD), ("from", from), ("until", until), ("reason", reason)]
    };
    let close = format!("{venue}/close");
    office.post(&close, &form("2026-12-01T00:00", "检修")).await.says(409, "结束要晚于开始");
    office.post(&close, &form("2027-02-01T00:00", "")).await.says(409, "请写明原因");
    // From 1 January on they are only computed: 60 days are opened.
    let done = office.post(&close, &form("2027-01-20T00:00", "检修")).await;
    let page = office.follow(&done).await;
    let count = (0..99).take_while(|n| page.text.contains(&format!("\"row-{n}\""))).count();
    assert_eq!(count, 8, "two evenings and six Saturdays");
    let mut fields = vec![
        ("cmd".to_owned(), page.hidden("cmd", 0).to_owned()),
        ("back".into(), page.hidden("back", 0).into()),
        ("all".into(), "cancel".into()),
        ("do-0".into(), "move".into()),
        ("start-0".into(), "2026-12-12T10:00".into()),
        ("venue-0".into(), id("yard").to_string()),
        ("reason".into(), "检修".into()),
    ];
    for n in 0..count {
        for name in ["row", "seen", "shown"] {
            let name = format!("{name}-{n}");
            let value = page.hidden(&name, 0).to_owned();
            fields.push((name, value));
        }
    }
    let mut fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    fields[6].1 = "";
    let before = office.events().await;
    office.post("affected", &fields).await.says(422, "请写明原因");
    assert_eq!(office.events().await, before);
    fields[6].1 = "检修";
    let done = office.post("affected", &fields).await;
    let after = office.follow(&done).await;
    after.says(200, "没有要处理的场次");
    let entries = office.agenda("2026-12-10", "2027-01-19").await;
    let cancelled = entries.iter().filter(|entry| entry.state == State::Cancelled).count();
    assert_eq!((entries.len(), cancelled), (8, 7));
    let moved = entries.iter().find(|entry| entry.state == State::Moved).unwrap();
    assert_eq!(moved.venue, Some(id("yard")));
    let venues = office.get("venues").await;
    assert!(!venues.text.contains("badge-clash"));
    let closure = venues.hidden("closure", 0);
    let two = "00000000-0000-4000-8000-000000000002";
    let done = office.post(&format!("{venue}/reopen"), &[("cmd", two), ("closure", closure)]).await;
    assert!(!office.follow(&done).await.text.contains("name=\"closure\""));
}

#[tokio::test]
async fn venues_are_added_changed_and_a_stale_form_shows_both() {
    let office = Office::at(NOW).await;
    office.post("venues", &[("cmd", CMD), ("name", "")]).await.says(409, "请填写名称");
    office
        .post("venues", &[("cmd", CMD), ("name", "议事厅"), ("capacity", "x")])
        .await
        .says(422, "x");
    let form = [("cmd", CMD), ("name", "议事厅"), ("capacity", "40")];
    let done = office.post("venues", &form).await;
    let page = office.follow(&done).await;
    page.says(200, "可容纳 40 人");
    let path = page.text.split("action=\"/desk/xiguan/venues/").nth(1).unwrap();
    let path = format!("venues/{}", path.split('"').next().unwrap());
    let change = |cmd, seen, name| [("cmd", cmd), ("seen", seen), ("name", name)];
    let two = "00000000-0000-4000-8000-000000000002";
    let done = office.post(&path, &change(two, page.hidden("seen", 0), "议事大厅")).await;
    office.follow(&done).await.says(200, "议事大厅");
    let late = change("00000000-0000-4000-8000-000000000003", page.hidden("seen", 0), "小厅");
    office.post(&path, &late).await.says(409, "<td>小厅</td><td>议事大厅</td>");
}

#[tokio::test]
async fn a_venue_says_which_unit_lends_it() {
    let office = Office::at(NOW).await;
    let unit = id("school");
    let school = serde_json::json!({"unitAdded": {"community": "xiguan", "name": "实验小学",
        "kind": "school"}});
    office.kit.happened(&format!("_/people/unit/{unit}"), &school).await;
    office.settles().await;
    let unit = unit.to_string();
    let form = [("cmd", CMD), ("name", "操场"), ("lender", &*unit)];
    let done = office.post("venues", &form).await;
    let page = office.follow(&done).await;
    page.says(200, "出借单位: 实验小学");
    office
        .kit
        .happened(&format!("_/people/unit/{unit}"), &serde_json::json!({"unitEnded": {}}))
        .await;
    office.settles().await;
    let page = office.get("venues").await;
    page.says(200, "已不在名单中的单位");
    let path = page.text.split("action=\"/desk/xiguan/venues/").nth(1).unwrap();
    let path = format!("venues/{}", path.split('"').next().unwrap());
    let two = "00000000-0000-4000-8000-000000000002";
    let renamed = [("cmd", two), ("seen", "1"), ("name", "大操场"), ("lender", "kept")];
    let done = office.post(&path, &renamed).await;
    office.follow(&done).await.says(200, "已不在名单中的单位");
}

#[tokio::test]
async fn a_paper_is_compared_before_it_is_adopted() {
    let office = Office::at(NOW).await;
    let paper = |days: &str| format!("year = 2027\nsource = \"国务院办公厅\"\n{days}");
    let day = |date: &str, kind: &str| {
        format!("[[days]]\ndate = \"{date}\"\nname = \"元旦\"\nkind = \"{kind}\"\n")
    };
    let first = paper(&(day("2027-01-01", "off") + &day("2027-01-02", "work")));
    let form = |paper| [("cmd", CMD), ("paper", paper)];
    office.post("holidays/preview", &form(&first)).await.says(200, "还没有放假安排");
    office.post("holidays/preview", &form("year = ")).await.says(422, "读不懂");
    let weekday = paper(&day("2027-01-04", "work"));
    office.post("holidays", &form(&weekday)).await.says(422, "不是周六或周日");
    let done = office.post("holidays", &form(&first)).await;
    assert_eq!(done.status.as_u16(), 303);
    office.settles().await;
    let second = paper(&(day("2027-01-01", "off") + &day("2027-01-03", "off")));
    let page = office.post("holidays/preview", &form(&second)).await;
    page.says(200, "新增");
    page.says(200, "<del>2027年1月2日");
    office.get("holidays").await.says(200, "<summary>2027</summary>");
}

#[tokio::test]
async fn the_board_says_what_is_owed() {
    let office = Office::at(NOW).await;
    let form = |n| {
        [
            ("cmd", CMD),
            ("title", "环境整治"),
            ("kind", "环境整治"),
            ("at_least", n),
            ("per", "month"),
        ]
    };
    office.post("cadences", &form("0")).await.says(409, "填 1 或更多");
    office.post("cadences", &form("two")).await.says(422, "不是数字");
    let done = office.post("cadences", &form("2")).await;
    let page = office.follow(&done).await;
    page.says(200, "每月至少 2 次：环境整治");
    page.says(200, "badge-owed");
    page.says(200, "近一个月还欠的");
    page.says(200, "欠 2");
    let path = page.text.split("action=\"/desk/xiguan/").find(|part| part.starts_with("cadences/"));
    let path = path.unwrap().split('"').next().unwrap();
    let change = |cmd, seen, n| {
        let own = [("cmd", cmd), ("seen", seen)];
        let all = form(n).into_iter().filter(|(name, _)| *name != "cmd");
        own.into_iter().chain(all).collect::<Vec<_>>()
    };
    let three = "00000000-0000-4000-8000-000000000003";
    let done = office.post(path, &change(three, page.hidden("seen", 0), "3")).await;
    let page = office.follow(&done).await;
    page.says(200, "每月至少 3 次：环境整治");
    let four = "00000000-0000-4000-8000-000000000004";
    let late = office.post(path, &change(four, "1", "4")).await;
    late.says(409, "<td>4</td><td>3</td>");
    assert_eq!(late.hidden("seen", 0), "2");
    let path =
        page.text.split("action=\"/desk/xiguan/").find(|part| part.contains("/drop\"")).unwrap();
    let path = path.split('"').next().unwrap();
    let two = "00000000-0000-4000-8000-000000000002";
    let done = office.post(path, &[("cmd", two)]).await;
    office.follow(&done).await.says(200, "还没有承诺");
}

#[tokio::test]
async fn an_activity_is_published_and_ended_alone() {
    let office = Office::at(NOW).await;
    office.drafts("talk", None, "cron = \"0 30 19 12 * *\"").await;
    let path = format!("plan/{}", id("talk"));
    let done = office.post(&format!("{path}/publish"), &[("cmd", CMD)]).await;
    office.follow(&done).await.says(200, "已发布");
    // Both occurrences of the next 60 days are opened by then.
    office.settles().await;
    let end = [("cmd", "00000000-0000-4000-8000-000000000002"), ("retire_from", "2026-12-01")];
    assert_eq!(office.post(&format!("{path}/retire"), &end).await.status.as_u16(), 303);
    let entries = office.agenda("2027-01-01", "2027-12-31").await;
    assert!(entries.is_empty());
    // The one that was opened before is for the desk to decide on.
    office.get("plan").await.says(200, "有 1 个已开放的场次");
}

#[tokio::test]
async fn each_route_asks_for_its_own_permission() {
    let office = Office::at(NOW).await;
    let table = office.service.routes.table();
    let desk = table.iter().filter(|route| route.path.starts_with("/desk/{community}/"));
    let mut seen = 0;
    for route in desk {
        let Need::May(needed) = route.need else { panic!("{route:?} needs no permission") };
        let others: Vec<_> = ALL.into_iter().filter(|one| *one != needed).collect();
        let path = route.path.replace("{community}", "xiguan").replace(['{', '}'], "");
        for viewer in [staff(&others, Language::Zh), staff(&[], Language::En)] {
            let method = Method::from_bytes(route.method.as_bytes()).unwrap();
            let request = Request::builder().method(method).uri(&path).extension(viewer);
            let answer = office.send(request.body(axum::body::Body::empty()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), 403, "{route:?}");
        }
        seen += 1;
    }
    assert_eq!(seen, 36);
}

#[tokio::test]
async fn a_teams_address_is_shown_and_another_one_given() {
    let office = Office::at(NOW).await;
    office.publishes("talk", None, "cron = \"0 30 19 12 * *\"").await;
    for (team, community) in [("silver", "xiguan"), ("other", "guanyuan")] {
        let founded =
            serde_json::json!({"teamFounded": {"community": community, "name": "银龄先锋"}});
        office.kit.happened(&format!("_/people/team/{}", id(team)), &founded).await;
    }
    office.settles().await;
    let page = office.get("feeds").await;
    page.says(200, "webcal://linli.test/c/xiguan/calendar.ics");
    let address = |page: &super::Answer| {
        let from = page.text.split("value=\"http://linli.test/t/").nth(1).unwrap();
        from.split('"').next().unwrap().to_owned()
    };
    assert_eq!(page.text.matches("value=\"http://linli.test/t/").count(), 1, "that of no other's");
    let renew = format!("feeds/{}", id("silver"));
    let done = office.post(&renew, &[("known", "0")]).await;
    assert_ne!(address(&office.follow(&done).await), address(&page));
    let other = format!("feeds/{}", id("other"));
    office.post(&other, &[("known", "0")]).await.says(404, "");
}
