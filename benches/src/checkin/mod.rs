//! Check-in through HTTP: authorised, by a signed code, answered once it is on the disk.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    kit::{Lane, ROUNDS, Table, goal},
    office::{
        self, Server,
        client::{Client, Load, get, load, post},
        filled::{COMMUNITY, Doors, doors},
    },
};

pub mod limit;

/// The argument that makes this program the limit.
pub const LIMIT: &str = "check-in-limit";
/// Clients of the rush.
const CLIENTS: usize = 16;
/// Check-ins of a round by 16 clients, all at one door.
const TOGETHER: usize = 1_600;
/// Check-ins of a round by one client.
const ALONE: usize = 300;
/// Check-ins whose way to a page is watched one by one.
const WATCHED: usize = 200;

/// The requests of one door's round, dealt to clients.
fn requests(doors: &Doors, door: usize, clients: usize, codes: &[String]) -> Vec<Vec<Vec<u8>>> {
    let request = |code: &String| {
        post(&doors.paths[door], &doors.cookie, &format!("{{\"code\":\"{code}\"}}"))
    };
    let deal = |client| codes.iter().skip(client).step_by(clients).map(request).collect();
    (0..clients).map(deal).collect()
}

/// The points of the community as its page for other programs shows them.
fn points(client: &mut Client) -> Result<i64> {
    let path = format!("/api/v1/c/{COMMUNITY}/rankings?level=building&measure=points");
    let reply = client.ask(&get(&path, ""))?;
    ensure!(reply.status == 200, "{}", reply.head);
    let board: Value = serde_json::from_slice(&reply.body)?;
    board["total"]["points"].as_i64().context("no points")
}

