//! `kill -9` at the worst moments: mails are going out, people are streaming in.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream::FuturesUnordered};
use linli_attendance::deciders::roll;
use linli_calendar::deciders::activity::{Cancel, Command};
use linli_people::projections::residents;
use linli_platform::{
    clock::Clock,
    ids::{Actor, StreamId},
    stream::Meta,
};
use reqwest::header;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::{App, XIGUAN, files, id},
    process::{Events, Office, Server},
    tools::{Sink, header as of_mail},
};

/// Enough for several batches of 64, over several connections.
const PEOPLE: usize = 400;

/// One occurrence that begins so many minutes from now, and its id.
fn soon(minutes: i64) -> (String, String) {
    let start = Clock::system().now() + chrono::TimeDelta::minutes(minutes);
    let start = start.with_timezone(&chrono_tz::Asia::Shanghai);
    let (date, time) = (start.format("%Y-%m-%d"), start.format("%H:%M"));
    let plan = format!(
        "[[activity]]\nkey = \"talk\"\ntitle = \"议事\"\nkinds = [\"邻里议事日\"]\nvenue = \"hall\"\n\
         visibility = \"public\"\nstate = \"published\"\nminutes = 90\n\
         [[activity.segment]]\nfrom = 2026-01-01\n\
         rule = '''\ndates = [\"{date}\"]\nat = \"{time}\"\n'''\n"
    );
    (plan, start.format("%Y%m%dT%H%M00").to_string())
}

/// Made-up residents, each with an address of their own.
async fn people(app: &App, plan: &str) -> Vec<Uuid> {
    app.seed(&files(|path| path.ends_with("places.toml"))).await;
    app.plan(plan).await;
    let line = |n| format!("测试居民{n},xiguan-b03,{n},r{n}@example.test,是\n");
    let lines: String = (0..PEOPLE).map(line).collect();
    let csv = format!("姓名,楼栋,房号,邮箱,同意提醒\n{lines}");
    let report = app.people.import_csv(&app.meta(), XIGUAN, csv.as_bytes(), true).await.unwrap();
    assert_eq!(report.new, PEOPLE, "{:?}", report.bad.first());
    app.settle().await;
    let read = app.people.tables.read(|db| residents::after(db, Uuid::nil(), 1_000)).await;
    read.unwrap().into_iter().map(|row| row.id).collect()
}

fn roll_of(which: &str) -> StreamId {
    StreamId::new(XIGUAN, "attendance", "roll", format!("{}-{which}", id("talk"))).unwrap()
}

async fn register(app: &App, which: &str, people: &[Uuid]) {
    let (stream, streams) = (roll_of(which), &app.platform().streams);
    let asked = people.iter().map(|&resident| {
        let command = roll::Command::Register { resident, proxy: None, guardian_ok: true };
        let meta = Meta { actor: Actor::Resident(resident), ..app.meta() };
        streams.execute::<roll::Roll>(&stream, meta, command)
    });
    for done in futures::future::join_all(asked).await {
        done.unwrap();
    }
}

/// How often each delivery came out how: the last word on each, and all doubts.
#[derive(Default)]
struct Outcomes {
    last: BTreeMap<String, String>,
    doubted: BTreeSet<String>,
}

impl Outcomes {
    /// Reads on until everybody's delivery is accepted.
    fn until_all_are_accepted(mut events: Events) -> Self {
        let mut all = Self::default();
        while all.last.values().filter(|class| *class == "ACCEPTED").count() < PEOPLE {
            all.take(&events.next().expect("more events"));
        }
        all
    }

    fn take(&mut self, event: &Value) {
        let settled = &event["data"]["deliveriesSettled"]["outcomes"];
        for outcome in settled.as_array().into_iter().flatten() {
            let key = outcome["key"]["resident"].as_str().unwrap().to_owned();
            let class = outcome["class"].as_str().unwrap_or("ACCEPTED").to_owned();
            if class == "INDETERMINATE" {
                self.doubted.insert(key.clone());
            }
            self.last.insert(key, class);
        }
    }
}

