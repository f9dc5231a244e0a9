//! What must hold of deliveries and of the mails in the outbox, whatever has failed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use linli_attendance::contract::{DutyEvent, RollEvent};
use linli_notifier::{
    adapters::mail::message_id,
    contract::{Class, DeliveryEvent},
    values::{Key, Purpose},
};
use linli_people::contract::ResidentEvent;
use linli_platform::ids::{Position, StreamId};
use uuid::Uuid;

use crate::{
    node::HOST,
    town::{History, stream},
};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Now {
    Held,
    Started(Position),
    Settled(Class),
    Over,
}

#[derive(Debug)]
struct Delivery {
    now: Now,
    attempt: u32,
    doubts: u32,
}

/// All deliveries of one source.
#[derive(Default)]
struct Source {
    newest: u32,
    all: BTreeMap<Key, Delivery>,
}

/// All deliveries of the log.
pub struct Deliveries(BTreeMap<StreamId, Source>);

impl Deliveries {
    /// Takes them from the log: each is started in turn, by nobody twice at once, never again once
    /// the mail is out, never for a revision that is void, and settled as what was started.
    pub fn of(history: &History) -> Self {
        let gone = gone(history);
        let mut sources: BTreeMap<StreamId, Source> = BTreeMap::new();
        for (commit, _, event) in history.of::<DeliveryEvent>("notifier", "delivery") {
            let source = sources.entry(commit.stream.clone()).or_default();
            let at = format!("{} at {}", commit.stream, commit.position);
            source.take(event, commit.position, &gone, &at);
        }
        Self(sources)
    }

    /// None is under way; and where all has had its time, none waits for another try.
    pub fn check_settled(&self, in_the_end: bool, history: &History) {
        let gone = gone(history);
        for (stream, source) in &self.0 {
            for (key, Delivery { now, .. }) in &source.all {
                let waits = match now {
                    Now::Started(_) => true,
                    Now::Held => in_the_end,
                    Now::Settled(class) => in_the_end && class.retries(),
                    Now::Over => false,
                };
                let void = key.revision < source.newest || gone.contains_key(&key.resident);
                let done = !waits || (void && !matches!(now, Now::Started(_)));
                assert!(
                    done,
                    "{stream}: {key} {now:?}
{}",
                    history.text(stream)
                );
            }
        }
    }

    /// The mails in the outbox are those that were accepted, and none that was not started. Those
    /// to people who were erased go, sooner or later.
    pub fn check_outbox(&self, history: &History, files: &BTreeSet<Uuid>) {
        let gone = gone(history);
        let mut started = BTreeSet::new();
        for (stream, source) in &self.0 {
            for (key, delivery) in &source.all {
                let file = file(stream, *key);
                if delivery.attempt > 0 {
                    started.insert(file);
                }
                let stays = !gone.contains_key(&key.resident);
                let accepted = delivery.now == Now::Settled(Class::Accepted);
                let there = files.contains(&file);
                assert!(there || !accepted || !stays, "{stream}: {key} was accepted, and is lost");
            }
        }
        assert!(files.is_subset(&started), "a mail went out that was not started");
    }

    /// The files of mails to people who were erased.
    pub fn to_the_erased(&self, history: &History) -> BTreeSet<Uuid> {
        let gone = gone(history);
        let keys = self.0.iter().flat_map(|(to, source)| source.all.keys().map(move |k| (to, k)));
        let theirs = keys.filter(|(_, key)| gone.contains_key(&key.resident));
        theirs.map(|(to, key)| file(to, *key)).collect()
    }

    /// How many went out.
    pub fn accepted(&self) -> usize {
        let all = self.0.values().flat_map(|source| source.all.values());
        all.filter(|delivery| delivery.now == Now::Settled(Class::Accepted)).count()
    }

