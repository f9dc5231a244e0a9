//! What a service is made with, and what it is.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    clock::Clock,
    directory::Directory,
    entropy::Entropy,
    event_log::{EventLog, ReadError},
    hand::Hands,
    ids::Position,
    stream::Streams,
    tables::{Engine, Means, Plan, Progress, Rebuild, Steps, Tables, TablesError},
    vault::Vault,
    web::Routes,
};

/// All that a service is made with. A copy is cheap.
#[derive(Clone)]
pub struct Platform {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// Its streams, to give commands to.
    pub streams: Streams,
    /// The time.
    pub clock: Clock,
    /// Ids, nonces and jitter.
    pub entropy: Entropy,
    /// Who stands behind an id; `people` puts itself here when the services are composed.
    pub directory: Arc<dyn Directory>,
    /// The vault, where this node keeps it. For `people` and for sessions.
    pub vault: Vault,
    /// The folder of all files of this node.
    pub data: PathBuf,
    /// The address that people reach Linli at, without a slash at the end.
    pub public_url: String,
    /// Which services' processes this node runs too.
    pub hands: Hands,
    /// Who steps its services, where they have no tasks of their own.
    pub steps: Option<Steps>,
}

/// A service: its pages, its tables, and what runs as long as the program does.
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// Its pages.
    pub routes: Routes,
    /// Its tables.
    pub tables: Tables,
    pub(crate) rebuild: mpsc::Sender<Rebuild>,
}

impl Platform {
    /// Opens a service's tables and starts to keep them.
    pub fn start<E: Send + Sync + 'static>(
        &self,
        plan: Plan<E>,
    ) -> Result<(Tables, mpsc::Sender<Rebuild>), TablesError> {
        let means = Means {
            log: self.log.clone(),
            streams: self.streams.clone(),
            clock: self.clock.clone(),
            dir: self.data.join("tables"),
            hand: self.hands.of(plan.service()),
        };
        let (rebuild, rebuilds) = mpsc::channel(1);
        let (engine, tables) = Engine::open(plan, means, rebuilds)?;
        match &self.steps {
            Some(steps) => steps.add(engine),
            None => drop(tokio::spawn(engine.run())),
        }
        Ok((tables, rebuild))
    }
}

impl Service {
    /// Puts a service together.
    pub fn new(
        name: &'static str,
        (tables, rebuild): (Tables, mpsc::Sender<Rebuild>),
        routes: Routes,
    ) -> Self {
        Self { name, routes, tables, rebuild }
    }

    /// Builds its tables anew from the log, beside the present ones, and changes over.
    pub async fn rebuild(&self) -> Result<(), TablesError> {
        let (reply, done) = tokio::sync::oneshot::channel();
        let gone = |_| TablesError::Query("the tables are not kept any more".into());
        self.rebuild.send(reply).await.map_err(|_| TablesError::Query("stopped".into()))?;
        done.await.map_err(gone)?
    }
}

/// Waits until all tables hold all of the log and nothing is left to be done now: no open command,
/// no timer due. For tests, the command line and simulation.
pub async fn settle(
    log: &dyn EventLog,
    clock: &Clock,
    services: &[&Tables],
) -> Result<Position, ReadError> {
    loop {
        let last = log.last().await?;
        let now = clock.now();
        let quiet = |progress: &Progress| {
            let due = progress.next_due.is_some_and(|due| due <= now);
            progress.live && progress.position >= last && progress.open == 0 && !due
        };
        for tables in services {
            // It ends with the program alone.
            let _ = tables.progress().wait_for(quiet).await;
        }
        let still = services.iter().all(|tables| quiet(&tables.progress().borrow()));
        if still && log.last().await? == last {
            return Ok(last);
        }
    }
}
