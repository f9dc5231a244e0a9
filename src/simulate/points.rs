//! Points on the log: what stands credited, and that each has its cause.

use std::collections::BTreeMap;

use linli_attendance::deciders::roll::Phase;
use linli_platform::{commit::Recorded, ids::StreamId};
use linli_ranking::contract::{Credit, Ground, TallyEvent};
use uuid::Uuid;

use super::ledger::Kept;
use crate::failure::Failure;

/// What stands credited, tally by tally.
#[derive(Debug, Default)]
pub struct Points {
    standing: BTreeMap<(StreamId, Uuid, Ground), Credit>,
    broken: Vec<String>,
}

impl Points {
    /// Takes one record of a tally.
    pub fn take(&mut self, commit: &Recorded) -> Result<(), Failure> {
        for (at, _, event) in commit.events() {
            match event.decode()? {
                TallyEvent::Credited(credit) => {
                    let key = (commit.stream.clone(), credit.resident, credit.ground);
                    if self.standing.insert(key, credit).is_some() {
                        self.broken.push(format!("{at}: credited beside what stands"));
                    }
                }
                TallyEvent::Reversed(credit) => {
                    let key = (commit.stream.clone(), credit.resident, credit.ground);
                    let stood = self.standing.remove(&key);
                    let same = |stood: &Credit| {
                        (stood.points, stood.times, stood.minutes)
                            == (credit.points, credit.times, credit.minutes)
                    };
                    if !stood.as_ref().is_some_and(same) {
                        self.broken.push(format!("{at}: reversed what does not stand"));
                    }
                }
                TallyEvent::TallyOpened(_) | TallyEvent::Summed(_) | TallyEvent::Voided {} => {}
            }
        }
        Ok(())
    }

    /// All points that stand.
    pub fn total(&self) -> u64 {
        self.standing.values().map(|credit| u64::from(credit.points)).sum()
    }

    /// All points that stand, by the host of what earned them.
    pub fn by_host(&self) -> BTreeMap<&str, u64> {
        let mut all = BTreeMap::new();
        for ((stream, ..), credit) in &self.standing {
            *all.entry(stream.community()).or_default() += u64::from(credit.points);
        }
        all
    }

    /// The first thing that is wrong: a credit without its cause on a roll, or somebody present
    /// whom nothing is credited.
    pub fn wrong(&self, rolls: &BTreeMap<StreamId, Kept>) -> Option<String> {
        if let Some(first) = self.broken.first() {
            return Some(first.clone());
        }
        let roll_of = |tally: &StreamId| {
            StreamId::new(tally.community(), "attendance", "roll", tally.id()).ok()
        };
        for ((tally, resident, ground), credit) in &self.standing {
            let kept = roll_of(tally).and_then(|roll| rolls.get(&roll));
            let presence = kept.and_then(|kept| kept.state.presence(*resident));
            let caused = match ground {
                Ground::Attendance => presence.is_some(),
                Ground::Hours => presence.is_some_and(|p| p.minutes == Some(credit.minutes)),
                Ground::Duty => true,
            };
            if !caused {
                let ground = ground.name();
                return Some(format!("{tally}: {resident} has {ground} without being there so"));
            }
        }
        rolls.iter().filter(|(_, kept)| kept.state.phase != Phase::Cancelled).find_map(
            |(roll, kept)| {
                let tally = StreamId::new(roll.community(), "ranking", "tally", roll.id()).ok()?;
                let mut present = kept.present().map(|(resident, _)| resident);
                let lost = present.find(|resident| {
                    let key = (tally.clone(), *resident, Ground::Attendance);
                    !self.standing.contains_key(&key)
                })?;
                Some(format!("{roll}: {lost} was there and is credited nothing"))
            },
        )
    }
}
