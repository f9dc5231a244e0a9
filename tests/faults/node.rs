//! One life of a node: all services over a log and a folder that outlive it.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use linli_notifier::{
    Post,
    adapters::mail::{Mailer, Outbox},
    projections::deliveries,
};
use linli_people::{People, PeopleDirectory};
use linli_platform::{
    clock::Clock,
    entropy::Entropy,
    event_log::{EventLog, memory::MemoryLog},
    service::{Platform, Service, settle},
    stream::Streams,
    tables::Tables,
    testing::vault,
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// What stays when a node ends.
#[derive(Clone)]
pub struct Lasting {
    pub log: MemoryLog,
    pub clock: Clock,
    /// Ids and nonces. One source for all lives, so that none comes twice.
    pub entropy: Entropy,
    pub dir: Arc<TempDir>,
}

impl Lasting {
    pub fn tables(&self) -> PathBuf {
        self.dir.path().join("data/tables")
    }

    pub fn outbox(&self) -> PathBuf {
        self.dir.path().join("outbox")
    }
}

/// All services, running.
pub struct Node {
    pub platform: Platform,
    /// A second face over the same log, whose folds know nothing of the first's.
    pub other: Streams,
    pub people: People,
    pub services: [Service; 4],
    pub outbox: Outbox,
}

/// Time passes by itself where everything waits for it, so a pause costs nothing and a wait
/// without end is found at once.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// Waits for what has to come; panics where it does not.
pub async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_hours(1), wait).await;
    done.unwrap_or_else(|_| panic!("{what}: nothing more happens"))
}

impl Node {
    pub fn start(lasting: &Lasting) -> Self {
        let Lasting { log, clock, entropy, dir } = lasting.clone();
        let vault = vault(&dir, &entropy);
        let directory = PeopleDirectory::new(&vault);
        let log: Arc<dyn EventLog> = Arc::new(log);
        let streams = || Streams::new(log.clone(), clock.clone());
        let other = streams();
        let platform = Platform {
            streams: streams(),
            log: log.clone(),
            clock: clock.clone(),
            entropy,
            directory: Arc::new(directory.clone()),
            vault,
            data: dir.path().join("data"),
            public_url: format!("https://{HOST}"),
            hands: linli_platform::hand::Hands::All,
            steps: None,
        };
        let outbox = Outbox::open(lasting.outbox()).unwrap();
        let post = Post {
            mailer: Mailer::Outbox(outbox.clone()),
            from: "office@linli.test".into(),
            from_name: None,
            reply_to: None,
            hours: linli_notifier::values::Hours::default(),
        };
        let people = linli_people::service(&platform, &directory).unwrap();
        let services = [
            linli_calendar::service(&platform).unwrap(),
            linli_notifier::service(&platform, post, false).unwrap(),
            linli_attendance::service(&platform).unwrap(),
            people,
        ];
        let people = People::new(&platform, &services[3].tables);
        Self { platform, other, people, services, outbox }
    }

    /// Waits until nothing is left to be done now and no batch of mails is under way. The log must
    /// not fail meanwhile.
    pub async fn settle(&self) {
        let tables: Vec<&Tables> = self.services.iter().map(|service| &service.tables).collect();
        let notifier = tables[1];
        let mut progress = notifier.progress();
        loop {
            let (log, clock) = (self.platform.log.as_ref(), &self.platform.clock);
            in_time("settling", settle(log, clock, &tables)).await.unwrap();
            progress.mark_unchanged();
            let left = notifier.read(deliveries::unsettled).await.unwrap();
            if left.is_empty() {
                return;
            }
            let change = progress.changed();
            in_time(&format!("settling {left:?}"), change).await.unwrap();
        }
    }

    /// The files in the outbox.
    pub async fn mails(&self) -> BTreeSet<Uuid> {
        self.outbox.list().await.unwrap().into_iter().map(|mail| mail.file).collect()
    }

    /// Waits until none of these files is in the outbox.
    pub async fn without(&self, files: &BTreeSet<Uuid>) {
        while !self.mails().await.is_disjoint(files) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Panics where a projection or process has stopped at an event.
    pub fn assert_going(&self) {
        for service in &self.services {
            let stopped = service.tables.progress().borrow().stopped.clone();
            assert_eq!(stopped, [], "{} has stopped", service.name);
        }
    }

    /// The next timer of any service.
    pub fn next_due(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        let due = |service: &Service| service.tables.progress().borrow().next_due;
        self.services.iter().filter_map(due).min()
    }
}

/// What stands after the `@` of a Message-ID.
pub const HOST: &str = "linli.test";
