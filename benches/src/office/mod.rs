//! Linli as a process of its own, on a folder that was filled before, and what is asked of it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow};
use linli::{
    compose::{Means, Node, Part},
    config::Config,
    failure::Failure,
};
use linli_platform::clock::Clock;
use tokio::net::TcpListener;

pub mod client;
pub mod filled;

/// The argument that makes this program a server of a folder.
pub const SERVE: &str = "serve";

/// A failure of a command as one of ours.
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
pub fn told(failure: Failure) -> anyhow::Error {
    anyhow!("{}", failure.text().unwrap_or("it failed"))
}

/// How Linli is set up in a folder.
fn config(folder: &Path) -> Result<Config> {
    let listen = "127.0.0.1:0".parse()?;
    let usual = Config::usual();
    Ok(Config { listen, master_key_file: Some(folder.join("master.key")), ..usual })
}

/// All services over a folder, as `linli serve` opens them.
pub async fn open(folder: &Path) -> Result<Node> {
    let config = config(folder)?;
    let at = config.listen;
    let means =
        Means { data: folder.join("data"), config, clock: Clock::system(), part: Part::Whole, at };
    Node::open(means).await.map_err(told)
}

/// Serves a folder until whoever started us ends it.
pub fn serve(folder: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let node = Arc::new(open(folder).await?);
        let app = node.app().await.map_err(told)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?)?;
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
        Ok(())
    })
}

/// Tells whoever started us where we listen.
pub fn announce(at: SocketAddr) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{at}")?;
    Ok(out.flush()?)
}

/// A server that runs beside us.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub at: SocketAddr,
}

impl Server {
    /// Starts ourselves once more, as a server.
    pub fn start(what: &str, folder: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([what.as_ref(), folder.as_os_str()])
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let at = line.trim().parse().context("the server has not started")?;
        Ok(Self { child, at })
    }

    /// Seconds of processor time it has used.
    pub fn cpu_seconds(&self) -> f64 {
        crate::kit::cpu_seconds(&self.child.id().to_string())
    }

    /// Memory that it holds, in MB.
    pub fn megabytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
    }

    /// Waits until a page is there; how long from `since` on.
    pub fn first(&self, path: &str, since: Instant) -> Result<Duration> {
        let mut client = client::Client::connect(self.at)?;
        while client.ask(&client::get(path, ""))?.status != 200 {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(since.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
