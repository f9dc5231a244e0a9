//! The executable as a process of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use linli_platform::{clock::Clock, event_log::sqlite::FolderLock};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::app::App;

/// A folder for an office: its data, its configuration, its master key.
pub struct Office {
    pub folder: Arc<TempDir>,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    /// Problems, and progress.
    pub err: String,
}

impl Office {
    pub fn new() -> Self {
        let office = Self { folder: Arc::new(TempDir::new().unwrap()) };
        office.configure("");
        office
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the configuration: any free port, and the lines given.
    pub fn configure(&self, more: &str) {
        let usual = "listen = '127.0.0.1:0'\nmaster_key_file = 'master.key'\n";
        fs::write(self.path("linli.toml"), format!("{usual}{more}")).unwrap();
    }

    /// What happens in an application in this process first, on a clock that stands at this very
    /// moment. Afterwards nothing of it runs any more.
    pub fn before<T>(&self, story: impl AsyncFnOnce(&App) -> T) -> T {
        self.at(Clock::system().now(), story)
    }

    /// The same, on a clock that stands at another moment.
    pub fn at<T>(&self, now: DateTime<Utc>, story: impl AsyncFnOnce(&App) -> T) -> T {
        self.in_process(now, true, story)
    }

    /// The same, where nothing happens by itself.
    pub fn asleep<T>(&self, story: impl AsyncFnOnce(&App) -> T) -> T {
        self.in_process(Clock::system().now(), false, story)
    }

    fn in_process<T>(
        &self,
        now: DateTime<Utc>,
        hand: bool,
        story: impl AsyncFnOnce(&App) -> T,
    ) -> T {
        let runtime = Runtime::new().unwrap();
        let told = runtime.block_on(async {
            let app = App::made(self.folder.clone(), now, None, hand).await;
            if hand {
                app.settle().await;
            }
            story(&app).await
        });
        drop(runtime);
        drop(FolderLock::take(&self.path("data")).expect("nothing runs there any more"));
        told
    }

    /// A command on this office.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = linli(self.folder.path());
        command.args(arguments);
        command.arg("--data").arg(self.path("data"));
        command.arg("--config").arg(self.path("linli.toml"));
        command
    }

    /// Runs a command to its end.
    pub fn says(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments))
    }

    /// Runs a command that must end well; what it prints.
    pub fn does(&self, arguments: &[&str]) -> String {
        let said = self.says(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said.out
    }

    /// Starts the server and waits until it listens.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&["serve"]))
    }

    /// The events of a service as they come, first those that are there.
    pub fn events(&self, service: &str) -> Events {
        let mut command = self.command(&["events", "--follow", "--json", "--service", service]);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Events { process, lines }
    }
}

/// The executable, with nothing of this machine's own settings.
pub fn linli(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linli"));
    let ours = std::env::vars().filter(|(name, _)| name.starts_with("LINLI_"));
    for (name, _) in ours {
        command.env_remove(name);
    }
    command.current_dir(home).env("HOME", home).env("RUST_LOG", "error");
    command
}

/// Runs a command to its end.
pub fn said(mut command: Command) -> Said {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code().expect("a code"), out: text(stdout), err: text(stderr) }
}

/// A server; it ends with the story.
pub struct Server {
    process: Child,
    pub url: String,
    /// What it prints after its address; kept open, so that it can.
    lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a command that serves, and waits for its address.
    pub fn start(mut command: Command) -> Self {
        command.stderr(Stdio::null());
        Self::started(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// The same; and the line on stderr that has a word in it, which comes before the address.
    pub fn start_and_hear(mut command: Command, word: &str) -> (Self, String) {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut problems = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = problems.find_map(|line| line.ok().filter(|line| line.contains(word)));
        (Self::started(process), line.expect("it is said"))
    }

    fn started(mut process: Child) -> Self {
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the server ended").unwrap();
            if let Some(at) = line.find("http://") {
                let url = line[at..].split_whitespace().next().unwrap_or_default();
                break url.trim_end_matches('/').to_owned();
            }
        };
        Self { process, url, lines }
    }

    /// The rest of the next line that it prints after its address and that begins so.
    pub fn says(&mut self, beginning: &str) -> String {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        let rest = lines.find_map(|line| Some(line.strip_prefix(beginning)?.trim().to_owned()));
        rest.expect("it says so")
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Events as `linli events --follow` prints them.
pub struct Events {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Iterator for Events {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        Some(serde_json::from_str(&self.lines.next()?.unwrap()).unwrap())
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
