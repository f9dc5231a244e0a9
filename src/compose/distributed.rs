//! A node over NATS: one of several that share a log.
//!
//! The node that acts for `people` keeps the vault and answers the others for it; nobody else opens
//! a name.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use futures::StreamExt as _;
use linli_people::PeopleDirectory;
use linli_platform::{
    clock_guard::ClockGuard,
    directory::{Directory, RemoteDirectory, serve_directory},
    entropy::Entropy,
    event_log::{EventLog, Filter, jetstream::JetStreamLog, sqlite::FolderLock},
    hand::Hands,
    ids::Position,
    nats::{
        Nats, NatsAddress,
        ask::AskError,
        lease::{self, Ownership},
        watch_clock,
    },
    service::Platform,
    stream::Streams,
    vault::{Vault, serve_vault},
};
use tokio::{sync::watch, task::JoinHandle};

use super::{Means, Node, Part, is_synthetic, master_key, newest};
use crate::{config::Config, failure::Failure, output::tell};

/// How long this node waits before it tries again to answer others.
const PAUSE: Duration = Duration::from_secs(1);
/// How an erasure is called on the log.
const ERASED: [&str; 2] = ["residentErased", "staffErased"];
/// The service whose mails bear signed links.
const NOTIFIER: &str = "notifier";
/// The service that keeps the vault.
const PEOPLE: &str = "people";

/// A node's place among the others.
pub struct Membership {
    /// The connection.
    pub nats: Nats,
    /// What this node is called in lists: what it does, where, and its process.
    pub name: String,
    /// Says that the node ends, so that leases are given back.
    end: watch::Sender<bool>,
    keepers: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Membership {
    /// Gives all leases back, so that other nodes act at once.
    pub async fn leave(&self) {
        self.end.send_replace(true);
        let keepers = std::mem::take(
            &mut *self.keepers.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        for keeper in keepers {
            // One that panicked gives nothing back; its lease ends by itself.
            let _ = keeper.await;
        }
    }
}

/// Connects to a log on NATS.
pub async fn connect(address: &NatsAddress, config: &Config, name: &str) -> Result<Nats, Failure> {
    Ok(Nats::connect(address, &config.nats, &format!("linli {name}")).await?)
}

/// The log that a configuration names, to read it.
pub async fn log(address: &NatsAddress, config: &Config) -> Result<JetStreamLog, Failure> {
    let nats = connect(address, config, "reader").await?;
    Ok(JetStreamLog::open(&nats).await?)
}

fn node_name(part: &Part) -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "node" } else { host };
    format!("{part}@{host}:{}", std::process::id())
}

/// Takes part in the leases of the services that this node acts for.
fn hands(part: &Part, nats: &Nats, name: &str) -> (Hands, Vec<lease::Keeper>) {
    let (mut hands, mut keepers) = (HashMap::new(), Vec::new());
    for service in part.hands() {
        let (ownership, keeper) = lease::take_part(nats, service, name);
        hands.insert(service, ownership);
        keepers.push(keeper);
    }
    let hands = if hands.is_empty() { Hands::None } else { Hands::Some(Arc::new(hands)) };
    (hands, keepers)
}

/// Opens a node over NATS.
pub(super) async fn open(means: Means, address: &NatsAddress) -> Result<Node, Failure> {
    let Means { data, config, clock, part, at } = means;
    let name = node_name(&part);
    let nats = connect(address, &config, &name).await?;
    let log: Arc<dyn EventLog> = Arc::new(JetStreamLog::open(&nats).await?);
    std::fs::create_dir_all(&data).map_err(|error| Failure::file(&data, "made", &error))?;
    let lock = FolderLock::take(&data)?;
    let guard = ClockGuard::new(&clock, newest(log.as_ref()).await?);
    // A demonstration may show another day than the servers.
    if clock.shift_us() == 0 {
        tokio::spawn(watch_clock(nats.clone(), clock.clone(), guard.clone()));
    }
    if matches!(part, Part::Operator | Part::Mover) {
        // Nodes with fewer rights find it there.
        lease::bucket(&nats).await?;
        Vault::make_stream(&nats).await?;
    }
    let (hands, keepers) = hands(&part, &nats, &name);
    let signs = part.answers() || part.hands().contains(&NOTIFIER);
    let keeps = Keeping { nats: &nats, data: &data, config: &config, hands: &hands, signs };
    let (vault, directory, own) = keeps.vault(part == Part::Mover).await?;
    if !part.hands().contains(&PEOPLE) {
        let from = log.last().await?;
        tokio::spawn(forget_the_erased(log.clone(), vault.clone(), from));
    }
    let (end, ended) = watch::channel(false);
    let keepers = keepers.into_iter().map(|keeper| {
        let mut ended = ended.clone();
        tokio::spawn(keeper.run(async move {
            // Without its sender the node is gone.
            let _ = ended.wait_for(|end| *end).await;
        }))
    });
    let keepers = std::sync::Mutex::new(keepers.collect());
    let synthetic = is_synthetic(&data);
    let platform = Platform {
        streams: Streams::new(log.clone(), clock.clone()).guarded_by(guard),
        log,
        clock,
        entropy: Entropy::system(),
        directory,
        vault,
        data,
        public_url: config.public_url_at(at),
        hands,
        steps: None,
    };
    let mut node = Node::of(platform, config, synthetic, own, (None, Some(lock)));
    node.part = part;
    node.membership = Some(Membership { nats, name, end, keepers });
    Ok(node)
}

