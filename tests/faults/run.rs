//! One simulation from its seed.

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use linli::simulate::dice::Dice;
use linli_people::contract::RESIDENT;
use linli_platform::{
    clock::Clock,
    commit::Recorded,
    entropy::Entropy,
    event_log::{
        EventLog as _,
        memory::{Chances, MemoryLog},
    },
    ids::{Actor, CommandId, Position},
    stream::Meta,
    testing::at,
};
use tempfile::TempDir;
use tokio::task::{JoinHandle, yield_now};
use uuid::Uuid;

use crate::{
    ledger::{Ask, Ledger},
    mails::Deliveries,
    node::{Lasting, Node, in_time, runtime},
    promises,
    steps::Choice,
    tables::{self, Dump},
    town::{self, BEGIN, History},
};

const RESIDENTS: usize = 20;
/// Between two checks of everything.
const LIVES_A_PHASE: usize = 4;

/// What a simulation came to.
#[derive(Debug, Default)]
pub struct Told {
    pub commits: usize,
    pub stored: usize,
    pub crashes: usize,
    pub mails: usize,
    pub reminders: usize,
    pub days: i64,
}

pub struct Run {
    lasting: Lasting,
    dice: Dice,
    chances: Chances,
    ledger: Ledger,
    history: History,
    residents: Vec<Uuid>,
    /// Who is being erased, each with the command's id.
    erasing: BTreeMap<Uuid, CommandId>,
    closures: Vec<(usize, Uuid)>,
    given: Vec<Ask>,
    flying: Vec<JoinHandle<()>>,
    told: Told,
}

/// How a node's life ends.
#[derive(PartialEq)]
enum End {
    Crash,
    Quiet,
}

/// Plays a seed. Panics at the first promise that is broken.
pub fn simulate(seed: u64) -> Told {
    let mut run = Run::new(seed);
    runtime().block_on(run.begin());
    let mut steps = run.dice.within(150, 300);
    while steps > 0 {
        for _ in 0..LIVES_A_PHASE {
            let life = run.dice.within(5, 30);
            steps -= life;
            run.life(life);
        }
        run.check(false);
    }
    run.check(true);
    run.told.commits = run.history.commits.len();
    run.told.stored = run.ledger.stored();
    run.told.days = (run.now() - at(BEGIN)).num_days();
    run.told
}

