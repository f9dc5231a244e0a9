//! Programs beside ours: what `./check` installs, and a mail server of another make.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use linli_notifier::adapters::mail::MailConfig;
use serde_json::Value;
use tempfile::TempDir;

use crate::app::PATIENCE;

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Python with the packages of `tests/requirements.txt`.
pub fn python() -> Command {
    let installed = root().join(".tools/venv/bin/python");
    let python = env::var_os("LINLI_TEST_PYTHON").map_or(installed, PathBuf::from);
    assert!(python.exists(), "{} is missing: run ./check", python.display());
    let mut command = Command::new(python);
    // What one program warns of is no line of the other's output.
    command.args(["-W", "ignore"]);
    command
}

/// What a program prints, which must end well.
pub fn output(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nIf a module is missing, run ./check first.");
    String::from_utf8(output.stdout).unwrap()
}

/// An SMTP server as a process of its own; it ends with the story.
pub struct Sink {
    process: Child,
    pub port: u16,
    folder: TempDir,
}

impl Sink {
    pub fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut process = python()
            .arg(root().join("services/notifier/tests/sink.py"))
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("aiosmtpd is missing: run ./check first");
        Self { process, port, folder }
    }

    /// The relay as it stands in the configuration.
    pub fn table(&self) -> String {
        let port = self.port;
        format!("host = 'localhost'\nport = {port}\ntls = 'none'\nfrom = 'linli@example.test'\n")
    }

    pub fn config(&self) -> MailConfig {
        toml::from_str(&self.table()).unwrap()
    }

    /// How many mails have arrived.
    pub fn count(&self) -> u64 {
        self.json("stats.json")["mails"].as_u64().unwrap()
    }

    /// Waits until so many mails have arrived.
    pub fn wait_for(&self, mails: u64) {
        let begun = Instant::now();
        while self.count() < mails {
            assert!(begun.elapsed() < PATIENCE, "{} of {mails} mails came", self.count());
            std::thread::yield_now();
        }
    }

    /// All mails in the order of their arrival.
    pub fn mails(&self) -> Vec<Value> {
        (1..=self.count()).map(|n| self.json(&format!("{n}.json"))).collect()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join(name)).unwrap()).unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A header of a mail as the sink's parser read it.
pub fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    let found = headers.iter().find(|pair| pair[0] == name);
    found.and_then(|pair| pair[1].as_str()).unwrap_or_default()
}
