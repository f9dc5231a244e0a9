//! Which services run over which log: a node is put together here, for the server, for a command
//! that writes by itself, and for one that only reads.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use linli_notifier::adapters::mail::{Mailer, Outbox, Smtp};
use linli_people::{People, PeopleDirectory};
use linli_platform::{
    clock::Clock,
    clock_guard::ClockGuard,
    entropy::Entropy,
    event_log::{
        EventLog, Filter,
        sqlite::{FolderLock, OpenMode, SqliteLog},
    },
    hand::Hands,
    ids::Position,
    service::{Platform, Service},
    stream::Streams,
    tables::TablesError,
    vault::{Made, MasterKey, Vault},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{
    config::Config,
    failure::Failure,
    output::{Progress, tell},
};

pub mod distributed;
mod parts;
mod rehearsed;

pub use distributed::Membership;
pub use parts::{Only, Part, SERVICES};
pub use rehearsed::Rehearsed;

/// Marks a folder whose people and happenings are made up.
pub const SYNTHETIC: &str = "SYNTHETIC";
/// The file that says why the processes wait for an administrator's word about the clock.
pub const CLOCK_WAITS: &str = "clock-waits";
/// The sender of mail that no relay carries.
const OUTBOX_SENDER: &str = "linli@localhost";

/// How a node is opened.
pub struct Means {
    /// The data folder.
    pub data: PathBuf,
    /// How Linli is set up.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// What the node is there for.
    pub part: Part,
    /// Where the server listens, for links.
    pub at: SocketAddr,
}

/// Platform and services over one data folder. A service starts when it is first asked for.
pub struct Node {
    /// What services are made with.
    pub platform: Platform,
    /// How Linli is set up.
    pub config: Config,
    /// Whether what it shows is made up.
    pub synthetic: bool,
    /// What it is there for.
    pub part: Part,
    /// Its place among others, over NATS.
    pub membership: Option<Membership>,
    directory: PeopleDirectory,
    /// The way out for mail, where it is not the one of the configuration.
    mailer: Mutex<Option<Mailer>>,
    calendar: OnceCell<Service>,
    people: OnceCell<Service>,
    notifier: OnceCell<Service>,
    attendance: OnceCell<Service>,
    ranking: OnceCell<Service>,
    /// Given back last.
    _held: (Option<TempDir>, Option<FolderLock>),
}

/// Whether what lies in a folder is made up.
pub fn is_synthetic(data: &Path) -> bool {
    data.join(SYNTHETIC).exists()
}

/// A file beside a data folder, for what must not lie within.
pub(crate) fn beside(data: &Path, ending: &str) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    data.with_file_name(name)
}

/// The master key of a data folder, whether it was made just now, and the list of who was erased;
/// those of a made-up folder lie beside it.
fn master_key(
    data: &Path,
    config: &Config,
    entropy: &Entropy,
) -> Result<(MasterKey, Made, PathBuf), Failure> {
    let own = is_synthetic(data).then(|| (beside(data, ".key"), beside(data, ".erased")));
    let configured = own.as_ref().map(|(key, _)| key).or(config.master_key_file.as_ref());
    let (master, made) = MasterKey::load_or_make(configured.map(PathBuf::as_path), data, entropy)?;
    let list = own.map_or_else(|| master.erasure_list(), |(_, list)| list);
    Ok((master, made, list))
}

/// The vault of a data folder with its master key.
pub fn open_vault(
    data: &Path,
    config: &Config,
    entropy: &Entropy,
) -> Result<(Vault, MasterKey, Made), Failure> {
    let (master, made, list) = master_key(data, config, entropy)?;
    let vault = Vault::open(data, &master, &list, entropy.clone())?;
    Ok((vault, master, made))
}

/// The time of the log's last commit.
async fn newest(log: &dyn EventLog) -> Result<Option<DateTime<Utc>>, Failure> {
    let last = log.last().await?;
    let before = Position(last.0.saturating_sub(1));
    let page = log.follow(Filter::all(), before).next().await.transpose()?;
    Ok(page.and_then(|page| page.commits.last().map(linli_platform::commit::Recorded::at)))
}

impl Node {
    /// Opens the log that the configuration names for writing, with a data folder that is made if it
    /// is not there.
    pub async fn open(means: Means) -> Result<Self, Failure> {
        match means.config.log.clone() {
            None => Self::embedded(means).await,
            Some(address) => Box::pin(distributed::open(means, &address)).await,
        }
    }

