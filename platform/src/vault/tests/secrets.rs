//! Tokens, cards and passwords.

use std::{sync::Barrier, time::Instant};

use secrecy::{ExposeSecret as _, SecretString};

use super::*;

#[test]
fn a_link_is_good_once_and_for_its_time() {
    let folder = Folder::new();
    let vault = folder.open();
    let end = noon() + TimeDelta::minutes(15);
    let secret = vault.mint("link", person(1), Terms::once_until(end)).unwrap();
    let text = secret.expose_secret();
    assert_eq!(text.len(), 24);
    assert!(!folder.holds(text.as_bytes()), "only a mark of it is kept");
    assert_eq!(vault.redeem("feed", text, noon()).unwrap(), None, "of another kind");
    assert_eq!(vault.holder("link", text, noon()).unwrap(), Some(person(1)));
    assert_eq!(vault.redeem("link", text, noon()).unwrap(), Some(person(1)));
    assert_eq!(vault.redeem("link", text, noon()).unwrap(), None);
    assert_eq!(vault.holder("link", text, noon()).unwrap(), None);

    let late = vault.mint("link", person(1), Terms::once_until(end)).unwrap();
    assert_eq!(vault.redeem("link", late.expose_secret(), end).unwrap(), None);
    assert_eq!(vault.purge_expired(end - TimeDelta::seconds(1)).unwrap(), 0);
    assert_eq!(vault.purge_expired(end).unwrap(), 1);

    let twice = Terms { uses: Some(2), expires_at: None };
    let invite = vault.mint("link", person(2), twice).unwrap();
    let redeemed = || vault.redeem("link", invite.expose_secret(), noon()).unwrap();
    assert_eq!([redeemed(), redeemed(), redeemed()], [Some(person(2)), Some(person(2)), None]);
}

#[test]
fn of_many_at_the_same_time_one_gets_the_link() {
    let folder = Folder::new();
    // Two openings of one file, as a second program would, and several threads on each.
    let vaults = [folder.open(), folder.open()];
    let secret = vaults[0].mint("link", person(1), Terms::once_until(noon())).unwrap();
    let now = noon() - TimeDelta::minutes(1);
    let together = Barrier::new(8);
    let winners = std::thread::scope(|threads| {
        let tries: Vec<_> = (0..8)
            .map(|n| {
                let (vault, secret, together) = (&vaults[n % 2], &secret, &together);
                threads.spawn(move || {
                    together.wait();
                    vault.redeem("link", secret.expose_secret(), now).unwrap()
                })
            })
            .collect();
        tries.into_iter().filter_map(|one| one.join().unwrap()).count()
    });
    assert_eq!(winners, 1);
}

#[test]
fn a_lasting_secret_is_the_same_until_it_is_rotated() {
    let folder = Folder::new();
    let first = folder.open().lasting("feed", person(1)).unwrap();
    let vault = folder.open();
    let again = vault.lasting("feed", person(1)).unwrap();
    assert_eq!(first.expose_secret(), again.expose_secret());
    assert!(!folder.holds(first.expose_secret().as_bytes()));
    let holder = |text: &SecretString| vault.redeem("feed", text.expose_secret(), noon()).unwrap();
    assert_eq!([holder(&first), holder(&first)], [Some(person(1)); 2]);
    let next = vault.rotate("feed", person(1)).unwrap();
    assert_eq!((holder(&first), holder(&next)), (None, Some(person(1))));
    let other = vault.lasting("feed", person(2)).unwrap();
    assert_eq!(vault.revoke("feed", person(1)).unwrap(), 1);
    assert_eq!((holder(&next), holder(&other)), (None, Some(person(2))));
}

