//! A resident is erased, and then an older backup is put back.

use std::{fs, path::Path, sync::Arc};

use axum::http::StatusCode;
use linli_people::{adapters::NewResident, contract::Purpose};
use linli_platform::clock::Clock;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    app::{App, in_time},
    process::Office,
};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"议事\"
kinds = [\"邻里议事日\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
[[activity.segment]]
from = 2026-01-01
rule = '''
cron = \"0 0 9 * * *\"
'''
";
/// What nobody may find any more. Made up for this story.
const TRACES: [&str; 4] =
    ["测试居民待抹去", "to-be-erased@example.test", "13900000007", "待抹去室"];

/// The files under a folder in which one of the traces stands in clear.
fn found(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(self::found(&path));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            found.extend(TRACES.iter().filter(|trace| holds(trace)).map(|trace| {
                format!("{trace} in {}", path.strip_prefix(folder).unwrap().display())
            }));
        }
    }
    found
}

async fn somebody(app: &App) -> Uuid {
    let [name, email, phone, flat] = TRACES.map(str::to_owned);
    let new = NewResident {
        building: "xiguan-b03".to_owned(),
        name,
        email,
        phone,
        flat,
        language: "zh".to_owned(),
        synthetic: true,
        consents: vec![Purpose::Storage, Purpose::Reminders],
        how: "paper".to_owned(),
        ..NewResident::default()
    };
    let (person, _) = app.people.register(app.meta(), new).await.unwrap();
    app.settle().await;
    person
}

/// The page of the occurrence in two days at the desk.
fn roll(app: &App) -> String {
    let day = (app.now() + chrono::TimeDelta::days(2)).with_timezone(&chrono_tz::Asia::Shanghai);
    format!("xiguan/{{}}/talk/{}T090000", day.format("%Y%m%d"))
}

#[test]
fn no_file_of_the_restored_folder_holds_the_name_and_the_counts_stay_true() {
    // Given a resident who registered, was written to, and stands in a backup.
    let office = Office::new();
    let backup = office.path("backup");
    let (person, path) = office.before(async |app| {
        app.seed(&crate::app::files(|path| path.ends_with("places.toml"))).await;
        app.plan(TALK).await;
        let (person, path) = (somebody(app).await, roll(app));
        let page = path.replace("xiguan/{}/", "/c/xiguan/");
        app.browser_of(person).await.does(&format!("{page}/register"), &[]).await;
        app.settle().await;
        (person, path)
    });
    office.does(&["backup", backup.to_str().unwrap()]);
    assert!(!found(&office.path("data")).is_empty(), "the traces can be found at all");
    // When they are erased at the desk.
    office.before(async |app| {
        let desk = app.desk("administrator").await;
        let erase = format!("/desk/xiguan/residents/{person}/erase");
        desk.does(&erase, &[("sure", "on")]).await;
        app.settle().await;
    });
    assert_eq!(found(&office.path("data")), Vec::<String>::new());
    // And when somebody puts the backup back.
    fs::rename(office.path("data"), office.path("old")).unwrap();
    office.does(&["restore", backup.to_str().unwrap()]);
    office.before(async |app| {
        let desk = app.desk("administrator").await;
        let residents = desk.reads("/desk/xiguan/residents").await;
        let roll = desk.reads(&format!("/desk/{}", path.replace("{}", "roll"))).await;
        for trace in TRACES {
            assert!(!residents.contains(trace) && !roll.contains(trace), "{trace}");
        }
        let one = desk.get(&format!("/desk/xiguan/residents/{person}")).await;
        assert!(one.status == StatusCode::NOT_FOUND || !one.text.contains(TRACES[0]));
    });
    assert_eq!(found(&office.path("data")), Vec::<String>::new());
    office.does(&["verify"]);
}

#[tokio::test]
async fn no_mail_to_them_lies_in_the_outbox_any_more() {
    let folder = Arc::new(TempDir::new().unwrap());
    let app = App::open(folder, Clock::system().now(), None).await;
    app.seed(&crate::app::files(|path| path.ends_with("places.toml"))).await;
    app.plan(TALK).await;
    let (person, path) = (somebody(&app).await, roll(&app));
    let page = path.replace("xiguan/{}/", "/c/xiguan/");
    app.browser_of(person).await.does(&format!("{page}/register"), &[]).await;
    app.settle().await;
    let which = path.rsplit('/').next().unwrap();
    app.cancels("talk", which).await;
    assert_eq!(app.letters().await.len(), 1);
    let erase = format!("/desk/xiguan/residents/{person}/erase");
    app.desk("administrator").await.does(&erase, &[("sure", "on")]).await;
    let gone = async {
        while !app.letters().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    in_time("what names them is gone", gone).await;
    assert_eq!(found(&app.data()), Vec::<String>::new());
}
