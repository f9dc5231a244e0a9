//! New rules and late papers touch no opened occurrence: the desk is asked.

use linli_calendar::{
    contract::Description,
    deciders::activity::Command,
    projections::desk,
    values::{agenda::State, desk::Affected},
};
use linli_platform::testing::at;

use crate::office::{Office, XIGUAN, id, lasting};

const EVENING: &str = "cron = \"0 30 19 12 * *\"";

async fn affected(office: &Office) -> Vec<Affected> {
    office.settles().await;
    let now = office.now();
    office.service.tables.read_now(|db| desk::affected(db, XIGUAN, now)).unwrap()
}

#[tokio::test]
async fn this_and_future_asks_for_each_opened_occurrence() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("talk", lasting("议事日", 90), EVENING).await;
    assert!(affected(&office).await.is_empty());
    office.rules("talk", "2026-12-01", "cron = \"0 0 15 12 * *\"").await;
    let asked = affected(&office).await;
    assert_eq!(asked.len(), 1);
    let december = "20261212T193000";
    assert_eq!(asked[0].fact.now.recurrence_id.to_string(), december);
    let now = asked[0].now.as_ref().unwrap();
    assert_eq!((now.id.to_string().as_str(), now.segment), ("20261212T150000", 2));
    let entries = office.agenda("2026-12-01", "2027-01-31").await;
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.to_string()).collect();
    assert_eq!(ids, [december, "20270112T150000"], "it stands for what the new rule has that day");
    office.waits(20).await;
    let opened = office.ids("talk", State::Opened, "2026-12-01", "2027-01-31").await;
    assert_eq!(opened, [december, "20270112T150000"]);
    let entry = office.occurrence("talk", december).await;
    office.moves(&entry, "2026-12-12T15:00:00+08:00", None).await;
    assert!(affected(&office).await.is_empty(), "moved to where the rule has it");
}

#[tokio::test]
async fn keeping_is_an_answer_until_the_next_question() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("talk", lasting("议事日", 90), EVENING).await;
    office.settles().await;
    office.rules("talk", "2026-12-01", "cron = \"0 0 15 12 * *\"").await;
    let id = "20261212T193000".parse().unwrap();
    office.settles().await;
    office.asks("talk", Command::Keep { id }).await.unwrap();
    assert!(affected(&office).await.is_empty());
    office.rules("talk", "2026-12-02", "cron = \"0 0 16 12 * *\"").await;
    assert_eq!(affected(&office).await.len(), 1);
    office.cancels(&office.occurrence("talk", "20261212T193000").await).await;
    assert!(affected(&office).await.is_empty());
}

#[tokio::test]
async fn a_rule_without_that_day_asks_too() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("talk", lasting("议事日", 90), EVENING).await;
    office.settles().await;
    let from = "2026-12-01".parse().unwrap();
    office.asks("talk", Command::Retire { from }).await.unwrap();
    let asked = affected(&office).await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].now, None);
}

#[tokio::test]
async fn a_late_paper_asks_for_what_was_opened_without_it() {
    let office = Office::at("2026-12-20T08:00:00+08:00");
    let rule = "cron = \"0 0 9 * * Mon\"\nholiday = \"skip\"\nfrom = \"2026-12-28\"\nuntil = \"2027-01-04\"";
    office.adopts(2026, &["2026-01-01"], &[]).await;
    office.publishes("meeting", lasting("例会", 60), rule).await;
    office.waits(4).await;
    let opened = office.ids("meeting", State::Opened, "2026-12-20", "2027-01-31").await;
    assert_eq!(opened, ["20261228T090000", "20270104T090000"]);
    assert!(office.occurrence("meeting", "20270104T090000").await.unsettled);
    office.adopts(2027, &["2027-01-04"], &[]).await;
    let asked = affected(&office).await;
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].fact.now.recurrence_id.to_string().as_str(), asked[0].now.is_none()),
        ("20270104T090000", true)
    );
    let id = asked[0].fact.now.recurrence_id;
    office.asks("meeting", Command::Keep { id }).await.unwrap();
    assert!(affected(&office).await.is_empty());
}

#[tokio::test]
async fn another_venue_or_length_of_the_activity_asks() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    office.publishes("talk", lasting("议事日", 90), EVENING).await;
    office.settles().await;
    let typo = Description { text: "改一个字".into(), ..lasting("议事日", 90) };
    office.asks("talk", Command::Describe { seen: None, description: typo.clone() }).await.unwrap();
    assert!(affected(&office).await.is_empty());
    let elsewhere = Description { venue: Some(id("hall")), ..typo };
    let command = Command::Describe { seen: None, description: elsewhere };
    office.asks("talk", command).await.unwrap();
    assert_eq!(affected(&office).await.len(), 2);
}

#[tokio::test]
async fn an_own_time_is_not_asked_about() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.drafts("talk", lasting("议事日", 90), EVENING).await;
    let mut opening = office.occurrence("talk", "20261112T193000").await.opening();
    opening.start = at("2026-11-12T15:00:00+08:00");
    opening.end = at("2026-11-12T16:30:00+08:00");
    let publish = Command::PublishMonth { openings: vec![opening], own: true };
    office.asks("talk", publish).await.unwrap();
    assert!(affected(&office).await.is_empty());
    let entry = office.occurrence("talk", "20261112T193000").await;
    assert_eq!((entry.state, entry.revision), (State::Opened, 0));
    assert_eq!(entry.start, at("2026-11-12T15:00:00+08:00"));
}
