//! Planning: previews, refusals, a stale form, this and future, publishing a month.

use linli_platform::web::Language;

use super::{
    super::{
        fields::Fields,
        rule_form::{KINDS, fill, to_toml},
    },
    ALL, CMD, Office, id, staff,
};
use crate::values::agenda::State;

const NOW: &str = "2026-11-02T08:00:00+08:00";
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Fields of a form.
type Given<'a> = &'a [(&'a str, &'a str)];

/// The form of an activity with these fields.
fn form<'a>(own: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let plain = [("cmd", CMD), ("title", "读书会"), ("minutes", "90"), ("from", "2026-11-02")];
    let given = |name: &str| own.iter().any(|(key, _)| *key == name);
    plain.into_iter().filter(|(key, _)| !given(key)).chain(own.iter().copied()).collect()
}

/// Each kind of rule as it is clicked, and what its preview begins with.
fn clicked() -> Vec<(Vec<(&'static str, &'static str)>, &'static str)> {
    let all = DAYS.map(|day| ("weekdays", day));
    vec![
        (vec![("kind", "month_day"), ("month_days", "5、12、20"), ("at", "19:30")], "2026-11-05"),
        (vec![("kind", "month_day"), ("month_days", "9"), ("minutes", "")], "2026-11-09"),
        (
            vec![("kind", "weekdays"), ("weekdays", "Tue"), ("weekdays", "Fri"), ("at", "09:00")],
            "2026-11-03",
        ),
        (
            vec![("kind", "weekdays"), ("weekdays", "Wed"), ("every_weeks", "2"), ("at", "09:00")],
            "2026-11-04",
        ),
        ([&all[..], &[("kind", "weekdays"), ("at", "08:30")]].concat(), "2026-11-02"),
        (vec![("kind", "nth"), ("nth", "-1"), ("nth_day", "Sat"), ("at", "15:00")], "2026-11-28"),
        (vec![("kind", "last_day"), ("at", "15:00"), ("holiday", "before")], "2026-11-30"),
        (vec![("kind", "workday"), ("workday", "2"), ("at", "15:00")], "2026-11-03"),
        (
            vec![("kind", "lunar"), ("lunar_month", "10"), ("lunar_day", "15"), ("at", "19:00")],
            "2026-11-23",
        ),
        (
            vec![("kind", "lunar"), ("lunar_month", "12"), ("lunar_day", "-1"), ("minutes", "")],
            "2027-02-05",
        ),
        (vec![("kind", "festival"), ("festival", "eve"), ("minutes", "")], "2027-02-05"),
        (vec![("kind", "festival"), ("festival", "qingming"), ("minutes", "")], "2027-04-05"),
        (
            vec![
                ("kind", "solar_term"),
                ("solar_term", "dongzhi"),
                ("offset_days", "-1"),
                ("minutes", ""),
            ],
            "2026-12-21",
        ),
        (
            vec![("kind", "dates"), ("dates", "2026-12-04，2027-01-08"), ("at", "19:00")],
            "2026-12-04",
        ),
        (vec![("kind", "toml"), ("rule", "cron = \"0 0 15 1-7 * Wed\"")], "2026-11-04"),
    ]
}

/// A civil date as pages write it.
fn written(date: &str) -> String {
    crate::routes::Text(Language::Zh).date(date.parse().unwrap())
}

#[tokio::test]
async fn every_kind_of_rule_is_previewed_before_it_is_saved() {
    let office = Office::at(NOW).await;
    let before = office.events().await;
    for kind in KINDS {
        assert!(clicked().iter().any(|(own, _)| own.contains(&("kind", kind))), "{kind}");
    }
    for (own, first) in clicked() {
        let page = office.post("plan/new/preview", &form(&own)).await;
        page.says(200, "还没有保存");
        let lines = page.text.split("id=\"preview\"").nth(1).unwrap();
        let lines = lines.split("</ol>").next().unwrap();
        let top = lines.split("<li>").nth(1).unwrap();
        assert!(top.starts_with(&written(first)), "{own:?}: {top}");
        assert!(lines.contains("农历"), "{lines}");
        page.says(200, "value=\"读书会\"");
        page.says(200, CMD);
    }
    assert_eq!(office.events().await, before, "a preview changes nothing");
}

#[test]
fn a_rule_comes_back_to_the_form_as_it_was_clicked() {
    for (own, _) in clicked() {
        let fields: Vec<_> = own.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let mut clicked = Fields(fields);
        clicked.set("from", "2026-11-02");
        let rule = to_toml(&clicked).unwrap();
        let rule = linli_almanac::Rule::parse(&rule).unwrap().to_toml();
        let mut filled = Fields::default();
        filled.set("from", "2026-11-02");
        fill(&mut filled, &rule);
        assert_eq!(to_toml(&filled).unwrap().trim(), to_toml(&clicked).unwrap().trim(), "{own:?}");
        let kind = match clicked.get("kind") {
            "festival" if clicked.get("festival") == "qingming" => "solar_term",
            "festival" => "lunar",
            kind => kind,
        };
        assert_eq!(filled.get("kind"), kind);
    }
}

