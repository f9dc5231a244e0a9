//! What moves from one vault to another, what does not belong together, and who may do what.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_moves_to_the_street_and_back() {
    let street = Street::new(1).await;
    let office = TempDir::new().unwrap();
    let embedded = testing::vault(&office, &Entropy::system());
    let passphrase = SecretString::from("a good passphrase");
    let (a, b, gone) = (person(1), person(2), person(3));
    embedded.new_keys(&[a, b, gone]).unwrap();
    embedded.put(a, &named("Ada Li")).unwrap();
    embedded.set_password(a, &"a long password".into()).unwrap();
    let card = embedded.mint_card("card", b, person(9)).unwrap();
    let feed = embedded.lasting("feed", a).unwrap();
    embedded.erase(gone).unwrap();
    let export = embedded.export(&passphrase).unwrap();

    let (one, two) = (street.node().await, street.node().await);
    let report = one.vault.import(&passphrase, &export).unwrap();
    assert_eq!((report.taken, report.there, report.erased), (2, 0, 0));
    two.vault.caught_up().await.unwrap();
    assert!(same_key(&embedded, &two.vault, a) && same_key(&two.vault, &embedded, b));
    assert!(two.vault.erased(gone).unwrap());
    assert_eq!(two.vault.holder("card", card.code.expose_secret(), noon()).unwrap(), Some(b));
    assert_eq!(two.vault.lasting("feed", a).unwrap().expose_secret(), feed.expose_secret());
    assert_eq!(one.vault.import(&passphrase, &export).unwrap().there, 2);

    let back = TempDir::new().unwrap();
    let back = testing::vault(&back, &Entropy::system());
    back.import(&passphrase, &two.vault.export(&passphrase).unwrap()).unwrap();
    assert!(same_key(&embedded, &back, a) && back.erased(gone).unwrap());
    assert!(back.verify_password(Some(a), &"a long password".into()).unwrap());
    assert_eq!(back.holder("card", card.code.expose_secret(), noon()).unwrap(), Some(b));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_together_is_refused_with_the_way_out() {
    let street = Street::new(1).await;
    let node = street.node().await;
    node.vault.new_key(person(1)).unwrap();
    let nats = street.nats().await;
    let refused = |opened: Result<Vault, VaultError>| opened.unwrap_err().to_string();

    // Another master key.
    let dir = TempDir::new().unwrap();
    let (key, data) = (dir.path().join("key"), dir.path().join("data"));
    let (other, _) = MasterKey::load_or_make(Some(&key), &data, &Entropy::system()).unwrap();
    let list = dir.path().join("erased");
    let opened = Vault::on_nats(&nats, &data, &other, &list, Entropy::system()).await;
    assert!(matches!(opened, Err(VaultError::WrongMasterKey { .. })));

    // The folder of an office without NATS.
    let office = TempDir::new().unwrap();
    drop(testing::vault(&office, &Entropy::system()));
    let told = refused(street.open(office.path()).await);
    assert!(told.contains("linli export") && told.contains("another folder"), "{told}");

    // Something on a subject of ours that is not ours.
    let subject = format!("linli-vault.street.{}", person(2));
    nats.jetstream().publish(subject, "hello".into()).await.unwrap().await.unwrap();
    nats.jetstream().publish("linli-vault.street.x", "hello".into()).await.unwrap().await.unwrap();
    node.vault.new_key(person(2)).unwrap();
    let fresh = street.node().await;
    assert!(same_key(&node.vault, &fresh.vault, person(2)));

    // A stream that was removed meanwhile, and one with other settings.
    let name = nats.log().vault_stream();
    nats.jetstream().delete_stream(&name).await.unwrap();
    let Node { dir, vault } = fresh;
    drop(vault);
    let told = refused(street.open(dir.path()).await);
    assert!(told.contains("removed") && told.contains("vault.db"), "{told}");
    nats.jetstream().delete_stream(&name).await.unwrap();
    let config = stream::Config {
        name,
        subjects: vec!["linli-vault.street.>".to_owned()],
        max_age: Duration::from_hours(1),
        ..stream::Config::default()
    };
    nats.jetstream().create_stream(config).await.unwrap();
    let dir = TempDir::new().unwrap();
    let told = refused(street.open(dir.path()).await);
    assert!(told.contains("nats stream edit LINLI_street_VAULT"), "{told}");
}
