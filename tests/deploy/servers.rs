//! Three real nats-servers with the very `deploy/nats/server.conf` of the deployment.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use linli_platform::{
    nats::{Access, NatsAddress},
    testing::nats::nats_server,
};
use tempfile::TempDir;

use crate::{certificates, compose::Compose, root};

/// How long the servers may take to be healthy, on a machine with little time.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// The servers; killed when dropped.
pub struct Servers {
    pub dir: TempDir,
    pub ca: PathBuf,
    pub ports: Vec<u16>,
    /// What `.env` would give.
    pub given: BTreeMap<String, String>,
    children: Vec<Child>,
}

/// Ports that nobody listens on at the moment, all different.
pub fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|held| held.local_addr().unwrap().port()).collect()
}

impl Servers {
    /// Starts those of the compose file, each with its environment there; addresses and paths are
    /// this machine's.
    pub async fn start() -> Self {
        let compose = Compose::read();
        let dir = TempDir::new().unwrap();
        let tls = certificates(dir.path());
        let names: Vec<_> =
            compose.services.keys().filter(|name| name.starts_with("nats-")).collect();
        assert_eq!(names.len(), 3);
        let ports = free_ports(9);
        let routes: Vec<_> =
            ports[3..6].iter().map(|p| format!("\"tls://localhost:{p}\"")).collect();
        let routes = format!("[{}]", routes.join(","));
        let mut children = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let service = &compose.services[*name];
            let mut environment = service.environment();
            let quoted = |path: &Path| format!("\"{}\"", path.display());
            for (setting, value) in [
                ("CLIENTS", format!("\"127.0.0.1:{}\"", ports[n])),
                ("MEMBERS", format!("\"127.0.0.1:{}\"", ports[3 + n])),
                ("MONITOR", format!("\"127.0.0.1:{}\"", ports[6 + n])),
                ("ROUTES", routes.clone()),
                ("STORE", quoted(&dir.path().join(name))),
                ("CA", quoted(&tls.join("ca.pem"))),
                ("CERT", quoted(&tls.join(format!("{name}.pem")))),
                ("KEY", quoted(&tls.join(format!("{name}.key")))),
            ] {
                let setting = format!("LINLI_NATS_{setting}");
                let before = environment.insert(setting.clone(), value);
                assert!(before.is_some(), "{name} has no {setting}");
            }
            let log = dir.path().join(format!("{name}.log"));
            let server = Command::new(nats_server())
                .args(["-c", root().join("deploy/nats/server.conf").to_str().unwrap()])
                .args(["-l", log.to_str().unwrap()])
                .env_clear()
                .envs(environment)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            children.push(server.unwrap());
        }
        let ca = tls.join("ca.pem");
        let servers = Self { dir, ca, ports, given: compose.given, children };
        servers.healthy().await;
        servers
    }

    /// Waits as the compose file's health check does.
    async fn healthy(&self) {
        let end = Instant::now() + READY_WITHIN;
        for (n, port) in self.ports[6..].iter().enumerate() {
            let url = format!("http://127.0.0.1:{port}/healthz");
            loop {
                let answer = reqwest::get(&url).await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                let log = self.dir.path().join(format!("nats-{}.log", n + 1));
                let said = std::fs::read_to_string(log).unwrap_or_default();
                assert!(Instant::now() < end, "nats-{} is not healthy:\n{said}", n + 1);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Where nodes find them: in place of the compose file's `nats-1:4222,…`.
    pub fn hosts(&self) -> String {
        let hosts: Vec<_> = self.ports[..3].iter().map(|p| format!("localhost:{p}")).collect();
        hosts.join(",")
    }

    pub fn address(&self) -> NatsAddress {
        format!("tls://{}/guangling?max_gib=1", self.hosts()).parse().unwrap()
    }

    /// What lets a role in.
    pub fn access(&self, role: &str) -> Access {
        Access {
            user: Some(role.to_owned()),
            password: Some(self.password(role).into()),
            credentials: None,
            ca_file: Some(self.ca.clone()),
        }
    }

    pub fn password(&self, role: &str) -> String {
        self.given[&format!("LINLI_NATS_{}_PASSWORD", role.to_uppercase())].clone()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
