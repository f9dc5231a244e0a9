use std::sync::Arc;

use chrono::TimeDelta;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::{
    decider::Decider,
    event_log::memory::{Chances, MemoryLog},
    ids::CommandId,
    process::Rows,
    testing::{Kit, Nobody},
};

/// A bell that is set, and rings an hour later; the process counts and rings it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Bell {
    Wound { times: i64 },
    Rung {},
}

impl Decider for Bell {
    const SERVICE: &'static str = "test";
    const CATEGORY: &'static str = "bell";
    type Command = Bell;
    type Event = Bell;
    type State = i64;
    type Rejection = Broken;

    fn decide(wound: &i64, command: Bell, _: DateTime<Utc>) -> Result<Vec<Bell>, Broken> {
        match command {
            Bell::Rung {} if *wound == 0 => Err(Broken),
            command => Ok(vec![command]),
        }
    }

    fn evolve(wound: i64, event: &Bell) -> i64 {
        match event {
            Bell::Wound { times } => wound + times,
            Bell::Rung {} => wound - 1,
        }
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize)]
#[error("it is not wound")]
struct Broken;

struct Counts;

impl Projection<Bell> for Counts {
    const NAME: &'static str = "counts";
    const VERSION: u32 = 1;
    const TABLES: &'static str =
        "CREATE TABLE counts (stream TEXT PRIMARY KEY, rung INTEGER NOT NULL) STRICT;";

    fn apply(db: &Connection, fact: &Fact<Bell>) -> Result<(), ApplyError> {
        let by = match fact.event {
            Bell::Wound { times: 13 } => return Err(ApplyError::Contradiction("thirteen".into())),
            Bell::Wound { .. } => 0,
            Bell::Rung {} => 1,
        };
        db.execute(
            "INSERT INTO counts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET rung = rung + ?2",
            params![fact.source.stream.as_str(), by],
        )?;
        Ok(())
    }
}

struct Ringing;

impl Process<Bell> for Ringing {
    const NAME: &'static str = "ringing";
    const VERSION: u32 = 1;
    type Command = Bell;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Bell>) {
        if let Input::Event(Fact { event: Bell::Wound { times }, source, .. }) = input {
            let all = rows.get::<i64>(source.stream.as_str()).unwrap_or_default();
            rows.put(source.stream.as_str(), &(all + times));
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Bell>, now: DateTime<Utc>) -> Vec<Action<Bell>> {
        match input {
            Input::Event(Fact { event: Bell::Wound { .. }, source, .. }) => {
                let (name, due) = (source.stream.to_string(), now + TimeDelta::hours(1));
                vec![Action::SetTimer { name, due }]
            }
            Input::Event(_) => vec![],
            Input::Timer { name, .. } => {
                let times = rows.get::<i64>(name).unwrap_or_default();
                let ring =
                    |_| Action::Command { to: name.parse().unwrap(), command: Bell::Rung {} };
                (0..times).map(ring).collect()
            }
        }
    }
}

fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Bell>, serde_json::Error> {
    if stream.category() == "bell" { event.decode().map(Some) } else { Ok(None) }
}

fn start(kit: &Kit) -> (Tables, tokio::sync::mpsc::Sender<Rebuild>) {
    let streams = kit.platform.streams.clone();
    let plan = Plan::new("test", &["test"], hear).projection::<Counts>().process::<Ringing, _, _>(
        move |to, meta, command| {
            let streams = streams.clone();
            async move { Issued::of(streams.execute::<Bell>(&to, meta, command).await) }
        },
    );
    kit.platform.start(plan).unwrap()
}

fn kit() -> Kit {
    Kit::new("2026-11-05T09:00:00+08:00", |_| Arc::new(Nobody))
}

const BELL: &str = "xiguan/test/bell/one";

