//! What people and organisers do at each step of an occurrence, as commands.

use chrono::{DateTime, TimeDelta, Utc};
use linli_attendance::{
    contract::{Rating, Way},
    deciders::{
        duty::{self, Duty},
        roll::{Command, Roll, RollState, Standing},
    },
};
use linli_calendar::{
    contract::{Attendance, SERVICE, Visibility},
    deciders::activity::{self, Activities, Cancel, Move},
};
use linli_platform::{ids::StreamId, stream::Streams};
use uuid::Uuid;

use super::{
    behaviour::Behaviour,
    diary::{Occurrence, Step},
    dice::Dice,
    give::{Given, Hands},
    town::{Host, Town},
};
use crate::failure::Failure;

/// The ways in which people are checked in, as often as they stand here.
const WAYS: [Way; 10] = [
    Way::Code,
    Way::Code,
    Way::Code,
    Way::Code,
    Way::Code,
    Way::List,
    Way::List,
    Way::List,
    Way::Card,
    Way::Kiosk,
];

/// Where something happens, and who may do it.
pub struct Scene<'a> {
    /// How people behave.
    pub behaviour: &'a Behaviour,
    /// Their choices.
    pub dice: &'a Dice,
    /// Everybody.
    pub town: &'a Town,
    /// What gives commands.
    pub hands: &'a Hands,
    /// The rolls as they stand.
    pub streams: &'a Streams,
    /// The present instant.
    pub now: DateTime<Utc>,
}

#[expect(clippy::cast_precision_loss, reason = "numbers of people are small")]
fn share(people: usize, per_mille: f64) -> f64 {
    people as f64 * per_mille / 1000.0
}

