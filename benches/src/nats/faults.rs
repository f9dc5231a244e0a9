//! What becomes of acknowledged commands when servers fail under load.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use linli_platform::{
    event_log::{EventLog, jetstream::JetStreamLog},
    nats::{Access, Nats},
    testing::{
        NatsServers,
        load::{Found, Load},
    },
};
use tokio::runtime::Runtime;

use super::fresh;
use crate::kit::Table;

/// Nodes that write, and writers on each.
const NODES: usize = 2;
const WRITERS: u64 = 8;
/// Commands that must get through before, between and after what fails.
const SOME: usize = 300;
/// How long a leader stands still.
const PAUSES: [u64; 3] = [5, 15, 60];

async fn logs(nats: &Nats, servers: &NatsServers) -> Result<Vec<Arc<dyn EventLog>>> {
    let mut logs: Vec<Arc<dyn EventLog>> = Vec::new();
    for _ in 0..NODES {
        let address = servers.address(nats.log().as_str());
        let own = Nats::connect(&address, &Access::default(), "bench").await?;
        logs.push(Arc::new(JetStreamLog::open(&own).await?));
    }
    Ok(logs)
}

/// The server that leads a log.
async fn leader(nats: &Nats, servers: &NatsServers) -> Result<usize> {
    let stream = nats.jetstream().get_stream(nats.log().stream()).await?;
    let leads = stream.cached_info().cluster.as_ref().and_then(|c| c.leader.clone());
    let leads = leads.unwrap_or_default();
    let count = servers.store_dirs().len();
    (0..count).find(|n| format!("n{n}") == leads).ok_or_else(|| anyhow::anyhow!("nobody leads"))
}

async fn checked(nats: &Nats, load: Load) -> Result<Found> {
    let ended = load.end().await;
    Ok(ended.check(&JetStreamLog::open(nats).await?).await)
}

async fn killed(servers: &NatsServers) -> Result<Found> {
    let nats = fresh(servers).await?;
    let load = Load::start(&logs(&nats, servers).await?, WRITERS);
    load.goes_on_for(SOME).await;
    for n in 0..servers.store_dirs().len() {
        servers.kill(n);
        load.goes_on_for(SOME).await;
        servers.start(n);
        servers.ready().await;
    }
    load.goes_on_for(SOME).await;
    checked(&nats, load).await
}

async fn paused(servers: &NatsServers, seconds: u64) -> Result<Found> {
    let nats = fresh(servers).await?;
    let load = Load::start(&logs(&nats, servers).await?, WRITERS);
    load.goes_on_for(SOME).await;
    let leads = leader(&nats, servers).await?;
    servers.pause(leads);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    servers.resume(leads);
    load.goes_on_for(SOME).await;
    servers.ready().await;
    checked(&nats, load).await
}

fn does(program: &str, arguments: &[&str]) -> Result<()> {
    let done = Command::new(program).args(arguments).output()?;
    ensure!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

/// A lone server on a disk of its own, whose power goes: its disk is copied as it is at that
/// moment, and another server starts on the copy.
async fn power_cut(always: bool) -> Result<Found> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    does("truncate", &["-s", "1G", &at("disk")])?;
    does("mkfs.ext4", &["-q", "-F", &at("disk")])?;
    let mounted = Mounted::of(&at("disk"), &at("before"))?;
    let servers = NatsServers::storing(Path::new(&mounted.0), always).await;
    let nats = fresh(&servers).await?;
    let load = Load::start(&logs(&nats, &servers).await?, WRITERS);
    load.goes_on_for(SOME * 4).await;
    servers.pause(0);
    let told = load.acknowledged();
    does("cp", &["--sparse=always", &at("disk"), &at("copy")])?;
    servers.resume(0);
    let ended = load.end().await.first(told);
    drop(servers);
    drop(mounted);
    let mounted = Mounted::of(&at("copy"), &at("after"))?;
    let servers = NatsServers::storing(Path::new(&mounted.0), always).await;
    let address = servers.address(nats.log().as_str());
    let nats = Nats::connect(&address, &Access::default(), "bench").await?;
    let found = ended.check(&JetStreamLog::open(&nats).await?).await;
    drop(servers);
    drop(mounted);
    Ok(found)
}

/// A disk image at a folder.
struct Mounted(String);

impl Mounted {
    fn of(image: &str, folder: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        does("mount", &["-o", "loop", image, folder])?;
        Ok(Self(folder.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = does("umount", &["-l", &self.0]) {
            #[expect(clippy::print_stderr, reason = "whoever runs it has to unmount it")]
            {
                eprintln!("{error}");
            }
        }
    }
}

/// Each fault with what the checker found.
pub fn run(table: &mut Table) -> Result<()> {
    let runtime = Runtime::new()?;
    let mut line = |fault: &str, found: Result<Found>| match found {
        Ok(found) => table.note(format!("{fault}: {found}")),
        Err(error) => table.note(format!("{fault}: not measured: {error:#}")),
    };
    runtime.block_on(async {
        let servers = NatsServers::three().await;
        line("kill -9 of each of three servers in turn", killed(&servers).await);
        for seconds in PAUSES {
            let found = paused(&servers, seconds).await;
            line(&format!("the leader stands still for {seconds} s"), found);
        }
        drop(servers);
        line("power cut, a lone server with `sync_interval: always`", power_cut(true).await);
        line("the same with the default (negative control)", power_cut(false).await);
    });
    Ok(())
}
