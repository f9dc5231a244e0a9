//! The log over NATS JetStream, three servers that keep all on disk, beside the client alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use anyhow::Result;
use async_nats::jetstream::{
    consumer::{DeliverPolicy, pull},
    message::PublishMessage,
    stream::{self, Stream},
};
use futures::{StreamExt as _, future};
use linli_platform::{
    commit::{Sum, encode},
    event_log::{EventLog, Filter, jetstream::JetStreamLog},
    ids::Position,
    nats::{Access, Nats},
    testing::NatsServers,
};
use tokio::runtime::Runtime;

use crate::{
    kit::{Lane, Table, goal, rate},
    log::{commit, stream as name_of},
};

mod faults;

pub use faults::run as faults;

const CALLERS: usize = 64;
/// Commits of one round.
const APPENDED: usize = 6_400;
/// Commits read in one round.
const REPLAYED: usize = 40_000;

/// A connection for a log of its own.
pub async fn fresh(servers: &NatsServers) -> Result<Nats> {
    static LOGS: AtomicU32 = AtomicU32::new(0);
    let name = format!("bench-{}", LOGS.fetch_add(1, Ordering::Relaxed));
    Ok(Nats::connect(&servers.address(&name), &Access::default(), "bench").await?)
}

/// Caller `c` writes its share to a stream of its own.
async fn caller(log: Arc<dyn EventLog>, c: usize, n: usize) -> Result<()> {
    let own = name_of(c)?;
    for i in 0..n / CALLERS {
        log.append(commit(&own, i, i * CALLERS + c)?).await?;
    }
    Ok(())
}

async fn written(log: &Arc<dyn EventLog>, n: usize) -> Result<()> {
    let callers = (0..CALLERS).map(|c| tokio::spawn(caller(log.clone(), c, n)));
    for done in future::join_all(callers).await {
        done??;
    }
    Ok(())
}

/// A stream with the settings of a log, without one.
async fn plain(nats: &Nats) -> Result<Stream> {
    let config = stream::Config {
        name: format!("PLAIN_{}", nats.log()),
        subjects: vec![format!("plain.{}.>", nats.log())],
        num_replicas: nats.replicas(),
        discard: stream::DiscardPolicy::New,
        ..stream::Config::default()
    };
    Ok(nats.jetstream().create_stream(config).await?)
}

/// The same bytes by the client alone, each acknowledged before the next.
async fn published(nats: Nats, c: usize, n: usize) -> Result<()> {
    let own = name_of(c)?;
    let subject = format!("plain.{}.{}", nats.log(), own.as_str().replace('/', "."));
    for i in 0..n / CALLERS {
        let (bytes, _) = encode(&commit(&own, i, i * CALLERS + c)?, Sum::default())?;
        let message = PublishMessage::build().payload(bytes.into());
        nats.jetstream().send_publish(subject.clone(), message).await?.await?;
    }
    Ok(())
}

fn append(runtime: &Runtime, servers: &NatsServers) -> Result<f64> {
    runtime.block_on(async {
        let log: Arc<dyn EventLog> = Arc::new(JetStreamLog::open(&fresh(servers).await?).await?);
        let start = Instant::now();
        written(&log, APPENDED).await?;
        Ok(rate(APPENDED, start))
    })
}

fn publish(runtime: &Runtime, servers: &NatsServers) -> Result<f64> {
    runtime.block_on(async {
        let nats = fresh(servers).await?;
        plain(&nats).await?;
        let start = Instant::now();
        let callers = (0..CALLERS).map(|c| tokio::spawn(published(nats.clone(), c, APPENDED)));
        for done in future::join_all(callers).await {
            done??;
        }
        Ok(rate(APPENDED, start))
    })
}

fn replay(runtime: &Runtime, log: &Arc<dyn EventLog>) -> Result<f64> {
    let (start, mut read) = (Instant::now(), 0);
    runtime.block_on(async {
        let mut pages = log.follow(Filter::all(), Position(0));
        while read < REPLAYED
            && let Some(page) = pages.next().await
        {
            read += page?.commits.len();
        }
        anyhow::Ok(())
    })?;
    Ok(rate(read, start))
}

fn consume(runtime: &Runtime, nats: &Nats) -> Result<f64> {
    let (start, mut read) = (Instant::now(), 0);
    runtime.block_on(async {
        let stream = nats.jetstream().get_stream_no_info(nats.log().stream()).await?;
        let config =
            pull::OrderedConfig { deliver_policy: DeliverPolicy::All, ..Default::default() };
        let mut messages = stream.create_consumer(config).await?.messages().await?;
        while read < REPLAYED
            && let Some(message) = messages.next().await
        {
            message?;
            read += 1;
        }
        anyhow::Ok(())
    })?;
    Ok(rate(read, start))
}

/// Appending and replay.
pub fn run(table: &mut Table) -> Result<()> {
    let runtime = Runtime::new()?;
    let servers = runtime.block_on(NatsServers::three());
    table.contest(
        "log on JetStream R3: 64 callers",
        vec![
            Lane::new("Linli", || append(&runtime, &servers)),
            Lane::new("async-nats alone", || publish(&runtime, &servers)),
        ],
        &[goal("async-nats alone", 0.8)],
    )?;
    let nats = runtime.block_on(fresh(&servers))?;
    let log: Arc<dyn EventLog> = Arc::new(runtime.block_on(JetStreamLog::open(&nats))?);
    runtime.block_on(written(&log, REPLAYED))?;
    table.contest(
        "log on JetStream R3: replay, decoded",
        vec![
            Lane::new("Linli", || replay(&runtime, &log)),
            Lane::new("ordered consumer alone", || consume(&runtime, &nats)),
        ],
        &[goal("ordered consumer alone", 0.8)],
    )?;
    Ok(())
}
