//! Mail to many: rendered one by one, over eight connections, into a sink.

use std::{process::Command, sync::Arc, time::Instant};

use anyhow::{Result, ensure};
use chrono::DateTime;
use linli_notifier::adapters::mail::{Mail, MailConfig, Outcome, Smtp, Unsubscribe, message_id};
use tokio::runtime::Runtime;

use crate::{
    kit::{Lane, Table, cpu_seconds, goal, rate},
    peers::{self, Absent, Program},
};

mod durable;
pub mod sink;

/// The argument that makes this program a sink.
pub const SINK: &str = "mail-sink";
/// Mails of one round.
const MAILS: usize = 4_000;
/// About 2 KB in UTF-8, with the name in it.
const SENTENCE: &str = "您报名的邻里议事日明天上午八点半在近邻议事厅开始，请提前十分钟到场签到。";

fn text(n: usize) -> String {
    let mut text = format!("居民{n}，您好：\n\n");
    while text.len() < 2048 {
        text.push_str(SENTENCE);
        text.push('\n');
    }
    text
}

fn mail(n: usize) -> Mail {
    let text = text(n);
    Mail {
        to: format!("r{n}@example.org"),
        to_name: Some(format!("居民{n}")),
        from: "office@example.org".into(),
        from_name: Some("西关社区".into()),
        reply_to: None,
        subject: "明天：邻里议事日".into(),
        html: format!("<p>{}</p>", text.replace('\n', "<br>")),
        text,
        message_id: message_id(&format!("{n}.1"), "example.org"),
        date: DateTime::from_timestamp(1_794_000_000, 0).unwrap_or_default(),
        language: "zh".into(),
        urgent: false,
        unsubscribe: Some(Unsubscribe {
            https: format!("https://linli.example/u/{n}"),
            mailto: format!("u{n}@example.org"),
        }),
    }
}

/// Who else sends mail here.
struct Others {
    port: String,
    source: Result<Program, Absent>,
    nodemailer: Result<Program, Absent>,
    smtplib: Result<Program, Absent>,
}

impl Others {
    fn lanes<'a>(&'a self, table: &mut Table) -> Vec<Lane<'a>> {
        let port = &self.port;
        let mut lanes = Vec::new();
        match &self.source {
            Ok(source) => lanes.push(Lane::new("smtp-source", move || flood(source(), port))),
            Err(absent) => table.note(absent.to_string()),
        }
        match &self.nodemailer {
            Ok(node) => lanes.push(Lane::new("nodemailer pool", move || script(node(), port))),
            Err(absent) => table.note(absent.to_string()),
        }
        match &self.smtplib {
            Ok(python) => lanes.push(Lane::new("smtplib", move || script(python(), port))),
            Err(absent) => table.note(absent.to_string()),
        }
        lanes
    }
}

/// Postfix' own generator: one constant mail, as long as ours are on the wire.
fn flood(mut command: Command, port: &str) -> Result<f64> {
    let mails = 20_000;
    command.args(["-d", "-s", "8", "-l", "6000", "-m", &mails.to_string()]);
    command.args(["-f", "a@example.org", "-t", "b@example.org"]);
    let start = Instant::now();
    let done = command.arg(format!("127.0.0.1:{port}")).status()?;
    ensure!(done.success(), "smtp-source failed");
    Ok(rate(mails, start))
}

fn script(mut command: Command, port: &str) -> Result<f64> {
    peers::rate_of(command.arg(port).arg(text(1)))
}

fn send(runtime: &Runtime, smtp: &Smtp) -> Result<f64> {
    let start = Instant::now();
    let mails: Vec<Mail> = (0..MAILS).map(mail).collect();
    let outcomes = runtime.block_on(smtp.send(&mails, &|| true));
    let accepted = outcomes.iter().filter(|o| matches!(o, Outcome::Accepted { .. })).count();
    ensure!(accepted == MAILS, "{accepted} of {MAILS} accepted: {:?}", outcomes.first());
    Ok(rate(MAILS, start))
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let sink = sink::Sink::start()?;
    let config: MailConfig = toml::from_str(&format!(
        "host = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"office@example.org\"",
        sink.port
    ))?;
    let smtp = Arc::new(Smtp::new(config)?);
    let others = Others {
        port: sink.port.to_string(),
        source: peers::smtp_source(),
        nodemailer: peers::node("nodemailer", include_str!("../peers/mail.js")),
        smtplib: peers::python("smtplib", include_str!("../peers/mail.py")),
    };
    let mut cpu = Vec::new();
    let ours = || {
        let before = cpu_seconds("self");
        let sent = send(&runtime, &smtp)?;
        cpu.push((cpu_seconds("self") - before) * 1000.0 / f64::from(u32::try_from(MAILS)?));
        Ok(sent)
    };
    let mut lanes = vec![Lane::new("Linli", ours)];
    lanes.extend(others.lanes(table));
    let goals = [goal("smtp-source", 0.4), goal("nodemailer pool", 5.0)];
    let limit = table.contest("mail, rendered and sent, 8 connections", lanes, &goals)?;
    let cpu = cpu.into_iter().skip(1).collect();
    table.absolute("mail, CPU seconds for 1,000", cpu, 0.04, (55_000.0, limit));
    let mut lanes = vec![Lane::new("Linli", || durable::send(&runtime, &smtp))];
    lanes.extend(others.lanes(&mut Table::default()));
    let goals = [goal("smtp-source", 0.15), goal("nodemailer pool", 2.0)];
    table.contest("mail, each batch on the log before and after", lanes, &goals)?;
    Ok(())
}
