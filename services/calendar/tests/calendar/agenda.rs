//! What an agenda shows, and to whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use linli_calendar::{
    contract::{CadencePromise, Description, Per, Visibility, Words},
    deciders::{activity::Command, venue},
    projections::{agenda::Ask, desk},
    values::{
        agenda::{Audience, Entry, State},
        plan,
    },
};
use linli_platform::testing::at;

use crate::office::{Office, XIGUAN, date, for_team, id, lasting};

#[tokio::test]
async fn the_fixed_days_of_xiguan_are_36_in_2026() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/xiguan.toml"),
    );
    let seeds: toml::Table = text.unwrap().parse().unwrap();
    let mut kinds = BTreeMap::new();
    for activity in seeds["activity"].as_array().unwrap() {
        let text = |key: &str| activity.get(key).and_then(|v| v.as_str()).unwrap_or_default();
        let minutes = activity.get("minutes").and_then(toml::Value::as_integer).unwrap_or(0);
        let names = activity["kinds"].as_array().unwrap();
        let description = Description {
            kinds: names.iter().map(|kind| kind.as_str().unwrap().to_owned()).collect(),
            ..lasting(text("title"), u32::try_from(minutes).unwrap())
        };
        kinds.insert(text("key").to_owned(), description.kinds.clone());
        for segment in activity["segment"].as_array().unwrap() {
            let rule = segment["rule"].as_str().unwrap();
            office.publishes(text("key"), description.clone(), rule).await;
        }
    }
    let entries = office.agenda("2026-01-01", "2026-12-31").await;
    assert!(entries.len() > 300, "the year of a community: {}", entries.len());
    assert!(entries.is_sorted_by_key(|entry| entry.start));
    let days = |kind: &str| {
        let of_kind = entries.iter().filter(|entry| entry.kinds.iter().any(|k| k == kind));
        of_kind.map(Entry::starts_on).collect::<BTreeSet<_>>()
    };
    for (kind, day) in [("党员日", 5), ("邻里议事日", 12), ("爱邻日", 20)] {
        let wanted = (1..=12).map(|m| chrono::NaiveDate::from_ymd_opt(2026, m, day).unwrap());
        assert_eq!(days(kind), wanted.collect(), "{kind}");
    }
    let festivals = [
        "2026-02-17",
        "2026-03-03",
        "2026-04-05",
        "2026-06-19",
        "2026-08-19",
        "2026-09-25",
        "2026-10-18",
    ];
    assert_eq!(days("我们的节日"), festivals.map(date).into_iter().collect());
}

#[tokio::test]
async fn a_line_is_as_scripts_know_it() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("gallery", "说事廊院").await;
    let description = Description {
        kinds: vec!["我们的节日".into()],
        venue: Some(id("gallery")),
        ..lasting("中秋晚会", 120)
    };
    let rule = "lunar = { month = 8, day = 15 }\nat = \"19:00\"";
    office.publishes("mid-autumn", description, rule).await;
    let entries = office.agenda("2026-09-01", "2026-09-30").await;
    let line = serde_json::to_value(entries[0].line()).unwrap();
    let wanted = serde_json::json!({
        "activity": "mid-autumn", "title": "中秋晚会", "kinds": ["我们的节日"],
        "visibility": "public", "recurrence_id": "20260925T190000",
        "start": "2026-09-25T19:00:00+08:00", "end": "2026-09-25T21:00:00+08:00",
        "zone": "Asia/Shanghai", "venue": "说事廊院", "state": "computed",
    });
    assert_eq!(line, wanted);
    office.publishes("qingming", lasting("清明", 0), "solar_term = \"清明\"").await;
    let entries = office.agenda("2027-04-01", "2027-04-30").await;
    let line = entries[0].line();
    assert_eq!((line.start.as_str(), line.end.as_str()), ("2027-04-05", "2027-04-06"));
    assert_eq!((line.recurrence_id.to_string().as_str(), line.venue), ("20270405", None));
}

#[tokio::test]
async fn each_sees_what_is_for_them() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    let daily = "cron = \"0 0 9 * * *\"";
    office.publishes("public", lasting("公开", 60), daily).await;
    office.publishes("visits", for_team("hand-in-hand"), daily).await;
    let staff = Description { visibility: Visibility::Staff, ..lasting("例会", 60) };
    office.publishes("meeting", staff, daily).await;
    office.drafts("draft", lasting("草稿", 60), daily).await;
    office.settles().await;
    let day = date("2026-11-03")..=date("2026-11-03");
    let seen = |audience, drafts| {
        let ask = Ask { audience, drafts, ..Ask::public(XIGUAN, day.clone()) };
        let entries = office.answers(&ask);
        entries.iter().map(|entry| entry.activity.slug.clone()).collect::<BTreeSet<_>>()
    };
    let set = |slugs: &[&str]| slugs.iter().map(ToString::to_string).collect();
    assert_eq!(seen(Audience::Public, false), set(&["public"]));
    let team = |team| Audience::Teams(vec![id(team)]);
    assert_eq!(seen(team("hand-in-hand"), false), set(&["public", "visits"]));
    assert_eq!(seen(team("rainbow"), false), set(&["public"]));
    assert_eq!(seen(Audience::Staff, false), set(&["public", "visits", "meeting"]));
    assert_eq!(office.answers(&Ask::all(XIGUAN, day.clone())).len(), 4);
    assert_eq!(office.answers(&Ask::public("guanyuan", day)).len(), 0);
}