async fn rung(tables: &Tables) -> i64 {
    tables
        .read(|db| db.query_row("SELECT coalesce(sum(rung), 0) FROM counts", [], |r| r.get(0)))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_process_acts_when_its_timer_is_due_and_not_before() {
    let kit = kit();
    let (tables, _keep) = start(&kit);
    kit.happened(BELL, &Bell::Wound { times: 3 }).await;
    kit.pass(TimeDelta::minutes(59), &[&tables]).await;
    assert_eq!(rung(&tables).await, 0);
    kit.pass(TimeDelta::minutes(1), &[&tables]).await;
    assert_eq!(rung(&tables).await, 3);
}

#[tokio::test]
async fn another_node_over_the_same_log_acts_no_second_time() {
    let kit = kit();
    let (tables, _keep) = start(&kit);
    kit.happened(BELL, &Bell::Wound { times: 2 }).await;
    kit.pass(TimeDelta::hours(2), &[&tables]).await;
    let events = kit.platform.log.last().await.unwrap();

    let elsewhere = Arc::new(tempfile::TempDir::new().unwrap());
    let now = kit.platform.clock.now();
    let next = Kit::over(kit.log.clone(), elsewhere, now, |_| Arc::new(Nobody));
    let (tables, _keep_next) = start(&next);
    next.pass(TimeDelta::hours(2), &[&tables]).await;
    assert_eq!(next.platform.log.last().await.unwrap(), events, "nothing new on the log");
    assert_eq!(rung(&tables).await, 2);
}

#[tokio::test]
async fn a_rejected_command_is_noted_with_its_reason_and_given_no_more() {
    let kit = kit();
    let (tables, _keep) = start(&kit);
    kit.happened(BELL, &Bell::Wound { times: 1 }).await;
    kit.settle(&[&tables]).await;
    // Somebody rings it by hand before the process does.
    kit.happened(BELL, &Bell::Rung {}).await;
    kit.pass(TimeDelta::hours(1), &[&tables]).await;
    let notes: StreamId = "xiguan/test/process/ringing".parse().unwrap();
    let found = kit.platform.log.read(&notes, crate::ids::Version(0)).await.unwrap();
    let event: Noted = found[0].entries[0].events[0].decode().unwrap();
    let to: StreamId = BELL.parse().unwrap();
    assert_eq!(
        event,
        Noted::Declined { to, reason: Broken.to_string(), detail: "null".to_owned() }
    );
    assert_eq!(tables.progress().borrow().open, 0);
}

#[tokio::test]
async fn a_poison_event_stops_its_projection_alone_and_is_named() {
    let kit = kit();
    let (tables, _keep) = start(&kit);
    kit.happened(BELL, &Bell::Wound { times: 1 }).await;
    kit.settle(&[&tables]).await;
    kit.happened("xiguan/test/bell/two", &Bell::Wound { times: 13 }).await;
    kit.pass(TimeDelta::hours(1), &[&tables]).await;
    let progress = tables.progress().borrow().clone();
    let [(name, why)] = progress.stopped.as_slice() else { panic!("{:?}", progress.stopped) };
    assert_eq!((name.as_str(), why.as_str()), ("counts", "xiguan/test/bell/two@1: thirteen"));
    assert_eq!(rung(&tables).await, 0, "its rows stay as they were");
    let head = kit.platform.log.head(&BELL.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(head.version, crate::ids::Version(2), "the process goes on and rings");
}

#[tokio::test]
async fn an_event_that_cannot_be_read_stops_what_would_have_to_read_it() {
    let kit = kit();
    let (tables, _keep) = start(&kit);
    kit.happened(BELL, &json!({ "melted": {} })).await;
    let mut progress = tables.progress();
    let stopped = progress.wait_for(|progress| progress.stopped.len() == 2).await.unwrap();
    assert!(stopped.stopped[0].1.starts_with("xiguan/test/bell/one@1: unknown variant"));
}

#[tokio::test]
async fn a_rebuild_comes_to_the_same_rows_and_repeats_no_command() {
    let kit = kit();
    let (tables, rebuilds) = start(&kit);
    kit.happened(BELL, &Bell::Wound { times: 2 }).await;
    kit.pass(TimeDelta::hours(1), &[&tables]).await;
    let events = kit.platform.log.last().await.unwrap();
    let (reply, done) = tokio::sync::oneshot::channel();
    rebuilds.send(reply).await.unwrap();
    done.await.unwrap().unwrap();
    kit.pass(TimeDelta::hours(1), &[&tables]).await;
    assert_eq!(rung(&tables).await, 2);
    assert_eq!(kit.platform.log.last().await.unwrap(), events);
}

#[tokio::test]
async fn a_rebuild_that_is_cut_off_leaves_the_tables_as_they_are_and_they_go_on() {
    let log = MemoryLog::failing(1, Chances::default());
    let now = crate::testing::at("2026-11-05T09:00:00+08:00");
    let kit =
        Kit::over(log, Arc::new(tempfile::TempDir::new().unwrap()), now, |_| Arc::new(Nobody));
    let (tables, rebuilds) = start(&kit);
    for n in 0..40 {
        kit.happened(&format!("xiguan/test/bell/{n}"), &Bell::Wound { times: 1 }).await;
    }
    kit.pass(TimeDelta::hours(1), &[&tables]).await;
    assert_eq!(rung(&tables).await, 40);
    // Some pages arrive before one doesn't.
    kit.log.set_page_max(1);
    kit.log.set_chances(Chances { cut: 200, ..Chances::default() });
    let (reply, done) = tokio::sync::oneshot::channel();
    rebuilds.send(reply).await.unwrap();
    done.await.unwrap().unwrap_err();
    kit.log.set_chances(Chances::default());
    assert_eq!(rung(&tables).await, 40, "what stands is read on");
    kit.happened("xiguan/test/bell/late", &Bell::Wound { times: 2 }).await;
    kit.pass(TimeDelta::hours(1), &[&tables]).await;
    assert_eq!(rung(&tables).await, 42, "and kept on");
    let left = std::fs::read_dir(kit.platform.data.join("tables")).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("new")), "{left:?}");
    let (reply, done) = tokio::sync::oneshot::channel();
    rebuilds.send(reply).await.unwrap();
    done.await.unwrap().unwrap();
    kit.settle(&[&tables]).await;
    assert_eq!(rung(&tables).await, 42);
}

