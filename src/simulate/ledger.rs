//! What a simulation came to, counted from its log alone: no table is asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use linli_almanac::RecurrenceId;
use linli_attendance::{
    contract::{Attendance, RollEvent},
    deciders::roll::{Phase, Roll, RollState},
};
use linli_calendar::contract::ActivityEvent;
use linli_notifier::{
    contract::{Class, DeliveryEvent},
    values::Key,
};
use linli_platform::{
    commit::Recorded,
    decider::Decider as _,
    ids::{EVERYWHERE, StreamId},
};
use serde::Serialize;
use uuid::Uuid;

use super::points::Points;
use crate::failure::Failure;

/// How a delivery stands in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Taken by the relay.
    Accepted,
    /// Refused for good, by address or text.
    Refused,
    /// It comes again later.
    Waiting,
    /// Nobody knows whether it arrived.
    Indeterminate,
    /// Under way.
    Started,
    /// Too late.
    Missed,
    /// It could not be sent to them: no address, no consent.
    Suppressed,
    /// It told of what does not stand any more.
    Superseded,
}

/// One occurrence that is a fact.
#[derive(Debug, Clone)]
pub struct Fact {
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// It was moved.
    pub moved: bool,
    /// It does not take place.
    pub cancelled: bool,
}

/// What happened on one roll.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// How it stands.
    pub state: RollState,
    /// How often somebody was given a place at once.
    pub registered: u64,
    /// How often somebody was put on the line.
    pub waitlisted: u64,
    /// How often somebody got a place from the line.
    pub promoted: u64,
    /// How often somebody took their place back.
    pub withdrawn: u64,
    /// How often somebody let know that they don't come.
    pub excused: u64,
}

/// All deliveries of one source.
#[derive(Debug, Default)]
struct Source {
    newest: u32,
    all: HashMap<Key, Standing>,
}

/// How much a community has written.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Written {
    /// Records.
    pub commits: u64,
    /// Events in them.
    pub events: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What stands on a log.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The occurrences by community, activity and id.
    pub occurrences: BTreeMap<(String, Uuid, RecurrenceId), Fact>,
    /// The teams whose own an activity is.
    pub teams_of: HashMap<Uuid, Vec<Uuid>>,
    /// The rolls by their streams.
    pub rolls: BTreeMap<StreamId, Kept>,
    /// Who belongs to which team.
    pub members: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Where residents live now.
    pub homes: HashMap<Uuid, String>,
    /// How much was written, by community.
    pub written: BTreeMap<String, Written>,
    /// Promises that the log itself breaks.
    pub broken: Vec<String>,
    /// Points.
    pub points: Points,
    sources: BTreeMap<StreamId, Source>,
}

impl Ledger {
    /// Takes one record.
    pub fn take(&mut self, commit: &Recorded, bytes: usize) -> Result<(), Failure> {
        let community = commit.stream.community();
        if !self.written.contains_key(community) {
            self.written.insert(community.to_owned(), Written::default());
        }
        let events: usize = commit.entries.iter().map(|entry| entry.events.len()).sum();
        if let Some(written) = self.written.get_mut(community) {
            written.commits += 1;
            written.events += events as u64;
            written.bytes += bytes as u64;
        }
        match (commit.stream.service(), commit.stream.category()) {
            ("calendar", "activity") => self.calendar(commit),
            ("attendance", "roll") => self.roll(commit),
            ("notifier", "delivery") => self.delivery(commit),
            ("people", "resident") => self.resident(commit),
            ("ranking", "tally") => self.points.take(commit),
            _ => Ok(()),
        }
    }

