//! The application in this process, put together as `linli serve` does it, but for its clock.

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use chrono::{DateTime, NaiveDate, Utc};
use linli::{
    compose::{Means, Node, Part},
    config::Config,
    output::Progress,
    seeds::{File, load::load, read},
};
use linli_calendar::{
    contract::ActivityEvent,
    deciders::activity::{Activities, Command, Rejection},
    projections::agenda::{self, Ask},
    values::agenda::Entry,
};
use linli_notifier::{
    adapters::mail::{Letter, MailConfig, Outbox},
    projections::deliveries,
};
use linli_people::{People, adapters::NewResident, contract::Purpose};
use linli_platform::{
    clock::Clock,
    entropy::derived,
    ids::{Actor, StreamId},
    service::{Platform, settle},
    stream::{ExecuteError, Meta},
    tables::Tables,
    testing::at,
};
use tempfile::TempDir;
use uuid::Uuid;

/// The community of most stories.
pub const XIGUAN: &str = "xiguan";
/// What each story's plan begins with.
const PLACES: &str = "
community = \"xiguan\"
[[venue]]
key = \"hall\"
name = \"近邻议事厅\"
[[venue]]
key = \"gallery\"
name = \"说事廊院\"
[[venue]]
key = \"pavilion\"
name = \"连心亭\"
";
/// How long a story waits for the machine before it is told to have got stuck.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The whole application, with its folder.
pub struct App {
    pub node: Node,
    pub router: Router,
    pub people: People,
    pub folder: Arc<TempDir>,
}

/// Places, and China's holidays of 2026, from the seeds that are part of the program.
fn ground() -> Vec<File> {
    files(|path| path.ends_with("places.toml") || path.ends_with("2026.toml"))
}

/// Those files of the seeds whose path fits.
pub fn files(fits: impl Fn(&str) -> bool) -> Vec<File> {
    linli::seeds::embedded::files().iter().filter(|file| fits(&file.path)).cloned().collect()
}

/// What must come within [`PATIENCE`].
pub async fn in_time<T>(what: &str, comes: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, comes).await;
    waited.unwrap_or_else(|_| panic!("{what}: still not after {PATIENCE:?}"))
}

