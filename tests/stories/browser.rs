//! The demonstration in a real browser, at the instant that the seeds are written for.

use std::process::Command;

use serde_json::Value;

use crate::{
    process::{Office, Server, linli},
    tools,
};

/// What a person would find on a page that is so wide.
fn visit(server: &Server, path: &str, width: u32) -> Value {
    let mut node = Command::new("node");
    node.arg(tools::root().join("tests/browser/visit.mjs"));
    node.arg(format!("{}{path}", server.url)).args(["--width", &width.to_string()]);
    let found: Value = serde_json::from_str(&tools::output(node)).unwrap();
    assert_eq!(found["status"], 200, "{path}: {}", found["text"]);
    assert_eq!(found["complaints"], Value::Array(vec![]), "{path}");
    assert_eq!(found["overflows"], false, "{path} at {width} px");
    found
}

/// An hour before the first meeting of the day two are looked up and checked in, on a small phone.
fn takes_a_roll_on_a_phone(server: &Server, desk: &str) {
    let mut node = Command::new("node");
    node.arg(tools::root().join("tests/browser/roll.mjs")).arg(desk);
    node.arg(format!("{}/desk/xiguan/roll/four-lists/20261102T090000", server.url));
    node.arg("陈乙庚,郑戊壬");
    let found: Value = serde_json::from_str(&tools::output(node)).unwrap();
    assert_eq!(found["complaints"], Value::Array(vec![]));
    assert_eq!(found["overflows"], false);
    let count = |of: &str| found[of].as_u64().unwrap();
    assert_eq!((count("found"), count("present")), (2, 2), "{found}");
    for size in found["sizes"].as_array().unwrap() {
        let sides = [&size[0], &size[1]].map(|side| side.as_u64().unwrap());
        assert!(sides.iter().all(|side| *side >= 40), "a thumb hits it: {found}");
    }
}

#[test]
fn november_in_xiguan_looks_as_it_was_planned() {
    let office = Office::new();
    let mut demo = linli(office.folder.path());
    demo.args(["demo", "--now", "2026-11-02T08:00:00+08:00", "--data"]).arg(office.path("demo"));
    let mut server = Server::start(demo);
    let desk = server.says("Desk, once:");
    takes_a_roll_on_a_phone(&server, &desk);
    let phone = visit(&server, "/c/xiguan?month=2026-11", 360);
    let text = phone["text"].as_str().unwrap();
    for title in [
        "演示数据，依据公开报道编制，非官方日程",
        "党员服务文明城市创建行动",
        "楼道堆物与车辆停放议事",
        "便民服务集市",
        "近邻读书会",
        "一刻钟宣讲",
        "文明交通劝导岗",
        "立冬养生讲座",
        "电动车充电与楼道隐患排查",
        "背街小巷洁净行动",
        "共建单位联席会",
        "红十字急救体验",
        "小雪节气亲子手工",
        "文明创建入户问卷周",
        "街道环境卫生集中整治",
        "红色电影放映",
    ] {
        assert!(text.contains(title), "{title} is missing in {text}");
    }
    for private in ["独居老人", "四项清单", "月末小结会"] {
        assert!(!text.contains(private), "{private} is not for everybody");
    }
    // 7 November is 立冬 and the 29th of the ninth month; the 22nd is 小雪.
    for (day, lunar, term) in [
        ("11月5日", "廿七", ""),
        ("11月7日", "廿九", "立冬"),
        ("11月12日", "初四", ""),
        ("11月22日", "十四", "小雪"),
    ] {
        let (_, rest) = text.split_once(day).unwrap_or_else(|| panic!("{day} in {text}"));
        let line: String = rest.chars().take(40).collect();
        assert!(line.contains(lunar) && line.contains(term), "{day}: {line}");
    }
    for state in ["已取消", "改期"] {
        assert!(text.contains(state), "{state} is missing in {text}");
    }
    visit(&server, "/c/xiguan?month=2026-11", 1200);
    for path in
        ["/", "/c/xiguan/party-day/20261105T090000", "/sign-in", "/screen/xiguan", "/outbox"]
    {
        visit(&server, path, 360);
    }
}