    async fn embedded(means: Means) -> Result<Self, Failure> {
        let Means { data, config, clock, part, at } = means;
        let hands = match part {
            Part::Whole => Hands::All,
            Part::Operator | Part::Mover => Hands::None,
            Part::Only(_) => {
                return Err(Failure::usage(
                    "--only is for a log on NATS, which several nodes share: name it with --log \
                     nats://host:4222/<log>, or leave --only out",
                ));
            }
        };
        let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&data, OpenMode::Write)?);
        let entropy = Entropy::system();
        let (vault, master, made) = open_vault(&data, &config, &entropy)?;
        let synthetic = is_synthetic(&data);
        if !synthetic && (made == Made::Now || hands.any()) {
            tell(master.notice(made));
        }
        let mut guard = ClockGuard::new(&clock, newest(log.as_ref()).await?);
        if !synthetic {
            let note = data.join(CLOCK_WAITS);
            let noted = guard.noted_in(note.clone());
            guard = noted.map_err(|error| Failure::file(&note, "kept", &error))?;
        }
        let public_url = config.public_url_at(at);
        let directory = PeopleDirectory::new(&vault);
        let platform = Platform {
            streams: Streams::new(log.clone(), clock.clone()).guarded_by(guard),
            log,
            clock,
            entropy,
            directory: Arc::new(directory.clone()),
            vault,
            data,
            public_url,
            hands,
            steps: None,
        };
        Ok(Self::of(platform, config, synthetic, directory, (None, None)))
    }

    /// Opens a data folder to look things up, also while a server runs there. It knows no names.
    pub fn reading(data: &Path, config: Config) -> Result<Self, Failure> {
        let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(data, OpenMode::ReadOnly)?);
        let clock = Clock::system();
        let entropy = Entropy::system();
        let aside = tempfile::tempdir().map_err(|error| {
            Failure::failed(format!("there is no room for temporary files: {error}"))
        })?;
        let empty = aside.path().join("data");
        let key = aside.path().join("key");
        let (master, _) = MasterKey::load_or_make(Some(&key), &empty, &entropy)?;
        let vault = Vault::open(&empty, &master, &master.erasure_list(), entropy.clone())?;
        // Whoever holds the lock keeps the tables; beside them others are built.
        let lock = FolderLock::take(data).ok();
        let tables = if lock.is_some() { data.to_owned() } else { empty };
        let directory = PeopleDirectory::new(&vault);
        let platform = Platform {
            streams: Streams::new(log.clone(), clock.clone()),
            log,
            clock,
            entropy,
            directory: Arc::new(directory.clone()),
            vault,
            data: tables,
            public_url: config.public_url_at(config.listen),
            hands: Hands::None,
            steps: None,
        };
        let synthetic = is_synthetic(data);
        Ok(Self::of(platform, config, synthetic, directory, (Some(aside), lock)))
    }

    fn of(
        platform: Platform,
        config: Config,
        synthetic: bool,
        directory: PeopleDirectory,
        held: (Option<TempDir>, Option<FolderLock>),
    ) -> Self {
        Self {
            platform,
            config,
            synthetic,
            part: Part::Whole,
            membership: None,
            directory,
            mailer: Mutex::default(),
            calendar: OnceCell::new(),
            people: OnceCell::new(),
            notifier: OnceCell::new(),
            attendance: OnceCell::new(),
            ranking: OnceCell::new(),
            _held: held,
        }
    }

    /// The calendar.
    pub async fn calendar(&self) -> Result<&Service, Failure> {
        started(&self.calendar, || linli_calendar::service(&self.platform)).await
    }

    /// Places, residents and staff.
    pub async fn people(&self) -> Result<&Service, Failure> {
        let start = || linli_people::service(&self.platform, &self.directory);
        started(&self.people, start).await
    }

    /// Reminders.
    pub async fn notifier(&self) -> Result<&Service, Failure> {
        // Whoever reads names an address asks people first; over NATS it asks the node that keeps
        // them.
        if self.membership.is_none() {
            self.people().await?;
        }
        let start = || async {
            let post = self.post()?;
            Ok(linli_notifier::service(&self.platform, post, self.synthetic)?)
        };
        self.notifier.get_or_try_init(start).await
    }

    /// Rolls and duties.
    pub async fn attendance(&self) -> Result<&Service, Failure> {
        started(&self.attendance, || linli_attendance::service(&self.platform)).await
    }

    /// Points, boards.
    pub async fn ranking(&self) -> Result<&Service, Failure> {
        started(&self.ranking, || linli_ranking::service(&self.platform)).await
    }

    /// All services.
    pub async fn services(&self) -> Result<[&Service; 5], Failure> {
        Ok([
            self.calendar().await?,
            self.people().await?,
            self.notifier().await?,
            self.attendance().await?,
            self.ranking().await?,
        ])
    }

    /// The services that this node is there for.
    pub async fn own_services(&self) -> Result<Vec<&Service>, Failure> {
        if self.part.answers() {
            return Ok(self.services().await?.into());
        }
        let mut own = Vec::new();
        for name in self.part.hands() {
            own.push(match name {
                "calendar" => self.calendar().await?,
                "people" => self.people().await?,
                "notifier" => self.notifier().await?,
                "attendance" => self.attendance().await?,
                _ => self.ranking().await?,
            });
        }
        Ok(own)
    }

    /// What is done to people, once their tables hold all of the log.
    pub async fn registry(&self, progress: &Progress) -> Result<People, Failure> {
        let service = self.people().await?;
        self.caught_up(&[service], progress).await?;
        Ok(People::new(&self.platform, &service.tables))
    }

    /// Waits until tables hold all that is on the log now.
    pub async fn caught_up(
        &self,
        services: &[&Service],
        progress: &Progress,
    ) -> Result<(), Failure> {
        let last = self.platform.log.last().await?;
        for service in services {
            let mut watched = service.tables.progress();
            loop {
                let now = watched.borrow_and_update().clone();
                if let Some((name, why)) = now.stopped.first() {
                    return Err(Failure::failed(format!(
                        "{}: {name} stopped at an event: {why}; install the newest Linli, then \
                         run `linli rebuild`",
                        service.name
                    )));
                }
                if now.live && now.position >= last {
                    break;
                }
                progress.at(&format!("{}: {} of {last} read", service.name, now.position));
                if watched.changed().await.is_err() {
                    return Err(Failure::failed(format!("{} has stopped", service.name)));
                }
            }
        }
        Ok(())
    }

    /// All pages; of a node that answers nobody, how it is.
    pub async fn app(&self) -> Result<axum::Router, Failure> {
        if !self.part.answers() {
            let tables = self.own_services().await?.iter().map(|s| s.tables.clone()).collect();
            return Ok(linli_gateway::health(&self.platform, tables));
        }
        let [calendar, people, notifier, attendance, ranking] = self.services().await?;
        let options = linli_gateway::Options {
            demo: self.synthetic,
            trusted_proxy: self.config.trusted_proxy,
        };
        let platform = &self.platform;
        let options = &options;
        let parts = linli_gateway::Parts {
            platform,
            calendar,
            people,
            notifier,
            attendance,
            ranking,
            options,
        };
        Ok(linli_gateway::app(parts)?)
    }

    /// How mail leaves: over the relay, or into the outbox.
    fn post(&self) -> Result<linli_notifier::Post, Failure> {
        let hours = self.config.hours.clone();
        let given = self.mailer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mailer) = given {
            let from = OUTBOX_SENDER.to_owned();
            let post =
                linli_notifier::Post { mailer, from, from_name: None, reply_to: None, hours };
            return Ok(post);
        }
        if let Some(smtp) = self.config.smtp.clone().filter(|_| !self.synthetic) {
            let (from, from_name) = (smtp.from.clone(), smtp.from_name.clone());
            let reply_to = smtp.reply_to.clone();
            let mailer = Mailer::Smtp(Smtp::new(smtp)?);
            return Ok(linli_notifier::Post { mailer, from, from_name, reply_to, hours });
        }
        let folder = self.platform.data.join("outbox");
        let outbox =
            Outbox::open(&folder).map_err(|error| Failure::file(&folder, "made", &error))?;
        let (mailer, from) = (Mailer::Outbox(outbox), OUTBOX_SENDER.to_owned());
        Ok(linli_notifier::Post { mailer, from, from_name: None, reply_to: None, hours })
    }
}

async fn started(
    cell: &OnceCell<Service>,
    start: impl FnOnce() -> Result<Service, TablesError>,
) -> Result<&Service, Failure> {
    cell.get_or_try_init(|| async { Ok(start()?) }).await
}
