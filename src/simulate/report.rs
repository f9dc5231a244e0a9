//! What `linli simulate --json` prints. `docs/cli.md` says what each number counts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use linli_attendance::values::OccurrenceKey;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Asked,
    ledger::{Fact, Kept, Ledger, Standing, Written},
};
use crate::failure::Failure;

/// What a simulation came to.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// What all chance came from.
    pub seed: u64,
    /// Residents in each community that has buildings.
    pub residents_each: usize,
    /// Each place that hosts, in the order of their codes.
    pub communities: Vec<Community>,
    /// All of them together.
    pub total: Figures,
    /// Commands that people gave, and how many of them the domain refused.
    pub commands: Commands,
    /// All that was written.
    pub log: Written,
    /// A mark of the log: the same for the same bytes.
    pub log_sum: String,
}

/// Commands of people, not of processes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Commands {
    /// All.
    pub given: u64,
    /// With a no.
    pub refused: u64,
}

/// One host.
#[derive(Debug, Clone, Serialize)]
pub struct Community {
    /// Its code.
    pub code: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Occurrences by state.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Occurrences {
    /// Over, and not cancelled.
    pub held: u64,
    /// Of those and those ahead, so many were moved.
    pub moved: u64,
    /// Called off.
    pub cancelled: u64,
    /// Opened, and not over.
    pub ahead: u64,
}

/// What volunteer teams did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Teams {
    /// Teams that held something.
    pub teams: u64,
    /// Members who came.
    pub people: u64,
    /// Occurrences held.
    pub activities: u64,
    /// Their length together.
    pub activity_hours: f64,
    /// The members' hours together.
    pub person_hours: f64,
}

/// All figures of one host.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// People who live there.
    pub residents: u64,
    /// Occurrences.
    pub occurrences: Occurrences,
    /// 人次: of each occurrence held, the larger of headcount and names.
    pub attendances: u64,
    /// Check-ins by name among them.
    pub check_ins: u64,
    /// 人数: different people checked in.
    pub people: u64,
    /// 服务时长: credited to people.
    pub person_hours: f64,
    /// 活动时长: the length of all occurrences held.
    pub activity_hours: f64,
    /// Places given.
    pub registrations: u64,
    /// Put on the line.
    pub waitlisted: u64,
    /// Given a place from the line.
    pub promoted: u64,
    /// Let know that they don't come.
    pub excused: u64,
    /// Had a place in the end, and did not come.
    pub absent: u64,
    /// Points that what it held has earned people.
    pub points: u64,
    /// Deliveries planned.
    pub deliveries: u64,
    /// Deliveries by how they stand.
    pub deliveries_by_state: BTreeMap<Standing, u64>,
    /// Volunteer teams.
    pub teams: Teams,
    /// What was written.
    pub log: Written,
}

/// Minutes as hours with one decimal.
#[expect(clippy::cast_precision_loss, reason = "hours of a city's year fit")]
fn hours(minutes: u64) -> f64 {
    (minutes as f64 / 6.0).round() / 10.0
}

/// What is summed up while a host's rolls are gone through.
#[derive(Default)]
struct Sums {
    figures: Figures,
    people: BTreeSet<Uuid>,
    person_minutes: u64,
    activity_minutes: u64,
    teams: BTreeSet<Uuid>,
    team_people: BTreeSet<Uuid>,
    team_person_minutes: u64,
    team_activity_minutes: u64,
}

