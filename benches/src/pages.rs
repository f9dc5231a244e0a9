//! Pages and cached feeds, as many look at them at once, over a year of one community.

use std::{net::SocketAddr, path::Path, time::Instant};

use anyhow::{Context as _, Result, ensure};
use axum::{Router, routing::get as on_get};
use tokio::net::TcpListener;

use crate::{
    kit::{Lane, Table, goal},
    office::{
        self, Server, announce,
        client::{Client, get, load},
        filled::COMMUNITY,
    },
    year,
};

/// The argument that makes this program the limit.
pub const HELLO: &str = "hello";
const CLIENTS: usize = 16;
/// Requests of a round.
const PAGES: usize = 1_600;
/// Answers from memory in a round.
const ANSWERS: usize = 16_000;
/// What a first visit may load.
const FIRST_KB: f64 = 60.0;

/// Serves a constant page from memory, and its being unchanged.
pub fn hello(folder: &Path) -> Result<()> {
    let page: &'static str = Box::leak(std::fs::read_to_string(folder.join("hello"))?.into());
    let app = Router::new()
        .route("/", on_get(move || async move { page }))
        .route("/same", on_get(async || axum::http::StatusCode::NOT_MODIFIED));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?)?;
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
        Ok(())
    })
}

/// The same request of each client, `many` in all.
fn same(request: &[u8], many: usize) -> Vec<Vec<Vec<u8>>> {
    vec![vec![request.to_vec(); many / CLIENTS]; CLIENTS]
}

fn ask(server: &Server, path: &str, headers: &str) -> Result<office::client::Reply> {
    let reply = Client::connect(server.at)?.ask(&get(path, headers))?;
    ensure!(reply.status == 200, "{path}: {}", reply.head);
    Ok(reply)
}

/// Kilobytes that a first visit to a page loads, packed as browsers ask for it.
fn first_load(server: &Server, path: &str) -> Result<f64> {
    let packed = "Accept-Encoding: gzip\r\n";
    let text = String::from_utf8(ask(server, path, "")?.body)?;
    let assets = text.split('"').filter(|part| part.starts_with("/assets/"));
    let mut bytes = ask(server, path, packed)?.body.len();
    for asset in assets.collect::<std::collections::BTreeSet<_>>() {
        bytes += ask(server, asset, packed)?.body.len();
    }
    Ok(crate::kit::count(bytes) / 1024.0)
}

fn page(
    table: &mut Table,
    (ours, limit): (&Server, &Server),
    what: &str,
    path: &str,
) -> Result<()> {
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    let request = get(path, "");
    let linli = || {
        let load = load(ours.at, same(&request, PAGES), 200)?;
        p50.push(load.percentile(50));
        p99.push(load.percentile(99));
        Ok(load.rate)
    };
    let hello = get("/", "");
    let theirs = || Ok(load(limit.at, same(&hello, ANSWERS), 200)?.rate);
    let lanes = vec![Lane::new("Linli", linli), Lane::new("axum hello", theirs)];
    let seen = table.contest(&format!("{what}, 16 clients"), lanes, &[])?;
    let scale = (75_000.0, seen);
    table.absolute(&format!("{what}, p50 ms"), p50.into_iter().skip(1).collect(), 5.0, scale);
    table.absolute(&format!("{what}, p99 ms"), p99.into_iter().skip(1).collect(), 5.0, scale);
    Ok(())
}

/// One reader alone: how long the work itself takes.
fn alone(table: &mut Table, server: &Server, what: &str, path: &str, goal: f64) -> Result<()> {
    let request = get(path, "");
    let mut found = Vec::new();
    for _ in 0..=crate::kit::ROUNDS {
        found.push(load(server.at, vec![vec![request.clone(); 20]], 200)?.percentile(50));
    }
    found.remove(0);
    table.absolute(&format!("{what}, alone, ms"), found, goal, (1.0, 1.0));
    Ok(())
}

fn feeds(table: &mut Table, ours: &Server, limit: &Server, path: &str) -> Result<()> {
    let reply = ask(ours, path, "")?;
    let tag = reply.head.lines().find_map(|line| line.strip_prefix("etag: ").map(str::to_owned));
    let tag = tag.context("the feed has no etag")?;
    let feed = get(path, "");
    let same_feed = get(path, &format!("If-None-Match: {tag}\r\n"));
    let (whole, not) = (get("/", ""), get("/same", ""));
    let lanes = vec![
        Lane::new("Linli", || Ok(load(ours.at, same(&feed, ANSWERS), 200)?.rate)),
        Lane::new("axum from memory", || Ok(load(limit.at, same(&whole, ANSWERS), 200)?.rate)),
    ];
    table.contest("a cached feed", lanes, &[goal("axum from memory", 0.9)])?;
    let lanes = vec![
        Lane::new("Linli", || Ok(load(ours.at, same(&same_feed, ANSWERS), 304)?.rate)),
        Lane::new("axum from memory", || Ok(load(limit.at, same(&not, ANSWERS), 304)?.rate)),
    ];
    table.contest("a feed not modified", lanes, &[goal("axum from memory", 0.9)])?;
    Ok(())
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let year = year::year()?;
    let ours = Server::start(office::SERVE, &year.folder)?;
    ours.first("/readyz", Instant::now())?;
    let month = format!("/c/{COMMUNITY}");
    let boards = format!("/rankings/{COMMUNITY}");
    let feed = format!("/c/{COMMUNITY}/calendar.ics");
    let kept = tempfile::tempdir()?;
    std::fs::write(kept.path().join("hello"), ask(&ours, &feed, "")?.body)?;
    let limit = Server::start(HELLO, kept.path())?;
    page(table, (&ours, &limit), "the month page", &month)?;
    let first = first_load(&ours, &month)?;
    table.absolute("the month page, KB of a first visit", vec![first], FIRST_KB, (1.0, 1.0));
    page(table, (&ours, &limit), "the ranking page", &boards)?;
    alone(table, &ours, "the ranking page", &boards, 2.0)?;
    alone(table, &ours, "the month page", &month, 5.0)?;
    feeds(table, &ours, &limit, &feed)?;
    table.note(format!(
        "pages: one community with {} residents and {} events in a year.",
        year::RESIDENTS,
        year.events
    ));
    Ok(())
}