    /// Whoever took part when an occurrence changed for the last time is told of it, or it is
    /// known why not.
    pub fn check_told_of_changes(&self, history: &History) {
        let (parts, gone) = (Parts::of(history), gone(history));
        for occurrence in
            history.occurrences.values().filter(|one| one.revision > 0 && !one.too_late)
        {
            let (position, _) = occurrence.since;
            let (delivery, duty) = (
                stream("notifier", "delivery", occurrence.key()),
                stream("attendance", "duty", occurrence.key()),
            );
            let roll = stream("attendance", "roll", occurrence.key());
            let texts = || [&roll, &duty, &delivery].map(|of| history.text(of)).concat();
            let source = self.0.get(&delivery);
            for resident in parts.at(&occurrence.key(), position) {
                let key = Key::mail(resident, occurrence.revision, Purpose::Changed);
                let told = source.is_some_and(|source| source.all.contains_key(&key));
                let gone = gone.get(&resident).is_some_and(|at| *at < position);
                assert!(told || gone, "{key} is not told: {occurrence:?}\n{}", texts());
            }
        }
    }

    /// Whoever had a place two days before an occurrence that stood as it was, and kept it, was
    /// reminded, or it is known why not. Wishes of their own aside.
    pub fn check_reminded(&self, history: &History, now: DateTime<Utc>) -> usize {
        let (parts, gone, wishing) = (Parts::of(history), gone(history), wishing(history));
        let mut checked = 0;
        for occurrence in history.occurrences.values() {
            let ahead = occurrence.start - TimeDelta::hours(48);
            let void = occurrence.cancelled || occurrence.too_late;
            if void || occurrence.start > now || occurrence.since.1 > ahead {
                continue;
            }
            let source = self.0.get(&stream("notifier", "delivery", occurrence.key()));
            for resident in parts.throughout(&occurrence.key(), ahead, occurrence.start) {
                if gone.contains_key(&resident) || wishing.contains(&resident) {
                    continue;
                }
                for lead in [1440, 120] {
                    let key = Key::mail(resident, occurrence.revision, Purpose::Lead(lead));
                    let reminded = source.is_some_and(|source| source.all.contains_key(&key));
                    assert!(reminded, "{}: {key} is not reminded", occurrence.key());
                    checked += 1;
                }
            }
        }
        checked
    }
}

impl Source {
    fn take(
        &mut self,
        event: DeliveryEvent,
        position: Position,
        gone: &BTreeMap<Uuid, Position>,
        at: &str,
    ) {
        match event {
            DeliveryEvent::DeliveriesStarted { attempt, keys } => {
                for key in keys {
                    assert!(key.revision >= self.newest, "{at}: {key} is void");
                    let one = self.one(key);
                    let (now, doubts) = (one.now, one.doubts);
                    let may = match now {
                        Now::Held => true,
                        Now::Settled(Class::Indeterminate) => doubts == 1,
                        Now::Settled(class) => class.retries(),
                        Now::Started(_) | Now::Over => false,
                    };
                    assert!(may, "{at}: {key} is started after {now:?}");
                    assert_eq!(attempt, one.attempt + 1, "{at}: {key}");
                    (one.now, one.attempt) = (Now::Started(position), attempt);
                }
            }
            DeliveryEvent::DeliveriesSettled { attempt, outcomes } => {
                for outcome in outcomes {
                    let one = self.one(outcome.key);
                    let Now::Started(started) = one.now else {
                        panic!("{at}: {} is settled after {:?}", outcome.key, one.now)
                    };
                    assert_eq!(attempt, one.attempt, "{at}: {}", outcome.key);
                    let gone = gone.get(&outcome.key.resident).is_some_and(|gone| *gone < started);
                    assert!(!gone || outcome.class != Class::Accepted, "{at}: mail to nobody");
                    one.now = Now::Settled(outcome.class);
                    one.doubts += u32::from(outcome.class == Class::Indeterminate);
                }
            }
            DeliveryEvent::DeliveriesMissed { keys }
            | DeliveryEvent::DeliveriesSuppressed { keys, .. } => {
                for key in keys {
                    self.one(key).now = Now::Over;
                }
            }
            DeliveryEvent::DeliveriesHeld { keys, .. } => {
                for key in keys {
                    self.one(key);
                }
            }
            DeliveryEvent::DeliveriesSuperseded { revision } => {
                assert!(revision > self.newest, "{at}");
                self.newest = revision;
            }
        }
    }

