//! Nothing is left of an erased person, whenever the machine stops and whatever is restored.

use std::fs;

use super::*;

/// Enough people that rows have moved between pages, which leaves copies behind.
const CROWD: u128 = 400;

fn wrapped_key(vault: &Vault, id: Uuid) -> Vec<u8> {
    let sql = "SELECT box FROM keys WHERE person = ?1";
    vault.inside().unwrap().conn.query_row(sql, [id], |row| row.get(0)).unwrap()
}

fn name(n: u128) -> String {
    // Mixed up, so that neighbours in the index are not neighbours in time.
    format!("name-{:05}-of-somebody", n * 7919 % 10_007)
}

fn member(n: u128) -> Uuid {
    person(n * 7919 % 10_007)
}

fn crowd(vault: &Vault) {
    let everybody: Vec<_> = (1..=CROWD).map(|n| (member(n), named(&name(n)))).collect();
    // In several transactions, so that pages are split and merged with rows in them.
    for part in everybody.chunks(50) {
        vault.new_keys(&part.iter().map(|(id, _)| *id).collect::<Vec<_>>()).unwrap();
        vault.put_all(part).unwrap();
    }
}

#[test]
fn no_byte_of_an_erased_person_is_left_on_disk() {
    let folder = Folder::new();
    let vault = folder.open();
    crowd(&vault);
    let (gone, stays) = (member(3), member(4));
    let secret = vault.mint("link", gone, Terms::default()).unwrap();
    vault.set_password(gone, &"a long password".into()).unwrap();
    let phc: String = vault
        .inside()
        .unwrap()
        .conn
        .query_row("SELECT phc FROM passwords", [], |row| row.get(0))
        .unwrap();
    let key = wrapped_key(&vault, gone);
    let name_gone = name(3);
    let traces = [key.as_slice(), &key[..12], &key[20..], name_gone.as_bytes(), phc.as_bytes()];
    assert!(traces.iter().all(|trace| folder.holds(trace)), "they are there to be found");
    vault.erase(gone).unwrap();
    for trace in traces {
        assert!(!folder.holds(trace));
    }
    assert!(vault.key(gone).unwrap().is_none() && vault.erased(gone).unwrap());
    assert!(vault.entry(gone).unwrap().is_none());
    let text = secrecy::ExposeSecret::expose_secret(&secret);
    assert_eq!(vault.holder("link", text, noon()).unwrap(), None);
    assert!(folder.holds(&wrapped_key(&vault, stays)) && folder.holds(name(4).as_bytes()));
    assert!(vault.key(stays).unwrap().is_some());
    assert_eq!(fs::read_to_string(folder.list()).unwrap(), format!("{gone}\n"));
    assert_eq!(fs::metadata(folder.list()).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Rows that grow, shrink and go make SQLite move others between pages; `secure_delete` alone leaves
/// copies of moved rows in the gaps.
#[test]
fn no_copy_of_a_row_that_moved_is_left_either() {
    const PEOPLE: u128 = 3_000;
    let folder = Folder::new();
    let vault = folder.open();
    let entry = |n: u128, flat_bytes: u128| IndexEntry {
        flat: Some("x".repeat(usize::try_from(flat_bytes).unwrap())),
        ..named(&name(n))
    };
    for start in (1..=PEOPLE).step_by(20) {
        let new = (start..start + 20).map(|n| (member(n), entry(n, n * 31 % 150)));
        let earlier = (1..=8).map(|k| 1 + start * k * 6_151 % start);
        let changed = earlier.map(|n| (member(n), entry(n, (n + start) * 17 % 400)));
        vault.put_all(&new.chain(changed).collect::<Vec<_>>()).unwrap();
    }
    let gone: Vec<_> = (1..=PEOPLE).filter(|n| n % 3 == 0).collect();
    vault.erase_all(&gone.iter().map(|n| member(*n)).collect::<Vec<_>>()).unwrap();
    drop(vault);
    let file = fs::read(folder.file()).unwrap();
    let start = b"name-";
    let found: std::collections::HashSet<_> = file
        .windows(name(1).len())
        .filter(|part| part.starts_with(start))
        .map(<[u8]>::to_vec)
        .collect();
    let left = gone.iter().filter(|n| found.contains(name(**n).as_bytes())).count();
    assert_eq!((left, found.contains(name(1).as_bytes())), (0, true));
}

#[test]
fn an_erased_person_is_never_taken_in_again() {
    let folder = Folder::new();
    let vault = folder.open();
    vault.new_key(person(1)).unwrap();
    vault.erase(person(1)).unwrap();
    vault.erase(person(1)).unwrap();
    assert_eq!(fs::read_to_string(folder.list()).unwrap().lines().count(), 1);
    let erased = |result: Result<(), VaultError>| matches!(result, Err(VaultError::Erased(_)));
    assert!(erased(vault.new_key(person(1)).map(drop)));
    assert!(erased(vault.new_keys(&[person(2), person(1)])));
    assert!(vault.key(person(2)).unwrap().is_none(), "all or none");
    assert!(erased(vault.put(person(1), &named("Ada"))));
    assert!(erased(vault.mint("link", person(1), Terms::default()).map(drop)));
    assert!(erased(vault.lasting("feed", person(1)).map(drop)));
    assert!(erased(vault.set_password(person(1), &"a long password".into())));
    assert!(erased(vault.revoke_sessions(person(1)).map(drop)));
}

#[test]
fn a_crash_after_the_list_was_written_ends_in_an_erasure() {
    let folder = Folder::new();
    let vault = folder.open();
    crowd(&vault);
    let key = wrapped_key(&vault, member(1));
    // This is all that the erasure had done when the machine stopped.
    ErasureList::new(&folder.list()).append(&[member(1)]).unwrap();
    drop(vault);
    let vault = folder.open();
    assert!(vault.erased(member(1)).unwrap() && vault.key(member(1)).unwrap().is_none());
    assert!(!folder.holds(&key));
}

#[test]
fn a_crash_before_the_file_was_rewritten_is_made_good_at_the_next_start() {
    let folder = Folder::new();
    let vault = folder.open();
    crowd(&vault);
    let key = wrapped_key(&vault, member(1));
    ErasureList::new(&folder.list()).append(&[member(1)]).unwrap();
    vault.change(|conn| erasure::destroy(conn, &[member(1)])).unwrap();
    // The files as a machine that stopped here would have them.
    let after = Folder { dir: tempfile::tempdir().unwrap(), master: folder.master.clone() };
    fs::create_dir(after.data()).unwrap();
    for file in [VAULT_FILE, "vault.db-wal"] {
        fs::copy(folder.data().join(file), after.data().join(file)).unwrap();
    }
    assert!(after.holds(&key), "the write-ahead log still has it");
    let vault = after.open();
    assert!(!after.holds(&key));
    assert!(vault.erased(member(1)).unwrap());
}

#[test]
fn a_line_torn_by_a_crash_is_dropped_and_a_wrong_one_is_named() {
    let folder = Folder::new();
    let vault = folder.open();
    vault.new_keys(&[person(1), person(2)]).unwrap();
    let whole = format!("# kept by the office\n\n{}\n", person(1));
    fs::write(folder.list(), format!("{whole}{}", &person(2).to_string()[..20])).unwrap();
    drop(vault);
    let vault = folder.open();
    assert!(vault.erased(person(1)).unwrap() && !vault.erased(person(2)).unwrap());
    vault.erase(person(3)).unwrap();
    assert_eq!(fs::read_to_string(folder.list()).unwrap(), format!("{whole}{}\n", person(3)));
    drop(vault);
    // Somebody typed an id and forgot to end the line: it counts, and the next one stands below.
    fs::write(folder.list(), person(2).to_string()).unwrap();
    folder.open().erase(person(4)).unwrap();
    assert!(folder.open().erased(person(2)).unwrap());
    let both = format!("{}\n{}\n", person(2), person(4));
    assert_eq!(fs::read_to_string(folder.list()).unwrap(), both);
    fs::write(folder.list(), format!("{whole}nobody\n")).unwrap();
    assert!(matches!(folder.try_open(), Err(VaultError::ErasureList { line: 4, .. })));
}

#[test]
fn an_old_backup_brings_nobody_back() {
    let folder = Folder::new();
    let vault = folder.open();
    vault.new_keys(&[person(1), person(2)]).unwrap();
    vault.put(person(1), &named("Ada Li")).unwrap();
    let backup = folder.dir.path().join("old.db");
    vault.backup_to(&backup).unwrap();
    let key = wrapped_key(&vault, person(1));
    vault.erase(person(1)).unwrap();
    drop(vault);
    // Restored on another machine, where the list comes from elsewhere.
    let restored = Folder { dir: tempfile::tempdir().unwrap(), master: folder.master.clone() };
    fs::create_dir(restored.data()).unwrap();
    fs::copy(&backup, restored.file()).unwrap();
    let own_list = restored.dir.path().join("erased.txt");
    let open = || Vault::open(&restored.data(), &restored.master, &own_list, Entropy::system());
    let vault = open().unwrap();
    assert!(vault.key(person(1)).unwrap().is_some() && restored.holds(b"Ada Li"));
    assert_eq!(vault.apply_erasures(&folder.list()).unwrap(), 1);
    assert!(vault.key(person(1)).unwrap().is_none() && vault.erased(person(1)).unwrap());
    assert!(!restored.holds(b"Ada Li") && !restored.holds(&key));
    assert!(vault.key(person(2)).unwrap().is_some());
    assert_eq!(vault.apply_erasures(&folder.list()).unwrap(), 0, "again is already done");
    // And restored a second time beside its own list: gone before anybody can ask.
    drop(vault);
    fs::copy(&backup, restored.file()).unwrap();
    assert!(open().unwrap().key(person(1)).unwrap().is_none());
}

#[test]
fn a_list_inside_the_data_folder_is_refused() {
    let folder = Folder::new();
    let list = folder.data().join("erased.txt");
    let opened = Vault::open(&folder.data(), &folder.master, &list, Entropy::system());
    assert!(matches!(opened, Err(VaultError::ListInsideData { .. })));
}

#[test]
fn an_erasure_beside_a_reader_says_so_and_is_finished_later() {
    let folder = Folder::new();
    let vault = folder.open();
    crowd(&vault);
    let key = wrapped_key(&vault, member(1));
    vault.inside().unwrap().conn.busy_timeout(Duration::ZERO).unwrap();
    let reader = Connection::open(folder.file()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM keys;").unwrap();
    assert!(matches!(vault.erase(member(1)), Err(VaultError::InUse)));
    assert!(vault.key(member(1)).unwrap().is_none(), "erased for everybody already");
    assert!(folder.holds(&key));
    reader.execute_batch("COMMIT").unwrap();
    vault.erase(member(1)).unwrap();
    assert!(!folder.holds(&key));
}
