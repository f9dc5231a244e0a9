//! A vault that stands on JetStream: every node has it, each change is in all copies, and what is
//! erased is gone from the servers' disks. All people are made up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod belonging;
mod erasing;

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
    nats::{
        Access, Nats,
        lease::{self, Ownership},
    },
    testing::{self, NatsServers},
    vault::{IndexEntry, MasterKey, Terms, Vault, VaultError, serve_vault},
};
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
        self.nats_as(Access::default()).await
    }

    async fn nats_as(&self, access: Access) -> Nats {
        Nats::connect(&self.servers.address("street"), &access, "test").await.unwrap()
    }

    fn master(&self) -> MasterKey {
        let (key, none) = (self.keys.path().join("master.key"), self.keys.path().join("data"));
        MasterKey::load_or_make(Some(&key), &none, &Entropy::system()).unwrap().0
    }

    async fn open(&self, dir: &Path) -> Result<Vault, VaultError> {
        self.open_over(&self.nats().await, dir).await
    }

    async fn open_over(&self, nats: &Nats, dir: &Path) -> Result<Vault, VaultError> {
        let (data, list) = (dir.join("data"), dir.join("erased"));
        Vault::on_nats(nats, &data, &self.master(), &list, Entropy::system()).await
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

    /// A server that does not lead the vault's stream.
    async fn follower(&self) -> usize {
        let nats = self.nats().await;
        let stream = nats.jetstream().get_stream(nats.log().vault_stream()).await.unwrap();
        let leader = stream.cached_info().cluster.clone().unwrap().leader.unwrap();
        (0..3).find(|n| leader != format!("n{n}")).unwrap()
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
async fn when_the_owner_dies_the_next_one_answers_without_a_word_to_anybody() {
    let street = Street::new(1).await;
    let nats = street.nats().await;
    lease::bucket(&nats).await.unwrap();
    let mut nodes = Vec::new();
    for name in ["first", "second"] {
        let (own_nats, node) = (street.nats().await, street.node().await);
        let (ownership, keeper) = lease::take_part(&own_nats, "people", name);
        let vault = node.vault.clone();
        let kept = tokio::spawn(keeper.run(std::future::pending()));
        let turn = ownership.clone();
        let served = tokio::spawn(async move { serve_vault(&own_nats, &vault, &turn).await });
        if nodes.is_empty() {
            until(|| ownership.holds()).await;
        }
        nodes.push((node, ownership, kept, served));
    }
    let there = Vault::there(&nats, Entropy::system()).unwrap();
    until(|| there.is_ready()).await;
    there.put(person(1), &named("Ada Li")).unwrap();
    assert!(!nodes[1].1.holds());
    let (first, _, kept, served) = nodes.remove(0);
    kept.abort();
    served.abort();
    drop(first);
    let before = Instant::now();
    there.put(person(2), &named("Bo")).unwrap();
    eprintln!("taken over after {:.1?}", before.elapsed());
    assert!(nodes[0].1.holds());
    assert_eq!(there.by_name("ada li").unwrap(), [person(1)]);
    assert_eq!(nodes[0].0.vault.by_name("bo").unwrap(), [person(2)]);
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