    fn one(&mut self, key: Key) -> &mut Delivery {
        self.all.entry(key).or_insert(Delivery { now: Now::Held, attempt: 0, doubts: 0 })
    }
}

/// The name of a mail's file in the outbox.
fn file(to: &StreamId, key: Key) -> Uuid {
    let name = message_id(&key.lasting_name(to), HOST);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// Who was erased, and where on the log.
fn gone(history: &History) -> BTreeMap<Uuid, Position> {
    let events = history.of::<ResidentEvent>("people", "resident");
    let erased = events.filter(|(.., event)| matches!(event, ResidentEvent::ResidentErased { .. }));
    erased.map(|(commit, ..)| (commit.stream.uuid().unwrap(), commit.position)).collect()
}

/// Who ever said what they want to be told, or when.
fn wishing(history: &History) -> BTreeSet<Uuid> {
    let theirs = history.commits.iter().filter(|c| c.stream.category() == "subscription");
    theirs.filter_map(|commit| commit.stream.uuid()).collect()
}

/// A change of how somebody takes part: as what, from when, and whether.
struct Change {
    position: Position,
    at: DateTime<Utc>,
    resident: Uuid,
    role: &'static str,
    on: bool,
}

/// Who took part in which occurrence, in the order of the log.
struct Parts(BTreeMap<String, Vec<Change>>);

impl Parts {
    fn of(history: &History) -> Self {
        let mut parts = Self(BTreeMap::new());
        for (commit, at, event) in history.of::<RollEvent>("attendance", "roll") {
            let (resident, place, line) = match event {
                RollEvent::Registered { resident, .. } | RollEvent::Promoted { resident } => {
                    (resident, true, false)
                }
                RollEvent::Waitlisted { resident, .. } => (resident, false, true),
                RollEvent::Withdrawn { resident } | RollEvent::Excused { resident, .. } => {
                    (resident, false, false)
                }
                _ => continue,
            };
            for (role, on) in [("place", place), ("line", line)] {
                let position = commit.position;
                parts.add(commit.stream.id(), Change { position, at, resident, role, on });
            }
        }
        for (commit, at, event) in history.of::<DutyEvent>("attendance", "duty") {
            let (resident, on) = match event {
                DutyEvent::DutyClaimed { resident, .. } => (resident, true),
                DutyEvent::DutyReleased { resident, .. } => (resident, false),
                _ => continue,
            };
            let (position, role) = (commit.position, "duty");
            parts.add(commit.stream.id(), Change { position, at, resident, role, on });
        }
        parts
    }

    fn add(&mut self, key: &str, change: Change) {
        self.0.entry(key.to_owned()).or_default().push(change);
    }

    fn changes(&self, key: &str) -> impl Iterator<Item = &Change> {
        self.0.get(key).into_iter().flatten()
    }

    /// Who has a place, waits or has a duty at a point of the log.
    fn at(&self, key: &str, position: Position) -> BTreeSet<Uuid> {
        let mut roles = BTreeSet::new();
        for change in self.changes(key).filter(|change| change.position < position) {
            let role = (change.resident, change.role);
            if change.on {
                roles.insert(role)
            } else {
                roles.remove(&role)
            };
        }
        roles.into_iter().map(|(resident, _)| resident).collect()
    }

    /// Who has a place from one instant until another, without a break.
    fn throughout(&self, key: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> BTreeSet<Uuid> {
        let mut had = BTreeSet::new();
        for change in self.changes(key).filter(|c| c.role == "place" && c.at < until) {
            if change.on && change.at < from {
                had.insert(change.resident);
            } else {
                had.remove(&change.resident);
            }
        }
        had
    }
}