impl Sums {
    fn add(&mut self, fact: &Fact, kept: Option<&Kept>, teams: &[Uuid], now: DateTime<Utc>) {
        let occurrences = &mut self.figures.occurrences;
        if fact.cancelled {
            occurrences.cancelled += 1;
        } else {
            occurrences.moved += u64::from(fact.moved);
            *(if fact.end <= now { &mut occurrences.held } else { &mut occurrences.ahead }) += 1;
        }
        let Some(kept) = kept else { return };
        self.figures.registrations += kept.registered;
        self.figures.waitlisted += kept.waitlisted;
        self.figures.promoted += kept.promoted;
        self.figures.excused += kept.excused;
        if fact.cancelled || fact.end > now {
            return;
        }
        let length = minutes(fact.end - fact.start);
        self.figures.attendances += u64::from(kept.attended());
        self.activity_minutes += length;
        let came: Vec<(Uuid, u32)> = kept.present().collect();
        self.figures.check_ins += came.len() as u64;
        let named = came.iter().map(|(who, _)| who);
        let registered = u64::from(kept.state.registered);
        let with_place = named.clone().filter(|who| {
            kept.state.standing(**who) == linli_attendance::deciders::roll::Standing::Registered
        });
        self.figures.absent += registered.saturating_sub(with_place.count() as u64);
        self.people.extend(named.copied());
        let credited: u64 = came.iter().map(|(_, minutes)| u64::from(*minutes)).sum();
        self.person_minutes += credited;
        if !teams.is_empty() {
            self.teams.extend(teams);
            self.team_people.extend(came.iter().map(|(who, _)| *who));
            self.figures.teams.activities += 1;
            self.team_person_minutes += credited;
            self.team_activity_minutes += length;
        }
    }

    fn done(mut self) -> Figures {
        self.figures.people = self.people.len() as u64;
        self.figures.person_hours = hours(self.person_minutes);
        self.figures.activity_hours = hours(self.activity_minutes);
        let teams = &mut self.figures.teams;
        (teams.teams, teams.people) = (self.teams.len() as u64, self.team_people.len() as u64);
        teams.activity_hours = hours(self.team_activity_minutes);
        teams.person_hours = hours(self.team_person_minutes);
        self.figures
    }
}

fn minutes(length: TimeDelta) -> u64 {
    u64::try_from(length.num_minutes()).unwrap_or_default()
}

impl Report {
    /// Counts what stands on the log at `now`.
    pub fn of(
        asked: &Asked,
        ledger: &Ledger,
        (given, refused): (u64, u64),
        log_sum: String,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let (mut sums, mut all): (BTreeMap<&str, Sums>, Sums) = Default::default();
        for ((community, activity, id), fact) in &ledger.occurrences {
            let key = OccurrenceKey::new(community, *activity, &id.to_string());
            let kept = ledger.rolls.get(&key.roll()?);
            let teams = ledger.teams_of.get(activity).map(Vec::as_slice).unwrap_or_default();
            sums.entry(community).or_default().add(fact, kept, teams, now);
            all.add(fact, kept, teams, now);
        }
        let (deliveries, residents) = (ledger.deliveries(), ledger.residents());
        let points = ledger.points.by_host();
        let mut total = all.done();
        let mut communities = Vec::new();
        for (code, sums) in sums {
            let mut figures = sums.done();
            figures.residents = residents.get(code).copied().unwrap_or_default();
            (figures.deliveries, figures.deliveries_by_state) =
                deliveries.get(code).cloned().unwrap_or_default();
            figures.points = points.get(code).copied().unwrap_or_default();
            figures.log = ledger.written.get(code).copied().unwrap_or_default();
            communities.push(Community { code: code.to_owned(), figures });
        }
        let mut log = Written::default();
        for written in ledger.written.values() {
            log.commits += written.commits;
            log.events += written.events;
            log.bytes += written.bytes;
        }
        total.points = ledger.points.total();
        total.residents = residents.values().sum();
        for (planned, by_state) in deliveries.values() {
            total.deliveries += planned;
            for (standing, number) in by_state {
                *total.deliveries_by_state.entry(*standing).or_default() += number;
            }
        }
        total.log = log;
        let commands = Commands { given, refused };
        let Asked { from, to, seed, residents: residents_each, .. } = *asked;
        Ok(Self { from, to, seed, residents_each, communities, total, commands, log, log_sum })
    }
}
