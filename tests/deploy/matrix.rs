//! Who may do what: each role against each family of subjects, at real servers with the
//! deployment's own files.

use std::{collections::BTreeSet, time::Duration};

use async_nats::{Client, ConnectOptions, Event, ServerError, jetstream::stream};
use linli_platform::{
    event_log::jetstream::JetStreamLog,
    nats::{Access, Nats, NatsError, lease},
};
use tokio::sync::mpsc;

use crate::{root, servers::Servers};

const ALL: [&str; 8] =
    ["calendar", "people", "notifier", "attendance", "ranking", "gateway", "follower", "cli"];
/// Every node of Linli and its operator.
const OURS: &[&str] =
    &["calendar", "people", "notifier", "attendance", "ranking", "gateway", "cli"];
const NOBODY: &[&str] = &[];
const OPERATOR: &[&str] = &["cli"];
/// How long a server may take to say no.
const PATIENCE: Duration = Duration::from_secs(20);

/// What each role may publish: a subject, and who is allowed to.
const PUBLISHED: &[(&str, &[&str])] = &[
    // Streams that a service's faces and its hand share.
    ("linli.guangling.xiguan.calendar.activity.x", &["calendar", "gateway", "cli"]),
    ("linli.guangling._.calendar.holidays.x", &["calendar", "gateway", "cli"]),
    ("linli.guangling._.people.resident.x", &["people", "gateway", "cli"]),
    ("linli.guangling.xiguan.notifier.subscription.x", &["notifier", "gateway", "cli"]),
    ("linli.guangling.xiguan.attendance.roll.x", &["attendance", "gateway", "cli"]),
    ("linli.guangling.xiguan.ranking.scoring.x", &["ranking", "gateway", "cli"]),
    // Those of the hand alone.
    ("linli.guangling.xiguan.calendar.opening.x", &["calendar", "cli"]),
    ("linli.guangling.xiguan.notifier.delivery.x", &["notifier", "cli"]),
    ("linli.guangling.xiguan.attendance.rolls.x", &["attendance", "cli"]),
    ("linli.guangling.xiguan.ranking.tally.x", &["ranking", "cli"]),
    ("linli.guangling.xiguan.ranking.bulletin.x", &["ranking", "cli"]),
    // What is no stream, and what is of another log.
    ("linli.guangling.xiguan.calendar.activity.x.y", OPERATOR),
    ("linli.other.xiguan.calendar.activity.x", NOBODY),
    ("linli-vault.other.x", NOBODY),
    // The vault, and what is asked of it.
    ("linli-vault.guangling.x", &["people", "cli"]),
    ("$JS.API.STREAM.MSG.GET.LINLI_guangling_VAULT", &["people", "cli"]),
    ("$JS.API.DIRECT.GET.LINLI_guangling_VAULT", &["people", "cli"]),
    ("$JS.API.CONSUMER.CREATE.LINLI_guangling_VAULT", &["people", "cli"]),
    ("$JS.API.STREAM.MSG.DELETE.LINLI_guangling_VAULT", &["people", "cli"]),
    // What pushes an erased key out of the servers' files.
    ("$JS.API.STREAM.PURGE.LINLI_guangling_VAULT", &["people", "cli"]),
    ("linli-vault.guangling.fill.1", &["people"]),
    ("linli-ask.guangling.vault", &["notifier", "gateway", "cli"]),
    ("linli-ask.guangling.directory", OURS),
    // Leases: each its own.
    ("$KV.LINLI_guangling_LEASES.calendar", &["calendar"]),
    ("$KV.LINLI_guangling_LEASES.people", &["people"]),
    ("$KV.LINLI_guangling_LEASES.notifier", &["notifier"]),
    ("$KV.LINLI_guangling_LEASES.attendance", &["attendance"]),
    ("$KV.LINLI_guangling_LEASES.ranking", &["ranking"]),
    ("$KV.LINLI_guangling_LEASES.gateway", NOBODY),
    // Reading the log.
    ("$JS.API.STREAM.INFO.LINLI_guangling", OURS),
    ("$JS.API.STREAM.MSG.GET.LINLI_guangling", OURS),
    ("$JS.API.CONSUMER.CREATE.LINLI_guangling", OURS),
    ("$JS.API.CONSUMER.CREATE.LINLI_guangling.follower.linli.guangling.*.ranking.>", &ALL),
    ("$JS.API.CONSUMER.CREATE.LINLI_guangling.follower.linli.guangling.*.people.>", OURS),
    ("$JS.API.CONSUMER.MSG.NEXT.LINLI_guangling.another", OURS),
    // Changing it: by the operator alone.
    ("$JS.API.STREAM.CREATE.LINLI_other", OPERATOR),
    ("$JS.API.STREAM.UPDATE.LINLI_guangling", OPERATOR),
    ("$JS.API.STREAM.MSG.DELETE.LINLI_guangling", OPERATOR),
    ("$JS.API.STREAM.SNAPSHOT.LINLI_guangling", OPERATOR),
    ("$JS.API.STREAM.LEADER.STEPDOWN.LINLI_guangling", OPERATOR),
    ("$JS.API.STREAM.PURGE.LINLI_guangling", OPERATOR),
    ("$JS.API.STREAM.DELETE.LINLI_guangling", OPERATOR),
    // Answers in another's name, and the servers themselves.
    ("_INBOX_gateway.x", NOBODY),
    ("_INBOX.x", NOBODY),
    ("$SYS.REQ.SERVER.PING", NOBODY),
    ("anything", NOBODY),
];

