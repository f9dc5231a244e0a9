//! One occurrence: moved, cancelled, described, opened; with what is refused.

use super::{CMD, Office, id};
use crate::values::agenda::State;

const NOW: &str = "2026-11-02T08:00:00+08:00";

async fn office() -> (Office, String) {
    let office = Office::at(NOW).await;
    office.adds_venue("hall").await;
    office.publishes("talk", None, "cron = \"0 30 19 12 * *\"").await;
    (office, format!("change/{}/20261112T193000", id("talk")))
}

async fn state(office: &Office) -> State {
    office.agenda("2026-11-01", "2026-11-30").await[0].state
}

#[tokio::test]
async fn a_move_needs_a_reason_and_then_shows_a_notice() {
    let (office, path) = office().await;
    let page = office.get(&path).await;
    let hall = id("hall").to_string();
    let form = |cmd, reason| {
        vec![
            ("cmd", cmd),
            ("seen", page.hidden("seen", 0)),
            ("shown", page.hidden("shown", 0)),
            ("start", "2026-11-13T15:00"),
            ("minutes", "60"),
            ("venue", &*hall),
            ("reason", reason),
        ]
    };
    let to = format!("{path}/move");
    let refused = office.post(&to, &form(CMD, " ")).await;
    refused.says(422, "请写明原因");
    refused.says(422, "value=\"2026-11-13T15:00\"");
    assert_eq!(state(&office).await, State::Opened);
    let mut nowhere = form(CMD, "检修");
    nowhere[5].1 = CMD;
    office.post(&to, &nowhere).await.says(422, "没有场地");
    nowhere[5].1 = "";
    nowhere[3].1 = "soon";
    office.post(&to, &nowhere).await.says(422, "不是时间");
    let done = office.post(&to, &form(CMD, "管道检修")).await;
    let after = office.follow(&done).await;
    after.says(200, "管道检修");
    let notice = after.text.split("<textarea readonly").nth(1).unwrap();
    assert!(notice.split("</textarea>").next().unwrap().contains("15:00"));
    let entry = &office.agenda("2026-11-13", "2026-11-13").await[0];
    assert_eq!((entry.state, entry.venue, entry.revision), (State::Moved, Some(id("hall")), 1));
    assert_eq!((entry.end - entry.start).num_minutes(), 60);
    let late = office.post(&to, &form("00000000-0000-4000-8000-000000000002", "停电")).await;
    // The same place again changes nothing; another one is stale.
    assert_eq!(late.status.as_u16(), 303);
    let mut other = form("00000000-0000-4000-8000-000000000003", "停电");
    other[3].1 = "2026-11-14T15:00";
    let late = office.post(&to, &other).await;
    late.says(409, "2026年11月14日");
    late.says(409, "2026年11月13日");
    other[0].1 = late.hidden("cmd", 0);
    other[1].1 = late.hidden("seen", 0);
    assert_eq!(office.post(&to, &other).await.status.as_u16(), 303);
    assert_eq!(office.agenda("2026-11-14", "2026-11-14").await.len(), 1);
}

#[tokio::test]
async fn a_cancellation_needs_a_reason() {
    let (office, path) = office().await;
    let page = office.get(&path).await;
    let form = |reason| {
        let (seen, shown) = (page.hidden("seen", 0), page.hidden("shown", 0));
        [("cmd", CMD), ("seen", seen), ("shown", shown), ("reason", reason)]
    };
    let to = format!("{path}/cancel");
    office.post(&to, &form("")).await.says(422, "请写明原因");
    assert_eq!(state(&office).await, State::Opened);
    let done = office.post(&to, &form("大雨")).await;
    office.follow(&done).await.says(200, "大雨");
    assert_eq!(state(&office).await, State::Cancelled);
}

