//! The log over three real nats-servers while they fail: what was acknowledged is there, once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use linli_platform::{
    event_log::{AppendError, EventLog, ReadError, jetstream::JetStreamLog},
    ids::Position,
    nats::{Access, Nats, NatsError, lease},
    testing::{
        contract::{commit, stream},
        load::Load,
        nats::NatsServers,
    },
};

async fn connected(servers: &NatsServers, log: &str) -> Nats {
    Nats::connect(&servers.address(log), &Access::default(), "faults").await.unwrap()
}

async fn log(servers: &NatsServers, name: &str) -> Arc<dyn EventLog> {
    Arc::new(JetStreamLog::open(&connected(servers, name).await).await.unwrap())
}

/// The server that leads the log's stream.
async fn leader(nats: &Nats, servers: &NatsServers) -> usize {
    let stream = nats.jetstream().get_stream(nats.log().stream()).await.unwrap();
    let name = stream.cached_info().cluster.as_ref().and_then(|c| c.leader.clone()).unwrap();
    (0..servers.store_dirs().len()).find(|n| format!("n{n}") == name).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_while_servers_are_killed_and_paused() {
    let servers = NatsServers::three().await;
    let nodes = [log(&servers, "a").await, log(&servers, "a").await];
    let watching = connected(&servers, "a").await;
    let load = Load::start(&nodes, 8);
    load.goes_on_for(200).await;
    for n in 0..3 {
        servers.kill(n);
        load.goes_on_for(100).await;
        servers.start(n);
        servers.ready().await;
    }
    let leads = leader(&watching, &servers).await;
    servers.pause(leads);
    // Another server leads, and the log goes on; then the first wakes and believes for a moment that
    // it still does.
    load.goes_on_for(100).await;
    servers.resume(leads);
    load.goes_on_for(200).await;
    let ended = load.end().await;
    let fresh = log(&servers, "a").await;
    let found = ended.check(fresh.as_ref()).await;
    assert_eq!((found.lost, found.doubled), (0, 0), "{found}");
    assert!(found.acknowledged >= 700, "{found}");
    assert_eq!(fresh.verify(Position(0)).await.unwrap().first_bad, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_log_says_so_at_once_and_goes_on_when_there_is_room() {
    let servers = NatsServers::one().await;
    let nats = connected(&servers, "full").await;
    let log = JetStreamLog::open(&nats).await.unwrap();
    log.append(commit(&stream(1), 0, 1, 1)).await.unwrap();
    let name = nats.log().stream();
    let of_size = async |bytes: i64| {
        let mut config =
            nats.jetstream().get_stream(&name).await.unwrap().cached_info().config.clone();
        config.max_bytes = bytes;
        nats.jetstream().update_stream(config).await.unwrap();
    };
    of_size(1000).await;
    let refused = log.append(commit(&stream(1), 1, 2, 3)).await.unwrap_err();
    assert!(matches!(refused, AppendError::Full(_)), "{refused}");
    assert!(refused.to_string().contains("max_bytes"), "{refused}");
    of_size(1 << 20).await;
    let done = log.append(commit(&stream(1), 1, 3, 1)).await.unwrap();
    assert_eq!(log.last().await, Ok(done.position));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_put_on_our_subjects_is_passed_over_and_named() {
    let servers = NatsServers::one().await;
    let nats = connected(&servers, "foreign").await;
    let log = JetStreamLog::open(&nats).await.unwrap();
    let to = stream(1);
    log.append(commit(&to, 0, 1, 1)).await.unwrap();
    let subject = format!("linli.foreign.{}", to.as_str().replace('/', "."));
    let put = async |subject: &str, bytes: &[u8]| {
        let sent = nats.jetstream().publish(subject.to_owned(), bytes.to_vec().into()).await;
        sent.unwrap().await.unwrap().sequence
    };
    let foreign = put(&subject, b"hello").await;
    put("linli.foreign.x.y.z.1", b"{}").await;
    let head = log.head(&to).await.unwrap().unwrap();
    assert_eq!(head.version.0, 1, "it is not taken for a commit");
    // The first try meets the foreign message; after a look the stream goes on.
    let again = log.append(commit(&to, 1, 2, 1)).await;
    assert_eq!(again, Err(AppendError::Conflict(to.clone())));
    assert!(log.read(&to, head.version).await.unwrap().is_empty());
    log.append(commit(&to, 1, 2, 1)).await.unwrap();
    let fresh = JetStreamLog::open(&nats).await.unwrap();
    assert_eq!(fresh.read(&to, linli_platform::ids::Version(0)).await.unwrap().len(), 2);
    let report = log.verify(Position(0)).await.unwrap();
    let (bad, why) = report.first_bad.unwrap();
    assert_eq!(bad, Position(foreign));
    assert!(why.contains("none of Linli's"), "{why}");
    // A record of ours that does not decode is another matter: nothing is built on it.
    put(&subject, br#"{"v":1,"stream":"xiguan/attendance/roll/r-1","broken"#).await;
    let broken = log.head(&to).await.unwrap_err();
    assert!(matches!(broken, ReadError::Corrupt { .. }), "{broken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_servers_and_streams_are_named_with_the_way_out() {
    let nobody = "nats://127.0.0.1:1/a".parse().unwrap();
    let told = Nats::connect(&nobody, &Access::default(), "x").await.err().unwrap();
    assert!(matches!(told, NatsError::Unreachable { .. }), "{told}");
    assert!(told.to_string().contains("127.0.0.1:1"), "{told}");
    let more = "authorization { users: [ { user: cli, password: secret }, { user: any } ] }\n\
                no_auth_user: any";
    let servers = NatsServers::with(1, more).await;
    let wrong =
        Access { user: Some("cli".into()), password: Some("no".into()), ..Access::default() };
    let told = Nats::connect(&servers.address("a"), &wrong, "x").await.err().unwrap();
    assert!(told.to_string().contains("LINLI_NATS_PASSWORD"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_somebody_else_is_not_taken_for_a_log() {
    let servers = NatsServers::one().await;
    let nats = connected(&servers, "other").await;
    let config = async_nats::jetstream::stream::Config {
        name: nats.log().stream(),
        subjects: vec!["linli.other.>".to_owned()],
        max_age: Duration::from_hours(1),
        ..Default::default()
    };
    nats.jetstream().create_stream(config).await.unwrap();
    let told = JetStreamLog::open(&nats).await.unwrap_err().to_string();
    assert!(told.contains("LINLI_other") && told.contains("nats stream edit"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_acts_and_another_takes_over_when_it_falls_silent_or_leaves() {
    let servers = NatsServers::one().await;
    let (first, second) = (connected(&servers, "l").await, connected(&servers, "l").await);
    let (one, keeper) = lease::take_part(&first, "notifier", "one");
    let (leave, left) = tokio::sync::oneshot::channel::<()>();
    let first_keeper = tokio::spawn(keeper.run(async {
        let _ = left.await;
    }));
    one.gained().await;
    let (two, keeper) = lease::take_part(&second, "notifier", "two");
    let second_keeper = tokio::spawn(keeper.run(std::future::pending()));
    let fence = one.fence().unwrap();
    assert!(!two.holds());
    leave.send(()).unwrap();
    first_keeper.await.unwrap();
    assert!(!one.holds());
    two.gained().await;
    assert!(two.fence().unwrap() > fence, "the later owner has the higher number");
    // It falls silent: nobody writes its lease again, and its own clock says so.
    second_keeper.abort();
    let (three, keeper) = lease::take_part(&first, "notifier", "three");
    tokio::spawn(keeper.run(std::future::pending()));
    three.gained().await;
    assert!(!two.holds() && three.holds());
    let holders = lease::holders(&first, &["notifier", "people"]).await.unwrap();
    assert_eq!(holders.len(), 1);
    assert_eq!(holders[0].1.node, "three");
    // The bucket vanishes: it is made again, and somebody acts.
    first.jetstream().delete_key_value(first.log().leases()).await.unwrap();
    three.lost().await;
    three.gained().await;
    assert!(three.holds());
}