#[tokio::test]
async fn a_joint_activity_shows_at_its_partners_but_its_draft_does_not() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    let joint = Description { partners: vec!["wuhang".into()], ..lasting("联合整治", 120) };
    office.drafts("clean-up", joint, "cron = \"0 0 9 5 * *\"").await;
    office.settles().await;
    let month = date("2026-11-01")..=date("2026-11-30");
    assert!(office.answers(&Ask::all("wuhang", month.clone())).is_empty());
    office.asks("clean-up", Command::Publish).await.unwrap();
    office.settles().await;
    let there = office.answers(&Ask::public("wuhang", month.clone()));
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].activity.community, XIGUAN, "one host, whose code the stream bears");
    let alone = Command::Describe { seen: None, description: lasting("整治", 120) };
    office.asks("clean-up", alone).await.unwrap();
    office.settles().await;
    assert!(office.answers(&Ask::public("wuhang", month)).is_empty());
}

#[tokio::test]
async fn own_words_show_before_and_after_opening_and_raise_no_revision() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    let description = Description { title_en: "Day".into(), ..lasting("议事日", 90) };
    office.publishes("talk", description, "cron = \"0 30 19 12 * *\"").await;
    for key in ["20261112T193000", "20270312T193000"] {
        let id = key.parse().unwrap();
        let words = Words {
            title: Some("楼道堆物".into()),
            kinds: vec!["议事".into()],
            capacity: Some(30),
            ..Words::none(id)
        };
        let described = office.occurrence("talk", key).await;
        let seen = Some(described.words_version);
        office.asks("talk", Command::DescribeOccurrence { seen, words }).await.unwrap();
        let entry = office.occurrence("talk", key).await;
        assert_eq!((entry.title.as_str(), entry.title_en.as_str()), ("楼道堆物", ""));
        assert_eq!((entry.kinds[0].as_str(), entry.capacity), ("议事", 30));
        assert_eq!((entry.revision, entry.state), (0, described.state));
    }
}

#[tokio::test]
async fn moved_and_cancelled_ones_keep_their_names() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("talk", lasting("议事日", 90), "cron = \"0 30 19 12 * *\"").await;
    let november = office.occurrence("talk", "20261112T193000").await;
    office.moves(&november, "2026-12-01T15:00:00+08:00", None).await;
    let moved = office.occurrence("talk", "20261112T193000").await;
    assert_eq!((moved.state, moved.revision), (State::Moved, 1));
    assert_eq!(moved.reason.as_deref(), Some("场地检修"));
    assert!(office.agenda("2026-11-01", "2026-11-30").await.is_empty(), "not twice");
    let december = office.agenda("2026-12-01", "2026-12-31").await;
    assert_eq!(december.len(), 2);
    office.cancels(&december[0]).await;
    office.cancels(&december[1]).await;
    let off = office.agenda("2026-12-01", "2026-12-31").await;
    let told: Vec<_> = off.iter().map(|entry| (entry.state, entry.revision)).collect();
    assert_eq!(told, [(State::Cancelled, 2), (State::Cancelled, 1)]);
    // One that was only computed is opened by its cancellation.
    let march = office.occurrence("talk", "20270312T193000").await;
    assert_eq!(march.state, State::Computed);
    office.cancels(&march).await;
    let march = office.occurrence("talk", "20270312T193000").await;
    assert_eq!((march.state, march.revision), (State::Cancelled, 1));
    office.waits(60).await;
    assert_eq!(office.occurrence("talk", "20261112T193000").await.state, State::Cancelled);
}

#[tokio::test]
async fn a_renamed_venue_changes_what_calendars_show() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    let description = Description { venue: Some(id("hall")), ..lasting("议事日", 90) };
    office.publishes("talk", description, "cron = \"0 30 19 12 * *\"").await;
    let before = office.occurrence("talk", "20261112T193000").await;
    office.waits(1).await;
    let mut hall = linli_calendar::contract::VenueDescription {
        name: "议事厅".into(),
        capacity: 60,
        ..Default::default()
    };
    office
        .asks_venue("hall", venue::Command::Change { seen: None, description: hall.clone() })
        .await;
    let same = office.occurrence("talk", "20261112T193000").await;
    assert_eq!(same.changed_at, before.changed_at, "its capacity is not shown");
    hall.name = "近邻议事厅".into();
    office.asks_venue("hall", venue::Command::Change { seen: None, description: hall }).await;
    let after = office.occurrence("talk", "20261112T193000").await;
    assert_eq!(after.changed_at, at("2026-11-03T08:00:00+08:00"));
    assert_eq!((after.venue_name.unwrap().name.as_str(), after.revision), ("近邻议事厅", 0));
}

#[tokio::test]
async fn a_promise_tells_what_is_owed() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    let (title, kind) = ("每月至少两次".to_owned(), "环境整治".to_owned());
    let promise = CadencePromise { title, kind: kind.clone(), at_least: 2, per: Per::Month };
    office.promises("market", promise).await;
    let description = Description { kinds: vec![kind], ..lasting("整治", 60) };
    office.publishes("market", description, "cron = \"0 0 9 5 * *\"").await;
    office.settles().await;
    let month = plan::month(2026, 11).unwrap();
    let standing = |office: &Office| {
        let (now, zone) = (office.now(), chrono_tz::Asia::Shanghai);
        let kept = |db: &_| desk::cadences(db, XIGUAN, &month, zone, now);
        office.service.tables.read_now(kept).unwrap().remove(0).standing
    };
    let before = standing(&office);
    assert_eq!((before.done, before.planned, before.owed), (0, 1, 1));
    assert_eq!(before.last_date_to_catch_up, Some(date("2026-11-30")));
    office.waits(4).await;
    let after = standing(&office);
    assert_eq!((after.done, after.planned, after.owed), (1, 0, 1));
}
