//! The vault as its callers see it, each test in a folder of its own.

mod erasing;
mod moving;
mod sealing;
mod secrets;

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::*;

/// A data folder, and beside it a master key and an erasure list. All names here are made up.
struct Folder {
    dir: TempDir,
    master: MasterKey,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("master.key");
        let data = dir.path().join("data");
        let (master, _) = MasterKey::load_or_make(Some(&key), &data, &Entropy::system()).unwrap();
        Self { dir, master }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.data().join(VAULT_FILE)
    }

    fn list(&self) -> PathBuf {
        self.master.erasure_list()
    }

    fn try_open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.data(), &self.master, &self.list(), Entropy::system())
    }

    fn open(&self) -> Vault {
        self.try_open().unwrap()
    }

    /// Whether these bytes stand anywhere in the vault's file or in one beside it.
    fn holds(&self, bytes: &[u8]) -> bool {
        std::fs::read_dir(self.data()).unwrap().any(|file| {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            content.windows(bytes.len()).any(|part| part == bytes)
        })
    }
}

fn person(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn named(name: &str) -> IndexEntry {
    IndexEntry { name: name.into(), kind: "a".into(), language: "zh".into(), ..Default::default() }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

#[test]
fn a_key_is_made_once_and_is_there_after_reopening() {
    let folder = Folder::new();
    let vault = folder.open();
    assert!(vault.key(person(1)).unwrap().is_none());
    let made = vault.new_key(person(1)).unwrap();
    let again = vault.new_key(person(1)).unwrap();
    assert!(made.key == again.key);
    assert!(vault.new_key(person(2)).unwrap().key != made.key);
    assert!(!folder.holds(made.key.bytes()), "a key is on disk only wrapped");
    drop(vault);
    let vault = folder.open();
    assert!(vault.key(person(1)).unwrap().unwrap().key == made.key);
    let keys = vault.keys(&[person(1), person(2), person(3)]).unwrap();
    assert_eq!((keys.len(), keys.contains_key(&person(3))), (2, false));
}

#[test]
fn only_the_owner_reads_the_files_and_deleted_bytes_are_overwritten() {
    let folder = Folder::new();
    let vault = folder.open();
    vault.new_key(person(1)).unwrap();
    for file in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        let mode = std::fs::metadata(folder.data().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let inside = vault.inside().unwrap();
    let pragma = |name: &str| -> i64 {
        inside.conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((pragma("secure_delete"), pragma("synchronous"), pragma("temp_store")), (1, 2, 2));
}

#[test]
fn another_master_key_a_newer_file_and_a_broken_one_are_told_apart() {
    let folder = Folder::new();
    folder.open().new_key(person(1)).unwrap();
    let other = Folder::new().master;
    let opened = Vault::open(&folder.data(), &other, &folder.list(), Entropy::system());
    assert!(matches!(opened, Err(VaultError::WrongMasterKey { .. })));

    let raw = Connection::open(folder.file()).unwrap();
    raw.execute("UPDATE keys SET box = zeroblob(60)", []).unwrap();
    assert!(matches!(folder.open().key(person(1)), Err(VaultError::Damaged(_))));
    raw.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(folder.try_open(), Err(VaultError::TooNew(99))));
    drop(raw);
    std::fs::write(folder.file(), [7; 8192]).unwrap();
    assert!(matches!(folder.try_open(), Err(VaultError::Store(_))));
}

#[test]
fn a_full_disk_refuses_the_whole_change_and_harms_nothing() {
    let folder = Folder::new();
    let vault = folder.open();
    vault.put(person(1), &named("Ada Li")).unwrap();
    vault.inside().unwrap().conn.query_row("PRAGMA max_page_count = 60", [], |_| Ok(())).unwrap();
    let many: Vec<_> = (2..5_000).map(|n| (person(n), named("somebody"))).collect();
    let full = vault.put_all(&many).unwrap_err();
    assert!(full.to_string().contains("vault.db: database or disk is full"), "{full}");
    assert!(vault.by_name("somebody").unwrap().is_empty());
    vault.erase(person(1)).unwrap();
    assert!(!folder.holds(b"Ada Li"));
}

#[test]
fn the_index_finds_people_however_they_are_written() {
    let folder = Folder::new();
    let vault = folder.open();
    let full = IndexEntry {
        phone: Some("+86 138-0000-0001".into()),
        email: Some("Some.One@Example.org".into()),
        flat: Some("2-301".into()),
        card: Some("A 17".into()),
        ..named("Ada Li")
    };
    let daughter = IndexEntry { phone: Some("１３８ 0000 0001".into()), ..named("adam") };
    vault.put_all(&[(person(1), full.clone()), (person(2), daughter)]).unwrap();
    assert_eq!(vault.entry(person(1)).unwrap(), Some(full));
    assert_eq!(vault.by_email(" some.one@example.ORG ").unwrap(), [person(1)]);
    assert_eq!(vault.by_phone("13800000001").unwrap(), [person(1), person(2)]);
    assert_eq!(vault.by_card("a  17").unwrap(), [person(1)]);
    assert_eq!(vault.by_name("ada  li").unwrap(), [person(1)]);
    let same = vault.namesakes(["ada  li", "nobody", "ada  li"]).unwrap();
    assert_eq!(same["ada  li"].iter().map(|(id, _)| *id).collect::<Vec<_>>(), [person(1)]);
    assert_eq!((same.len(), same["nobody"].len()), (2, 0));
    let starting =
        |start: &str, limit| -> Vec<Uuid> { vault.by_name_start(start, |_| true, limit).unwrap() };
    assert_eq!(starting("ADA", 9), [person(1), person(2)]);
    assert_eq!(starting("ADA", 1), [person(1)]);
    let second = vault.by_name_start("ada", |id| id == person(2), 1).unwrap();
    assert_eq!(second, [person(2)], "others of that name don't stand in the way");
    assert!(starting("%", 9).is_empty() && starting(" ", 9).is_empty());
    assert!(vault.by_phone("no number").unwrap().is_empty());

    vault.put(person(1), &named("Bo")).unwrap();
    assert!(vault.by_email("some.one@example.org").unwrap().is_empty(), "replaced, not merged");
    vault.remove(person(1)).unwrap();
    assert_eq!(vault.entry(person(1)).unwrap(), None);
    assert!(!format!("{:?}", named("Ada Li")).contains("Ada"));
}

#[test]
fn phone_numbers_compare_by_their_digits() {
    for (written, digits) in [
        ("0086 138 0000 0001", "13800000001"),
        ("(010) 8612-3456", "01086123456"),
        ("86123456", "86123456"),
        ("+44 20 7946 0000", "442079460000"),
        ("", ""),
    ] {
        assert_eq!(phone_digits(written), digits, "{written}");
    }
}

#[test]
fn cookies_open_under_the_last_two_keys_and_their_own_name() {
    let folder = Folder::new();
    let vault = folder.open();
    let cookie = vault.seal_cookie("session", b"who").unwrap();
    let opened = |vault: &Vault, text: &str| vault.open_cookie("session", text);
    assert_eq!(**opened(&vault, &cookie).unwrap(), *b"who");
    assert!(vault.open_cookie("form", &cookie).is_none());
    assert!(opened(&Folder::new().open(), &cookie).is_none());
    for n in 0..cookie.len() {
        let mut altered = cookie.clone().into_bytes();
        altered[n] = if altered[n] == b'A' { b'B' } else { b'A' };
        assert!(opened(&vault, &String::from_utf8(altered).unwrap()).is_none(), "character {n}");
    }
    vault.rotate_session_key().unwrap();
    drop(vault);
    let vault = folder.open();
    assert!(opened(&vault, &cookie).is_some());
    vault.rotate_session_key().unwrap();
    assert!(opened(&vault, &cookie).is_none());
}

#[test]
fn revoked_sessions_have_another_number() {
    let folder = Folder::new();
    let vault = folder.open();
    assert_eq!(vault.session_epoch(person(1)).unwrap(), 0);
    assert_eq!(vault.revoke_sessions(person(1)).unwrap(), 1);
    assert_eq!(vault.revoke_sessions(person(1)).unwrap(), 2);
    assert_eq!(folder.open().session_epoch(person(1)).unwrap(), 2);
    assert_eq!(vault.session_epoch(person(2)).unwrap(), 0);
    vault.erase(person(1)).unwrap();
    assert!(matches!(vault.session_epoch(person(1)), Err(VaultError::Erased(_))));
}
