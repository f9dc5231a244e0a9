//! Whatever happens on the rolls, tables built anew are those that were kept live, and every total is
//! the sum of its causes.

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::town::{Office, visitor, who};

#[derive(Debug, Clone, Copy)]
enum Step {
    Came(u128, u128),
    Left(u128, u128, u32),
    Corrected(u128, u128, u32),
    Reversed(u128, u128),
    Counted(u128, u32),
    Closed(u128),
    Merged(u128, u128),
    Moved(u128, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let (occurrence, resident) = (1_u128..=2, 1_u128..=6);
    let at = (occurrence.clone(), resident.clone());
    prop_oneof![
        6 => at.clone().prop_map(|(o, r)| Step::Came(o, r)),
        4 => (at.clone(), 0_u32..200).prop_map(|((o, r), m)| Step::Left(o, r, m)),
        2 => (at.clone(), 0_u32..200).prop_map(|((o, r), m)| Step::Corrected(o, r, m)),
        2 => at.prop_map(|(o, r)| Step::Reversed(o, r)),
        1 => (occurrence.clone(), 10_u32..90).prop_map(|(o, n)| Step::Counted(o, n)),
        1 => occurrence.prop_map(Step::Closed),
        1 => (resident.clone(), resident.clone()).prop_map(|(a, b)| Step::Merged(a, b)),
        1 => (resident, 1_u32..=3).prop_map(|(r, b)| Step::Moved(r, b)),
    ]
}

async fn happens(office: &Office, gone: &mut Vec<u128>, step: Step) {
    let at = "2026-11-05T01:00:00Z";
    match step {
        Step::Came(o, r) => {
            let event = json!({ "checkedIn": { "resident": who(r), "way": "LIST", "at": at } });
            office.roll("xiguan", o, &event).await;
        }
        Step::Left(o, r, minutes) => {
            let event =
                json!({ "checkedOut": { "resident": who(r), "at": at, "minutes": minutes } });
            office.roll("xiguan", o, &event).await;
        }
        Step::Corrected(o, r, minutes) => {
            let event = json!({ "hoursCorrected": { "resident": who(r), "minutes": minutes } });
            office.roll("xiguan", o, &event).await;
        }
        Step::Reversed(o, r) => {
            let event = json!({ "checkInReversed": { "resident": who(r) } });
            office.roll("xiguan", o, &event).await;
        }
        Step::Counted(o, people) => {
            office.roll("xiguan", o, &json!({ "headcountGiven": { "people": people } })).await;
        }
        Step::Closed(o) => office.roll("xiguan", o, &json!({ "rollClosed": { "at": at } })).await,
        Step::Merged(a, b) if a != b && !gone.contains(&a) && !gone.contains(&b) => {
            gone.push(a);
            office.person(a, &json!({ "residentMerged": { "into": who(b) } })).await;
        }
        Step::Moved(r, building) if !gone.contains(&r) => {
            let building = format!("xiguan-{building}");
            let to = json!({ "community": "xiguan", "building": building });
            office.person(r, &json!({ "residentMoved": to })).await;
        }
        Step::Merged(..) | Step::Moved(..) => {}
    }
}

/// All boards, one after the other.
async fn boards(office: &Office) -> Vec<Value> {
    let mut all = Vec::new();
    for level in ["building", "grid", "resident", "team", "community"] {
        for measure in ["points", "attended", "minutes", "activityMinutes", "occurrences"] {
            for period in ["2026-W45", "2026-11", "2026"] {
                let place = if level == "community" { "wuhang" } else { "xiguan" };
                let query = format!("level={level}&measure={measure}&period={period}");
                let path = format!("/api/v1/c/{place}/rankings?{query}");
                all.push(office.get(&visitor(), &path).await.json());
            }
        }
    }
    all
}

fn sum(board: &Value) -> i64 {
    board["lines"].as_array().unwrap().iter().map(|line| line["value"].as_i64().unwrap()).sum()
}

async fn holds(steps: Vec<Step>) {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({ "partners": ["beishan"] })).await;
    office.opens("xiguan", 2, json!({})).await;
    let mut gone = Vec::new();
    for step in steps {
        happens(&office, &mut gone, step).await;
    }
    let live = boards(&office).await;
    for period in ["2026-W45", "2026-11", "2026"] {
        for measure in ["points", "minutes"] {
            let board = |level: &str| {
                let is = |board: &&Value| {
                    board["level"] == level
                        && board["measure"] == measure
                        && board["period"] == period
                };
                live.iter().find(is).unwrap()
            };
            let total = board("building")["total"][measure].as_i64().unwrap();
            assert_eq!(sum(board("building")), total, "{measure} of buildings in {period}");
            assert_eq!(sum(board("resident")), total, "{measure} of residents in {period}");
        }
    }
    let length = office.kit.platform.log.last().await.unwrap();
    office.service.rebuild().await.unwrap();
    assert_eq!(boards(&office).await, live, "built anew");
    assert_eq!(office.kit.platform.log.last().await.unwrap(), length, "and nothing was done twice");
}

#[test]
fn boards_built_anew_are_those_that_were_kept() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 12, ..ProptestConfig::default() };
    let ran = TestRunner::new(config).run(&proptest::collection::vec(step(), 1..40), |steps| {
        runtime.block_on(holds(steps));
        Ok(())
    });
    ran.unwrap();
}
