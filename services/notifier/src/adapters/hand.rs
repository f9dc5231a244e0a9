//! Carries out what the process orders: a start on the log, addresses, letters, the mailer, and
//! what became of it on the log again.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use linli_platform::{
    directory::Address,
    entropy::derived,
    hand::taken_up,
    ids::{Actor, CommandId, EVERYWHERE, StreamId},
    nats::lease::Ownership,
    service::Platform,
    stream::Meta,
    tables::{Issued, Tables},
};
use uuid::Uuid;

use super::{
    forget::keep_clear,
    mail::{self, Mail, Mailer},
    render::{Renderer, Unwritable},
    week::Weeks,
};
use crate::{
    contract::{Class, DeliveryEvent, Outcome},
    deciders::{Delivery, DeliveryCommand, Machine, MachineCommand},
    projections::{deliveries, occurrences},
    values::{Hours, Key, Purpose},
};

/// The mailer and the sender whose name stands on all mail.
#[derive(Debug)]
pub struct Post {
    /// The way out.
    pub mailer: Mailer,
    /// The sender's address.
    pub from: String,
    /// The sender's name; by default the community's.
    pub from_name: Option<String>,
    /// Where answers go, when not to `from`.
    pub reply_to: Option<String>,
    /// When this machine runs.
    pub hours: Hours,
}

/// The notifier's hand. A copy is the same hand.
#[derive(Clone)]
pub struct Hand(Arc<Inner>);

struct Inner {
    platform: Platform,
    post: Arc<Post>,
    /// Whether this node may send; none if it never does.
    turn: Option<Ownership>,
    /// There once the tables are, which are made with the hand.
    tables: OnceLock<Tables>,
    /// Batches that this very process started and has not settled: they are under way, not in
    /// doubt.
    under_way: Mutex<HashSet<CommandId>>,
}

/// How long to wait before the log is asked again to take what became of a batch.
const PAUSE: Duration = Duration::from_millis(200);

/// What could be prepared of a batch, and what is known without sending.
#[derive(Default)]
struct Prepared {
    mails: Vec<(Key, Mail)>,
    outcomes: Vec<Outcome>,
    /// Those that can't be reached, by reason.
    suppressed: Vec<(String, Vec<Key>)>,
}

impl Prepared {
    fn take(&mut self, key: Key, written: Result<Mail, Unwritable>) {
        match written {
            Ok(mail) => self.mails.push((key, mail)),
            Err(error) => {
                tracing::warn!(%error, %key, "a mail can't be written");
                let (class, code) = (error.class(), error.code().to_owned());
                self.outcomes.push(Outcome { key, class, code });
            }
        }
    }
}

impl Hand {
    /// A hand that sends by `post`.
    pub fn new(platform: &Platform, post: Arc<Post>) -> Self {
        let (tables, under_way) = (OnceLock::new(), Mutex::default());
        let turn = platform.hands.of("notifier");
        Self(Arc::new(Inner { platform: platform.clone(), post, turn, tables, under_way }))
    }

    /// Gives the hand its tables, and from now on settles what an earlier process left started:
    /// nobody knows whether it went out.
    pub fn take_up(&self, tables: &Tables) {
        if self.0.tables.set(tables.clone()).is_err() {
            return;
        }
        if let Some(turn) = self.0.turn.clone() {
            let hand = self.clone();
            tokio::spawn(async move {
                loop {
                    hand.0.take_turn(&turn).await;
                    turn.lost().await;
                }
            });
            let (inner, tables) = (self.0.clone(), tables.clone());
            tokio::spawn(async move {
                if let Mailer::Outbox(outbox) = &inner.post.mailer {
                    keep_clear(&inner.platform, outbox, &tables).await;
                }
            });
        }
    }