/// What each role may listen to.
const HEARD: &[(&str, &[&str])] = &[
    (">", NOBODY),
    ("linli.>", NOBODY),
    ("linli.guangling.xiguan.people.resident.*", NOBODY),
    ("linli-vault.guangling.>", NOBODY),
    ("$KV.>", NOBODY),
    ("$JS.>", NOBODY),
    ("$SYS.>", NOBODY),
    ("_INBOX.>", NOBODY),
    ("_INBOX_people.>", &["people"]),
    ("_INBOX_gateway.>", &["gateway"]),
    ("_INBOX_cli.>", OPERATOR),
    ("linli-ask.guangling.status", OURS),
    ("linli-ask.guangling.directory", &["people"]),
    ("linli-ask.guangling.vault", &["people"]),
];

/// A role's connection, and what the servers refuse it.
struct Role {
    client: Client,
    refused: mpsc::UnboundedReceiver<String>,
    asked: usize,
}

impl Role {
    async fn connect(servers: &Servers, role: &str) -> Self {
        let (said, refused) = mpsc::unbounded_channel();
        let options = ConnectOptions::with_user_and_password(role.into(), servers.password(role))
            .add_root_certificates(servers.ca.clone())
            .require_tls(true)
            .custom_inbox_prefix(format!("_INBOX_{role}"))
            .event_callback(move |event| {
                if let Event::ServerError(ServerError::Other(text)) = event {
                    let _ = said.send(text.to_lowercase());
                }
                std::future::ready(())
            });
        let url = format!("tls://localhost:{}", servers.ports[0]);
        Self { client: options.connect(url).await.unwrap(), refused, asked: 0 }
    }

    /// Whether nothing was refused since. What nobody may do is refused for certain, and a server
    /// refuses in order: then all before it has been judged.
    async fn allowed(&mut self) -> bool {
        self.asked += 1;
        let end = format!("nobody.may.{}", self.asked);
        self.client.publish(end.clone(), "".into()).await.unwrap();
        self.client.flush().await.unwrap();
        let mut allowed = true;
        loop {
            let said = tokio::time::timeout(PATIENCE, self.refused.recv()).await;
            let said = said.expect("the server answers").expect("the connection stands");
            assert!(said.contains("permissions violation"), "{said}");
            if said.contains(&end) {
                return allowed;
            }
            allowed = false;
        }
    }

