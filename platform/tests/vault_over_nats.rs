//! The vault and the directory of another node, over a real nats-server. All people are made up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    directory::{
        Address, Answer, Directory, DirectoryError, Lookup, Name, Principal, Purpose,
        RemoteDirectory, SignIn, SignedIn, serve_directory,
    },
    entropy::Entropy,
    nats::{Access, Nats, lease, lease::Ownership},
    testing::{self, NatsServers},
    vault::{IndexEntry, PasswordError, PersonKey, Placed, Terms, Vault, VaultError, serve_vault},
};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A server, a node that keeps the vault, and the connections of others.
struct Office {
    servers: NatsServers,
    _dir: TempDir,
    kept: Vault,
    nats: Nats,
}

impl Office {
    async fn new() -> Self {
        let servers = NatsServers::one().await;
        let dir = TempDir::new().unwrap();
        let kept = testing::vault(&dir, &Entropy::system());
        let nats = connection(&servers).await;
        Self { servers, _dir: dir, kept, nats }
    }

    fn serve(&self) -> JoinHandle<()> {
        let (nats, kept) = (self.nats.clone(), self.kept.clone());
        tokio::spawn(async move {
            serve_vault(&nats, &kept, &Ownership::default()).await.unwrap();
        })
    }

    /// The vault of another node, once that node has heard of it.
    async fn there(&self) -> Vault {
        let there = Vault::there(&connection(&self.servers).await, Entropy::system()).unwrap();
        until(|| there.is_ready()).await;
        there
    }
}

async fn connection(servers: &NatsServers) -> Nats {
    Nats::connect(&servers.address("test"), &Access::default(), "test").await.unwrap()
}

async fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "it has not come about within 20 s");
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

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_names_are_those_of_the_node_that_keeps_them() {
    let office = Office::new().await;
    let _served = office.serve();
    let there = office.there().await;
    let many: Vec<Uuid> = (1..=2_500).map(person).collect();
    there.new_keys(&many).unwrap();
    assert_eq!(there.keys(&many).unwrap().len(), 2_500);
    let stream = "_/people/resident/1".parse().unwrap();
    let sealed = there.seal(person(1), &stream, "name", "Ada Li").unwrap();
    let placed = Placed { stream: &stream, field: "name", sealed: &sealed };
    assert_eq!(office.kept.open_sealed(placed).unwrap().expose_secret(), "Ada Li");

    let flat = "x".repeat(1_500);
    let entry = |n: usize| IndexEntry { flat: Some(flat.clone()), ..named(&format!("Li {n:04}")) };
    let entries: Vec<_> = many.iter().copied().zip((1..).map(entry)).collect();
    there.put_all(&entries[..300]).unwrap();
    there.put_all(&entries[300..600]).unwrap();
    there.put_all(&entries[600..]).unwrap();
    let known = there.entries(&many).unwrap();
    assert!(known.len() == 2_500 && known[&person(7)] == entries[6].1);
    let full = IndexEntry {
        phone: Some("+86 138-0000-0001".into()),
        email: Some("Some.One@Example.org".into()),
        card: Some("A 17".into()),
        ..named("Bo")
    };
    there.put(person(9), &full).unwrap();
    assert_eq!(there.entry(person(9)).unwrap(), Some(full));
    assert_eq!(there.by_email("some.one@example.org").unwrap(), [person(9)]);
    assert_eq!(there.by_phone("13800000001").unwrap(), [person(9)]);
    assert_eq!(there.by_card("a 17").unwrap(), [person(9)]);
    assert_eq!(there.by_name("bo").unwrap(), [person(9)]);
    // Each answer of 500 would be longer than a message, so it is asked for in smaller parts.
    let names: Vec<String> = (1..=2_500).map(|n| format!("Li {n:04}")).collect();
    let same = there.namesakes(names.iter().map(String::as_str)).unwrap();
    assert!(same.len() == 2_500 && same["Li 0008"][0].0 == person(8) && same["Li 0009"].is_empty());
    let last = there.by_name_start("li", |id| id.as_u128() > 2_000, 2).unwrap();
    assert_eq!(last, [person(2_001), person(2_002)]);
    there.remove(person(9)).unwrap();
    assert!(office.kept.entry(person(9)).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_passwords_and_sign_ins_are_one_on_all_nodes() {
    let office = Office::new().await;
    let _served = office.serve();
    let (one, two) = (office.there().await, office.there().await);
    let a = person(1);
    one.new_key(a).unwrap();
    let feed = one.lasting("feed", a).unwrap();
    let feed = feed.expose_secret();
    assert_eq!(two.lasting("feed", a).unwrap().expose_secret(), feed);
    assert_eq!(two.holder("feed", feed, noon()).unwrap(), Some(a));
    let next = two.renew("feed", a, noon() + TimeDelta::days(1)).unwrap();
    let led = one.renewed("feed", feed, noon()).unwrap().unwrap();
    assert_eq!(led.expose_secret(), next.expose_secret());
    one.rotate("feed", a).unwrap();
    assert!(two.renewed("feed", feed, noon()).unwrap().is_none());
    let card = one.mint_card("card", a, person(77)).unwrap();
    let again = two.mint_card("card", a, person(77)).unwrap();
    assert_eq!(card.code.expose_secret(), again.code.expose_secret());
    assert_eq!(two.holder("card", again.scanned.expose_secret(), noon()).unwrap(), Some(a));
    one.new_key(person(2)).unwrap();
    assert_eq!(one.hand_over("card", a, person(2)).unwrap(), 2);
    assert_eq!(two.holder("card", card.code.expose_secret(), noon()).unwrap(), Some(person(2)));
    assert_eq!(two.revoke("card", person(2)).unwrap(), 2);
    assert_eq!(two.purge_expired(noon() + TimeDelta::days(2)).unwrap(), 0);

    let short = one.set_password(a, &"short".into());
    assert!(matches!(short, Err(VaultError::Password(PasswordError::TooShort))));
    one.set_password(a, &"a long password".into()).unwrap();
    assert!(two.verify_password(Some(a), &"a long password".into()).unwrap());
    assert!(!two.verify_password(None, &"a long password".into()).unwrap());
    two.remove_password(a).unwrap();
    assert!(!one.verify_password(Some(a), &"a long password".into()).unwrap());

    assert_eq!((one.session_epoch(a).unwrap(), two.revoke_sessions(a).unwrap()), (0, 1));
    let cookie = one.seal_cookie("linli", b"who").unwrap();
    assert_eq!(two.open_cookie("linli", &cookie).unwrap().as_slice(), b"who");
    assert_eq!(office.kept.open_cookie("linli", &cookie).unwrap().as_slice(), b"who");
    one.rotate_session_key().unwrap();
    one.rotate_session_key().unwrap();
    assert!(one.open_cookie("linli", &cookie).is_none());
    assert!(matches!(one.export(&"a good passphrase".into()), Err(VaultError::OnlyWhereKept)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_redeem_a_link_at_once_one_lets_in() {
    let office = Office::new().await;
    let _served = office.serve();
    let nodes = [office.there().await, office.there().await];
    nodes[0].new_key(person(1)).unwrap();
    for _ in 0..40 {
        let end = Terms::once_until(noon() + TimeDelta::minutes(15));
        let link = nodes[0].mint("link", person(1), end).unwrap();
        let together = Barrier::new(2);
        let redeem = |node: &Vault| {
            together.wait();
            node.redeem("link", link.expose_secret(), noon()).unwrap()
        };
        let let_in = thread::scope(|scope| {
            let both: Vec<_> = nodes.iter().map(|node| scope.spawn(|| redeem(node))).collect();
            both.into_iter().filter_map(|one| one.join().unwrap()).count()
        });
        assert_eq!(let_in, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_persons_key_goes_from_all_nodes_when_they_hear_of_it() {
    let office = Office::new().await;
    let _served = office.serve();
    let (one, two) = (office.there().await, office.there().await);
    one.new_key(person(1)).unwrap();
    assert!(two.key(person(1)).unwrap().is_some());
    one.erase(person(1)).unwrap();
    assert!(one.key(person(1)).unwrap().is_none());
    two.forget(person(1));
    assert!(two.key(person(1)).unwrap().is_none());
    assert!(two.erased(person(1)).unwrap());
    assert!(matches!(two.new_key(person(1)), Err(VaultError::Erased(id)) if id == person(1)));
    let put = two.put(person(1), &named("Ada Li"));
    assert!(matches!(put, Err(VaultError::Erased(id)) if id == person(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_the_next_owner_and_the_last_one_is_silent() {
    let office = Office::new().await;
    let there = Vault::there(&connection(&office.servers).await, Entropy::system()).unwrap();
    assert!(there.seal_cookie("linli", b"who").is_err(), "nobody was heard yet");
    let asking = there.clone();
    let asked = tokio::task::spawn_blocking(move || asking.new_key(person(1)));
    // It owns nothing: nobody keeps its lease.
    let (idle, _keeper) = lease::take_part(&office.nats, "people", "idle");
    let (nats, other) = (office.nats.clone(), office.kept.clone());
    let silent = tokio::spawn(async move { serve_vault(&nats, &other, &idle).await });
    let _served = office.serve();
    assert_eq!(asked.await.unwrap().unwrap().person(), person(1));
    until(|| there.is_ready()).await;
    for n in 2..20 {
        there.new_key(person(n)).unwrap();
    }
    assert!(!silent.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_answers_a_page_goes_without_and_a_sign_in_says_so() {
    let servers = NatsServers::one().await;
    let nats = connection(&servers).await;
    let directory = RemoteDirectory::new(&nats);
    let before = Instant::now();
    let names = directory.names(vec![person(1)], None, Purpose::Desk).await;
    assert!(matches!(names, Err(DirectoryError::Down(_))));
    assert!(before.elapsed() < Duration::from_millis(500));
    let there = Vault::there(&nats, Entropy::system()).unwrap();
    let refused = tokio::task::spawn_blocking(move || there.new_key(person(1)));
    let sign_in = directory.sign_in(SignIn::Link { secret: "x".into() });
    let (sign_in, refused) = tokio::join!(sign_in, refused);
    let told = sign_in.unwrap_err().to_string();
    assert!(told.contains("nobody answers") && told.contains("--only people"), "{told}");
    let told = refused.unwrap().unwrap_err().to_string();
    assert!(told.contains("nobody answers") && told.contains("--only people"), "{told}");
}

/// A directory over a vault, as `people` has one.
struct Book(Vault);

impl Directory for Book {
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey> {
        let made = self.0.new_key(person).map_err(|_| DirectoryError::Nobody(person));
        Box::pin(async { made })
    }
    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        let keys = self.0.keys(&persons).unwrap();
        Box::pin(async { Ok(keys) })
    }
    fn names(
        &self,
        persons: Vec<Uuid>,
        viewer: Option<Principal>,
        _: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        let known = self.0.entries(&persons).unwrap();
        let name = |(id, entry): (Uuid, IndexEntry)| match &viewer {
            Some(who) if who.may("people.see", &who.community) => (id, Name::Known(entry.name)),
            _ => (id, Name::Withheld { building: entry.flat }),
        };
        let names = known.into_iter().map(name).collect();
        Box::pin(async { Ok(names) })
    }
    fn addresses(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        let address = |entry: IndexEntry| Address {
            name: entry.name,
            email: entry.email,
            phone: entry.phone,
            language: entry.language,
        };
        let known = self.0.entries(&persons).unwrap().into_iter();
        let addresses = known.map(|(id, entry)| (id, address(entry))).collect();
        Box::pin(async { Ok(addresses) })
    }
    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>> {
        let Lookup::Name { begins, .. } = by else { unreachable!() };
        let found = self.0.by_name_start(&begins, |_| true, 5).unwrap();
        Box::pin(async { Ok(found) })
    }
    fn sign_in(&self, with: SignIn) -> Answer<'_, SignedIn> {
        let SignIn::Link { secret } = with else { unreachable!() };
        let person = self.0.redeem("link", &secret, noon()).unwrap();
        Box::pin(async move {
            let person = person.ok_or(DirectoryError::Refused)?;
            Ok(SignedIn::As(Box::new(principal(person))))
        })
    }
    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        self.0.erase(person).unwrap();
        Box::pin(async { Ok(()) })
    }
}

fn principal(person: Uuid) -> Principal {
    let grant = linli_platform::directory::Grant {
        permission: "people.see".into(),
        community: "xiguan".into(),
    };
    Principal {
        person,
        staff: true,
        community: "xiguan".into(),
        epoch: 0,
        grants: vec![grant],
        language: "zh".into(),
        large_type: false,
        acts_for: [].into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_answers_from_another_node_as_from_this_one() {
    let office = Office::new().await;
    let (nats, book) = (office.nats.clone(), Arc::new(Book(office.kept.clone())));
    tokio::spawn(async move { serve_directory(&nats, book, &Ownership::default()).await });
    let directory = RemoteDirectory::new(&connection(&office.servers).await);
    let a = person(1);
    let key = directory.new_key(a).await.unwrap();
    let stream = "_/people/resident/1".parse().unwrap();
    let sealed = key.seal(&stream, "name", "Ada Li", &Entropy::system()).unwrap();
    let keys = directory.keys((1..3_000).map(person).collect()).await.unwrap();
    let placed = Placed { stream: &stream, field: "name", sealed: &sealed };
    assert_eq!(keys[&a].open(placed).unwrap().expose_secret(), "Ada Li");
    assert_eq!(keys.len(), 1);
    let entry = IndexEntry {
        flat: Some("3".into()),
        email: Some("a@example.org".into()),
        ..named("Ada Li")
    };
    office.kept.put(a, &entry).unwrap();
    let seen = directory.names(vec![a], Some(principal(a)), Purpose::Desk).await.unwrap();
    assert_eq!(seen[&a], Name::Known("Ada Li".into()));
    let not = directory.names(vec![a], None, Purpose::Ranking).await.unwrap();
    assert_eq!(not[&a], Name::Withheld { building: Some("3".into()) });
    let addresses = directory.addresses(vec![a]).await.unwrap();
    assert_eq!(addresses[&a].email.as_deref(), Some("a@example.org"));
    let by = Lookup::Name { community: "xiguan".into(), begins: "ada".into() };
    assert_eq!(directory.find(by).await.unwrap(), [a]);

    let end = Terms::once_until(noon() + TimeDelta::minutes(15));
    let link = office.kept.mint("link", a, end).unwrap();
    let shown = || SignIn::Link { secret: link.expose_secret().into() };
    let (one, two) = tokio::join!(directory.sign_in(shown()), directory.sign_in(shown()));
    let refused = [&one, &two].iter().filter(|in_| ***in_ == Err(DirectoryError::Refused)).count();
    assert_eq!(refused, 1);
    let let_in = one.or(two).unwrap();
    assert_eq!(let_in, SignedIn::As(Box::new(principal(a))));
    directory.erase(a).await.unwrap();
    assert_eq!(directory.new_key(a).await.unwrap_err(), DirectoryError::Nobody(a));
}
