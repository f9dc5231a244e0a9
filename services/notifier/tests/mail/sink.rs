//! A real SMTP server for a test, and mails to send to it.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use chrono::{TimeZone, Utc};
use linli_notifier::adapters::mail::{Mail, MailConfig, Smtp, Unsubscribe, message_id};
use serde_json::Value;
use tempfile::TempDir;

/// The server as a process of its own; it ends with the test.
pub struct Sink {
    process: Child,
    pub port: u16,
    folder: TempDir,
}

impl Sink {
    /// Starts `sink.py` with `options` and waits until it listens.
    pub fn start(options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut process = Command::new(python())
            // aiosmtpd warns of passwords in clear, which here never leave the machine.
            .args(["-W", "ignore"])
            .arg(here("sink.py"))
            .arg("--dir")
            .arg(folder.path())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test's Python does not start: run ./check, which installs it");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port =
            line.trim().parse().expect("aiosmtpd is missing: run ./check, which installs it");
        Self { process, port, folder }
    }

    /// The `[smtp]` table for this server, with `more` lines.
    pub fn config(&self, more: &str) -> MailConfig {
        config(self.port, more)
    }

    /// A client of this server.
    pub fn client(&self, more: &str) -> Smtp {
        Smtp::new(self.config(more)).unwrap()
    }

    /// What the server counted: connections, open, peak, mails.
    pub fn count(&self, what: &str) -> u64 {
        self.json("stats.json")[what].as_u64().unwrap()
    }

    /// The mails it received, in the order of their arrival.
    pub fn mails(&self) -> Vec<Value> {
        (1..=self.count("mails")).map(|n| self.json(&format!("{n}.json"))).collect()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.folder.path().join(name)).unwrap()).unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The `[smtp]` table for a server on this machine.
pub fn config(port: u16, more: &str) -> MailConfig {
    let tls = if more.contains("tls =") { "" } else { "tls = 'none'\n" };
    let table = format!("host = 'localhost'\nport = {port}\nfrom = 'l@example.cn'\n{tls}{more}");
    toml::from_str(&table).unwrap()
}

/// A file beside the tests.
pub fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn python() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/venv/bin/python");
    let python = env::var_os("LINLI_TEST_PYTHON").map_or(installed, PathBuf::from);
    assert!(python.exists(), "{} is missing: run ./check", python.display());
    python
}

/// A reminder as residents get it, in Chinese, with all that a mail can carry.
pub fn mail(to: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        to_name: Some("王阿姨".to_owned()),
        from: "linli@example.cn".to_owned(),
        from_name: Some("西关社区".to_owned()),
        reply_to: Some("office@example.cn".to_owned()),
        subject: "提醒：中秋晚会（9月25日 19:00，文化广场）——请提前十分钟到场，凭二维码签到"
            .to_owned(),
        text: "王阿姨，您好！\n\n中秋晚会 9月25日 19:00\n.以点开头的一行\n".to_owned(),
        html: "<!doctype html><html lang=\"zh\"><p>王阿姨，<b>您好</b>！</p></html>".to_owned(),
        message_id: message_id(&format!("k.{}", to.replace('@', ".")), "linli.example.cn"),
        date: Utc.with_ymd_and_hms(2026, 9, 25, 2, 17, 0).unwrap(),
        language: "zh".to_owned(),
        urgent: true,
        unsubscribe: Some(Unsubscribe {
            https: format!("https://linli.example.cn/unsubscribe/{}", "t0ken".repeat(12)),
            mailto: "unsubscribe+t0ken@example.cn".to_owned(),
        }),
    }
}

/// `count` mails to addresses that begin with `name`.
pub fn mails(name: &str, count: usize) -> Vec<Mail> {
    (0..count).map(|n| mail(&format!("{name}-{n}@example.cn"))).collect()
}
