//! The compose file's containers as plain processes: the same commands, the same environments, the
//! same health checks, with addresses and paths of this machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    compose::{Compose, Service},
    linli, root,
    servers::{Servers, free_ports},
};

/// How long a node may take to be ready, with a dozen of them on a machine with two cores.
const READY_WITHIN: Duration = Duration::from_mins(4);
const LOOK: Duration = Duration::from_millis(200);

/// A node that runs.
struct Running {
    name: String,
    environment: BTreeMap<String, String>,
    check: Vec<String>,
    port: u16,
    child: Child,
}

impl Running {
    fn said(&self, dir: &Path) -> String {
        std::fs::read_to_string(dir.join(format!("{}.log", self.name))).unwrap_or_default()
    }

    /// The health check of its container.
    fn is_ready(&self) -> bool {
        let [_, _, arguments @ ..] = self.check.as_slice() else { panic!("no health check") };
        let mut check = linli();
        check.envs(&self.environment).args(arguments);
        check.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    async fn ready(&mut self, dir: &Path) {
        let end = Instant::now() + READY_WITHIN;
        while !self.is_ready() {
            let ended = self.child.try_wait().unwrap();
            let said = self.said(dir);
            assert!(ended.is_none(), "{} ended: {said}", self.name);
            assert!(Instant::now() < end, "{} is not ready: {said}", self.name);
            tokio::time::sleep(LOOK).await;
        }
    }

    fn end(&mut self) -> ExitStatus {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A container's environment on this machine.
fn here(servers: &Servers, name: &str, service: &Service, port: u16) -> BTreeMap<String, String> {
    let folder = |what: &str| servers.dir.path().join(what).display().to_string();
    let mut environment = service.environment();
    environment.insert("LINLI_DATA".to_owned(), folder(&format!("{name}-data")));
    for (setting, value) in &mut environment {
        match setting.as_str() {
            "LINLI_LOG" => {
                let hosts = "nats-1:4222,nats-2:4222,nats-3:4222";
                assert!(value.contains(hosts), "{name}: {value}");
                *value = value.replace(hosts, &servers.hosts());
            }
            "LINLI_LISTEN" => *value = format!("127.0.0.1:{port}"),
            "LINLI_NATS_CA_FILE" => *value = servers.ca.display().to_string(),
            "LINLI_MASTER_KEY_FILE" => *value = folder("keys/master.key"),
            "LINLI_SMTP_HOST" | "LINLI_TRUSTED_PROXY" => "127.0.0.1".clone_into(value),
            _ => {}
        }
    }
    environment
}

/// Starts what a container would run.
fn start(servers: &Servers, name: &str, service: &Service, port: u16) -> Running {
    launch(servers, name, service, here(servers, name, service, port), port)
}

/// The same with another environment.
fn launch(
    servers: &Servers,
    name: &str,
    service: &Service,
    environment: BTreeMap<String, String>,
    port: u16,
) -> Running {
    let told = File::create(servers.dir.path().join(format!("{name}.log"))).unwrap();
    let seeds = root().join("seeds").display().to_string();
    let argument = |text: &String| if text == "/seeds" { seeds.clone() } else { text.clone() };
    let child = linli()
        .envs(&environment)
        .args(service.command.iter().map(argument))
        .current_dir(servers.dir.path())
        .stdin(Stdio::null())
        .stdout(told.try_clone().unwrap())
        .stderr(told)
        .spawn()
        .unwrap();
    let check = service.healthcheck.as_ref().map(|check| check.test.clone()).unwrap_or_default();
    Running { name: name.to_owned(), environment, check, port, child }
}

/// The operator's word, as `docker compose run --rm cli …` gives it.
fn operator(servers: &Servers, cli: &Service, arguments: &[&str]) -> String {
    let told = linli()
        .envs(here(servers, "cli", cli, 1))
        .args(arguments)
        .current_dir(servers.dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{arguments:?}: {said}");
    String::from_utf8(told.stdout).unwrap()
}

/// Our names in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    text.split(word).filter(|word| word.starts_with("linli_")).collect()
}

/// Every figure that the dashboard and the alerts ask for is told by a node; each hand is one's.
async fn figures(running: &[Running]) {
    let mut told = String::new();
    for node in running {
        let url = format!("http://127.0.0.1:{}/metrics", node.port);
        told += &reqwest::get(url).await.unwrap().text().await.unwrap();
    }
    let there = names(&told);
    for file in ["deploy/grafana/linli.json", "deploy/prometheus/alerts.yml"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let asked = names(&text);
        assert!(asked.len() > 8, "{file} asks for {asked:?}");
        let missing: Vec<_> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "{file} asks for {missing:?}");
    }
    for service in ["calendar", "people", "notifier", "attendance", "ranking"] {
        let acts = format!("linli_acts{{service=\"{service}\"}} 1");
        assert_eq!(told.lines().filter(|line| *line == acts).count(), 1, "{service}\n{told}");
    }
    assert!(told.contains("linli_acts{service=\"notifier\"} 0"), "the second one waits");
}

/// `linli export` or `linli import`, by a node's own server where one runs; what it says.
fn moves(servers: &Servers, environment: &BTreeMap<String, String>, words: &[&str]) -> String {
    let told = linli()
        .envs(environment)
        .env("LINLI_PASSPHRASE", "a passphrase for a test")
        .args(words)
        .args(["--log", "out.log", "--vault", "out.vault"])
        .current_dir(servers.dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{words:?}: {said}");
    String::from_utf8(told.stdout).unwrap()
}

/// Log and vault leave by the node that keeps the names, as docs/operations.md says, and an office
/// takes them in. How many records there are.
fn leaves(servers: &Servers, people: &Running) -> usize {
    let file = |name: &str| servers.dir.path().join(name).display().to_string();
    moves(servers, &people.environment, &["export"]);
    let office = BTreeMap::from([
        ("LINLI_DATA".to_owned(), file("office")),
        ("LINLI_MASTER_KEY_FILE".to_owned(), file("office.key")),
    ]);
    moves(servers, &office, &["import"]);
    let records = std::fs::read_to_string(file("out.log")).unwrap().lines().count();
    let verified = linli().envs(&office).args(["verify", "--json"]).output().unwrap();
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(verified["commits"], records, "{verified}");
    records
}

/// The way back: `people` with the operator's rights takes both in; what is there stays.
async fn comes_back(servers: &Servers, compose: &Compose, records: usize) {
    let (service, port) = (&compose.services["people"], free_ports(1)[0]);
    let mut environment = here(servers, "people", service, port);
    environment.insert("LINLI_NATS_USER".to_owned(), "cli".to_owned());
    environment.insert("LINLI_NATS_PASSWORD".to_owned(), servers.password("cli"));
    let mut people = launch(servers, "people", service, environment, port);
    people.ready(servers.dir.path()).await;
    let told = moves(servers, &people.environment, &["import", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(told["new"] == 0 && told["there"].as_u64() > Some(0), "{records} records: {told}");
    assert!(people.end().success(), "{}", people.said(servers.dir.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_deployment_starts_and_ends() {
    let servers = Servers::start().await;
    let compose = Compose::read();
    let dir = servers.dir.path().to_owned();
    // As `depends_on` says: first the streams, then all others.
    let mut seed = start(&servers, "seed", &compose.services["seed"], 1);
    let done = seed.child.wait().unwrap();
    assert!(done.success(), "seed: {}", seed.said(&dir));

    let nodes = compose.services.iter().filter(|(_, s)| s.is_linli() && s.profiles.is_empty());
    let nodes: Vec<_> = nodes.filter(|(_, s)| s.command[0] == "serve").collect();
    assert!(nodes.iter().all(|(_, service)| service.depends_on.contains_key("seed")));
    let ports = free_ports(nodes.len());
    let nodes = nodes.iter().zip(ports);
    let mut running: Vec<_> =
        nodes.map(|((name, service), port)| start(&servers, name, service, port)).collect();
    for node in &mut running {
        node.ready(&dir).await;
    }

    let gateways: Vec<_> = running.iter().filter(|node| node.name.starts_with("gateway")).collect();
    assert_eq!(gateways.len(), 2);
    for gateway in gateways {
        let url = format!("http://127.0.0.1:{}/c/xiguan", gateway.port);
        let page = reqwest::get(url).await.unwrap().error_for_status().unwrap();
        assert!(page.text().await.unwrap().contains("xiguan"), "{}", gateway.said(&dir));
    }
    let status = operator(&servers, &compose.services["cli"], &["status", "--json"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["owners"].as_array().map(Vec::len), Some(5), "{status:#}");
    assert_eq!(status["nodes"].as_array().map(Vec::len), Some(running.len()), "{status:#}");
    let again = operator(
        &servers,
        &compose.services["cli"],
        &["seed", root().join("seeds").to_str().unwrap()],
    );
    assert!(again.contains("already"), "{again}");

    figures(&running).await;
    let people = running.iter().find(|node| node.name == "people").unwrap();
    let records = leaves(&servers, people);

    for node in &mut running {
        let ended = node.end();
        assert!(ended.success(), "{}: {ended}\n{}", node.name, node.said(&dir));
    }
    comes_back(&servers, &compose, records).await;
}
