//! What is handed in: the printed page of an occurrence, and the month as a spreadsheet.

use axum::http::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::{App, XIGUAN, files, id},
    tools,
    visitor::Visitor,
};

const PLAN: &str = "
[[activity]]
key = \"talk\"
title = \"消防讲座\"
kinds = [\"学习\"]
text = \"请带上家里的灭火器\"
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
[[activity.segment]]
from = 2026-11-01
rule = '''
dates = [\"2026-11-05\"]
at = \"09:00\"
'''
";
const ROLL: &str = "/desk/xiguan/roll/talk/20261105T090000";

/// Xiguan on the day: three are expected; one comes and leaves, one is excused, one stays away.
async fn held() -> (App, Visitor) {
    let app = App::planning("2026-11-02T08:00:00+08:00", PLAN).await;
    app.seed(&files(|path| path.ends_with("scoring/wuhang.toml"))).await;
    let mut people = Vec::new();
    for name in ["1", "2", "3"] {
        people.push(app.resident(name, true).await.to_string());
    }
    let [comes, excused, absent] = people.as_slice() else { panic!("three") };
    let desk = app.desk("organiser").await;
    let expected = [("do", "expect"), ("resident", comes), ("resident", excused)];
    desk.does(ROLL, &[&expected[..], &[("resident", absent)]].concat()).await;
    let remark = [("do", "excuse"), ("resident", excused), ("remark", "陪母亲去医院")];
    desk.does(ROLL, &remark).await;
    app.until("2026-11-05T09:00:00+08:00").await;
    // Days later everybody signs in anew.
    let desk = app.desk("administrator").await;
    desk.does(ROLL, &[("one", &format!("check-in {comes}"))]).await;
    app.until("2026-11-05T10:00:00+08:00").await;
    desk.does(ROLL, &[("one", &format!("check-out {comes}"))]).await;
    desk.does(&format!("{ROLL}/headcount"), &[("people", "12")]).await;
    (app, desk)
}

/// The cell beside a heading of the printed page.
fn beside<'a>(page: &'a str, heading: &str) -> &'a str {
    let row = page.split_once(&format!("<th scope=\"row\">{heading}</th><td>"));
    let (_, rest) = row.unwrap_or_else(|| panic!("{heading} in {page}"));
    rest.split("</td>").next().unwrap_or_default()
}

#[tokio::test]
async fn the_printed_page_of_an_occurrence_holds_what_an_inspection_asks_for() {
    let (app, _) = held().await;
    app.until("2026-11-06T12:00:00+08:00").await;
    let desk = app.desk("roll-keeper").await;
    let page = desk.reads(&format!("{ROLL}/record")).await;
    for (heading, value) in [
        ("时间", "2026年11月5日 09:00 – 10:30"),
        ("地点", "近邻议事厅"),
        ("应到", "3"),
        ("实到（记名）", "1"),
        ("请假", "1"),
        ("缺席", "1"),
        ("到场人次（不记名）", "12"),
        ("到场人次", "12"),
        ("服务时长", "1.0 小时"),
        ("活动时长", "1.5 小时"),
    ] {
        assert_eq!(beside(&page, heading), value, "{heading}");
    }
    for part in ["消防讲座", "请带上家里的灭火器", "陪母亲去医院", "10:00", "2026年11月6日 12:00"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("<nav"), "it is printed alone");
    // A resident may not see it.
    let resident = app.browser_of(app.resident("4", true).await).await;
    let denied = resident.get(&format!("{ROLL}/record")).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_spreadsheet_of_a_month_says_cell_by_cell_what_its_csv_says() {
    let (app, desk) = held().await;
    let told = [("title", "冬季防火"), ("text", "请检查电动车充电。"), ("audience", "ALL:")];
    let page = format!("/desk/{XIGUAN}/announcements");
    desk.does(&page, &[&told[..], &[("sure", "1")]].concat()).await;
    let talk = format!("{}-20261105T090000", id("talk"));
    let posted = [("source", talk.as_str()), ("medium", "BOARD"), ("places", "3")];
    desk.does(&format!("{page}/posted"), &posted).await;
    app.until("2026-12-05T12:00:00+08:00").await;
    let path = format!("/c/{XIGUAN}/bulletins/monthly/1");
    let anybody = app.stranger();
    let csv = anybody.reads(&format!("{path}/csv")).await;
    let xlsx = anybody.get(&format!("{path}/xlsx")).await.file;
    for line in ["公告,1,条", "张贴转发,3,处"] {
        assert!(csv.lines().any(|is| is == line), "{line} in {csv}");
    }
    assert!(csv.contains("消防讲座"), "{csv}");
    let folder = TempDir::new().unwrap();
    let (as_csv, as_xlsx) = (folder.path().join("month.csv"), folder.path().join("month.xlsx"));
    std::fs::write(&as_csv, &csv).unwrap();
    std::fs::write(&as_xlsx, &xlsx).unwrap();
    let mut read = tools::python();
    read.arg(tools::root().join("tests/stories/sheets.py")).args([&as_csv, &as_xlsx]);
    let found: Value = serde_json::from_str(&tools::output(read)).unwrap();
    assert_eq!(found["different"], Value::Array(vec![]));
    assert!(found["cells"].as_u64().unwrap() > 60, "{found}");
    assert!(found["numbers"].as_u64().unwrap() > 10, "figures are numbers, not text: {found}");
    // The same file again, byte for byte.
    assert_eq!(anybody.get(&format!("{path}/xlsx")).await.file, xlsx);
}
