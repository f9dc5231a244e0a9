//! Backups, and moving to another machine under a passphrase.

use std::fs;

use secrecy::{ExposeSecret as _, SecretString};

use super::*;

fn passphrase() -> SecretString {
    "a passphrase of several words".into()
}

#[test]
fn a_backup_is_a_whole_vault_and_holds_no_open_key() {
    let folder = Folder::new();
    let vault = folder.open();
    let key = vault.new_key(person(1)).unwrap();
    let to = folder.dir.path().join("copy.db");
    backup_file(&folder.data(), &to).unwrap();
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&to).unwrap();
    assert!(!bytes.windows(32).any(|part| part == key.key.bytes()));
    assert!(matches!(vault.backup_to(&to), Err(VaultError::File { .. })), "nothing is overwritten");

    let restored = Folder { dir: tempfile::tempdir().unwrap(), master: folder.master.clone() };
    fs::create_dir(restored.data()).unwrap();
    fs::copy(&to, restored.file()).unwrap();
    fs::set_permissions(restored.file(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(restored.open().key(person(1)).unwrap().unwrap().key == key.key);
    assert_eq!(fs::metadata(restored.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_export_brings_everything_and_opens_with_its_passphrase_alone() {
    let source = Folder::new();
    let vault = source.open();
    let key = vault.new_key(person(1)).unwrap();
    vault.new_keys(&[person(2), person(3)]).unwrap();
    vault.put(person(1), &named("Ada Li")).unwrap();
    vault.set_password(person(1), &"four words are long".into()).unwrap();
    vault.revoke_sessions(person(1)).unwrap();
    let card = vault.mint_card("card", person(1), person(70)).unwrap();
    let feed = vault.lasting("feed", person(1)).unwrap();
    let once = vault.mint("link", person(1), Terms { uses: Some(1), expires_at: None }).unwrap();
    vault.erase(person(3)).unwrap();
    let export = vault.export(&passphrase()).unwrap();
    for secret in [key.key.bytes().as_slice(), b"Ada Li"] {
        assert!(!export.windows(secret.len()).any(|part| part == secret));
    }

    let target = Folder::new();
    let there = target.open();
    there.new_key(person(4)).unwrap();
    let refused = there.import(&"another passphrase".into(), &export);
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)));
    assert!(matches!(there.import(&passphrase(), b"{}"), Err(VaultError::NotAnExport)));
    assert!(matches!(vault.export(&"short".into()), Err(VaultError::Password(_))));
    let report = there.import(&passphrase(), &export).unwrap();
    assert_eq!(report, ImportReport { taken: 2, there: 0, erased: 0 });
    assert!(there.key(person(1)).unwrap().unwrap().key == key.key);
    assert_eq!(there.entry(person(1)).unwrap(), Some(named("Ada Li")));
    assert_eq!(there.session_epoch(person(1)).unwrap(), 1);
    assert!(there.verify_password(Some(person(1)), &"four words are long".into()).unwrap());
    let code = card.code.expose_secret();
    assert_eq!(there.redeem("card", code, noon()).unwrap(), Some(person(1)));
    let moved = there.lasting("feed", person(1)).unwrap();
    assert_eq!(moved.expose_secret(), feed.expose_secret());
    assert!(there.erased(person(3)).unwrap());

    let redeem = || there.redeem("link", once.expose_secret(), noon()).unwrap();
    assert_eq!(redeem(), Some(person(1)));
    let again = there.import(&passphrase(), &export).unwrap();
    assert_eq!(again, ImportReport { taken: 0, there: 2, erased: 0 });
    assert_eq!(redeem(), None, "what was used up does not come back");
    drop(there);
    let code_after = target.open().redeem("card", code, noon()).unwrap();
    assert_eq!(code_after, Some(person(1)), "the keys of imported codes are kept");
}

#[test]
fn an_import_takes_all_or_nothing_and_revives_nobody() {
    let source = Folder::new().open();
    source.new_keys(&[person(1), person(2)]).unwrap();
    let export = source.export(&passphrase()).unwrap();

    let other = Folder::new().open();
    other.new_key(person(2)).unwrap();
    let refused = other.import(&passphrase(), &export);
    assert!(matches!(refused, Err(VaultError::Conflict(id)) if id == person(2)));
    assert!(other.key(person(1)).unwrap().is_none());

    let folder = Folder::new();
    let vault = folder.open();
    vault.erase(person(1)).unwrap();
    let report = vault.import(&passphrase(), &export).unwrap();
    assert_eq!(report, ImportReport { taken: 1, there: 0, erased: 1 });
    assert!(vault.key(person(1)).unwrap().is_none());
}

#[test]
fn an_altered_export_is_refused() {
    let vault = Folder::new().open();
    vault.new_key(person(1)).unwrap();
    let export = vault.export(&passphrase()).unwrap();
    // One byte each of the salt, the nonce, the box and the tag.
    for at in [8, 24, 40, export.len() - 1] {
        let mut altered = export.clone();
        altered[at] ^= 1;
        let refused = vault.import(&passphrase(), &altered);
        assert!(matches!(refused, Err(VaultError::WrongPassphrase)), "byte {at}");
    }
    for end in [0, 7, 30] {
        let refused = vault.import(&passphrase(), &export[..end]);
        assert!(matches!(refused, Err(VaultError::NotAnExport)), "{end} bytes");
    }
}