    async fn may_publish(&mut self, subject: &str) -> bool {
        // No request has this shape, so that one that is allowed changes nothing.
        self.client.publish(subject.to_owned(), "?".into()).await.unwrap();
        self.allowed().await
    }

    async fn may_hear(&mut self, subject: &str) -> bool {
        let heard = self.client.subscribe(subject.to_owned()).await.unwrap();
        let allowed = self.allowed().await;
        drop(heard);
        allowed
    }
}

/// The streams, made as the operator makes them.
async fn prepare(servers: &Servers) {
    let nats = Nats::connect(&servers.address(), &servers.access("cli"), "cli").await.unwrap();
    JetStreamLog::open(&nats).await.unwrap();
    lease::bucket(&nats).await.unwrap();
    let vault = stream::Config {
        name: nats.log().vault_stream(),
        subjects: vec![format!("linli-vault.{}.>", nats.log())],
        num_replicas: 3,
        ..stream::Config::default()
    };
    nats.jetstream().get_or_create_stream(vault).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_it_needs_and_no_more() {
    let servers = Servers::start().await;
    prepare(&servers).await;
    let (mut cells, mut surprises) = (0, Vec::new());
    for role in ALL {
        let mut connection = Role::connect(&servers, role).await;
        for (subject, allowed) in PUBLISHED {
            cells += 1;
            if connection.may_publish(subject).await != allowed.contains(&role) {
                surprises.push(format!("{role} publishes {subject}"));
            }
        }
        for (subject, allowed) in HEARD {
            cells += 1;
            if connection.may_hear(subject).await != allowed.contains(&role) {
                surprises.push(format!("{role} hears {subject}"));
            }
        }
    }
    println!("{cells} cells tried, {} surprises", surprises.len());
    assert!(surprises.is_empty(), "other than expected: {surprises:#?}");
    // Whoever is in the file is in the table above.
    let roles = include_str!("../../deploy/nats/roles.conf").lines();
    let users = roles.filter_map(|line| line.trim().strip_prefix("user: "));
    assert_eq!(users.collect::<BTreeSet<_>>(), BTreeSet::from(ALL));

    strangers(&servers).await;
    follows(&servers);
}

/// The follower's rights are enough for the program that they are for.
fn follows(servers: &Servers) {
    let mut program = std::process::Command::new(root().join(".tools/venv/bin/python"));
    program
        .arg(root().join("deploy/follow/board.py"))
        .args(["--server", &format!("tls://localhost:{}", servers.ports[0])])
        .args(["--log", "guangling", "--community", "xiguan"])
        .args(["--from", "2026-11-01", "--to", "2026-11-30", "--ca"])
        .arg(&servers.ca)
        .arg("--proto")
        .arg(root().join("proto"))
        .env("LINLI_NATS_PASSWORD", servers.password("follower"));
    let told = program.output().expect("run ./check first");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

/// Who is let in at all.
async fn strangers(servers: &Servers) {
    let address = servers.address();
    let right = servers.access("gateway");
    assert!(Nats::connect(&address, &right, "right").await.is_ok());
    let wrong = Access { password: Some("wrong".to_owned().into()), ..right.clone() };
    let told = Nats::connect(&address, &wrong, "wrong").await.err();
    assert!(matches!(told, Some(NatsError::NotLetIn(_))), "{told:?}");
    let nobody = Access { ca_file: right.ca_file.clone(), ..Access::default() };
    let told = Nats::connect(&address, &nobody, "nobody").await.err();
    assert!(matches!(told, Some(NatsError::NotLetIn(_))), "{told:?}");
    // Without the authority the servers could be anybody.
    let trusting = Access { ca_file: None, ..right };
    let told = Nats::connect(&address, &trusting, "trusting").await.err();
    assert!(matches!(told, Some(NatsError::Unreachable { .. })), "{told:?}");
}