#[test]
fn a_server_killed_while_mails_go_out_repeats_only_what_was_in_flight_and_says_so() {
    // Given a hall full of people, and the occurrence called off while no server runs.
    let (sink, office) = (Sink::start(), Office::new());
    let (plan, which) = soon(3 * 24 * 60);
    office.before(async |app| {
        let people = people(app, &plan).await;
        register(app, &which, &people).await;
        app.settle().await;
    });
    office.configure(&format!("[smtp]\n{}", sink.table()));
    office.asleep(async |app| {
        let (opening, seen, reason) = (None, None, "暴雨预警".to_owned());
        let cancel = Cancel { id: which.parse().unwrap(), opening, seen, reason, past: false };
        app.gives("talk", Command::Cancel(cancel)).await.unwrap();
    });
    // When the server tells everybody, and is killed in the middle of it.
    let server = office.serve();
    sink.wait_for(PEOPLE as u64 / 4);
    server.kill();
    let sent_before = sink.count();
    assert!(sent_before < PEOPLE as u64, "it was killed too late");
    // Then the next start finishes it.
    let server = office.serve();
    let outcomes = Outcomes::until_all_are_accepted(office.events("notifier"));
    drop(server);
    let mut by_address: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in sink.mails() {
        let to = mail["to"][0].as_str().unwrap().to_owned();
        by_address.entry(to).or_default().push(of_mail(&mail, "Message-ID").to_owned());
    }
    assert_eq!(by_address.len(), PEOPLE, "nobody is left out");
    let twice: Vec<_> = by_address.values().filter(|ids| ids.len() > 1).collect();
    assert!(twice.iter().all(|ids| ids.len() == 2 && ids[0] == ids[1]), "{twice:?}");
    let doubts = outcomes.doubted.len();
    assert!(twice.len() <= doubts, "{} came twice, {doubts} were in doubt", twice.len());
    assert!(doubts < PEOPLE, "what was settled before is not sent again");
    office.does(&["verify"]);
}

/// Somebody of the desk with a browser of their own.
struct Desk {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

impl Desk {
    fn at(server: &Server, cookie: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client, url: server.url.clone(), cookie: cookie.to_owned() }
    }

    /// Checks somebody in; whether that was acknowledged.
    async fn check_in(&self, which: &str, resident: Uuid, cmd: Uuid) -> Option<Uuid> {
        let url = format!("{}/api/v1/c/{XIGUAN}/rolls/talk/{which}/check-ins", self.url);
        let request = self.client.post(url).header(header::COOKIE, &self.cookie);
        let answer = request.json(&json!({ "resident": resident, "cmd": cmd })).send().await;
        let answer = answer.ok()?;
        assert!(answer.status().is_success(), "{}", answer.status());
        // Only a whole answer is an acknowledgement.
        answer.bytes().await.ok().map(|_| resident)
    }
}

/// Who stands on the log as checked in, as often as it says so.
fn checked_in(office: &Office) -> Vec<Uuid> {
    let lines = office.does(&["events", "--json", "--service", "attendance"]);
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let who = |event: Value| event["data"]["checkedIn"]["resident"].as_str()?.parse().ok();
    events.filter_map(who).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_rush_at_the_door_has_everybody_who_was_told_so_and_once() {
    // Given an occurrence that begins in half an hour.
    let office = Office::new();
    let (plan, which) = soon(30);
    let (people, cookie) = std::thread::scope(|scope| {
        let prepared = scope.spawn(|| {
            office.before(async |app| {
                let people = people(app, &plan).await;
                (people, app.desk("roll-keeper").await.cookie.unwrap())
            })
        });
        prepared.join().unwrap()
    });
    let commands: Vec<_> =
        people.iter().map(|&who| (who, Uuid::from_u128(rand::random()))).collect();
    // When all come at once, and the server is killed when some of them are in.
    let server = office.serve();
    let desk = Desk::at(&server, &cookie);
    let mut rush: FuturesUnordered<_> =
        commands.iter().map(|&(who, cmd)| desk.check_in(&which, who, cmd)).collect();
    let mut told = BTreeSet::new();
    while told.len() < PEOPLE / 4 {
        told.extend(rush.next().await.expect("somebody more"));
    }
    server.kill();
    while let Some(answer) = rush.next().await {
        told.extend(answer);
    }
    assert!(told.len() < PEOPLE, "it was killed too late");
    // Then whoever was told so is in, and nobody twice.
    let stored = checked_in(&office);
    let once: BTreeSet<_> = stored.iter().copied().collect();
    assert_eq!(stored.len(), once.len());
    assert!(told.is_subset(&once), "{} were told, {} are in", told.len(), once.len());
    // When everybody tries again with the same command, each is in once.
    let server = office.serve();
    let desk = Desk::at(&server, &cookie);
    for (who, cmd) in commands {
        assert_eq!(desk.check_in(&which, who, cmd).await, Some(who));
    }
    let stored = checked_in(&office);
    assert_eq!((stored.len(), stored.iter().collect::<BTreeSet<_>>().len()), (PEOPLE, PEOPLE));
    drop(server);
    office.does(&["verify"]);
}