#[tokio::test]
async fn a_reader_waits_for_what_it_was_promised() {
    let kit = kit();
    let (tables, _keep) = start(&kit);
    let to: StreamId = BELL.parse().unwrap();
    let meta = Meta::by(crate::ids::Actor::Visitor, CommandId(uuid::Uuid::from_u128(5)));
    let wound = Bell::Wound { times: 1 };
    let done = kit.platform.streams.execute::<Bell>(&to, meta, wound).await.unwrap();
    assert!(tables.reach(done.position).await);
    let rows = tables
        .read(|db| db.query_row("SELECT count(*) FROM counts", [], |r| r.get::<_, i64>(0)))
        .await;
    assert_eq!(rows.unwrap(), 1);
    let made_up = tables.reach(Position(done.position.0 + 1000));
    let at_once = tokio::time::timeout(PATIENCE / 4, made_up).await;
    assert_eq!(at_once, Ok(true), "nothing comes that the log has not");
}

#[test]
fn rows_in_memory_and_in_a_table_are_the_same_map() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(rows::TABLE).unwrap();
    for mut rows in [rows::Rows::default(), rows::Rows::of(&db, "p")] {
        rows.put("a/2", &2);
        rows.put("a/1", &1);
        rows.put("b/1", &3);
        rows.put("a/2", &4);
        rows.remove("b/1");
        assert_eq!(rows.scan::<i32>("a/"), [("a/1".to_owned(), 1), ("a/2".to_owned(), 4)]);
        assert_eq!(rows.get::<i32>("b/1"), None);
        assert_eq!(rows.get::<String>("a/1"), None);
        assert!(rows.failure().is_some(), "a value of another kind is a failure, not a gap");
    }
}