/// What decides where this node's vault is.
struct Keeping<'a> {
    nats: &'a Nats,
    data: &'a Path,
    config: &'a Config,
    hands: &'a Hands,
    /// Whether it lets people in, or signs links in mails.
    signs: bool,
}

impl Keeping<'_> {
    /// Answers the other nodes whenever this one acts for `people`.
    fn answer(&self, vault: &Vault, directory: &Arc<dyn Directory>, turn: &Ownership) {
        let (nats, vault, held) = (self.nats.clone(), vault.clone(), turn.clone());
        each_turn("vault", turn, move || {
            let (nats, vault, held) = (nats.clone(), vault.clone(), held.clone());
            async move { serve_vault(&nats, &vault, &held).await }
        });
        let (nats, directory, held) = (self.nats.clone(), directory.clone(), turn.clone());
        each_turn("directory", turn, move || {
            let (nats, directory, held) = (nats.clone(), directory.clone(), held.clone());
            async move { serve_directory(&nats, directory, &held).await }
        });
    }

    /// The vault, the directory over it, and the one that answers from this node's tables.
    async fn vault(
        &self,
        moves: bool,
    ) -> Result<(Vault, Arc<dyn Directory>, PeopleDirectory), Failure> {
        let entropy = Entropy::system();
        let turn = self.hands.of(PEOPLE);
        if turn.is_none() && !moves {
            let vault = if self.signs {
                Vault::there(self.nats, entropy)?
            } else {
                Vault::there_without_cookies(self.nats, entropy)?
            };
            let own = PeopleDirectory::new(&vault);
            return Ok((vault, Arc::new(RemoteDirectory::new(self.nats)), own));
        }
        let (master, made, list) = master_key(self.data, self.config, &entropy)?;
        tell(master.notice(made));
        let vault = Vault::on_nats(self.nats, self.data, &master, &list, entropy).await?;
        let own = PeopleDirectory::new(&vault);
        let directory: Arc<dyn Directory> = Arc::new(own.clone());
        if let Some(turn) = turn {
            self.answer(&vault, &directory, &turn);
        }
        Ok((vault, directory, own))
    }
}

/// Lets go of the keys of those who are erased as soon as the log says so.
async fn forget_the_erased(log: Arc<dyn EventLog>, vault: Vault, mut at: Position) {
    loop {
        let people = Filter { services: vec![PEOPLE.to_owned()] };
        let mut pages = log.follow(people, at);
        // After an error it is followed again; until then a key stays for a minute at most.
        while let Some(Ok(page)) = pages.next().await {
            for commit in &page.commits {
                let erased = commit.events().any(|(_, _, event)| ERASED.contains(&event.name()));
                if let (true, Ok(person)) = (erased, commit.stream.id().parse()) {
                    vault.forget(person);
                }
            }
            at = page.upto;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Does something from the beginning of each turn of this node to its end.
fn each_turn<Fut>(what: &'static str, turn: &Ownership, serve: impl Fn() -> Fut + Send + 'static)
where
    Fut: Future<Output = Result<(), AskError>> + Send,
{
    let turn = turn.clone();
    tokio::spawn(async move {
        loop {
            turn.gained().await;
            tokio::select! {
                ended = serve() => {
                    if let Err(error) = ended {
                        tracing::error!(what, %error, "other nodes get no answer, trying again");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                () = turn.lost() => {}
            }
        }
    });
}
