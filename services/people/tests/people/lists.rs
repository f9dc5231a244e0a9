use axum::http::StatusCode;
use linli_people::{
    adapters::ImportReport,
    contract::{self, PLACE, PlaceEvent},
    projections::residents,
};
use linli_platform::{commit::Recorded, ids::Version, web::Language};

use crate::house::{House, somebody};

/// 姓名,楼栋,房号,手机,党员 with two 王芳 in building 3, as a Chinese spreadsheet saves it.
const GB18030: &[u8] =
    b"\xd0\xd5\xc3\xfb,\xc2\xa5\xb6\xb0,\xb7\xbf\xba\xc5,\xca\xd6\xbb\xfa,\xb5\xb3\xd4\xb1\r\n\
    \xcd\xf5\xb7\xbc,3\xba\xc5\xc2\xa5,302,13800138000,\xca\xc7\r\n\
    \xcd\xf5\xb7\xbc,3\xba\xc5\xc2\xa5,501,,\r\n\
    \xc0\xee\xc7\xbf,4,202,13900139000,\xb7\xf1\r\n";

async fn import(house: &House, bytes: &[u8], commit: bool) -> ImportReport {
    let report = house.people.import_csv(&house.meta(), "junhe", bytes, commit).await.unwrap();
    house.settle().await;
    report
}

fn living(house: &House) -> u32 {
    house.service.tables.read_now(|db| residents::living(db, "junhe", (0, 0))).unwrap().1
}

#[tokio::test]
async fn a_list_in_gb18030_is_checked_then_taken_and_then_already_there() {
    let house = House::new().await;
    let dry = import(&house, GB18030, false).await;
    assert_eq!((dry.encoding.as_str(), dry.new, dry.there, dry.done), ("gb18030", 3, 0, false));
    assert_eq!(living(&house), 0);
    let done = import(&house, GB18030, true).await;
    assert_eq!((done.new, done.there, done.done), (3, 0, true));
    assert_eq!(living(&house), 3);
    let again = import(&house, GB18030, true).await;
    assert_eq!((again.new, again.there, again.bad.len()), (0, 3, 0));
    assert_eq!(living(&house), 3);
    let named = house.platform.vault.by_name("王芳").unwrap();
    assert_eq!(named.len(), 2);
    let (row, _) =
        house.service.tables.read_now(|db| residents::living(db, "junhe-b04", (0, 9))).unwrap();
    assert_eq!((row.len(), row[0].community.as_str(), row[0].party_member), (1, "junhe", false));
}

#[tokio::test]
async fn one_bad_line_and_nothing_is_taken() {
    let house = House::new().await;
    house.resident(somebody("周杰", "junhe-b03", "", "")).await;
    house.resident(somebody("周杰", "junhe-b03", "", "13700137000")).await;
    let list = "姓名,楼栋,房号,手机\n\
                王芳,3号楼,302,13800138000\n\
                李强,3号楼,,1.38E+10\n\
                赵敏,88号楼,,\n\
                王芳,3号楼,302,\n\
                周杰,3号楼,,\n";
    let report = import(&house, list.as_bytes(), true).await;
    assert!(!report.done);
    assert_eq!(living(&house), 2);
    let bad: Vec<_> = report.bad.iter().map(|bad| (bad.line, bad.key, bad.first)).collect();
    assert_eq!(
        bad,
        [
            (3, "wrong_phone_mangled", None),
            (4, "line_building_unknown", None),
            (5, "line_twice", Some(2)),
            (6, "line_undecided", None),
        ]
    );
    assert!(report.bad[0].problem.contains("format the column as text"));
}

#[tokio::test]
async fn what_differs_is_named_and_left_alone() {
    let house = House::new().await;
    house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let list = "Name,Building,Flat,Phone\n王芳,junhe-b03,302,13800138000\n";
    let report = import(&house, list.as_bytes(), true).await;
    assert_eq!((report.new, report.there, report.differing), (0, 1, vec![2]));
    assert!(house.platform.vault.by_phone("13800138000").unwrap().is_empty());
}

#[tokio::test]
async fn an_exported_list_comes_back_as_already_there() {
    let house = House::new().await;
    import(&house, GB18030, true).await;
    for language in [Language::Zh, Language::En] {
        let csv = house.people.export_csv(house.meta(), "junhe", language).await.unwrap();
        assert!(csv.starts_with(b"\xef\xbb\xbf"));
        let text = String::from_utf8(csv.clone()).unwrap();
        assert!(text.contains("\"=\"\"13800138000\"\"\""), "{text}");
        let again = import(&house, &csv, true).await;
        assert_eq!((again.new, again.there, again.bad), (0, 3, vec![]), "{text}");
        assert!(again.differing.is_empty());
    }
}

#[tokio::test]
async fn who_takes_the_list_stands_on_the_log() {
    let house = House::new().await;
    import(&house, GB18030, true).await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let cmd = house.cmd();
    for _ in 0..2 {
        let form = [("cmd", cmd.as_str())];
        let list = house.post(&desk, "/desk/junhe/residents/export.csv", &form).await;
        assert!(list.status == StatusCode::OK && list.text.contains("13800138000"));
    }
    let place = contract::stream(PLACE, "junhe").unwrap();
    let page = house.platform.log.read(&place, Version(1)).await.unwrap();
    let noted: Vec<_> = page.iter().flat_map(Recorded::events).collect();
    assert_eq!(noted.len(), 2, "each file that went out");
    for (_, entry, event) in noted {
        assert_eq!(entry.actor, desk.actor());
        let event: PlaceEvent = event.decode().unwrap();
        assert_eq!(event, PlaceEvent::ResidentsExported { residents: 3 });
    }
    // Nobody is given a list that can't be noted.
    assert!(house.people.export_csv(house.meta(), "nowhere", Language::Zh).await.is_err());
}

#[tokio::test]
async fn a_form_sent_twice_registers_nobody_twice() {
    let house = House::new().await;
    let meta = house.meta();
    let both = [
        house.people.import_csv(&meta, "junhe", GB18030, true),
        house.people.import_csv(&meta, "junhe", GB18030, true),
    ];
    for report in futures::future::join_all(both).await {
        report.unwrap();
    }
    house.settle().await;
    assert_eq!(living(&house), 3);
}