    /// Does one command of the process.
    pub async fn dispatch(&self, to: StreamId, meta: Meta, command: DeliveryCommand) -> Issued {
        let inner = &self.0;
        let DeliveryCommand::Start { attempt, keys, .. } = &command else {
            let streams = &inner.platform.streams;
            return Issued::of(streams.execute::<Delivery>(&to, meta, command).await);
        };
        let Some(tables) = inner.tables.get() else {
            return Issued::Failed("the tables are not open yet".into());
        };
        if let Err(error) = inner.fence(tables, &to, keys).await {
            return Issued::Failed(error);
        }
        let (attempt, keys, cmd) = (*attempt, keys.clone(), meta.cmd);
        inner.mark(cmd, true);
        let answer = inner.platform.streams.execute::<Delivery>(&to, meta, command).await;
        let started = match &answer {
            Ok(accepted) if accepted.repeated => Some((attempt, keys, true)),
            Ok(accepted) => accepted.events.iter().find_map(|event| match event {
                DeliveryEvent::DeliveriesStarted { attempt, keys } => {
                    Some((*attempt, keys.clone(), false))
                }
                _ => None,
            }),
            Err(_) => None,
        };
        match started {
            Some((attempt, keys, false)) => inner.deliver(tables, &to, attempt, &keys, cmd).await,
            // The log took it before, but the answer was lost and nothing was sent since; only
            // whoever appends a start may send, so it is settled as doubtful and tried anew.
            Some((attempt, keys, true)) => inner.doubt(&to, attempt, &keys, cmd).await,
            None => {}
        }
        inner.mark(cmd, false);
        Issued::of(answer)
    }
}

impl Inner {
    fn mark(&self, cmd: CommandId, under_way: bool) {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way {
            all.insert(cmd)
        } else {
            all.remove(&cmd)
        };
    }

