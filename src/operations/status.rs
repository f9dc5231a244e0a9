//! How a node is.

use chrono::{DateTime, Utc};
use linli_platform::ids::Position;
use serde::{Deserialize, Serialize};

use crate::{compose::Node, failure::Failure};

/// How a folder is: what `linli status --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderStatus {
    /// The folder.
    pub data: String,
    /// The position of the log's last commit.
    pub last: Position,
    /// The size of the log's file in bytes.
    pub log_bytes: u64,
    /// How the server is, if one runs.
    pub server: Option<Status>,
}

/// How a running server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// The address that people reach it at.
    pub public_url: String,
    /// What its clock shows.
    pub now: DateTime<Utc>,
    /// Why nothing is written at present.
    pub refuses: Option<String>,
    /// Why the processes wait for a word.
    pub waits: Option<String>,
    /// Its services.
    pub services: Vec<ServiceStatus>,
}

/// How a service's tables are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The service.
    pub name: String,
    /// The log is in its tables up to here.
    pub position: Position,
    /// Whether they have reached the log's end since the start.
    pub live: bool,
    /// Commands of its processes that are not yet on the log.
    pub open: usize,
    /// Its next timer.
    pub next_due: Option<DateTime<Utc>>,
    /// What stopped at an event, with the reason.
    pub stopped: Vec<(String, String)>,
}

/// How this node is.
pub(super) async fn of(node: &Node) -> Result<Status, Failure> {
    let platform = &node.platform;
    let guard = platform.streams.guard();
    let services = node.services().await?.map(|service| {
        let progress = service.tables.progress().borrow().clone();
        ServiceStatus {
            name: service.name.to_owned(),
            position: progress.position,
            live: progress.live,
            open: progress.open,
            next_due: progress.next_due,
            stopped: progress.stopped,
        }
    });
    Ok(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        public_url: platform.public_url.clone(),
        now: platform.clock.now(),
        refuses: guard.refusal(),
        waits: guard.waits(),
        services: services.into(),
    })
}
