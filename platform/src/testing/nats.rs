//! Real nats-servers on free loopback ports, each with a folder of its own; killed when dropped.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_nats::jetstream::{self, stream};
use tempfile::TempDir;

use crate::nats::NatsAddress;

/// How long servers may take until a stream can be kept in as many copies as there are servers.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How often one looks.
const LOOK: Duration = Duration::from_millis(50);

/// Where the server's program is: `LINLI_NATS_SERVER`, else the first `nats-server` on the `PATH`,
/// else the one that `./check` fetches.
pub fn nats_server() -> PathBuf {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/venv/bin/nats-server");
    let on_path = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|dir| dir.join("nats-server")).find(|file| file.is_file())
    });
    let found = std::env::var_os("LINLI_NATS_SERVER").map(PathBuf::from).or(on_path);
    let found = found.unwrap_or(fetched);
    assert!(
        found.is_file(),
        "{} is not there: run ./check once, or set LINLI_NATS_SERVER",
        found.display()
    );
    found
}

/// One nats-server, or a cluster of them, with JetStream that is on disk before it answers.
pub struct NatsServers {
    dir: PathBuf,
    servers: Vec<Server>,
    /// Goes with the servers, if it is their own.
    _own: Option<TempDir>,
}

struct Server {
    port: u16,
    child: Mutex<Option<Child>>,
}

impl Server {
    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NatsServers {
    /// A lone server.
    pub async fn one() -> Self {
        Self::with(1, "").await
    }

    /// A cluster of three.
    pub async fn three() -> Self {
        Self::with(3, "").await
    }

    /// So many servers, with more lines in the configuration of each.
    pub async fn with(count: usize, more: &str) -> Self {
        let own = TempDir::new().expect("a temporary folder");
        let dir = own.path().to_owned();
        Self::started(dir, Some(own), count, "sync_interval: always", more).await
    }

    /// A lone server that keeps its files in a folder: all of it on disk before it answers, or, as
    /// nats-servers usually do, some minutes later.
    pub async fn storing(dir: &Path, always: bool) -> Self {
        let sync = if always { "sync_interval: always" } else { "" };
        Self::started(dir.to_owned(), None, 1, sync, "").await
    }

    async fn started(
        dir: PathBuf,
        own: Option<TempDir>,
        count: usize,
        sync: &str,
        more: &str,
    ) -> Self {
        let ports = free_ports(count * 2);
        let (ports, routes) = ports.split_at(count);
        for (n, port) in ports.iter().enumerate() {
            let config = configuration(&dir, n, (*port, routes), (sync, more));
            fs::write(dir.join(format!("{n}.conf")), config).expect("a configuration");
        }
        let server = |port: &u16| Server { port: *port, child: Mutex::default() };
        let servers = Self { servers: ports.iter().map(server).collect(), dir, _own: own };
        (0..count).for_each(|n| servers.start(n));
        servers.ready().await;
        servers
    }

    /// Where a log of this name is, kept in as many copies as there are servers.
    pub fn address(&self, log: &str) -> NatsAddress {
        let hosts: Vec<String> =
            self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        let (hosts, copies) = (hosts.join(","), self.servers.len());
        let text = format!("nats://{hosts}/{log}?replicas={copies}&max_gib=1");
        text.parse().expect("an address")
    }

    /// Where one of the servers listens: `nats://127.0.0.1:port`.
    pub fn url(&self, n: usize) -> String {
        format!("nats://127.0.0.1:{}", self.servers[n].port)
    }

    /// The folders that JetStream writes to.
    pub fn store_dirs(&self) -> Vec<PathBuf> {
        (0..self.servers.len()).map(|n| self.dir.join(n.to_string())).collect()
    }

    /// What a server has said so far.
    pub fn said(&self, n: usize) -> String {
        fs::read_to_string(self.dir.join(format!("{n}.log"))).unwrap_or_default()
    }

    /// Starts a server that does not run.
    pub fn start(&self, n: usize) {
        let file = |ending: &str| self.dir.join(format!("{n}.{ending}"));
        let child = Command::new(nats_server())
            .arg("-c")
            .arg(file("conf"))
            .arg("-l")
            .arg(file("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a nats-server starts");
        *self.servers[n].child() = Some(child);
    }

    /// Kills a server at once, as `kill -9` does.
    pub fn kill(&self, n: usize) {
        if let Some(mut child) = self.servers[n].child().take() {
            child.kill().expect("a server can be killed");
            child.wait().expect("a killed server ends");
        }
    }

    /// Lets a server stand still.
    pub fn pause(&self, n: usize) {
        self.signal(n, "STOP");
    }

    /// Lets it go on.
    pub fn resume(&self, n: usize) {
        self.signal(n, "CONT");
    }

    fn signal(&self, n: usize, signal: &str) {
        let id = self.servers[n].child().as_ref().expect("the server runs").id();
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(id.to_string()).status();
        assert!(sent.expect("kill runs").success(), "{signal} to server {n}");
    }

    /// Waits until all servers keep a copy of a stream.
    pub async fn ready(&self) {
        let end = Instant::now() + READY_WITHIN;
        loop {
            match self.probe().await {
                Ok(()) => return,
                Err(error) => {
                    let said = self.said(0);
                    assert!(Instant::now() < end, "the servers are not ready: {error}\n{said}");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn probe(&self) -> Result<(), async_nats::Error> {
        let urls: Vec<_> = (0..self.servers.len()).map(|n| self.url(n)).collect();
        let client = async_nats::ConnectOptions::new().connect(urls).await?;
        let mut context = jetstream::new(client);
        context.set_timeout(Duration::from_secs(1));
        let config = stream::Config {
            name: "READY".to_owned(),
            subjects: vec!["ready".to_owned()],
            num_replicas: self.servers.len(),
            ..stream::Config::default()
        };
        let mut stream = context.create_stream(config).await?;
        let info = stream.info().await?;
        let others = info.cluster.iter().flat_map(|cluster| &cluster.replicas);
        let current = others.filter(|peer| peer.current).count();
        if current + 1 < self.servers.len() {
            return Err("a copy is not up to date".into());
        }
        context.delete_stream("READY").await?;
        Ok(())
    }
}

impl Drop for NatsServers {
    fn drop(&mut self) {
        for server in &self.servers {
            if let Some(mut child) = server.child().take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// Ports that nobody listens on at the moment, all different.
fn free_ports(count: usize) -> Vec<u16> {
    let listen = |_| TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let held: Vec<TcpListener> = (0..count).map(listen).collect();
    held.iter().map(|held| held.local_addr().expect("an address").port()).collect()
}

fn configuration(
    dir: &Path,
    n: usize,
    (port, routes): (u16, &[u16]),
    (sync, more): (&str, &str),
) -> String {
    let store = dir.join(n.to_string());
    let cluster = if routes.len() < 2 {
        String::new()
    } else {
        let urls: Vec<String> =
            routes.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        let (own, urls) = (routes[n], urls.join(", "));
        format!("cluster {{ name: test, listen: \"127.0.0.1:{own}\", routes: [{urls}] }}")
    };
    format!(
        "server_name: n{n}\nlisten: \"127.0.0.1:{port}\"\n\
         jetstream {{ store_dir: \"{}\", max_file_store: 64GB\n{sync}\n }}\n\
         {cluster}\n{more}\n",
        store.display()
    )
}
