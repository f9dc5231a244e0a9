//! The seeds are real input: every rule, description and holiday paper passes the deciders.

use std::path::{Path, PathBuf};

use linli_almanac::HolidayYear;
use linli_calendar::{
    contract::{Description, HolidayPaper},
    deciders::holidays::{Command, Holidays},
};
use linli_platform::{decider::Decider, testing::at};
use toml::{Table, Value};

use crate::office::{Office, id};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds").join(folder);
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        all.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    all.sort();
    all
}

fn description(activity: &Table) -> Description {
    let text = |key: &str| activity.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |key: &str| activity.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let number = |key: &str| {
        let number = activity.get(key).and_then(Value::as_integer).unwrap_or_default();
        u32::try_from(number).unwrap()
    };
    Description {
        title: text("title"),
        title_en: text("title_en"),
        kinds: list("kinds").iter().map(|kind| kind.as_str().unwrap().to_owned()).collect(),
        venue: activity.get("venue").and_then(Value::as_str).map(id),
        rotation: list("rotation").iter().map(|venue| id(venue.as_str().unwrap())).collect(),
        audience: text("audience"),
        text: text("text"),
        text_en: text("text_en"),
        minutes: number("minutes"),
        capacity: number("capacity"),
        ..Description::default()
    }
}

#[tokio::test]
async fn every_seeded_activity_is_accepted() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    let mut activities = 0;
    for file in files("") {
        let seeds: Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        let community = file.file_stem().unwrap().to_str().unwrap();
        for activity in seeds.get("activity").and_then(Value::as_array).into_iter().flatten() {
            let activity = activity.as_table().unwrap();
            let key = format!("{community}-{}", activity["key"].as_str().unwrap());
            let rule = activity["segment"][0]["rule"].as_str().unwrap();
            office.publishes(&key, description(activity), rule).await;
            activities += 1;
        }
    }
    assert!(activities > 100, "the year of all communities: {activities}");
    let year = office.agenda("2026-01-01", "2026-12-31").await;
    assert!(year.len() > 1000, "{}", year.len());
    assert_eq!(office.declined().await, Vec::<String>::new());
}

#[test]
fn every_seeded_holiday_paper_is_accepted() {
    let files = files("holidays");
    assert_eq!(files.len(), 20, "2007 to 2026");
    for file in files {
        let paper: HolidayYear = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let paper = HolidayPaper::of_almanac(&paper);
        let answer = Holidays::decide(&None, Command::Adopt(paper), at("2026-11-02T00:00:00Z"));
        assert_eq!(answer.map(|events| events.len()), Ok(1), "{}", file.display());
    }
}
