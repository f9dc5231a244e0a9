use std::{fs, sync::Arc};

use linli_platform::{directory::Directory, testing::Kit};
use serde_json::json;

use super::*;

fn kit() -> Kit {
    let directory = |vault: &Vault| -> Arc<dyn Directory> {
        Arc::new(linli_people::PeopleDirectory::new(vault))
    };
    Kit::new("2026-11-02T08:00:00+08:00", directory)
}

fn passphrase() -> SecretString {
    SecretString::from("a long enough passphrase")
}

/// A log with two streams, and what `export` writes of it.
async fn exported() -> (Kit, tempfile::TempDir) {
    let kit = kit();
    for n in 0..3 {
        kit.happened("xiguan/calendar/activity/a", &json!({ "happened": { "n": n } })).await;
        kit.happened("xiguan/calendar/activity/b", &json!({ "happened": { "n": n } })).await;
    }
    let person = kit.platform.entropy.uuid();
    kit.platform.vault.new_key(person).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let quiet = Progress::to(|_| {});
    let log = kit.platform.log.as_ref();
    assert_eq!(export_log(log, &dir.path().join("log"), &quiet).await.unwrap(), 6);
    let vault = dir.path().join("vault");
    export_vault(&kit.platform.vault, &vault, passphrase()).await.unwrap();
    (kit, dir)
}

async fn imported(kit: &Kit, dir: &tempfile::TempDir) -> Result<Imported, String> {
    let (log, vault) = (dir.path().join("log"), dir.path().join("vault"));
    let quiet = Progress::to(|_| {});
    let done = import(&kit.platform, &log, &vault, &passphrase(), &quiet).await;
    done.map_err(|failure| failure.text().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_log_arrives_byte_for_byte_and_a_second_time_changes_nothing() {
    let (old, dir) = exported().await;
    let new = kit();
    let first = imported(&new, &dir).await.unwrap();
    assert_eq!((first.new, first.there, first.persons_new), (6, 0, 1));
    let again = imported(&new, &dir).await.unwrap();
    assert_eq!((again.new, again.there, again.persons_there), (0, 6, 1));
    let quiet = Progress::to(|_| {});
    let copy = dir.path().join("copy");
    export_log(new.platform.log.as_ref(), &copy, &quiet).await.unwrap();
    assert_eq!(fs::read(copy).unwrap(), fs::read(dir.path().join("log")).unwrap());
    // What the old log goes on with follows what is here.
    old.happened("xiguan/calendar/activity/a", &json!({ "happened": { "n": 9 } })).await;
    fs::remove_file(dir.path().join("log")).unwrap();
    export_log(old.platform.log.as_ref(), &dir.path().join("log"), &quiet).await.unwrap();
    assert_eq!(imported(&new, &dir).await.unwrap().new, 1);
}

#[tokio::test]
async fn another_history_is_refused_before_anything_is_written() {
    let (_old, dir) = exported().await;
    let new = kit();
    new.happened("xiguan/calendar/activity/b", &json!({ "other": {} })).await;
    let told = imported(&new, &dir).await.unwrap_err();
    assert!(told.contains("line 2: xiguan/calendar/activity/b is here already"), "{told}");
    assert_eq!(new.platform.log.last().await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_damaged_or_incomplete_file_is_refused_with_its_line() {
    let (_old, dir) = exported().await;
    let file = dir.path().join("log");
    let whole = fs::read_to_string(&file).unwrap();
    let new = kit();
    fs::write(&file, whole.replacen("\"n\":1", "\"n\":7", 1)).unwrap();
    let told = imported(&new, &dir).await.unwrap_err();
    assert!(told.contains("line 3: the record's checksum"), "{told}");
    let missing: Vec<_> = whole.lines().skip(1).collect();
    fs::write(&file, missing.join("\n")).unwrap();
    let told = imported(&new, &dir).await.unwrap_err();
    assert!(told.contains("line 2: a record of xiguan/calendar/activity/a is missing"), "{told}");
    assert_eq!(new.platform.log.last().await.unwrap(), Position(0));
}