    fn calendar(&mut self, commit: &Recorded) -> Result<(), Failure> {
        let Some(activity) = commit.stream.uuid() else { return Ok(()) };
        let key = |id: RecurrenceId| (commit.stream.community().to_owned(), activity, id);
        for (.., event) in commit.events() {
            match event.decode()? {
                ActivityEvent::ActivityDrafted { description, .. }
                | ActivityEvent::ActivityDescribed { description } => {
                    self.teams_of.insert(activity, description.teams);
                }
                ActivityEvent::OccurrenceOpened(opening) => {
                    let (start, end) = (opening.start, opening.end);
                    let fact = Fact { start, end, moved: false, cancelled: false };
                    self.occurrences.insert(key(opening.recurrence_id), fact);
                }
                ActivityEvent::OccurrenceMoved(moved) => {
                    if let Some(fact) = self.occurrences.get_mut(&key(moved.recurrence_id)) {
                        (fact.start, fact.end, fact.moved) = (moved.start, moved.end, true);
                    }
                }
                ActivityEvent::OccurrenceCancelled { recurrence_id, .. } => {
                    if let Some(fact) = self.occurrences.get_mut(&key(recurrence_id)) {
                        fact.cancelled = true;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn roll(&mut self, commit: &Recorded) -> Result<(), Failure> {
        let kept = self.rolls.entry(commit.stream.clone()).or_default();
        for (at, _, event) in commit.events() {
            let event: RollEvent = event.decode()?;
            match &event {
                RollEvent::Registered { .. } => kept.registered += 1,
                RollEvent::Waitlisted { .. } => kept.waitlisted += 1,
                RollEvent::Promoted { .. } => kept.promoted += 1,
                RollEvent::Withdrawn { .. } => kept.withdrawn += 1,
                RollEvent::Excused { .. } => kept.excused += 1,
                RollEvent::CheckedIn { resident, .. }
                    if kept.state.presence(*resident).is_some() =>
                {
                    self.broken.push(format!("{at}: {resident} is checked in twice"));
                }
                _ => {}
            }
            kept.state = Roll::evolve(std::mem::take(&mut kept.state), &event);
            let RollState { capacity, registered, .. } = kept.state;
            if capacity > 0 && registered > capacity {
                self.broken.push(format!("{at}: {registered} have {capacity} places"));
            }
        }
        Ok(())
    }

    fn delivery(&mut self, commit: &Recorded) -> Result<(), Failure> {
        let source = self.sources.entry(commit.stream.clone()).or_default();
        for (at, _, event) in commit.events() {
            match event.decode()? {
                DeliveryEvent::DeliveriesStarted { keys, .. } => {
                    for key in keys {
                        let before = source.all.insert(key, Standing::Started);
                        if matches!(before, Some(Standing::Accepted | Standing::Started)) {
                            self.broken.push(format!("{at}: {key} is sent once more"));
                        }
                    }
                }
                DeliveryEvent::DeliveriesSettled { outcomes, .. } => {
                    for outcome in outcomes {
                        source.all.insert(outcome.key, standing(outcome.class));
                    }
                }
                DeliveryEvent::DeliveriesMissed { keys } => {
                    source.all.extend(keys.into_iter().map(|key| (key, Standing::Missed)));
                }
                DeliveryEvent::DeliveriesSuppressed { keys, .. } => {
                    source.all.extend(keys.into_iter().map(|key| (key, Standing::Suppressed)));
                }
                DeliveryEvent::DeliveriesHeld { keys, .. } => {
                    source.all.extend(keys.into_iter().map(|key| (key, Standing::Waiting)));
                }
                DeliveryEvent::DeliveriesSuperseded { revision } => source.newest = revision,
            }
        }
        Ok(())
    }

    fn resident(&mut self, commit: &Recorded) -> Result<(), Failure> {
        use linli_people::contract::ResidentEvent as E;
        let Some(resident) = commit.stream.uuid() else { return Ok(()) };
        for (.., event) in commit.events() {
            // Only these matter here, and each of the others would cost a decoding.
            if !["residentRegistered", "residentMoved", "teamJoined"].contains(&event.name()) {
                continue;
            }
            match event.decode()? {
                E::ResidentRegistered(who) => {
                    self.homes.insert(resident, who.community);
                }
                E::ResidentMoved { community, .. } => {
                    self.homes.insert(resident, community);
                }
                E::TeamJoined { team } => {
                    self.members.entry(team).or_default().insert(resident);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// How many deliveries were planned for each community, and how many of them stand how. What
    /// tells of an older revision and was not yet over is superseded.
    pub fn deliveries(&self) -> BTreeMap<&str, (u64, BTreeMap<Standing, u64>)> {
        let mut all: BTreeMap<&str, (u64, BTreeMap<Standing, u64>)> = BTreeMap::new();
        for (stream, source) in &self.sources {
            let (planned, by_state) = all.entry(stream.community()).or_default();
            for (key, standing) in &source.all {
                let void = key.revision < source.newest && *standing == Standing::Waiting;
                let standing = if void { Standing::Superseded } else { *standing };
                *planned += 1;
                *by_state.entry(standing).or_default() += 1;
            }
        }
        all
    }

    /// How many people live in each community.
    pub fn residents(&self) -> BTreeMap<&str, u64> {
        let mut all = BTreeMap::new();
        for home in self.homes.values() {
            *all.entry(home.as_str()).or_default() += 1;
        }
        all
    }

    /// What was written where no community is named.
    pub fn everywhere(&self) -> Written {
        self.written.get(EVERYWHERE).copied().unwrap_or_default()
    }
}

fn standing(class: Class) -> Standing {
    match class {
        Class::Accepted => Standing::Accepted,
        Class::Address | Class::Content => Standing::Refused,
        Class::Transient | Class::Throttled | Class::Account => Standing::Waiting,
        Class::Indeterminate => Standing::Indeterminate,
    }
}

impl Kept {
    /// Those present by name, with their credited minutes.
    pub fn present(&self) -> impl Iterator<Item = (Uuid, u32)> {
        self.state.all_present().map(|(who, presence)| (who, presence.minutes.unwrap_or(0)))
    }

    /// How many attended: the larger of headcount and names.
    pub fn attended(&self) -> u32 {
        self.state.present.max(self.state.headcount.unwrap_or(0))
    }

    /// Whether it was a roll of names.
    pub fn by_name(&self) -> bool {
        self.state.attendance != Attendance::Headcount
    }

    /// Whether it takes place no more.
    pub fn cancelled(&self) -> bool {
        self.state.phase == Phase::Cancelled
    }
}