/// What points were seen when, until it is told to end.
fn watch(at: SocketAddr, end: &Arc<AtomicBool>) -> std::thread::JoinHandle<Result<Seen>> {
    let end = end.clone();
    std::thread::spawn(move || {
        let (mut client, mut seen) = (Client::connect(at)?, Vec::new());
        while !end.load(Ordering::Relaxed) {
            let points = points(&mut client)?;
            seen.push((Instant::now(), points));
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(seen)
    })
}

type Seen = Vec<(Instant, i64)>;

/// Milliseconds in which the points of 99 of 100 check-ins were seen.
fn visible(load: &Load, seen: &Seen) -> f64 {
    let (Some((_, first)), Some((_, last))) = (seen.first(), seen.last()) else { return f64::NAN };
    let all = load.answered.len();
    let mut took: Vec<Duration> = Vec::with_capacity(all);
    for (n, answered) in load.answered.iter().enumerate() {
        let share = i64::try_from((n + 1) * usize::try_from(last - first).unwrap_or(0) / all);
        let share = first + share.unwrap_or_default();
        let shown = seen.iter().find(|(_, points)| *points >= share).map(|(at, _)| *at);
        took.extend(shown.map(|shown| shown.saturating_duration_since(*answered)));
    }
    took.sort_unstable();
    let at = took.len() * 99 / 100;
    took.get(at).map_or(f64::NAN, |took| took.as_secs_f64() * 1000.0)
}

/// What the rounds found besides rates.
#[derive(Default)]
struct Found {
    p50: Vec<f64>,
    p99: Vec<f64>,
    cpu: Vec<f64>,
    visible: Vec<f64>,
    memory: f64,
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let rounds = ROUNDS + 1;
    let people = rounds * TOGETHER;
    let doors = runtime.block_on(doors(folder.path(), 2 * rounds + 1, people))?;
    drop(runtime);
    let server = Server::start(office::SERVE, folder.path())?;
    server.first(&format!("/c/{COMMUNITY}"), Instant::now())?;
    let limit = Server::start(LIMIT, folder.path())?;
    rush(table, (&server, &limit), &doors)?;
    alone(table, (&server, &limit), &doors)?;
    live(table, &server, &doors)?;
    table.note(
        "check-in: the limit is axum and SQLite FULL with group commit, which looks at nothing. \
         pretix (70 a second, 545 MB) is not run here: its installation is a system of its own.",
    );
    Ok(())
}

fn rush(table: &mut Table, (server, limit): (&Server, &Server), doors: &Doors) -> Result<()> {
    let (mut found, mut round) = (Found::default(), 0);
    let ours = || {
        let codes = &doors.codes[round * TOGETHER..(round + 1) * TOGETHER];
        let requests = requests(doors, round, CLIENTS, codes);
        // Whoever looks at the board costs the server something too: every other round nobody does.
        let load = if round % 2 == 1 {
            let end = Arc::new(AtomicBool::new(false));
            let watched = watch(server.at, &end);
            let load = load(server.at, requests, 200)?;
            std::thread::sleep(Duration::from_secs(1));
            end.store(true, Ordering::Relaxed);
            let seen = watched.join().map_err(|_| anyhow::anyhow!("the watcher has stopped"))??;
            found.visible.push(visible(&load, &seen));
            load
        } else {
            let before = server.cpu_seconds();
            let load = load(server.at, requests, 200)?;
            if round > 0 {
                let thousands = crate::kit::count(TOGETHER) / 1000.0;
                found.cpu.push((server.cpu_seconds() - before) / thousands);
            }
            load
        };
        if round > 0 {
            found.p50.push(load.percentile(50));
            found.p99.push(load.percentile(99));
            found.memory = server.megabytes();
        }
        round += 1;
        Ok(load.rate)
    };
    let theirs = || {
        let requests = requests(doors, 0, CLIENTS, &doors.codes[..TOGETHER]);
        Ok(load(limit.at, requests, 200)?.rate)
    };
    let name = "axum, SQLite FULL";
    let lanes = vec![Lane::new("Linli", ours), Lane::new(name, theirs)];
    let seen = table.contest("check-in, 16 clients at one door", lanes, &[goal(name, 0.2)])?;
    let scale = (87_000.0, seen);
    table.absolute("check-in, 16 clients, p50 ms", found.p50, 8.0, scale);
    table.absolute("check-in, 16 clients, p99 ms", found.p99, 8.0, scale);
    table.absolute("check-in, CPU seconds for 1,000", found.cpu, 0.2, (1.0, 1.0));
    table.absolute("check-in, points visible, p99 ms", found.visible, 250.0, scale);
    table.absolute("check-in, memory in MB", vec![found.memory], 60.0, (1.0, 1.0));
    Ok(())
}

fn alone(table: &mut Table, (server, limit): (&Server, &Server), doors: &Doors) -> Result<()> {
    let (mut p99, mut round) = (Vec::new(), 0);
    let ours = || {
        let door = ROUNDS + 1 + round;
        let codes = &doors.codes[round * ALONE..(round + 1) * ALONE];
        let load = load(server.at, requests(doors, door, 1, codes), 200)?;
        if round > 0 {
            p99.push(load.percentile(99));
        }
        round += 1;
        Ok(load.rate)
    };
    let theirs = || Ok(load(limit.at, requests(doors, 0, 1, &doors.codes[..ALONE]), 200)?.rate);
    let name = "axum, SQLite FULL";
    let lanes = vec![Lane::new("Linli", ours), Lane::new(name, theirs)];
    let seen = table.contest("check-in, 1 client", lanes, &[goal(name, 0.4)])?;
    table.absolute("check-in, 1 client, p99 ms", p99, 2.0, (15_800.0, seen));
    Ok(())
}

/// From a check-in to the word on a live page, with nothing else going on.
fn live(table: &mut Table, server: &Server, doors: &Doors) -> Result<()> {
    let mut page = Client::connect(server.at)?;
    page.open(&get(&format!("/live?community={COMMUNITY}"), ""))?;
    let door = doors.paths.len() - 1;
    let requests = requests(doors, door, 1, &doors.codes[..WATCHED]);
    let mut client = Client::connect(server.at)?;
    let mut took = Vec::new();
    for request in requests.into_iter().flatten() {
        let asked = Instant::now();
        let reply = client.ask(&request)?;
        ensure!(reply.status == 200, "a check-in failed: {}", reply.head);
        let done: Value = serde_json::from_slice(&reply.body)?;
        let done = done["position"].as_u64().context("no position")?;
        while page.event()?.is_none_or(|(at, text)| at <= done || !text.contains("ranking")) {}
        took.push(asked.elapsed());
    }
    took.sort_unstable();
    let p99 = took[took.len() * 99 / 100].as_secs_f64() * 1000.0;
    table.absolute("check-in to a live page, p99 ms", vec![p99], 50.0, (1.0, 1.0));
    Ok(())
}