    fn is_under_way(&self, cmd: CommandId) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&cmd)
    }

    fn meta(scope: &str, stream: &StreamId, what: impl std::fmt::Display) -> Meta {
        let cmd = CommandId(derived(scope, &format!("{stream}/{what}")));
        Meta::by(Actor::Process("notifier.hand".into()), cmd)
    }

    /// Before a batch about an older revision than the newest heard of: the fence goes first, so
    /// that of a long fan-out what is left is not sent although its orders came before.
    async fn fence(&self, tables: &Tables, to: &StreamId, keys: &[Key]) -> Result<(), String> {
        let id = to.id().to_owned();
        let newest = tables.read(move |db| occurrences::newest(db, &id)).await;
        let revision = newest.map_err(|error| error.to_string())?;
        if keys.iter().all(|key| key.revision >= revision) {
            return Ok(());
        }
        let meta = Self::meta("notifier.fence", to, revision);
        let command = DeliveryCommand::Supersede { revision };
        let done = self.platform.streams.execute::<Delivery>(to, meta, command).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    /// Sends a batch that is started, and records what became of it.
    async fn deliver(
        &self,
        tables: &Tables,
        to: &StreamId,
        attempt: u32,
        keys: &[Key],
        started_by: CommandId,
    ) {
        let Prepared { mails, mut outcomes, suppressed } = self.prepare(tables, to, keys).await;
        let (tried, mails): (Vec<Key>, Vec<Mail>) = mails.into_iter().unzip();
        // Whoever was paused past its turn sends no more: another node has taken it.
        let may = || self.turn.as_ref().is_some_and(Ownership::holds);
        let sent = self.post.mailer.send(mails, &may).await;
        outcomes.extend(tried.into_iter().zip(sent).map(|(key, sent)| outcome(key, sent)));
        let command = DeliveryCommand::Settle { attempt, outcomes, suppressed };
        self.settle(to, Self::meta("notifier.settle", to, started_by), command).await;
    }

    async fn prepare(&self, tables: &Tables, to: &StreamId, keys: &[Key]) -> Prepared {
        let mut prepared = Prepared::default();
        let (platform, post) = (&self.platform, &self.post);
        let renderer = Renderer { platform, post, tables, to, weeks: Weeks::default() };
        let asked_for = |key: &&Key| matches!(key.purpose, Purpose::SignIn(_));
        let (links, keys): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(asked_for);
        for key in links {
            prepared.take(*key, renderer.sign_in(*key).await);
        }
        if keys.is_empty() {
            return prepared;
        }
        let people: Vec<Uuid> = keys.iter().map(|key| key.resident).collect();
        let addresses = match self.platform.directory.addresses(people).await {
            Ok(addresses) => addresses,
            Err(error) => {
                tracing::warn!(%error, source = %to, "no addresses, trying again later");
                let (class, code) = (Class::Transient, "directory");
                let none = keys.into_iter();
                let none = none.map(|key| Outcome { key: *key, class, code: code.into() });
                prepared.outcomes.extend(none);
                return prepared;
            }
        };
        for (key, address) in reachable(&keys, &addresses, &mut prepared) {
            prepared.take(key, renderer.mail(key, address).await);
        }
        prepared
    }

    async fn doubt(&self, to: &StreamId, attempt: u32, keys: &[Key], started_by: CommandId) {
        let code = String::new();
        let outcomes = keys.iter().map(|key| {
            let (key, code) = (*key, code.clone());
            Outcome { key, class: Class::Indeterminate, code }
        });
        let (outcomes, suppressed) = (outcomes.collect(), vec![]);
        let command = DeliveryCommand::Settle { attempt, outcomes, suppressed };
        self.settle(to, Self::meta("notifier.doubt", to, started_by), command).await;
    }

    /// Records an outcome, however long the log takes to be there again.
    async fn settle(&self, to: &StreamId, meta: Meta, command: DeliveryCommand) {
        loop {
            let streams = &self.platform.streams;
            let Err(error) = streams.execute::<Delivery>(to, meta.clone(), command.clone()).await
            else {
                return;
            };
            tracing::error!(%error, source = %to, "what became of a batch can't be recorded yet");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Puts on the log when this machine runs, if that is new: what is planned follows from the log
    /// alone.
    async fn tell_hours(&self) {
        let Ok(stream) = StreamId::new(EVERYWHERE, "notifier", "machine", "hours") else { return };
        let streams = &self.platform.streams;
        loop {
            let told = match streams.state::<Machine>(&stream).await {
                Ok((known, _)) if known == self.post.hours => return,
                Ok((_, version)) => {
                    let meta = Self::meta("notifier.hours", &stream, version);
                    let command = MachineCommand::SetHours(self.post.hours.clone());
                    streams.execute::<Machine>(&stream, meta, command).await.map(drop)
                }
                Err(error) => Err(error),
            };
            let Err(error) = told else { return };
            tracing::error!(%error, "the host's hours can't be recorded yet");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Begins a turn: whoever had it before may have left something started.
    async fn take_turn(&self, turn: &Ownership) {
        let Some(tables) = self.tables.get() else { return };
        while let Err(error) = taken_up(turn, tables).await {
            tracing::warn!(%error, "the notifier can't take its turn yet");
            tokio::time::sleep(PAUSE).await;
        }
        self.tell_hours().await;
        self.recover(tables).await;
    }

    /// Settles what is started and not under way here.
    async fn recover(&self, tables: &Tables) {
        let left = loop {
            match tables.read(deliveries::unsettled).await {
                Ok(left) => break left,
                Err(error) => tracing::error!(%error, "deliveries left started can't be read yet"),
            }
            tokio::time::sleep(PAUSE).await;
        };
        for batch in left {
            if !self.is_under_way(batch.cmd) {
                self.doubt(&batch.stream, batch.attempt, &batch.keys, batch.cmd).await;
            }
        }
    }
}

/// Those with an address; the others are suppressed, with the reason.
fn reachable<'a>(
    keys: &[&Key],
    addresses: &'a HashMap<Uuid, Address>,
    prepared: &mut Prepared,
) -> Vec<(Key, &'a Address)> {
    let (mut strangers, mut without, mut reached) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        match addresses.get(&key.resident) {
            None => strangers.push(**key),
            Some(address) if address.email.is_none() => without.push(**key),
            Some(address) => reached.push((**key, address)),
        }
    }
    for (reason, keys) in [("no-consent", strangers), ("no-address", without)] {
        if !keys.is_empty() {
            prepared.suppressed.push((reason.to_owned(), keys));
        }
    }
    reached
}

fn outcome(key: Key, sent: mail::Outcome) -> Outcome {
    let class = match sent {
        mail::Outcome::Accepted { .. } => Class::Accepted,
        // Known not to have gone out, so whoever owns the hand now may try.
        mail::Outcome::Transient { .. } | mail::Outcome::NotSent => Class::Transient,
        mail::Outcome::Throttled { .. } => Class::Throttled,
        mail::Outcome::AddressPermanent { .. } => Class::Address,
        mail::Outcome::ContentPermanent { .. } => Class::Content,
        mail::Outcome::AccountConfig { .. } => Class::Account,
        mail::Outcome::Indeterminate => Class::Indeterminate,
    };
    let code = sent.code().map(|code| code.to_string()).unwrap_or_default();
    Outcome { key, class, code }
}
