//! The local outbox: what lies in the folder, and what the demo's page can show of it.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use linli_notifier::adapters::mail::{Mail, Mailer, Outbox, Outcome};
use tempfile::TempDir;
use uuid::Uuid;

use crate::sink::{mail, mails};

const OWNER: &(dyn Fn() -> bool + Sync) = &|| true;

fn files(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join("outbox")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn open(folder: &TempDir) -> Outbox {
    Outbox::open(folder.path().join("outbox")).unwrap()
}

fn classes(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome.class()).collect()
}

#[tokio::test]
async fn mails_are_listed_newest_first_and_can_be_opened() {
    let folder = TempDir::new().unwrap();
    let outbox = open(&folder);
    let first = mail("wang@example.cn");
    let later = Mail { date: first.date + TimeDelta::hours(1), ..mail("li@example.cn") };
    let batch = [first.clone(), Mail { to: "nobody".to_owned(), ..later.clone() }, later];
    assert_eq!(
        classes(&outbox.send(&batch, OWNER).await),
        ["accepted", "address-permanent", "accepted"]
    );

    let list = outbox.list().await.unwrap();
    assert_eq!(
        list.iter().map(|m| m.to.as_str()).collect::<Vec<_>>(),
        ["li@example.cn", "wang@example.cn"]
    );
    let opened = outbox.read(list[1].file).await.unwrap().unwrap();
    assert_eq!(opened.head, list[1]);
    assert_eq!((&opened.head.subject, opened.head.date), (&first.subject, first.date));
    assert_eq!(opened.text.replace("\r\n", "\n").trim_end(), first.text.trim_end());
    assert_eq!(opened.html.trim_end(), first.html);
    assert!(opened.raw.windows(13).any(|w| w == b"Message-ID: <"));
    assert_eq!(outbox.read(Uuid::nil()).await.unwrap(), None);
}

#[tokio::test]
async fn a_mail_sent_again_replaces_the_first() {
    let folder = TempDir::new().unwrap();
    let outbox = Mailer::Outbox(open(&folder));
    outbox.check().await.unwrap();
    outbox.send(mails("a", 20), OWNER).await;
    let before = files(&folder);
    outbox.send(mails("a", 20), OWNER).await;
    let mut after = files(&folder);
    assert_eq!(before.len(), 20);
    after.retain(|file| !before.contains(file));
    assert!(after.is_empty(), "{after:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let outbox = open(&folder);
    outbox.send(&mails("a", 1), OWNER).await;
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = folder.path().join("outbox");
    assert_eq!(mode(path.clone()), 0o700);
    assert_eq!(mode(path.join(&files(&folder)[0])), 0o600);
}

#[tokio::test]
async fn what_a_killed_process_left_and_what_is_no_mail_is_not_shown() {
    let folder = TempDir::new().unwrap();
    let outbox = open(&folder);
    outbox.send(&mails("a", 1), OWNER).await;
    let path = folder.path().join("outbox");
    fs::write(path.join(".tmpabc.part"), "half a ma").unwrap();
    fs::write(path.join("notes.txt"), "mine").unwrap();
    fs::write(path.join(format!("{}.eml", Uuid::nil())), "no mail at all").unwrap();
    let outbox_again = open(&folder);
    assert_eq!(outbox_again.list().await.unwrap().len(), 1);
    assert_eq!(outbox_again.read(Uuid::nil()).await.unwrap(), None);
    let mut left = files(&folder);
    left.sort();
    assert_eq!(left.len(), 3);
    assert_eq!(left.last().unwrap(), "notes.txt");
}

#[tokio::test]
async fn a_folder_that_vanished_makes_mail_wait_and_is_named() {
    let folder = TempDir::new().unwrap();
    let outbox = Mailer::Outbox(open(&folder));
    fs::remove_dir_all(folder.path().join("outbox")).unwrap();
    let outcomes = outbox.send(mails("a", 2), OWNER).await;
    assert_eq!(classes(&outcomes), ["transient", "transient"]);
    let told = outbox.check().await.unwrap_err().to_string();
    assert!(told.contains("outbox") && told.contains("free space"), "{told}");
}

#[tokio::test]
async fn who_loses_the_ownership_stores_no_more() {
    let folder = TempDir::new().unwrap();
    let outbox = open(&folder);
    let asked = AtomicUsize::new(0);
    let owner = || asked.fetch_add(1, Ordering::Relaxed) < 2;
    let outcomes = outbox.send(&mails("a", 4), &owner).await;
    assert_eq!(classes(&outcomes), ["accepted", "accepted", "not-sent", "not-sent"]);
    assert_eq!(files(&folder).len(), 2);
}
