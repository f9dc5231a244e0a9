//! `linli status`: how the folder and its server are.

use std::path::Path;

use linli_platform::event_log::{
    EventLog as _,
    sqlite::{OpenMode, SqliteLog},
};

use super::{Context, parts};
use crate::{
    failure::Failure,
    operations::{FolderStatus, Request, ServiceStatus, Status},
    output::{Progress, json, line},
    socket::Server,
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let data = cx.data();
    let log = SqliteLog::open(&data, OpenMode::ReadOnly)?;
    // What is not in the file yet stands beside it.
    let size = |path: &Path| std::fs::metadata(path).map(|file| file.len()).unwrap_or_default();
    let log_bytes = size(log.path()) + size(&data.join("log.db-wal"));
    let server = match Server::find(&data).await {
        Some(server) => {
            let told = server.ask(&Request::Status, &Progress::on_stderr()).await?;
            Some(parts(&told)?)
        }
        None => None,
    };
    let last = log.last().await?;
    let status = FolderStatus { data: data.display().to_string(), last, log_bytes, server };
    if arguments.json { json(&status) } else { print(&status) }
}

fn print(status: &FolderStatus) -> Result<(), Failure> {
    let FolderStatus { data, last, log_bytes, server } = status;
    line(format_args!("{data}: {last} records, {} KiB", log_bytes / 1024))?;
    let Some(Status { version, public_url, refuses, waits, services, .. }) = server else {
        return line("no server runs here");
    };
    line(format_args!("a server (linli {version}) runs at {public_url}"))?;
    if let Some(why) = refuses {
        line(format_args!("  it writes nothing: {why}"))?;
    }
    if let Some(why) = waits {
        line(format_args!(
            "  its processes wait: {why}; if that is right, say `linli serve --clock-is-right`"
        ))?;
    }
    for service in services {
        let ServiceStatus { name, position, live, open, next_due, stopped } = service;
        let live = if *live { "" } else { ", catching up" };
        let due = next_due.map(|due| format!(", next timer {due}")).unwrap_or_default();
        line(format_args!("  {name:<10}  read up to {position}{live}, {open} open{due}"))?;
        for (part, why) in stopped {
            line(format_args!("    {part} has stopped: {why}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use linli_platform::ids::Position;

    use super::*;

    #[test]
    fn the_shape_of_a_status_stays() {
        let service = ServiceStatus {
            name: "calendar".into(),
            position: Position(9),
            live: true,
            open: 0,
            next_due: None,
            stopped: Vec::new(),
        };
        let server = Status {
            version: "0.1.0".into(),
            public_url: "http://127.0.0.1:8080".into(),
            now: "2026-11-02T00:00:00Z".parse().unwrap(),
            refuses: None,
            waits: None,
            services: vec![service],
        };
        let status = FolderStatus {
            data: "data".into(),
            last: Position(9),
            log_bytes: 4096,
            server: Some(server),
        };
        assert_eq!(
            serde_json::to_string(&status).unwrap(),
            r#"{"data":"data","last":9,"log_bytes":4096,"server":{"version":"0.1.0","public_url":"http://127.0.0.1:8080","now":"2026-11-02T00:00:00Z","refuses":null,"waits":null,"services":[{"name":"calendar","position":9,"live":true,"open":0,"next_due":null,"stopped":[]}]}}"#
        );
    }
}
