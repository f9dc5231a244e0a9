//! A street on NATS: several nodes share one log, and nobody notices which of them answers.

use std::{fs, path::PathBuf, sync::Arc};

use linli::{
    compose::{Means, Node, Part},
    config::Config,
    output::Progress,
    transfer,
};
use linli_notifier::adapters::mail::Outbox;
use linli_people::People;
use linli_platform::{
    clock::Clock,
    event_log::sqlite::{OpenMode, SqliteLog},
    ids::Position,
    service::settle,
    testing::{NatsServers, at},
};
use tempfile::TempDir;

use crate::{
    app::{App, in_time},
    visitor::Visitor,
};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"议事\"
kinds = [\"邻里议事日\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
[[activity.segment]]
from = 2026-01-01
rule = '''
cron = \"0 0 9 5 * *\"
'''
";
const PAGE: &str = "/c/xiguan/talk/20261105T090000";
const HANDS: &str = "calendar,people,notifier,attendance,ranking";

/// The servers, and what its nodes have in common.
struct Street {
    servers: NatsServers,
    folder: Arc<TempDir>,
    clock: Clock,
}

impl Street {
    fn on(servers: NatsServers, now: &str) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        Self { servers, folder, clock: Clock::standing_at(at(now)) }
    }

    async fn node(&self, name: &str, part: Part) -> Node {
        let listen = "127.0.0.1:8080".parse().unwrap();
        let config = Config {
            public_url: Some("https://linli.test".to_owned()),
            log: Some(self.servers.address("street")),
            master_key_file: Some(self.folder.path().join("master.key")),
            ..Config::usual()
        };
        let (data, clock) = (self.data(name), self.clock.clone());
        Node::open(Means { data, config, clock, part, at: listen }).await.unwrap()
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).join("data")
    }

    /// A node that acts, of the services named.
    async fn hands(&self, name: &str, services: &str) -> Node {
        let node = self.node(name, Part::Only(services.parse().unwrap())).await;
        node.own_services().await.unwrap();
        node
    }

    /// A node that answers people.
    async fn face(&self, name: &str) -> App {
        let node = self.node(name, Part::Only("gateway".parse().unwrap())).await;
        let router = node.app().await.unwrap();
        let people = People::new(&node.platform, &node.people().await.unwrap().tables);
        App { node, router, people, folder: self.folder.clone() }
    }

    /// Waits until the nodes that act have nothing to do, and the others know of it.
    async fn settle(&self, hands: &[&Node], faces: &[&App]) {
        for node in hands {
            let own = node.own_services().await.unwrap();
            let tables: Vec<_> = own.iter().map(|service| &service.tables).collect();
            let log = node.platform.log.as_ref();
            in_time("the hands are quiet", settle(log, &self.clock, &tables)).await.unwrap();
        }
        for face in faces {
            face.settle().await;
        }
    }
}