impl Scene<'_> {
    /// The commands of one step.
    pub async fn act(&self, one: &mut Occurrence, step: Step) -> Result<Vec<Given>, Failure> {
        match step {
            Step::Ask(part) => self.ask(one, part),
            Step::Excuse => self.excuse(one),
            Step::Move => Ok(vec![self.relocate(one)?]),
            Step::Cancel => Ok(vec![self.cancel(one)?]),
            Step::Doors => self.doors(one).await,
            Step::End => self.end(one).await,
            Step::Paper => self.paper(one),
            Step::Rate => self.rate(one).await,
        }
    }

    fn host(&self, one: &Occurrence) -> &Host {
        &self.town.hosts[one.host]
    }

    fn id(&self, n: usize) -> Uuid {
        self.town.residents[n].id
    }

    fn roll(&self, one: &Occurrence, command: Command) -> Result<Given, Failure> {
        Ok(self.hands.command::<Roll>(one.key.roll()?, command))
    }

    fn register(&self, one: &Occurrence, n: usize) -> Result<Given, Failure> {
        let resident = self.id(n);
        self.roll(one, Command::Register { resident, proxy: None, guardian_ok: true })
    }

    /// Members of the teams whose own it is.
    fn members(&self, one: &Occurrence) -> Vec<usize> {
        let of = |team: &Uuid| self.host(one).teams.get(team).cloned().unwrap_or_default();
        one.activity.teams.iter().flat_map(of).collect()
    }

    fn for_party(&self, one: &Occurrence) -> bool {
        one.activity.kinds.iter().any(|kind| self.behaviour.coming.party_kinds.contains(kind))
    }

    /// How many want to come.
    fn wanted(&self, one: &Occurrence) -> usize {
        let (coming, host) = (&self.behaviour.coming, self.host(one));
        if one.activity.visibility != Visibility::Public {
            return 0;
        }
        if self.for_party(one) {
            return self.dice.about(share(host.party.len(), 10.0 * part(coming.party)));
        }
        let base = self.dice.about(part(coming.base)).min(host.all.len() / 2);
        base + self.dice.about(share(host.all.len(), coming.per_mille))
    }

    /// Some who have not asked yet.
    fn fresh(&self, one: &mut Occurrence, many: usize) -> Vec<usize> {
        let host = self.host(one);
        let among = if self.for_party(one) { &host.party } else { &host.all };
        let mut found = Vec::new();
        // Whoever is drawn twice is passed over: a small place may have nobody left.
        for _ in 0..many * 3 {
            if found.len() == many {
                break;
            }
            let Some(n) = self.dice.regular(among) else { break };
            if !one.asked.contains(&n) {
                one.asked.push(n);
                found.push(n);
            }
        }
        found
    }

    fn ask(&self, one: &mut Occurrence, part_percent: u32) -> Result<Vec<Given>, Failure> {
        let wanted = if let Some(wanted) = one.wanted {
            wanted
        } else {
            let wanted = self.wanted(one);
            one.wanted = Some(wanted);
            wanted
        };
        let mut commands = self.claims(one)?;
        if one.attendance == Attendance::Headcount {
            return Ok(commands);
        }
        let registering = wanted * self.behaviour.coming.registers / 100;
        let so_far = registering * part_percent as usize / 100;
        for n in self.fresh(one, so_far.saturating_sub(one.asked.len())) {
            commands.push(self.register(one, n)?);
        }
        Ok(commands)
    }

    /// Volunteers take duties on.
    fn claims(&self, one: &Occurrence) -> Result<Vec<Given>, Failure> {
        let mut commands = Vec::new();
        for place in &one.activity.duties {
            for _ in 0..place.places {
                let claims = self.dice.hits(self.behaviour.coming.claims / 3);
                let Some(n) = self.dice.regular(&self.host(one).volunteers).filter(|_| claims)
                else {
                    continue;
                };
                let (duty, resident) = (place.name.clone(), self.id(n));
                let command = duty::Command::Claim { duty, resident, proxy: None };
                commands.push(self.hands.command::<Duty>(one.key.duty()?, command));
            }
        }
        Ok(commands)
    }

    fn excuse(&self, one: &Occurrence) -> Result<Vec<Given>, Failure> {
        let mut commands = Vec::new();
        for n in &one.asked {
            let resident = self.id(*n);
            if self.dice.hits(self.behaviour.coming.excused) {
                commands
                    .push(self.roll(one, Command::Excuse { resident, proxy: None, remark: None })?);
            } else if self.dice.hits(2) {
                commands.push(self.roll(one, Command::Withdraw { resident })?);
            }
        }
        Ok(commands)
    }

    fn activity(&self, one: &Occurrence, command: activity::Command) -> Result<Given, Failure> {
        let (community, id) = (&one.key.community, one.key.activity);
        let stream = StreamId::new(community, SERVICE, "activity", id)?;
        Ok(self.hands.command::<Activities>(stream, command))
    }

    fn cancel(&self, one: &Occurrence) -> Result<Given, Failure> {
        let reason = self.behaviour.organisers.rain_reason.clone();
        let cancel = Cancel { id: one.id, opening: None, seen: None, reason, past: false };
        self.activity(one, activity::Command::Cancel(cancel))
    }

    fn relocate(&self, one: &Occurrence) -> Result<Given, Failure> {
        let later = if one.all_day { TimeDelta::days(1) } else { TimeDelta::hours(1) };
        let relocate = Move {
            id: one.id,
            opening: None,
            seen: None,
            start: one.start + later,
            end: one.end + later,
            all_day: one.all_day,
            venue: one.venue,
            reason: self.behaviour.organisers.move_reason.clone(),
            past: false,
        };
        self.activity(one, activity::Command::Move(relocate))
    }

    async fn state(&self, one: &Occurrence) -> Result<RollState, Failure> {
        Ok(self.streams.state::<Roll>(&one.key.roll()?).await?.0)
    }

    fn check_in(&self, one: &Occurrence, n: usize, way: Way) -> Result<Given, Failure> {
        let (resident, staff) = (self.id(n), way == Way::List);
        self.roll(one, Command::CheckIn { resident, way, at: None, proxy: None, staff })
    }

    /// Those with a place come, and some without.
    async fn doors(&self, one: &mut Occurrence) -> Result<Vec<Given>, Failure> {
        if one.attendance != Attendance::Names {
            return Ok(vec![]);
        }
        let (roll, coming) = (self.state(one).await?, &self.behaviour.coming);
        let mut commands = Vec::new();
        for n in self.members(one) {
            if self.dice.hits(self.behaviour.teams.coming) {
                commands.push(self.check_in(one, n, Way::List)?);
            }
        }
        for n in &one.asked {
            let percent = match roll.standing(self.id(*n)) {
                Standing::Registered => coming.comes,
                Standing::Waiting => 100 - coming.waits,
                Standing::None | Standing::Excused => 0,
            };
            if self.dice.hits(percent) {
                let way = self.dice.of(&WAYS).unwrap_or_default();
                commands.push(self.check_in(one, *n, way)?);
            }
        }
        let just = one.wanted.unwrap_or_default() * (100 - coming.registers) / 100;
        for n in self.fresh(one, just) {
            let way = self.dice.of(&WAYS).unwrap_or_default();
            commands.push(self.check_in(one, n, way)?);
        }
        Ok(commands)
    }

    /// People leave, somebody counts, and most often the roll is closed.
    async fn end(&self, one: &mut Occurrence) -> Result<Vec<Given>, Failure> {
        let (roll, coming) = (self.state(one).await?, &self.behaviour.coming);
        let mut commands = Vec::new();
        for (resident, presence) in roll.all_present() {
            let minutes = (one.end - presence.at).num_minutes();
            if presence.minutes.is_none() && self.dice.hits(coming.checks_out) {
                let early = self.dice.hits(coming.leaves_early);
                let minutes = u32::try_from(minutes / 2).ok().filter(|_| early);
                commands.push(self.roll(one, Command::CheckOut { resident, at: None, minutes })?);
            }
        }
        let counted = match (one.attendance, one.activity.visibility) {
            (Attendance::Headcount, Visibility::Public) => {
                let all = share(self.host(one).all.len(), coming.headcount_per_mille);
                Some(self.dice.about(part(coming.headcount_base) + all))
            }
            (_, Visibility::Staff) => {
                let [least, most] = coming.staff;
                Some(least + self.dice.below(most + 1 - least.min(most)))
            }
            _ => None,
        };
        if let Some(people) = counted.and_then(|people| u32::try_from(people).ok()) {
            let people = people.max(roll.present);
            commands.push(self.roll(one, Command::GiveHeadcount { people })?);
        }
        if self.dice.hits(self.behaviour.organisers.closes) {
            commands.push(self.roll(one, Command::Close)?);
        }
        Ok(commands)
    }

    /// Some of those who were there say how it was, most of them kindly.
    async fn rate(&self, one: &Occurrence) -> Result<Vec<Given>, Failure> {
        if one.attendance == Attendance::Headcount {
            return Ok(vec![]);
        }
        let roll = self.state(one).await?;
        let mut commands = Vec::new();
        for (resident, _) in roll.all_present() {
            if !self.dice.hits(self.behaviour.coming.rates) {
                continue;
            }
            let rating = match self.dice.below(100) {
                0..62 => Rating::VerySatisfied,
                62..91 => Rating::Satisfied,
                91..97 => Rating::Fair,
                97..99 => Rating::Dissatisfied,
                _ => Rating::VeryDissatisfied,
            };
            commands.push(self.roll(one, Command::Rate { resident, rating, comment: None })?);
        }
        Ok(commands)
    }

    /// Those who signed on paper, registered or not.
    fn paper(&self, one: &mut Occurrence) -> Result<Vec<Given>, Failure> {
        let mut came = std::mem::take(&mut one.asked);
        came.retain(|_| self.dice.hits(self.behaviour.coming.comes));
        one.asked.clone_from(&came);
        let just = one.wanted.unwrap_or_default().saturating_sub(came.len());
        came.extend(self.fresh(one, just));
        came.into_iter().map(|n| self.check_in(one, n, Way::Paper)).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of people are small")]
fn part(number: usize) -> f64 {
    number as f64
}
