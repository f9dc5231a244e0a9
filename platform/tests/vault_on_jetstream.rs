//! A vault that stands on JetStream: every node has it, each change is in all copies, and what is
//! erased is gone from the servers' disks. All people are made up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use async_nats::jetstream::stream;
use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    entropy::Entropy,
    nats::{Access, Nats, lease::Ownership},
    testing::{self, NatsServers},
    vault::{IndexEntry, MasterKey, Terms, Vault, VaultError, serve_vault},
};
use rusqlite::Connection;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use uuid::Uuid;

/// A street: its servers, and the master key that all its nodes have.
struct Street {
    servers: NatsServers,
    keys: TempDir,
}

/// One node's folder and its erasure list.
struct Node {
    dir: TempDir,
    vault: Vault,
}

impl Street {
    async fn new(servers: usize) -> Self {
        let servers = NatsServers::with(servers, "").await;
        Self { servers, keys: TempDir::new().unwrap() }
    }

    async fn nats(&self) -> Nats {
        let address = self.servers.address("street");
        Nats::connect(&address, &Access::default(), "test").await.unwrap()
    }

    fn master(&self) -> MasterKey {
        let (key, none) = (self.keys.path().join("master.key"), self.keys.path().join("data"));
        MasterKey::load_or_make(Some(&key), &none, &Entropy::system()).unwrap().0
    }

    async fn open(&self, dir: &Path) -> Result<Vault, VaultError> {
        let (data, list) = (dir.join("data"), dir.join("erased"));
        let nats = self.nats().await;
        Vault::on_nats(&nats, &data, &self.master(), &list, Entropy::system()).await
    }

    async fn node(&self) -> Node {
        let dir = TempDir::new().unwrap();
        let vault = self.open(dir.path()).await.unwrap();
        Node { dir, vault }
    }

    /// Lets a node own the vault.
    async fn own(&self, node: &Node) {
        let (nats, vault) = (self.nats().await, node.vault.clone());
        tokio::spawn(async move { serve_vault(&nats, &vault, &Ownership::default()).await });
        let there = Vault::there(&self.nats().await, Entropy::system()).unwrap();
        until(|| there.is_ready()).await;
    }

    /// All that was ever stored of somebody and is still on the stream, boxed.
    async fn stored(&self, person: Uuid) -> Vec<Vec<u8>> {
        let nats = self.nats().await;
        let stream = nats.jetstream().get_stream(nats.log().vault_stream()).await.unwrap();
        let subject = format!("linli-vault.street.{person}");
        let (mut after, mut stored) = (0, Vec::new());
        while let Ok(found) = stream
            .raw_message_builder()
            .sequence(after + 1)
            .next_by_subject(subject.as_str())
            .send()
            .await
        {
            after = found.sequence;
            stored.push(found.payload.to_vec());
        }
        stored
    }
}

/// In which files under some folders one of these texts stands.
fn holding(folders: &[PathBuf], texts: &[Vec<u8>]) -> Vec<PathBuf> {
    // SQLite looks through bytes faster than a program without optimisation does.
    let look = Connection::open_in_memory().unwrap();
    let mut look = look.prepare("SELECT instr(?1, ?2)").unwrap();
    let mut found = Vec::new();
    let mut folders = folders.to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(content) = fs::read(&path) else { continue };
            // The middle of a box is enough: it can't be there by chance.
            let mut holds = |text: &Vec<u8>| {
                let at: i64 = look.query_row((&content, &text[12..44]), |row| row.get(0)).unwrap();
                at > 0
            };
            found.extend(texts.iter().any(&mut holds).then_some(path));
        }
    }
    found
}

async fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    while !holds() {
        assert!(Instant::now() < end, "it has not come about within 40 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
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

/// Whether two nodes have the same key of somebody: what one seals the other opens.
fn same_key(one: &Vault, two: &Vault, person: Uuid) -> bool {
    let stream = format!("_/people/resident/{person}").parse().unwrap();
    let sealed = one.seal(person, &stream, "name", "Ada Li").unwrap();
    let placed = linli_platform::vault::Placed { stream: &stream, field: "name", sealed: &sealed };
    two.open_sealed(placed).is_ok_and(|name| name.expose_secret() == "Ada Li")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_stores_every_other_has() {
    let street = Street::new(1).await;
    let (one, two) = (street.node().await, street.node().await);
    let a = &one.vault;
    a.new_keys(&[person(1), person(2)]).unwrap();
    a.put(person(1), &named("Ada Li")).unwrap();
    a.set_password(person(1), &"a long password".into()).unwrap();
    let feed = a.lasting("feed", person(1)).unwrap();
    let card = a.mint_card("card", person(1), person(7)).unwrap();
    a.revoke_sessions(person(1)).unwrap();
    a.hand_over("card", person(1), person(2)).unwrap();
    a.rotate_session_key().unwrap();
    let cookie = a.seal_cookie("linli", b"who").unwrap();
    let b = &two.vault;
    b.caught_up().await.unwrap();
    assert!(same_key(a, b, person(1)) && same_key(b, a, person(2)));
    assert_eq!(b.by_name("ada li").unwrap(), [person(1)]);
    assert!(b.verify_password(Some(person(1)), &"a long password".into()).unwrap());
    assert_eq!(b.lasting("feed", person(1)).unwrap().expose_secret(), feed.expose_secret());
    assert_eq!(b.holder("card", card.code.expose_secret(), noon()).unwrap(), Some(person(2)));
    assert_eq!(b.session_epoch(person(1)).unwrap(), 1);
    assert_eq!(b.open_cookie("linli", &cookie).unwrap().as_slice(), b"who");

    // A node that was away reads on from where it was; one with a new folder from the beginning.
    let Node { dir, vault } = two;
    drop(vault);
    a.remove(person(1)).unwrap();
    a.remove_password(person(1)).unwrap();
    let again = street.open(dir.path()).await.unwrap();
    assert!(again.by_name("ada li").unwrap().is_empty());
    assert!(!again.verify_password(Some(person(1)), &"a long password".into()).unwrap());
    let third = street.node().await;
    assert!(same_key(a, &third.vault, person(1)));
    assert_eq!(third.vault.session_epoch(person(1)).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_change_the_same_at_once_lose_nothing_and_let_in_one() {
    let street = Street::new(3).await;
    let nodes = [street.node().await, street.node().await];
    nodes[0].vault.new_key(person(1)).unwrap();
    let add = |node: &Node| {
        let mut added = 0;
        while added < 40 {
            match node.vault.revoke_sessions(person(1)) {
                Ok(_) => added += 1,
                // Said, not lost.
                Err(VaultError::Overtaken) => {}
                Err(other) => return Err(other.to_string()),
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let both: Vec<_> = nodes.iter().map(|node| scope.spawn(|| add(node))).collect();
        for one in both {
            assert_eq!(one.join().unwrap(), Ok(()));
        }
    });
    for node in &nodes {
        node.vault.caught_up().await.unwrap();
        assert_eq!(node.vault.session_epoch(person(1)).unwrap(), 80);
    }
    for _ in 0..10 {
        let terms = Terms::once_until(noon() + TimeDelta::minutes(15));
        let link = nodes[0].vault.mint("link", person(1), terms).unwrap();
        nodes[1].vault.caught_up().await.unwrap();
        let redeem = |node: &Node| {
            let redeemed = node.vault.redeem("link", link.expose_secret(), noon());
            usize::from(redeemed.is_ok_and(|person| person.is_some()))
        };
        let let_in: usize = thread::scope(|scope| {
            let both: Vec<_> = nodes.iter().map(|node| scope.spawn(|| redeem(node))).collect();
            both.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(let_in, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_twenty_thousand_is_stored_in_seconds() {
    let street = Street::new(3).await;
    let node = street.node().await;
    street.own(&node).await;
    let persons: Vec<Uuid> = (1..=20_000).map(person).collect();
    let entry = |n: &Uuid| (*n, named(&format!("Li {}", n.as_u128())));
    let entries: Vec<_> = persons.iter().map(entry).collect();
    let before = Instant::now();
    node.vault.new_keys(&persons).unwrap();
    let keys = before.elapsed();
    node.vault.put_all(&entries).unwrap();
    eprintln!("20,000 keys in {keys:.1?}, with names in {:.1?}", before.elapsed());
    assert!(before.elapsed() < Duration::from_mins(1));
    let other = street.node().await;
    assert_eq!(other.vault.entries(&persons).unwrap().len(), 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_each_person_one_message_stays() {
    let street = Street::new(3).await;
    let node = street.node().await;
    node.vault.put(person(1), &named("before there is an owner")).unwrap();
    node.vault.put(person(1), &named("still before")).unwrap();
    street.own(&node).await;
    for n in 0..20 {
        node.vault.put(person(n % 2), &named(&format!("Li {n}"))).unwrap();
    }
    let nats = street.nats().await;
    let mut stream = nats.jetstream().get_stream(nats.log().vault_stream()).await.unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    // One for each, and one for the vault's own secrets.
    while stream.info().await.unwrap().state.messages > 3 {
        assert!(Instant::now() < end, "messages that others replace are still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Erases somebody of whom several states were stored, and says how long their bytes stay.
async fn erased_from_disks(down: Option<usize>) -> Duration {
    let street = Street::new(3).await;
    let (owner, standby) = (street.node().await, street.node().await);
    let (own, other) = (&owner.vault, &standby.vault);
    let many: Vec<_> = (1..=300).map(person).collect();
    own.new_keys(&many).unwrap();
    let secret = person(150);
    for n in 0..3 {
        own.put(secret, &named(&format!("Ada Li {n}"))).unwrap();
    }
    let boxes = street.stored(secret).await;
    assert_eq!(boxes.len(), 4, "nobody owned the vault yet, so all are there");
    street.own(&owner).await;
    other.caught_up().await.unwrap();
    assert!(!holding(&street.servers.store_dirs(), &boxes).is_empty());
    if let Some(n) = down {
        street.servers.kill(n);
    }
    // Whoever leads is elected anew first.
    until(|| own.erase(secret).is_ok()).await;
    let mut since = Instant::now();
    if let Some(n) = down {
        let told = own.new_key(secret);
        assert!(matches!(told, Err(VaultError::Erased(_))), "erased where most of the copies are");
        assert!(!holding(&street.servers.store_dirs(), &boxes).is_empty());
        street.servers.start(n);
        since = Instant::now();
    }
    until(|| holding(&street.servers.store_dirs(), &boxes).is_empty()).await;
    let took = since.elapsed();
    other.caught_up().await.unwrap();
    assert!(other.key(secret).unwrap().is_none() && other.erased(secret).unwrap());
    assert!(other.key(person(151)).unwrap().is_some());
    for node in [&owner, &standby] {
        let list = fs::read_to_string(node.dir.path().join("erased")).unwrap();
        assert!(list.contains(&secret.to_string()));
    }
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_gone_from_all_disks_within_seconds() {
    let took = erased_from_disks(None).await;
    eprintln!("gone from all files of three servers after {took:.1?}");
    assert!(took < Duration::from_secs(30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_during_an_erasure_keeps_nothing_either() {
    let took = erased_from_disks(Some(1)).await;
    eprintln!("gone from all files {took:.1?} after the return of a server");
    assert!(took < Duration::from_secs(40));
}

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
