//! One simulation, from the first day to the last.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use chrono_tz::{Asia::Shanghai, Tz};
use linli_calendar::{
    contract::SERVICE,
    deciders::activity::{Activities, Command},
    projections::desk,
    values::plan,
};
use linli_notifier::adapters::mail::{Mailer, Outbox, Rehearsal};
use linli_people::deciders::resident;
use linli_platform::{clock::Clock, entropy::Entropy, event_log::memory::MemoryLog, ids::StreamId};

use super::{
    Asked,
    acts::Scene,
    behaviour::{Behaviour, behaviour},
    diary::{Diary, Place, Step, at, next_month},
    dice::Dice,
    give::{Hands, actor},
    many::files,
    town::Town,
};
use crate::{
    compose::{Node, Rehearsed},
    failure::Failure,
    output::Progress,
    seeds::{
        load::load,
        read::{Seeds, read},
    },
};

/// The zone of the days that a simulation begins and ends with.
const ZONE: Tz = Shanghai;

/// Where a simulation takes place.
pub struct Stage {
    /// A folder for vault and tables.
    pub data: PathBuf,
    /// Where keys and tokens come from.
    pub secrets: Entropy,
    /// Where mails are kept from some instant on, to be looked at.
    pub kept: Option<(Outbox, DateTime<Utc>)>,
    /// The address that links in mails begin with.
    pub public_url: String,
    /// The last instant.
    pub ends: DateTime<Utc>,
}

/// A simulation under way.
pub struct Run {
    /// All services.
    pub node: Node,
    /// The log.
    pub log: MemoryLog,
    /// Everybody.
    pub town: Town,
    clock: Clock,
    behaviour: &'static Behaviour,
    dice: Dice,
    hands: Hands,
    diary: Diary,
    /// When organisers look ahead next, for the month that begins then.
    publishes: (DateTime<Utc>, NaiveDate),
    ends: DateTime<Utc>,
}

impl Run {
    /// Founds all communities on the first day of what is asked, in a folder that is of no value.
    pub async fn begin(asked: &Asked, data: PathBuf, progress: &Progress) -> Result<Self, Failure> {
        let ends = at(ZONE, asked.to, 0, 0) + TimeDelta::days(1) - TimeDelta::seconds(1);
        let stage = Stage {
            data,
            secrets: Entropy::seeded(asked.seed.rotate_left(32)),
            kept: None,
            public_url: "http://simulate.invalid".to_owned(),
            ends,
        };
        Self::on(stage, asked, progress).await
    }

    /// Founds all communities on the first day, on a stage.
    pub async fn on(stage: Stage, asked: &Asked, progress: &Progress) -> Result<Self, Failure> {
        let Stage { data, secrets, kept, public_url, ends } = stage;
        let behaviour = behaviour()?;
        let seeds = read(&files(&asked.files, asked.communities)?)?;
        let (log, entropy) = (MemoryLog::new(), Entropy::seeded(asked.seed));
        let clock = Clock::standing_at(at(ZONE, asked.from, 0, 0));
        let mailer = Mailer::Rehearsal(Rehearsal::new(Entropy::seeded(!asked.seed), kept));
        let rehearsed = Rehearsed {
            data,
            log: log.clone(),
            clock: clock.clone(),
            entropy,
            secrets,
            mailer,
            public_url,
        };
        let node = Node::rehearsing(rehearsed)?;
        node.services().await?;
        progress.at("simulate: places and communities");
        load(&node.platform, &actor(), &seeds, progress).await?;
        let town = {
            quiet(&node).await?;
            Town::of(&node, &seeds).await?
        };
        let hosts = town.hosts.iter().enumerate();
        let hosts: HashMap<_, _> = hosts.map(|(n, host)| (host.code.clone(), n)).collect();
        let diary = Diary::of(&log, hosts);
        let (dice, hands) = (Dice::new(asked.seed), Hands::new(&node.platform));
        let publishes = publishing(behaviour, asked.from);
        let mut run =
            Self { node, log, town, clock, behaviour, dice, hands, diary, publishes, ends };
        run.people(&seeds, asked, progress).await?;
        Ok(run)
    }

    async fn people(
        &mut self,
        seeds: &Seeds,
        asked: &Asked,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let with = (self.behaviour, &self.dice);
        self.town.settle_in(&self.node, with, asked, progress).await?;
        quiet(&self.node).await?;
        self.town.join_in(&self.hands, with, &kinds(seeds)).await?;
        quiet(&self.node).await
    }