#[tokio::test]
async fn a_preview_shows_holidays_and_what_stands_at_the_venue() {
    let office = Office::at(NOW).await;
    office.adds_venue("hall").await;
    office.publishes("talk", Some("hall"), "cron = \"0 30 19 5 * *\"").await;
    let hall = id("hall").to_string();
    let own = [("kind", "month_day"), ("month_days", "5"), ("at", "20:00"), ("venue", &*hall)];
    let page = office.post("plan/new/preview", &form(&own)).await;
    page.says(200, "冲突</span> 活动talk");
    let free = [("kind", "month_day"), ("month_days", "5"), ("at", "10:00"), ("venue", &*hall)];
    let page = office.post("plan/new/preview", &form(&free)).await;
    assert!(!page.text.contains("badge-clash"));
    page.says(200, "场地hall");
    let festival = [("kind", "festival"), ("festival", "mid_autumn"), ("minutes", "")];
    office.post("plan/new/preview", &form(&festival)).await.says(200, "中秋");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_both_languages_and_nothing_is_done() {
    let office = Office::at(NOW).await;
    let before = office.events().await;
    let good = [("kind", "month_day"), ("month_days", "5"), ("at", "19:30")];
    let cases: [(Given<'_>, &str, &str); 9] = [
        (
            &[("venue", "00000000-0000-0000-0000-00000000abcd")],
            "先在“场地”里添加",
            "add it under Venues",
        ),
        (&[("until", "2026-11-04")], "没有一个日期", "no date from 2026-11-02"),
        (&[("minutes", "99999")], "超过了一周", "more than a week"),
        (&[("capacity", "4000000000")], "不会是真的", "too large to be meant"),
        (&[("minutes", "x")], "不是数字", "no number"),
        (&[("month_days", "32")], "写 1 到 31", "write 1 to 31"),
        (&[("duties", "签到 × 0")], "名额 1 到 1000", "1 to 1000 places"),
        (&[("partners", "nowhere")], "不是另一个社区", "another community"),
        (&[("title", " ")], "请填写名称", "Give it a title"),
    ];
    for (own, zh, en) in cases {
        let kept = good.iter().filter(|(key, _)| own.iter().all(|(name, _)| name != key));
        let fields: Vec<_> = kept.chain(own).copied().collect();
        for path in ["plan/new", "plan/new/preview"] {
            let chinese = staff(&ALL, Language::Zh);
            office.post_as(path, &chinese, &form(&fields)).await.says(422, zh);
            let english = staff(&ALL, Language::En);
            let page = office.post_as(path, &english, &form(&fields)).await;
            page.says(422, en);
            page.says(422, own[0].1.trim());
        }
    }
    let never = [("kind", "toml"), ("rule", "month_day = 5\ncron = \"0 0 9 * * *\"")];
    office.post("plan/new", &form(&never)).await.says(422, "只留一种");
    let never = [("kind", "toml"), ("rule", "cron = \"0 0 9 30 2 *\"")];
    office.post("plan/new", &form(&never)).await.says(422, "一个日期也没有");
    assert_eq!(office.events().await, before);
}

#[tokio::test]
async fn a_form_sent_twice_drafts_once_and_a_stale_one_shows_both_sides() {
    let office = Office::at(NOW).await;
    let own = [("kind", "month_day"), ("month_days", "5、20"), ("at", "19:30"), ("slug", "books")];
    let first = office.post("plan/new", &form(&own)).await;
    let events = office.events().await;
    let again = office.post("plan/new", &form(&own)).await;
    assert_eq!((first.location.clone(), office.events().await), (again.location, events));
    let page = office.follow(&first).await;
    page.says(200, "每月 5、20 日 19:30");
    page.says(200, "value=\"5 20\"");
    let path = first.location.split('?').next().unwrap().strip_prefix("/desk/xiguan/").unwrap();
    let seen =
        [("described", page.hidden("described", 0)), ("segmented", page.hidden("segmented", 0))];
    let other = |cmd, title| {
        let all = [&own[..], &seen, &[("cmd", cmd), ("title", title)]].concat();
        form(&all)
    };
    let two = "00000000-0000-4000-8000-000000000002";
    let done = office.post(path, &other(two, "读书会二")).await;
    office.follow(&done).await.says(200, "读书会二");
    let late = office.post(path, &other("00000000-0000-4000-8000-000000000003", "读书三会")).await;
    late.says(409, "<td>读书三会</td><td>读书会二</td>");
    late.says(409, "用我填写的覆盖");
    let current = late.hidden("described", 0);
    assert_ne!(current, seen[0].1);
    let on = [
        &own[..],
        &[("described", current), ("cmd", late.hidden("cmd", 0)), ("title", "读书三会")],
    ];
    let done = office.post(path, &form(&on.concat())).await;
    office.follow(&done).await.says(200, "读书三会");
    office.get("plan").await.says(200, "每月 5、20 日 19:30");
    let own = [&own[..], &[("cmd", "00000000-0000-4000-8000-000000000009")]].concat();
    office.post("plan/new", &form(&own)).await.says(422, "已被用了");
}

#[tokio::test]
async fn a_drafts_rule_changes_with_its_form() {
    let office = Office::at(NOW).await;
    office.drafts("books", None, "cron = \"0 30 19 5 * *\"").await;
    let path = format!("plan/{}", id("books"));
    let own = [
        ("kind", "weekdays"),
        ("weekdays", "Wed"),
        ("at", "15:00"),
        ("segmented", "2"),
        ("described", "1"),
    ];
    let done = office.post(&path, &form(&own)).await;
    office.follow(&done).await.says(200, "每周三 15:00");
    let all_day = [
        ("kind", "last_day"),
        ("minutes", ""),
        ("segmented", "4"),
        ("described", "3"),
        ("cmd", "00000000-0000-4000-8000-000000000002"),
    ];
    let done = office.post(&path, &form(&all_day)).await;
    office.follow(&done).await.says(200, "每月最后一天");
    let back = [
        ("kind", "last_day"),
        ("at", "15:00"),
        ("segmented", "6"),
        ("described", "5"),
        ("cmd", "00000000-0000-4000-8000-000000000003"),
    ];
    let half = [&back[..], &[("minutes", "")]].concat();
    office.post(&path, &form(&half)).await.says(422, "分钟");
    let done = office.post(&path, &form(&back)).await;
    office.follow(&done).await.says(200, "每月最后一天 15:00");
    let publish = [("cmd", "00000000-0000-4000-8000-000000000004")];
    let done = office.post(&format!("{path}/publish"), &publish).await;
    office.follow(&done).await.says(200, "已发布");
    let late =
        [("minutes", ""), ("described", "7"), ("cmd", "00000000-0000-4000-8000-000000000005")];
    office.post(&path, &form(&late)).await.says(422, "不能直接改成全天");
}

#[tokio::test]
async fn this_and_future_goes_on_to_the_opened_occurrences() {
    let office = Office::at(NOW).await;
    office.publishes("talk", None, "cron = \"0 30 19 12 * *\"").await;
    let path = format!("plan/{}/future", id("talk"));
    office.get(&path).await.says(200, "value=\"2026-11-02\"");
    let own =
        [("kind", "month_day"), ("month_days", "12"), ("at", "15:00"), ("from", "2026-12-01")];
    let form = |seen| form(&[&own[..], &[("segmented", seen)]].concat());
    let late = [
        ("from", "2026-10-01"),
        ("kind", "last_day"),
        ("at", "9:00"),
        ("cmd", CMD),
        ("segmented", "2"),
    ];
    office.post(&path, &late).await.says(422, "最早从 2026-11-02 开始");
    office.post(&path, &form("1")).await.says(409, "现在的");
    let done = office.post(&path, &form("2")).await;
    let page = office.follow(&done).await;
    page.says(200, "活动talk");
    page.says(200, "现在的安排");
    let row = page.hidden("row-0", 0);
    let fields = [
        ("cmd", page.hidden("cmd", 0)),
        ("back", "/desk/xiguan/affected"),
        ("row-0", row),
        ("seen-0", page.hidden("seen-0", 0)),
        ("shown-0", page.hidden("shown-0", 0)),
        ("do-0", "keep"),
    ];
    let done = office.post("affected", &fields).await;
    office.follow(&done).await.says(200, "没有要处理的场次");
}

#[tokio::test]
async fn a_month_is_published_once_however_often_the_form_is_sent() {
    let office = Office::at(NOW).await;
    office.drafts("talk", None, "cron = \"0 30 19 12,20 * *\"").await;
    office.drafts("left", None, "cron = \"0 30 19 13 * *\"").await;
    let page = office.get("publish?month=2026-11").await;
    page.says(200, "将开放 3 场");
    page.says(200, "其中 3 场所有人可见");
    let talk = id("talk").to_string();
    let fields = [("cmd", page.hidden("cmd", 0)), ("month", "2026-11"), ("activity", &*talk)];
    let done = office.post("publish", &fields).await;
    let after = office.follow(&done).await;
    let events = office.events().await;
    after.says(200, "活动left");
    assert!(!after.text.contains("活动talk"));
    assert_eq!(office.post("publish", &fields).await.status.as_u16(), 303);
    assert_eq!(office.events().await, events);
    let entries = office.agenda("2026-11-01", "2026-11-30").await;
    let states: Vec<_> = entries.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [State::Opened, State::Draft, State::Opened]);
    office.post("publish", &[("cmd", CMD), ("month", "x")]).await.says(422, "不是月份");
}