#[tokio::test]
async fn own_words_are_written_and_a_stale_form_shows_both() {
    let (office, path) = office().await;
    let to = format!("{path}/describe");
    let form =
        |cmd, title| [("cmd", cmd), ("words_seen", "0"), ("title", title), ("capacity", "30")];
    let done = office.post(&to, &form(CMD, "议事会")).await;
    office.follow(&done).await.says(200, "议事会");
    let entry = &office.agenda("2026-11-12", "2026-11-12").await[0];
    assert_eq!((entry.title.as_str(), entry.capacity, entry.revision), ("议事会", 30, 0));
    let two = "00000000-0000-4000-8000-000000000002";
    office.post(&to, &form(two, "座谈会")).await.says(409, "<td>座谈会</td><td>议事会</td>");
    let absurd = [("cmd", two), ("words_seen", "2"), ("capacity", "many")];
    office.post(&to, &absurd).await.says(422, "不是数字");
}

#[tokio::test]
async fn a_computed_occurrence_is_opened_or_moved_only_as_it_was_shown() {
    let office = Office::at(NOW).await;
    office.publishes("talk", None, "cron = \"0 30 19 12 * *\"").await;
    let path = format!("change/{}/20270312T193000", id("talk"));
    let page = office.get(&path).await;
    page.says(200, "现在开放");
    let form = |start| {
        let (seen, shown) = (page.hidden("seen", 0), page.hidden("shown", 0));
        [("cmd", CMD), ("seen", seen), ("shown", shown), ("start", start), ("reason", "检修")]
    };
    office.adds_venue("hall").await;
    let description = crate::contract::Description {
        venue: Some(id("hall")),
        title: "活动talk".into(),
        minutes: 120,
        ..Default::default()
    };
    let elsewhere = crate::deciders::activity::Command::Describe { seen: None, description };
    office.asks("talk", elsewhere).await;
    office.settles().await;
    let stale = office.post(&format!("{path}/move"), &form("2027-03-13T19:30")).await;
    stale.says(409, "场地hall");
    let done = office.post(&format!("{path}/open"), &[("cmd", CMD)]).await;
    office.follow(&done).await.says(200, "badge-opened");
    office.get(&format!("change/{}/20270313T193000", id("talk"))).await.says(404, "");
}

#[tokio::test]
async fn what_is_cancelled_is_planned_anew_from_its_own_words() {
    let (office, path) = office().await;
    let page = office.get(&path).await;
    let (seen, shown) = (page.hidden("seen", 0), page.hidden("shown", 0));
    let cancel = [("cmd", CMD), ("seen", seen), ("shown", shown), ("reason", "大雨")];
    let done = office.post(&format!("{path}/cancel"), &cancel).await;
    let after = office.follow(&done).await;
    after.says(200, "已取消的场次不能恢复");
    let link = after.text.split("href=\"/desk/xiguan/plan/new").nth(1).unwrap();
    let link = format!("plan/new{}", link.split('"').next().unwrap());
    let form = office.get(&link).await;
    form.says(200, "name=\"title\" maxlength=\"80\" required value=\"活动talk\"");
    form.says(200, "name=\"slug\"");
    form.says(200, "value=\"talk-20261112\"");
    form.says(200, ">2026-11-12</textarea>");
    form.says(200, "name=\"at\" type=\"time\" value=\"19:30\"");
    form.says(200, "name=\"minutes\" type=\"number\" inputmode=\"numeric\" min=\"0\" max=\"10080\" value=\"120\"");
    office.get("plan/new?like=talk/nothing").await.says(404, "");
}

#[tokio::test]
async fn what_ended_a_day_ago_is_refused_in_the_readers_words() {
    let (office, path) = office().await;
    let day = chrono::TimeDelta::hours(24);
    let end = office.agenda("2026-11-12", "2026-11-12").await[0].end;
    office.kit.pass(end + day - office.kit.platform.clock.now(), &[&office.service.tables]).await;
    let page = office.get(&path).await;
    let (seen, shown) = (page.hidden("seen", 0), page.hidden("shown", 0));
    let cancel =
        [("cmd", CMD), ("seen", seen), ("shown", shown), ("reason", "大雨"), ("past", "on")];
    office.post(&format!("{path}/cancel"), &cancel).await.says(422, "签到表已关闭");
}
