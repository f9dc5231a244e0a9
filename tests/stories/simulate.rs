//! A month simulated: the same seed gives the same bytes, and what is not as the log has it is found.

use std::{collections::BTreeMap, path::Path};

use linli::{
    failure::Failure,
    output::Progress,
    seeds::embedded,
    simulate::{Asked, Report, Run, on_one_thread, simulate},
};
use rusqlite::Connection;
use serde_json::Value;

use crate::process::Office;

fn asked(seed: u64) -> Asked {
    let day = |text: &str| text.parse().unwrap();
    Asked {
        files: embedded::files().to_vec(),
        from: day("2026-03-01"),
        to: day("2026-03-14"),
        residents: 80,
        of: BTreeMap::new(),
        seed,
        communities: Some(1),
    }
}

fn played(seed: u64) -> Report {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(simulate(asked(seed), Progress::to(|_| {}))).unwrap()
}

fn text(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (first, again, other) = (played(7), played(7), played(8));
    assert_eq!(text(&first), text(&again));
    assert_ne!(first.log_sum, other.log_sum);
    let total = &first.total;
    assert_eq!(total.residents, 80);
    assert!(total.occurrences.held > 10 && total.check_ins > 20, "{total:?}");
    assert!(total.people <= 80 && total.person_hours > 10.0, "{total:?}");
    assert_eq!(total.deliveries, total.deliveries_by_state.values().sum::<u64>());
    assert!(total.deliveries > 0, "{total:?}");
}

/// Plays a fortnight, changes something in the tables behind its back, and checks.
fn checked_after(change: impl FnOnce(&Path) + Send + 'static) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(on_one_thread(move || async move {
        let aside = tempfile::tempdir()?;
        let (data, progress) = (aside.path().join("data"), Progress::to(|_| {}));
        let mut run = Run::begin(&asked(7), data.clone(), &progress).await?;
        run.live(&progress).await?;
        change(&data.join("tables"));
        run.check(&progress).await
    }))
}

/// Runs SQL in a service's tables.
fn tamper(tables: &Path, service: &str, sql: &str) {
    let prefix = format!("{service}-");
    let file = std::fs::read_dir(tables).unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(".db")
    });
    let changed = Connection::open(file.unwrap()).unwrap().execute(sql, []).unwrap();
    assert!(changed > 0, "nothing was there to be changed");
}

#[test]
fn what_holds_passes() {
    checked_after(|_| {}).unwrap();
}

#[test]
fn a_row_that_the_log_does_not_have_is_found_and_named() {
    let told = checked_after(|tables| {
        let sql = "UPDATE rolls_person SET minutes = minutes + 1 WHERE minutes IS NOT NULL";
        tamper(tables, "attendance", sql);
    });
    let told = told.unwrap_err();
    assert_eq!(told.code(), 1);
    let text = told.text().unwrap();
    assert!(text.contains("table rolls_person of attendance differs"), "{text}");
}

#[test]
fn a_delivery_that_is_lost_is_found_and_named() {
    let told = checked_after(|tables| {
        let first = "SELECT min(resident) FROM deliveries";
        let sql = format!("DELETE FROM deliveries WHERE resident = ({first})");
        tamper(tables, "notifier", &sql);
    });
    let text = told.unwrap_err().text().unwrap().to_owned();
    assert!(text.contains("planned deliveries are the sum of all states"), "{text}");
}

#[test]
fn the_command_prints_one_line_of_json_and_refuses_days_out_of_order() {
    let office = Office::new();
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");
    let run = |from: &str, to: &str| {
        let residents = ["--residents", "30", "--communities", "1", "--json"];
        let days = ["simulate", "--seeds", seeds, "--from", from, "--to", to];
        office.says(&[&days[..], &residents[..]].concat())
    };
    let said = run("2026-03-01", "2026-03-03");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.out.lines().count(), 1);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["total"]["residents"], 30);
    assert_eq!(run("2026-03-03", "2026-03-01").code, 2);
}
