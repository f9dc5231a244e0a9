//! `linli demo`: everything to look at, with made-up residents and mail that nobody gets.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use chrono::{DateTime, FixedOffset};
use linli_platform::clock::Clock;
use tokio::net::TcpListener;

use super::{Context, serve};
use crate::{
    compose::{Means, Node, Part},
    config::Config,
    demo,
    failure::Failure,
    output::{Progress, json, line},
    socket::Door,
};

const PORT: u16 = 8080;
/// So many ports are tried from the usual one on.
const PORTS: u16 = 100;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The port [default: 8080, or the next that is free]
    #[arg(long)]
    port: Option<u16>,
    /// Start the clock at this instant, such as 2026-11-02T08:00:00+08:00; it runs on from there
    #[arg(long, value_name = "INSTANT")]
    now: Option<DateTime<FixedOffset>>,
    /// All of it over NATS, as plain processes: three nats-servers, two nodes for people, one for each
    /// service's hand, two for the notifier's
    #[arg(long)]
    cluster: bool,
    /// The nats-server's program [default: the one on the PATH]
    #[arg(long, value_name = "FILE", requires = "cluster")]
    nats_server: Option<PathBuf>,
    /// Print one JSON object: address, desk, resident, outbox
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let data = cx.data.clone().unwrap_or_else(|| PathBuf::from("demo-data"));
    if arguments.cluster {
        return cluster(data, arguments).await;
    }
    demo::folder(&data, cx.data.is_some())?;
    let listener = listener(arguments.port).await?;
    let at = serve::address(&listener)?;
    let now = arguments.now.map(|now| now.to_utc());
    let clock = now.map_or_else(Clock::system, Clock::running_from);
    let config = Config::usual();
    let progress = Progress::on_stderr();
    demo::past::live(&data, clock.now(), config.public_url_at(at), &progress).await?;
    let means = Means { data: data.clone(), config, clock, part: Part::Whole, at };
    let node = Arc::new(Node::open(means).await?);
    let guard = node.platform.streams.guard();
    guard.release()?;
    if let Some(why) = guard.refusal() {
        return Err(Failure::failed(format!(
            "{}: {why}; give a later --now, or leave --data out to begin anew",
            data.display()
        )));
    }
    let links = demo::fill(&node, &progress).await?;
    let app = node.app().await?;
    let door = Door::open(&data)?;
    if arguments.json {
        json(&links)?;
    } else {
        told(&links)?;
        line("Ctrl-C ends it.")?;
    }
    serve::serve(&node, listener, door, app).await
}

/// The same over NATS, in many processes; made anew at each start.
async fn cluster(data: PathBuf, arguments: Arguments) -> Result<(), Failure> {
    demo::folder(&data, false)?;
    let data = std::path::absolute(&data)?;
    let Arguments { port, now, nats_server, json: as_json, .. } = arguments;
    let now = now.map(|now| now.to_utc());
    let asked = demo::cluster::Asked { data, port, now, nats_server };
    let progress = Progress::on_stderr();
    let cluster = tokio::select! {
        cluster = demo::cluster::start_all(asked, &progress) => cluster?,
        // What was started is killed with it.
        done = tokio::signal::ctrl_c() => return Ok(done?),
    };
    if as_json {
        json(&cluster.links)?;
    } else {
        let config = cluster.config.display();
        told(&cluster.links)?;
        line(format_args!("The same elsewhere:  {}", cluster.second))?;
        line(format_args!("Who owns what:       linli --config {config} status"))?;
        line("Ctrl-C ends all of it.")?;
    }
    serve::stopped().await?;
    cluster.end().await;
    Ok(())
}

/// Says where a visitor goes on.
fn told(links: &demo::Links) -> Result<(), Failure> {
    let demo::Links { address, desk, resident, outbox } = links;
    line("演示数据，依据公开报道编制，非官方日程 (demonstration; all residents are made up)")?;
    line(format_args!("Address:             {address}"))?;
    line(format_args!("Desk, once:          {desk}"))?;
    line(format_args!("A resident, once:    {resident}"))?;
    line(format_args!("Mail that went out:  {outbox}"))
}

/// The port asked for, else the first free one.
async fn listener(port: Option<u16>) -> Result<TcpListener, Failure> {
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    if let Some(port) = port {
        return serve::listen(local(port)).await;
    }
    for port in PORT..PORT + PORTS {
        if let Ok(listener) = TcpListener::bind(local(port)).await {
            return Ok(listener);
        }
    }
    serve::listen(local(PORT)).await
}