/// Who is signed in at one node, at another.
fn elsewhere(who: &Visitor, at: &App) -> Visitor {
    Visitor { cookie: who.cookie.clone(), ..at.stranger() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_node_answers_people_are_known_and_see_what_they_did() {
    // Given one node that acts for all services, and two that answer people.
    let street = Street::on(NatsServers::one().await, "2026-11-02T08:00:00+08:00");
    let hands = street.hands("hands", HANDS).await;
    let (one, two) = (street.face("one").await, street.face("two").await);
    one.seed(&crate::app::files(|path| path.ends_with("places.toml"))).await;
    one.plan(TALK).await;
    street.settle(&[&hands], &[&one, &two]).await;
    // When a resident is written down at one node and registers there.
    let person = one.resident("here", true).await;
    let browser = one.browser_of(person).await;
    let answer = browser.post(&format!("{PAGE}/register"), &[]).await;
    // Then the other node shows it to them at once: the link says how far it has to have read.
    let there = elsewhere(&browser, &two);
    let page = there.reads(&answer.to).await;
    assert!(page.contains("已报名"), "{page}");
    // And the desk, signed in at the second, sees the name by way of the node that keeps it.
    street.settle(&[&hands], &[&one, &two]).await;
    let desk = two.desk("administrator").await;
    let residents = elsewhere(&desk, &one).reads("/desk/xiguan/residents").await;
    assert!(residents.contains("测试居民here"), "{residents}");
    // And the reminder goes out once, from the node that acts.
    street.clock.advance_to(at("2026-11-04T20:00:00+08:00"));
    street.settle(&[&hands], &[&one, &two]).await;
    let outbox = Outbox::open(street.data("hands").join("outbox")).unwrap();
    let mails = in_time("the mail", async {
        loop {
            let mails = outbox.list().await.unwrap();
            if !mails.is_empty() {
                break mails;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(mails.await.len(), 1);
    // When the resident is erased at one node, no node knows the name any more.
    // Days have passed, and the desk signs in anew.
    let desk = two.desk("administrator").await;
    elsewhere(&desk, &one)
        .does(&format!("/desk/xiguan/residents/{person}/erase"), &[("sure", "on")])
        .await;
    street.settle(&[&hands], &[&one, &two]).await;
    for face in [&one, &two] {
        let residents = elsewhere(&desk, face).reads("/desk/xiguan/residents").await;
        assert!(!residents.contains("测试居民here"));
    }
    let second = two.stranger().get("/readyz").await;
    assert_eq!(second.status, 200, "{}", second.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_takes_over_and_nothing_is_done_twice() {
    let street = Street::on(NatsServers::one().await, "2026-11-02T08:00:00+08:00");
    let keeper = street.hands("keeper", "calendar,people,attendance,ranking").await;
    let first = street.hands("first", "notifier").await;
    let face = street.face("face").await;
    face.seed(&crate::app::files(|path| path.ends_with("places.toml"))).await;
    face.plan(TALK).await;
    let person = face.resident("here", true).await;
    let browser = face.browser_of(person).await;
    browser.does(&format!("{PAGE}/register"), &[]).await;
    street.settle(&[&keeper, &first], &[&face]).await;
    let second = street.hands("second", "notifier,people").await;
    // The first ends as a node that is stopped does: its lease is free at once.
    first.membership.as_ref().unwrap().leave().await;
    keeper.membership.as_ref().unwrap().leave().await;
    let people = second.platform.hands.of("people").unwrap();
    in_time("the second keeps the vault", people.gained()).await;
    let turn = second.platform.hands.of("notifier").unwrap();
    in_time("the second acts", turn.gained()).await;
    assert!(!first.platform.hands.of("notifier").unwrap().holds());
    street.clock.advance_to(at("2026-11-04T20:00:00+08:00"));
    street.settle(&[&second], &[&face]).await;
    // It has followed the vault from the first on: the name is in the mail, and at the desk.
    let desk = face.desk("administrator").await;
    assert!(desk.reads("/desk/xiguan/residents").await.contains("测试居民here"));
    let mails = async |name: &str| {
        let outbox = Outbox::open(street.data(name).join("outbox")).unwrap();
        outbox.list().await.unwrap().len()
    };
    assert_eq!((mails("first").await, mails("second").await), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_moves_to_the_cluster_and_back_to_the_byte() {
    // Given an office with a month of planning on its own machine.
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    let person = app.resident("here", true).await;
    app.browser_of(person).await.does(&format!("{PAGE}/register"), &[]).await;
    app.settle().await;
    let quiet = Progress::to(|_| ());
    let street = Street::on(NatsServers::three().await, "2026-11-02T08:00:00+08:00");
    let files = ["office", "cluster", "back"].map(|name| street.folder.path().join(name));
    let office = app.platform().log.clone();
    transfer::export_log(office.as_ref(), &files[0], &quiet).await.unwrap();
    // When its log moves to the cluster,
    let node = street.node("operator", Part::Operator).await;
    let cluster = node.platform.log.clone();
    transfer::copy(office.as_ref(), Position(0), cluster.as_ref()).await.unwrap();
    transfer::export_log(cluster.as_ref(), &files[1], &quiet).await.unwrap();
    assert_eq!(cluster.verify(Position(0)).await.unwrap().first_bad, None);
    // and from there to another machine.
    let folder = street.folder.path().join("again");
    let again = SqliteLog::open(&folder, OpenMode::Write).unwrap();
    transfer::copy(cluster.as_ref(), Position(0), &again).await.unwrap();
    transfer::export_log(&again, &files[2], &quiet).await.unwrap();
    let [first, second, third] = files.map(|file| fs::read(file).unwrap());
    assert!(!first.is_empty());
    assert!(first == second && second == third, "each record is the same, in the same order");
}
