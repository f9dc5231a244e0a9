//! From what is known of occurrences and people to the lines of a report: see `docs/counting.md`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Count, OccurrenceKey};

#[cfg(test)]
mod tests;

/// Fewer ratings than these are not shown.
pub const RATINGS_MIN: i64 = 5;

/// Since when something is as it is: an order within one log, and the event's name for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Since {
    /// Later changes have more.
    pub seq: u64,
    /// What made it so.
    pub cause: String,
}

/// Where in its life an occurrence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its end is still to come.
    Ahead,
    /// Its end has come, or its roll is closed.
    Over,
    /// It does not take place.
    Cancelled,
}

/// What is known of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Its number in the tables.
    pub id: i64,
    /// Which.
    pub key: OccurrenceKey,
    /// The day of its local start.
    pub on: NaiveDate,
    /// When it begins.
    pub start: Option<DateTime<Utc>>,
    /// Its title.
    pub title: String,
    /// Its title in English; may be empty.
    pub title_en: String,
    /// Whether everybody may see it.
    pub public: bool,
    /// The codes of those who host: the lead first.
    pub hosts: Vec<String>,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// Whose own it is, if it is a team's.
    pub teams: Vec<Uuid>,
    /// Where in its life it is.
    pub stage: Stage,
    /// A person closed the roll.
    pub by_hand: bool,
    /// What is counted of it.
    pub values: BTreeMap<Count, i64>,
    /// The last change of any of it.
    pub since: Option<Since>,
    /// Up to which versions of its roll, its tally and its activity's stream.
    pub read: [u64; 3],
}

/// What somebody did at one occurrence, under the home and teams of that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The occurrence's number in the tables.
    pub occurrence: i64,
    /// Who.
    pub resident: Uuid,
    /// The code of the community where they lived.
    pub community: String,
    /// The code of the building.
    pub building: String,
    /// The code of the grid.
    pub grid: String,
    /// The teams.
    pub teams: Vec<Uuid>,
    /// Attendances.
    pub times: i64,
    /// Person-minutes.
    pub minutes: i64,
    /// Points.
    pub points: i64,
    /// The last change.
    pub since: Since,
}

/// What was told on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notices {
    /// The channel; empty for announcements, whatever channels they take.
    pub channel: String,
    /// What of it is counted.
    pub count: Count,
    /// How many.
    pub n: i64,
    /// The last change.
    pub since: Since,
}

/// All that is known of a place and some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The codes of the place and of all below it.
    pub scope: BTreeSet<String>,
    /// The communities below it that have lines of their own.
    pub communities: BTreeSet<String>,
    /// The teams of the place.
    pub teams: BTreeSet<Uuid>,
    /// Those that the place, or one below it, hosts or joins.
    pub occurrences: Vec<Occurrence>,
    /// Shares in those, and those of the place's own people and teams in any other.
    pub shares: Vec<Share>,
    /// Notices of the place and those below it.
    pub notices: Vec<Notices>,
    /// Residents of each building, with its grid; either may be empty.
    pub homes: Vec<(String, String, i64)>,
}

/// One line of a report. A measure that is absent is not known, or does not apply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The figures.
    pub measures: BTreeMap<Count, i64>,
    /// What changed last of all that is in it.
    pub since: Option<Since>,
    people: BTreeSet<Uuid>,
}

/// Lines by their names: `total`, `kind/议事`, `building/xiguan-3`, `occurrence/…`.
pub type Lines = BTreeMap<String, Line>;

impl Line {
    fn add(&mut self, measure: Count, n: i64) {
        *self.measures.entry(measure).or_default() += n;
    }

    fn take(&mut self, measures: &BTreeMap<Count, i64>, since: Option<&Since>) {
        for (measure, n) in measures {
            self.add(*measure, *n);
        }
        self.newer(since);
    }

    fn newer(&mut self, since: Option<&Since>) {
        if since > self.since.as_ref() {
            self.since = since.cloned();
        }
    }

    fn came(&mut self, share: &Share) {
        self.newer(Some(&share.since));
        if share.times > 0 {
            self.people.insert(share.resident);
        }
        let people = i64::try_from(self.people.len()).unwrap_or(i64::MAX);
        self.measures.insert(Count::People, people);
    }

    fn did(&mut self, share: &Share) {
        self.add(Count::Present, share.times);
        self.add(Count::Minutes, share.minutes);
        self.add(Count::Points, share.points);
        self.came(share);
    }
}

impl Occurrence {
    /// The name of its line.
    pub fn line(&self) -> String {
        format!("occurrence/{}", self.key)
    }

    fn value(&self, measure: Count) -> i64 {
        self.values.get(&measure).copied().unwrap_or(0)
    }

    /// Whether anybody has said who came.
    pub fn reported(&self) -> bool {
        self.by_hand
            || self.values.contains_key(&Count::Headcount)
            || self.value(Count::Present) > 0
    }