    /// Lives until the last day is over.
    pub async fn live(&mut self, progress: &Progress) -> Result<(), Failure> {
        loop {
            quiet(&self.node).await?;
            let now = self.clock.now();
            self.diary.hear(now, &self.behaviour.organisers, &self.dice)?;
            let timers = self.node.services().await?;
            let timers = timers.iter().filter_map(|one| one.tables.progress().borrow().next_due);
            let next = timers.chain(self.diary.next()).chain([self.publishes.0]).min();
            let Some(next) = next.filter(|next| *next <= self.ends) else { break };
            self.clock.advance_to(next.max(now));
            progress.at(&format!("simulate: {}", next.with_timezone(&ZONE).format("%Y-%m-%d")));
            self.steps().await?;
            if self.publishes.0 <= self.clock.now() {
                self.publish().await?;
            }
        }
        self.clock.advance_to(self.ends);
        quiet(&self.node).await
    }

    /// All that people do now.
    async fn steps(&mut self) -> Result<(), Failure> {
        let now = self.clock.now();
        let due: Vec<(Place, Step)> = self.diary.due(now);
        let mut commands = Vec::new();
        for (place, step) in due {
            let Some(one) = self.diary.occurrences.get_mut(&place) else { continue };
            let scene = Scene {
                behaviour: self.behaviour,
                dice: &self.dice,
                town: &self.town,
                hands: &self.hands,
                streams: &self.node.platform.streams,
                now,
            };
            commands.extend(scene.act(one, step).await?);
            if step == Step::Rate {
                self.diary.occurrences.remove(&place);
            }
        }
        self.hands.give_all(commands).await
    }

    /// Organisers publish the month to come, and hear who lives elsewhere from now on.
    async fn publish(&mut self) -> Result<(), Failure> {
        let (now, (_, first)) = (self.clock.now(), self.publishes);
        let Some(month) = plan::month(first.year(), first.month()) else { return Ok(()) };
        let tables = self.node.calendar().await?.tables.clone();
        let mut commands = Vec::new();
        for host in &self.town.hosts {
            let (code, month) = (host.code.clone(), month.clone());
            let plans = tables.read(move |db| desk::month_plan(db, &code, &month, now)).await?;
            for one in plans.into_iter().filter(|one| !one.publishes) {
                let stream = StreamId::new(&host.code, SERVICE, "activity", one.activity.id)?;
                let command = Command::PublishMonth { openings: one.openings, own: false };
                commands.push(self.hands.command::<Activities>(stream, command));
            }
        }
        for one in &self.town.residents {
            let host = &self.town.hosts[one.home];
            if self.dice.strikes(self.behaviour.people.relocating_per_mille)
                && let Some(building) = self.dice.of(&host.buildings)
            {
                let community = host.code.clone();
                let command = resident::Command::Move { community, building };
                commands.push(self.hands.resident(one.id, command)?);
            }
        }
        self.publishes = publishing(self.behaviour, first);
        self.hands.give_all(commands).await
    }

    /// How many commands people gave, and how many were refused.
    pub fn commands(&self) -> (u64, u64) {
        self.hands.counts()
    }

    /// The present instant of the simulation.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(steps) = &self.node.platform.steps {
            steps.end();
        }
    }
}

/// When the month after that of `date` is published, and its first day.
fn publishing(behaviour: &Behaviour, date: NaiveDate) -> (DateTime<Utc>, NaiveDate) {
    let on = date.with_day(behaviour.organisers.publishes_on).unwrap_or(date);
    (at(ZONE, on, 10, 0), next_month(date))
}

/// The kinds of what is public, by community: to subscribe to.
fn kinds(seeds: &Seeds) -> BTreeMap<String, Vec<String>> {
    let of = |community: &crate::seeds::read::Community| {
        let all = community.activities.iter().flat_map(|one| one.it.kinds.clone());
        let all: std::collections::BTreeSet<String> = all.collect();
        (community.code.it.clone(), all.into_iter().collect())
    };
    seeds.communities.iter().map(of).collect()
}

/// Steps all services until nothing is left to be done now.
pub async fn quiet(node: &Node) -> Result<(), Failure> {
    match &node.platform.steps {
        Some(steps) => Ok(steps.settle().await?),
        None => Err(Failure::failed("a node of a simulation is stepped by hand")),
    }
}