/// Where files are quick: in memory, if the machine has such a place.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl Run {
    fn new(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let upto = |most: usize| u32::try_from(dice.below(most + 1)).unwrap();
        let chances = Chances {
            unknown_stored: upto(40),
            unknown_lost: upto(40),
            conflict: upto(60),
            full: upto(5),
            down: upto(20),
            delay: upto(400),
            read_down: upto(30),
            cut: upto(20),
        };
        let log = MemoryLog::failing(seed, Chances::default());
        if dice.hits(50) {
            log.set_page_max(1 + dice.below(20));
        }
        let clock = Clock::standing_at(at(BEGIN));
        let entropy = Entropy::seeded(!seed);
        let lasting = Lasting { log, clock, entropy, dir: Arc::new(folder()) };
        Self {
            lasting,
            dice,
            chances,
            ledger: Ledger::default(),
            history: History::default(),
            residents: Vec::new(),
            erasing: BTreeMap::new(),
            closures: Vec::new(),
            given: Vec::new(),
            flying: Vec::new(),
            told: Told::default(),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.lasting.clock.now()
    }

    async fn begin(&mut self) {
        let node = Node::start(&self.lasting);
        self.residents = town::found(&node, RESIDENTS).await;
        node.settle().await;
        self.history.read(&self.lasting.log);
    }

    /// One life of a node, from its start to its end, while things fail.
    fn life(&mut self, steps: i64) {
        if self.dice.hits(20) {
            self.lose_tables();
        }
        let runtime = runtime();
        let end = runtime.block_on(async {
            self.lasting.log.set_chances(self.chances);
            let node = Node::start(&self.lasting);
            for _ in 0..steps {
                self.step(&node).await;
            }
            if self.dice.hits(60) { End::Crash } else { End::Quiet }
        });
        if end == End::Crash {
            // Everything under way ends where it is.
            self.told.crashes += 1;
            runtime.block_on(self.crash());
        } else {
            runtime.block_on(self.landed());
        }
        self.flying.clear();
        drop(runtime);
        self.outbox(true);
    }

    /// Some services' tables go, as from a disk that had to be replaced.
    fn lose_tables(&self) {
        for entry in fs::read_dir(self.lasting.tables()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.extension().is_some_and(|end| end == "db") && self.dice.hits(50) {
                for other in fs::read_dir(self.lasting.tables()).unwrap() {
                    let other = other.unwrap().path();
                    if other.file_name().unwrap().to_string_lossy().starts_with(&name) {
                        fs::remove_file(other).unwrap();
                    }
                }
            }
        }
    }

    /// The outbox's folder is there or not: without it every mail fails.
    fn outbox(&self, there: bool) {
        let (here, away) = (self.lasting.outbox(), self.lasting.outbox().with_extension("away"));
        if there && away.exists() {
            fs::rename(away, here).unwrap();
        } else if !there && here.exists() && !away.exists() {
            fs::rename(here, away).unwrap();
        }
    }

    async fn step(&mut self, node: &Node) {
        self.history.read(&self.lasting.log);
        match self.dice.below(100) {
            0..62 => self.burst(node),
            62..68 => self.again(node),
            68..84 => self.time(),
            84..86 => self.erase(node),
            86..87 => {
                let fresh = town::register(node, RESIDENTS + self.residents.len()).await;
                self.residents.push(fresh);
            }
            87..91 => {
                let there = self.dice.hits(60);
                self.outbox(there);
            }
            91..93 => {
                // The log may fail beneath it; then the old tables stay.
                let _ = node.services[self.dice.below(4)].rebuild().await;
            }
            93..97 => self.landed().await,
            _ => {
                let chances = if self.dice.hits(30) { Chances::default() } else { self.chances };
                self.lasting.log.set_chances(chances);
            }
        }
        match self.dice.below(3) {
            0 => {}
            1 => self.some_turns(200).await,
            _ => tokio::time::sleep(Duration::from_secs(2)).await,
        }
    }

    async fn some_turns(&self, most: usize) {
        for _ in 0..self.dice.below(most) {
            yield_now().await;
        }
    }

    /// Some commands at once, through either face, some of them twice.
    fn burst(&mut self, node: &Node) {
        for _ in 0..=self.dice.below(6) {
            let now = self.now();
            let mut choice = Choice {
                dice: &self.dice,
                history: &self.history,
                residents: &self.residents,
                closures: &mut self.closures,
                now,
                entropy: &self.lasting.entropy,
            };
            let Some(ask) = choice.next() else { continue };
            self.give(node, ask.clone());
            if self.dice.hits(10) {
                self.give(node, ask.clone());
            }
            self.given.push(ask);
        }
    }

    /// A command that was given before, perhaps long ago.
    fn again(&mut self, node: &Node) {
        if let Some(ask) = self.dice.of(&self.given) {
            self.give(node, ask);
        }
    }

    fn give(&mut self, node: &Node, ask: Ask) {
        let other = self.dice.hits(25);
        let streams = if other { node.other.clone() } else { node.platform.streams.clone() };
        let ledger = self.ledger.clone();
        let task = async move { ledger.give(&streams, ask).await };
        self.flying.push(tokio::spawn(task));
    }

    fn time(&self) {
        let minutes = match self.dice.below(100) {
            0..35 => self.dice.within(1, 50),
            35..70 => 60 * self.dice.within(1, 12),
            70..88 => 60 * 24 * self.dice.within(1, 3),
            _ => -self.dice.within(1, 4),
        };
        self.lasting.clock.advance(TimeDelta::minutes(minutes));
    }

    fn erase(&mut self, node: &Node) {
        if self.residents.len() < RESIDENTS / 2 {
            return;
        }
        let resident = self.residents.swap_remove(self.dice.below(self.residents.len()));
        let cmd = self.lasting.entropy.command();
        self.erasing.insert(resident, cmd);
        let (people, meta) = (node.people.clone(), meta(cmd));
        self.flying.push(tokio::spawn(async move {
            // Should the log fail meanwhile, it is asked for again until it is done.
            let _ = people.erase(meta, resident).await;
        }));
    }

    async fn crash(&mut self) {
        self.some_turns(400).await;
        for task in self.flying.drain(..).filter(JoinHandle::is_finished) {
            task.await.unwrap();
        }
    }

    /// All commands have their answers.
    async fn landed(&mut self) {
        for task in self.flying.drain(..) {
            in_time("an answer", task).await.unwrap();
        }
    }

    /// Nothing fails any more: all that is open is done, everything promised holds, and tables
    /// built anew are the same and make nobody act.
    fn check(&mut self, in_the_end: bool) {
        self.lasting.log.set_chances(Chances::default());
        let mut before = runtime().block_on(self.complete(in_the_end));
        let void = Deliveries::of(&self.history).to_the_erased(&self.history);
        for round in 0.. {
            let last = self.history.commits.len();
            fs::remove_dir_all(self.lasting.tables()).unwrap();
            let after = runtime().block_on(async {
                let node = Node::start(&self.lasting);
                node.settle().await;
                node.assert_going();
                in_time("mails to the erased go", node.without(&void)).await;
                tables::dump(&node)
            });
            self.history.read(&self.lasting.log);
            let added = &self.history.commits[last..];
            if added.is_empty() {
                return tables::assert_same(&before, &after);
            }
            // Where a timer rang between an event's decision and its storing, it rings after it
            // now: what it wants then may be refused, once, and nothing else may come of it.
            let refused = added.iter().all(|commit| commit.stream.category() == "process");
            assert!(refused && round == 0, "tables built anew made somebody act: {added:?}");
            before = after;
        }
    }

    async fn complete(&mut self, in_the_end: bool) -> Dump {
        // A clock that was put back is right again: what happened lies behind it.
        self.history.read(&self.lasting.log);
        let newest = self.history.commits.iter().map(Recorded::at).max().unwrap_or_default();
        self.lasting.clock.advance_to(self.now().max(newest + TimeDelta::seconds(1)));
        let node = Node::start(&self.lasting);
        node.settle().await;
        for (resident, cmd) in std::mem::take(&mut self.erasing) {
            self.history.read(&self.lasting.log);
            let is_theirs = |commit: &&Recorded| {
                commit.stream.category() == RESIDENT && commit.stream.uuid() == Some(resident)
            };
            let done =
                self.history.commits.iter().filter(is_theirs).any(|commit| {
                    commit.events().any(|(.., event)| event.name() == "residentErased")
                });
            if !done {
                node.people.erase(meta(cmd), resident).await.unwrap();
            }
        }
        let end = self.now() + TimeDelta::days(3);
        while in_the_end && self.now() < end {
            node.settle().await;
            let due = node.next_due().unwrap_or(end).clamp(self.now(), end);
            self.lasting.clock.advance_to(due);
        }
        node.settle().await;
        node.assert_going();
        self.history.read(&self.lasting.log);
        let report = self.lasting.log.verify(Position(0)).await.unwrap();
        assert_eq!(report.first_bad, None);
        assert_eq!(report.commits, self.history.commits.len() as u64);
        self.ledger.check(&self.history.commits);
        promises::check(&self.history, self.now());
        let deliveries = Deliveries::of(&self.history);
        deliveries.check_settled(in_the_end, &self.history);
        deliveries.check_told_of_changes(&self.history);
        deliveries.check_outbox(&self.history, &node.mails().await);
        if in_the_end {
            self.told.reminders = deliveries.check_reminded(&self.history, self.now());
            self.told.mails = deliveries.accepted();
        }
        tables::dump(&node)
    }
}

fn meta(cmd: CommandId) -> Meta {
    Meta::by(Actor::Operator("faults".into()), cmd)
}