    /// What it counts for.
    pub fn measures(&self) -> BTreeMap<Count, i64> {
        let mut counts = BTreeMap::from([(Count::Planned, 1)]);
        if self.stage == Stage::Cancelled {
            counts.insert(Count::Cancelled, 1);
            return counts;
        }
        let same = |measure| (measure, self.value(measure));
        counts.extend([Count::Registered, Count::Expected, Count::Excused].map(same));
        if self.stage == Stage::Ahead {
            return counts;
        }
        counts.insert(Count::Occurrences, 1);
        counts.extend([same(Count::ActivityMinutes)]);
        if !self.reported() {
            counts.insert(Count::Unreported, 1);
            return counts;
        }
        let (present, headcount) = (self.value(Count::Present), self.values.get(&Count::Headcount));
        let attended = present.max(headcount.copied().unwrap_or(0));
        counts.insert(Count::Attended, attended);
        counts.extend([Count::Present, Count::Minutes, Count::Points].map(same));
        counts.extend(headcount.map(|n| (Count::Headcount, *n)));
        if attended == 0 {
            counts.insert(Count::Nobody, 1);
        }
        // Whoever is counted and not named may be one of those expected.
        if present > 0 || attended == 0 {
            counts.extend([same(Count::Absent)]);
        }
        if self.value(Count::Ratings) >= RATINGS_MIN {
            counts.extend([Count::Ratings, Count::Satisfied].map(same));
        }
        counts
    }

    /// The lines of groups that it counts in.
    fn groups(&self, gathered: &Gathered) -> BTreeSet<String> {
        let kinds = self.kinds.iter().map(|kind| format!("kind/{kind}"));
        let hosts = self.hosts.iter().filter(|host| gathered.communities.contains(*host));
        let hosts = hosts.map(|host| format!("community/{host}"));
        std::iter::once("total".to_owned()).chain(kinds).chain(hosts).collect()
    }
}

impl Gathered {
    /// All lines.
    pub fn lines(&self) -> Lines {
        let mut lines = Lines::from([("total".to_owned(), Line::default())]);
        let mut of: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for occurrence in &self.occurrences {
            let (counts, since) = (occurrence.measures(), occurrence.since.as_ref());
            let mut names: Vec<_> = occurrence.groups(self).into_iter().collect();
            names.push(occurrence.line());
            for name in &names {
                lines.entry(name.clone()).or_default().take(&counts, since);
            }
            self.own(occurrence, &counts, &mut lines);
            of.insert(occurrence.id, names);
        }
        for share in &self.shares {
            for name in of.get(&share.occurrence).into_iter().flatten() {
                lines.entry(name.clone()).or_default().came(share);
            }
            self.at_home(share, &mut lines);
        }
        for notices in &self.notices {
            let told = BTreeMap::from([(notices.count, notices.n)]);
            let channel = Some(&notices.channel).filter(|channel| !channel.is_empty());
            let channel = channel.map(|channel| format!("channel/{channel}"));
            for name in std::iter::once("total".to_owned()).chain(channel) {
                lines.entry(name).or_default().take(&told, Some(&notices.since));
            }
        }
        for (building, grid, residents) in &self.homes {
            for (level, code) in [("building", building), ("grid", grid)] {
                if !code.is_empty() {
                    let line = lines.entry(format!("{level}/{code}")).or_default();
                    line.add(Count::Residents, *residents);
                }
            }
        }
        lines
    }

    /// Of a team's own occurrences it has what does not hang on who came.
    fn own(&self, occurrence: &Occurrence, counts: &BTreeMap<Count, i64>, lines: &mut Lines) {
        const OWN: [Count; 4] =
            [Count::Planned, Count::Occurrences, Count::Cancelled, Count::ActivityMinutes];
        let counts = counts.iter().filter(|(measure, _)| OWN.contains(measure));
        let counts = counts.map(|(measure, n)| (*measure, *n)).collect();
        for team in self.teams.iter().filter(|team| occurrence.teams.contains(team)) {
            let line = lines.entry(format!("team/{team}")).or_default();
            line.take(&counts, occurrence.since.as_ref());
        }
    }

    fn at_home(&self, share: &Share, lines: &mut Lines) {
        let mut names = Vec::new();
        if self.scope.contains(&share.community) {
            let homes = [("building", &share.building), ("grid", &share.grid)];
            let homes = homes.into_iter().filter(|(_, code)| !code.is_empty());
            names.extend(homes.map(|(level, code)| format!("{level}/{code}")));
        }
        let teams = share.teams.iter().collect::<BTreeSet<_>>();
        let teams = teams.into_iter().filter(|team| self.teams.contains(team));
        names.extend(teams.map(|team| format!("team/{team}")));
        for name in names {
            lines.entry(name).or_default().did(share);
        }
    }
}
