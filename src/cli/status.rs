//! `linli status`: how the folder and its server are.

use std::path::Path;

use linli_platform::event_log::{
    EventLog as _,
    sqlite::{OpenMode, SqliteLog},
};

use super::{Context, parts};
use crate::{
    compose::SERVICES,
    failure::Failure,
    operations::{
        self, FolderStatus, LogStatus, NodeStatus, Owner, Request, ServiceStatus, Status,
    },
    output::{Progress, json, line},
    socket::Server,
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The log, such as nats://host:4222/guangling; goes before the configuration's
    #[arg(long, value_name = "LOG", env = "LINLI_LOG")]
    log: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Only ask the server that listens here whether it is ready: 0 if so, else 1 with the reasons
    #[arg(long, conflicts_with = "json")]
    pub(super) ready: bool,
}

pub(super) async fn run(cx: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let (data, config) = (cx.data(), cx.config_with_log(arguments.log.as_deref())?);
    if let Some(address) = &config.log {
        let status = operations::status::of_log(address, &config).await?;
        return if arguments.json { json(&status) } else { print_log(&status) };
    }
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
    services.iter().try_for_each(print_service)
}

/// A log that several nodes share: the servers, who acts, and how far each node is.
fn print_log(status: &LogStatus) -> Result<(), Failure> {
    let LogStatus { log, last, bytes, bytes_max, leader, copies, owners, nodes } = status;
    let (mib, mib_max) = (bytes >> 20, bytes_max >> 20);
    line(format_args!("{log}: {last} records, {mib} of {mib_max} MiB"))?;
    let leader = leader.as_deref().unwrap_or("a lone server");
    let copies = copies.iter().map(|(name, current)| {
        format!(", {name} {}", if *current { "up to date" } else { "BEHIND OR GONE" })
    });
    line(format_args!("  led by {leader}{}", copies.collect::<String>()))?;
    for service in SERVICES {
        let owner = owners.iter().find(|owner| owner.service == service);
        match owner {
            Some(Owner { node, revision, .. }) => {
                line(format_args!("  {service:<10}  {node} acts (lease {revision})"))?;
            }
            None => line(format_args!("  {service:<10}  NOBODY ACTS: start a node for it"))?,
        }
    }
    for NodeStatus { name, status } in nodes {
        let Status { version, public_url, refuses, waits, services, .. } = status;
        line(format_args!("{name}  (linli {version}, {public_url})"))?;
        if let Some(why) = refuses {
            line(format_args!("  it writes nothing: {why}"))?;
        }
        if let Some(why) = waits {
            line(format_args!("  its processes wait: {why}"))?;
        }
        let acts = |service: &str| owners.iter().any(|o| o.service == service && o.node == *name);
        for service in services {
            // What a node that stands by has open is given by whoever acts.
            let open = if acts(&service.name) { service.open } else { 0 };
            print_service(&ServiceStatus { open, ..service.clone() })?;
        }
    }
    if nodes.is_empty() {
        line("no node answers")?;
    }
    Ok(())
}

fn print_service(service: &ServiceStatus) -> Result<(), Failure> {
    let ServiceStatus { name, position, live, open, next_due, stopped } = service;
    let live = if *live { "" } else { ", catching up" };
    let due = next_due.map(|due| format!(", next timer {due}")).unwrap_or_default();
    line(format_args!("  {name:<10}  read up to {position}{live}, {open} open{due}"))?;
    for (part, why) in stopped {
        line(format_args!("    {part} has stopped: {why}"))?;
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
