//! How a node is.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use linli_platform::{
    ids::Position,
    nats::{NatsAddress, lease},
};
use serde::{Deserialize, Serialize};

use crate::{
    compose::{Node, SERVICES, distributed::connect},
    config::Config,
    failure::Failure,
};

/// What nodes are asked to say how they are.
const ASKED: &str = "status";

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

/// How a log on NATS is, and the nodes that share it: what `linli status --json` prints there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStatus {
    /// The log's address.
    pub log: String,
    /// The position of its last commit.
    pub last: Position,
    /// Its size in bytes, and how large it may grow.
    pub bytes: u64,
    /// The most bytes that it may hold.
    pub bytes_max: i64,
    /// The server that leads it.
    pub leader: Option<String>,
    /// Servers with a copy, and whether each is up to date.
    pub copies: Vec<(String, bool)>,
    /// Who acts for which service.
    pub owners: Vec<Owner>,
    /// The nodes that answered.
    pub nodes: Vec<NodeStatus>,
}

/// Who acts for a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The service.
    pub service: String,
    /// The node.
    pub node: String,
    /// The lease's revision, which rises.
    pub revision: u64,
}

/// How one of several nodes is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// What it is called.
    pub name: String,
    /// How it is.
    pub status: Status,
}

/// How long nodes may take to say how they are.
const HEARD_WITHIN: Duration = Duration::from_millis(1500);

/// How a log on NATS is, with all who share it.
pub async fn of_log(address: &NatsAddress, config: &Config) -> Result<LogStatus, Failure> {
    let nats = connect(address, config, "status").await?;
    let name = nats.log().stream();
    let stream = nats.jetstream().get_stream(&name).await;
    let stream = stream.map_err(|error| {
        let way = "make it with `linli seed`, or look whether most of the servers run";
        Failure::failed(format!("{address}: there is no stream {name} ({error}); {way}"))
    })?;
    let info = stream.cached_info();
    let cluster = info.cluster.as_ref();
    let copies = cluster.map(|cluster| {
        let copies = cluster.replicas.iter();
        copies.map(|peer| (peer.name.clone(), peer.current && !peer.offline)).collect()
    });
    let holders = lease::holders(&nats, &SERVICES).await.map_err(Failure::failed)?;
    let owner = |(service, holder, revision): (String, lease::Holder, u64)| Owner {
        service,
        node: holder.node,
        revision,
    };
    let heard = nats.ask_all::<NodeStatus>(ASKED).await?;
    let nodes = heard.take_until(tokio::time::sleep(HEARD_WITHIN)).collect::<Vec<_>>();
    let mut nodes = nodes.await;
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(LogStatus {
        log: address.to_string(),
        last: Position(info.state.last_sequence),
        bytes: info.state.bytes,
        bytes_max: info.config.max_bytes,
        leader: cluster.and_then(|cluster| cluster.leader.clone()),
        copies: copies.unwrap_or_default(),
        owners: holders.into_iter().map(owner).collect(),
        nodes,
    })
}

/// Says how this node is to whoever asks all nodes, as long as it runs.
pub async fn tell(node: Arc<Node>) {
    let Some(membership) = &node.membership else { return };
    let answered = membership.nats.answer(ASKED, None, 4, async |()| {
        let name = membership.name.clone();
        match of(&node).await {
            Ok(status) => Some(NodeStatus { name, status }),
            Err(failure) => {
                tracing::warn!(why = failure.text(), "this node can't say how it is");
                None
            }
        }
    });
    if let Err(error) = answered.await {
        tracing::warn!(%error, "this node can't be asked how it is");
    }
}

/// How this node is.
pub(super) async fn of(node: &Node) -> Result<Status, Failure> {
    let platform = &node.platform;
    let guard = platform.streams.guard();
    let services = node.own_services().await?.into_iter().map(|service| {
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
        services: services.collect(),
    })
}