/// The id of an activity, venue or team of Xiguan by its key.
pub fn id(key: &str) -> Uuid {
    derived(XIGUAN, key)
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl App {
    /// An application at an instant, with places and the holidays of 2026.
    pub async fn at(now: &str) -> Self {
        let app = Self::open(Arc::new(TempDir::new().unwrap()), at(now), None).await;
        app.seed(&ground()).await;
        app
    }

    /// The same with what a community's file of seeds plans.
    pub async fn planning(now: &str, plan: &str) -> Self {
        let app = Self::at(now).await;
        app.plan(plan).await;
        app
    }

    /// The application over a folder, new or not; with a relay mail goes there.
    pub async fn open(folder: Arc<TempDir>, now: DateTime<Utc>, smtp: Option<MailConfig>) -> Self {
        let app = Self::made(folder, now, smtp, true).await;
        app.settle().await;
        app
    }

    /// The same, where nothing happens by itself unless it has hands.
    pub async fn made(
        folder: Arc<TempDir>,
        now: DateTime<Utc>,
        smtp: Option<MailConfig>,
        hand: bool,
    ) -> Self {
        let listen = "127.0.0.1:8080".parse().unwrap();
        let config = Config {
            public_url: Some("https://linli.test".to_owned()),
            listen,
            log: None,
            nats: linli_platform::nats::Access::default(),
            master_key_file: Some(folder.path().join("master.key")),
            trusted_proxy: None,
            hours: linli_notifier::values::Hours::default(),
            otel_endpoint: None,
            smtp,
        };
        let (data, clock) = (folder.path().join("data"), Clock::standing_at(now));
        let part = if hand { Part::Whole } else { Part::Operator };
        let means = Means { data, config, clock, part, at: listen };
        let node = Node::open(means).await.unwrap();
        let router = node.app().await.unwrap();
        let people = People::new(&node.platform, &node.people().await.unwrap().tables);
        Self { node, router, people, folder }
    }

    pub fn platform(&self) -> &Platform {
        &self.node.platform
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.platform().clock.now()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub async fn tables(&self) -> [Tables; 5] {
        self.node.services().await.unwrap().map(|service| service.tables.clone())
    }

    pub async fn calendar(&self) -> Tables {
        self.node.calendar().await.unwrap().tables.clone()
    }

    pub async fn notifier(&self) -> Tables {
        self.node.notifier().await.unwrap().tables.clone()
    }

    /// Waits until nothing is left to be done now, and no mail is under way.
    pub async fn settle(&self) {
        let (tables, platform) = (self.tables().await, self.platform());
        let notifier = self.notifier().await;
        let quiet = async {
            let mut progress = notifier.progress();
            let all = tables.each_ref();
            loop {
                let last = settle(platform.log.as_ref(), &platform.clock, &all).await.unwrap();
                progress.mark_unchanged();
                if !notifier.read(deliveries::unsettled).await.unwrap().is_empty() {
                    progress.changed().await.unwrap();
                } else if platform.log.last().await.unwrap() == last {
                    return;
                }
            }
        };
        in_time("all is quiet", quiet).await;
        for table in &tables {
            assert_eq!(table.progress().borrow().stopped, []);
        }
    }

    /// Goes on to an instant, stopping at each timer on the way.
    pub async fn until(&self, end: &str) {
        let (end, clock, tables) = (at(end), &self.platform().clock, self.tables().await);
        loop {
            self.settle().await;
            let due = tables.iter().filter_map(|table| table.progress().borrow().next_due).min();
            match due.filter(|due| *due <= end) {
                Some(due) => clock.advance_to(due.max(clock.now())),
                None if clock.now() < end => clock.advance_to(end),
                None => return,
            }
        }
    }

    pub fn meta(&self) -> Meta {
        Meta::by(Actor::Operator("story".to_owned()), self.platform().entropy.command())
    }

    /// Loads files of seeds, as `linli seed` does.
    pub async fn seed(&self, files: &[File]) {
        let (actor, quiet) = (Actor::Operator("story".to_owned()), Progress::to(|_| ()));
        let seeds = read::read(files).unwrap();
        load(self.platform(), &actor, &seeds, &quiet).await.unwrap();
        self.settle().await;
    }

    /// Loads what stands in a file of Xiguan, which has three places.
    pub async fn plan(&self, text: &str) {
        let text = format!("{PLACES}{text}");
        self.seed(&[File { path: "seeds/xiguan.toml".to_owned(), text }]).await;
    }

    /// Gives a command to an activity of Xiguan, and waits for what follows.
    pub async fn ask(&self, slug: &str, command: Command) -> Result<Vec<ActivityEvent>, Rejection> {
        let done = self.gives(slug, command).await;
        self.settle().await;
        done
    }

    /// The same, but what follows is left to come.
    pub async fn gives(
        &self,
        slug: &str,
        command: Command,
    ) -> Result<Vec<ActivityEvent>, Rejection> {
        let stream = StreamId::new(XIGUAN, "calendar", "activity", id(slug)).unwrap();
        let streams = &self.platform().streams;
        match streams.execute::<Activities>(&stream, self.meta(), command).await {
            Ok(accepted) => Ok(accepted.events),
            Err(ExecuteError::Rejected(no)) => Err(no),
            Err(error) => panic!("{error}"),
        }
    }

    /// All that is planned in a community, drafts included, by start.
    pub async fn agenda(&self, community: &str, from: &str, to: &str) -> Vec<Entry> {
        let (ask, now) = (Ask::all(community, date(from)..=date(to)), self.now());
        let read = self.calendar().await.read(move |db| agenda::agenda(db, &ask, now)).await;
        read.unwrap()
    }

    /// The wall-clock starts of one activity of Xiguan in a window.
    pub async fn starts(&self, slug: &str, from: &str, to: &str) -> Vec<String> {
        let mut entries = self.agenda(XIGUAN, from, to).await;
        entries.retain(|entry| entry.activity.slug == slug);
        let start = |entry: &Entry| entry.start.with_timezone(&entry.zone);
        entries.iter().map(|entry| start(entry).format("%m-%d %H:%M").to_string()).collect()
    }

    /// One occurrence of Xiguan.
    pub async fn entry(&self, slug: &str, which: &str) -> Entry {
        let (slug, which, now) = (slug.to_owned(), which.parse().unwrap(), self.now());
        let read = move |db: &_| agenda::occurrence(db, XIGUAN, &slug, which, now);
        self.calendar().await.read(read).await.unwrap().expect("an occurrence")
    }

    /// A made-up resident of Xiguan who agreed to be written to, if at all, at `<name>@example.test`.
    pub async fn resident(&self, name: &str, mailed: bool) -> Uuid {
        let new = NewResident {
            building: "xiguan-b03".to_owned(),
            name: format!("测试居民{name}"),
            email: if mailed { format!("{name}@example.test") } else { String::new() },
            language: "zh".to_owned(),
            synthetic: true,
            consents: vec![Purpose::Storage, Purpose::Reminders],
            how: "paper".to_owned(),
            ..NewResident::default()
        };
        let (id, _) = self.people.register(self.meta(), new).await.unwrap();
        self.settle().await;
        id
    }

    /// All mails in the outbox by date, address and subject.
    pub async fn letters(&self) -> Vec<Letter> {
        let outbox = Outbox::open(self.data().join("outbox")).unwrap();
        let mut letters = Vec::new();
        for mail in outbox.list().await.unwrap() {
            letters.push(outbox.read(mail.file).await.unwrap().unwrap());
        }
        letters.sort_by_key(|letter| {
            (letter.head.date, letter.head.to.clone(), letter.head.subject.clone())
        });
        letters
    }

    /// Of each mail: to whom, and its subject up to the colon.
    pub async fn sent(&self) -> Vec<String> {
        let brief = |letter: Letter| {
            let name = letter.head.to.split('@').next().unwrap_or_default().to_owned();
            let kind = letter.head.subject.split('：').next().unwrap_or_default().to_owned();
            format!("{name} {kind}")
        };
        self.letters().await.into_iter().map(brief).collect()
    }
}