#[test]
fn a_renewed_secret_leads_to_the_new_one_for_a_while() {
    let vault = Folder::new().open();
    let first = vault.lasting("feed", person(1)).unwrap();
    let until = noon() + chrono::TimeDelta::days(90);
    let second = vault.renew("feed", person(1), until).unwrap();
    let holder = |text: &SecretString| vault.holder("feed", text.expose_secret(), noon()).unwrap();
    let to = |text: &SecretString, now| {
        let found = vault.renewed("feed", text.expose_secret(), now).unwrap();
        found.map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!((holder(&first), holder(&second)), (None, Some(person(1))));
    assert_eq!(to(&first, noon()).as_deref(), Some(second.expose_secret()));
    assert_eq!((to(&second, noon()), to(&first, until)), (None, None));
    let third = vault.renew("feed", person(1), until).unwrap();
    for old in [&first, &second] {
        assert_eq!(to(old, noon()).as_deref(), Some(third.expose_secret()));
    }
    // Whoever fears that it is known to others lets no old one lead to the new one.
    let fourth = vault.rotate("feed", person(1)).unwrap();
    assert_eq!((to(&first, noon()), to(&third, noon()), holder(&third)), (None, None, None));
    assert_eq!(holder(&fourth), Some(person(1)));
}

#[test]
fn a_card_is_read_by_eye_and_by_camera_and_ends_with_the_next_card() {
    let folder = Folder::new();
    let vault = folder.open();
    let card = vault.mint_card("card", person(1), person(70)).unwrap();
    let code = card.code.expose_secret();
    assert_eq!(code.len(), CODE_CHARS + 1);
    assert!(!code.contains(['0', 'O', '1', 'I', 'L', '2', 'Z', '5', 'S', '8', 'B', 'U', 'V']));
    let plain = code.replace('-', "");
    let sha = <sha2::Sha256 as sha2::Digest>::digest(&plain);
    assert!(!folder.holds(plain.as_bytes()) && !folder.holds(&sha), "nothing to guess against");
    let holder = |text: &str| vault.redeem("card", text, noon()).unwrap();
    let sloppy = plain.to_lowercase().chars().flat_map(|c| [c, ' ']).collect::<String>();
    for text in [code, plain.as_str(), sloppy.as_str(), card.scanned.expose_secret()] {
        assert_eq!(holder(text), Some(person(1)), "{text}");
    }
    assert_eq!(holder("34679-ACDEF"), None);
    assert_eq!(holder(""), None);
    let again = vault.mint_card("card", person(1), person(70)).unwrap();
    assert_eq!(again.code.expose_secret(), code, "the same order is the same card");
    assert_eq!(again.scanned.expose_secret(), card.scanned.expose_secret());
    let other = vault.mint_card("card", person(2), person(70)).unwrap();
    assert_ne!(other.code.expose_secret(), code, "and nobody else's");
    let next = vault.mint_card("card", person(1), person(71)).unwrap();
    assert_eq!((holder(code), holder(card.scanned.expose_secret())), (None, None));
    assert_eq!(holder(next.code.expose_secret()), Some(person(1)));
    assert_eq!(vault.hand_over("card", person(1), person(2)).unwrap(), 2);
    assert_eq!(holder(next.code.expose_secret()), Some(person(2)));
    assert_eq!(holder(other.code.expose_secret()), Some(person(2)), "both cards are theirs");
    assert_eq!(vault.revoke("card", person(1)).unwrap(), 0);
    assert_eq!(vault.revoke("card", person(2)).unwrap(), 4);
}

#[test]
fn a_password_is_checked_and_a_short_one_is_refused() {
    let folder = Folder::new();
    let vault = folder.open();
    let (right, wrong): (SecretString, SecretString) =
        ("four words are long".into(), "four words are wrong".into());
    let refused = vault.set_password(person(1), &"nine char".into());
    assert!(matches!(refused, Err(VaultError::Password(PasswordError::TooShort))));
    let refused = vault.set_password(person(1), &"x".repeat(1025).into());
    assert!(matches!(refused, Err(VaultError::Password(PasswordError::TooLong))));
    vault.set_password(person(1), &right).unwrap();
    let verify = |id, password: &SecretString| vault.verify_password(id, password).unwrap();
    assert!(verify(Some(person(1)), &right) && !verify(Some(person(1)), &wrong));
    assert!(!verify(Some(person(2)), &right) && !verify(None, &right));
    assert!(!verify(Some(person(1)), &"short".into()));
    let phc: String = vault
        .inside()
        .unwrap()
        .conn
        .query_row("SELECT phc FROM passwords", [], |row| row.get(0))
        .unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    vault.remove_password(person(1)).unwrap();
    assert!(!verify(Some(person(1)), &right));
}

#[test]
fn a_stranger_waits_as_long_as_a_wrong_password() {
    let vault = Folder::new().open();
    let password = SecretString::from("four words are long");
    vault.set_password(person(1), &password).unwrap();
    let fastest = |id| {
        let time = |_| {
            let start = Instant::now();
            vault.verify_password(id, &"another long one".into()).unwrap();
            start.elapsed()
        };
        (0..5).map(time).min().unwrap()
    };
    let (known, unknown) = (fastest(Some(person(1))), fastest(None));
    // Without the same work the answer would come a thousand times faster.
    assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} against {unknown:?}");
}
