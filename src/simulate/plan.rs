//! A look at a month before it is published: what each day holds, what clashes, and how many messages
//! people would get.
//!
//! A copy of the log is lived on in a temporary folder: the month is published there by the very
//! command that the desk gives, and time passes until it is over, without anybody doing anything
//! else. The folder that was asked about is only read.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use linli_attendance::{deciders::roll::Roll, projections::duties, values::OccurrenceKey};
use linli_calendar::{
    contract::SERVICE,
    deciders::activity::{Activities, Command},
    projections::{
        agenda::{Ask, agenda},
        desk,
    },
    values::{agenda::Entry, agenda::State, plan},
};
use linli_notifier::{
    adapters::mail::{Mailer, Rehearsal},
    contract::DeliveryEvent,
};
use linli_people::{
    contract::Purpose,
    projections::{
        places,
        residents::{self, ResidentRow},
    },
};
use linli_platform::{
    clock::Clock,
    entropy::Entropy,
    event_log::{
        EventLog as _, Filter,
        memory::MemoryLog,
        sqlite::{OpenMode, SqliteLog},
    },
    ids::{Position, StreamId},
};
use uuid::Uuid;

mod told;

pub use told::{Day, Messages, PeopleClash, Plan, VenueClash, Who};

use super::{diary::at, give::Hands, run::quiet};
use crate::{
    compose::{Node, Rehearsed},
    failure::Failure,
    output::Progress,
    transfer,
};

/// Looks at a month of a community; `now` is the present instant there.
pub async fn look(
    data: &Path,
    community: String,
    first: NaiveDate,
    now: DateTime<Utc>,
    progress: Progress,
) -> Result<Plan, Failure> {
    let log = MemoryLog::new();
    progress.at("simulate: the log is read");
    let from = SqliteLog::open(data, OpenMode::ReadOnly)?;
    transfer::copy(&from, Position(0), &log).await?;
    drop(from);
    super::on_one_thread(move || async move {
        let aside = super::folder()?;
        let clock = Clock::standing_at(now);
        let rehearsed = Rehearsed {
            data: aside.path().join("data"),
            log: log.clone(),
            clock: clock.clone(),
            entropy: Entropy::seeded(1),
            secrets: Entropy::system(),
            mailer: Mailer::Rehearsal(Rehearsal::new(Entropy::seeded(1), None)),
            public_url: "http://simulate.invalid".to_owned(),
        };
        let node = Node::rehearsing(rehearsed)?;
        node.services().await?;
        let month = Month { node, log, clock, community, first };
        let plan = month.look(&progress).await;
        month.end();
        plan
    })
    .await
}

/// A month of a community on a copy of its log.
struct Month {
    node: Node,
    log: MemoryLog,
    clock: Clock,
    community: String,
    first: NaiveDate,
}

impl Month {
    fn end(&self) {
        if let Some(steps) = &self.node.platform.steps {
            steps.end();
        }
    }

    async fn look(&self, progress: &Progress) -> Result<Plan, Failure> {
        progress.at("simulate: tables are built");
        quiet(&self.node).await?;
        let code = self.community.clone();
        let known = self.node.people().await?.tables.read(move |db| places::place(db, &code));
        if known.await?.is_none() {
            let code = &self.community;
            return Err(Failure::failed(format!("there is no community '{code}': write its code")));
        }
        let before = self.entries().await?;
        let published = self.log.last().await?;
        self.publish().await?;
        quiet(&self.node).await?;
        let entries = self.entries().await?;
        let venue_clashes = self.venues().await?;
        let people_clashes = self.people(&entries).await?;
        self.pass(progress).await?;
        Ok(Plan {
            community: self.community.clone(),
            month: self.first.format("%Y-%m").to_string(),
            days: days(&entries, &before),
            venue_clashes,
            people_clashes,
            messages: self.messages(published).await?,
        })
    }

    fn window(&self) -> std::ops::RangeInclusive<NaiveDate> {
        let first = self.first;
        plan::month(first.year(), first.month()).unwrap_or(first..=first)
    }

    async fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let (ask, now) = (Ask::all(&self.community, self.window()), self.clock.now());
        let read = self.node.calendar().await?.tables.read(move |db| agenda(db, &ask, now));
        let mut entries = read.await?;
        entries.retain(|entry| entry.state != State::Cancelled);
        Ok(entries)
    }

    async fn publish(&self) -> Result<(), Failure> {
        let (code, window, now) = (self.community.clone(), self.window(), self.clock.now());
        let tables = &self.node.calendar().await?.tables;
        let plans = tables.read(move |db| desk::month_plan(db, &code, &window, now)).await?;
        let hands = Hands::new(&self.node.platform);
        let mut commands = Vec::new();
        for one in plans {
            let stream = StreamId::new(&self.community, SERVICE, "activity", one.activity.id)?;
            let command = Command::PublishMonth { openings: one.openings, own: false };
            commands.push(hands.command::<Activities>(stream, command));
        }
        hands.give_all(commands).await
    }

    async fn venues(&self) -> Result<Vec<VenueClash>, Failure> {
        let (code, now, window) = (self.community.clone(), self.clock.now(), self.window());
        let tables = &self.node.calendar().await?.tables;
        let clashes = tables.read(move |db| desk::clashes(db, &code, now)).await?;
        let within = clashes.into_iter().filter(|one| window.contains(&one.entry.starts_on()));
        let told = within.map(|one| VenueClash {
            venue: one.entry.venue_name.map(|name| name.name.clone()).unwrap_or_default(),
            start: one.entry.start,
            title: one.entry.title,
        });
        Ok(told.collect())
    }

    /// Those who are counted on at an occurrence: with a place, or with a duty.
    async fn counted_on(&self, entry: &Entry) -> Result<Vec<Uuid>, Failure> {
        let host = &entry.activity.community;
        let key = OccurrenceKey::new(host, entry.activity.id, &entry.id.to_string());
        let (state, _) = self.node.platform.streams.state::<Roll>(&key.roll()?).await?;
        let tables = &self.node.attendance().await?.tables;
        let claimed = tables.read(move |db| duties::of_occurrence(db, &key)).await?;
        // Before it begins all who are counted on are missing.
        Ok(state.missing().chain(claimed.into_iter().flat_map(|duty| duty.by)).collect())
    }

    async fn people(&self, entries: &[Entry]) -> Result<Vec<PeopleClash>, Failure> {
        let mut counted = Vec::new();
        for entry in entries {
            counted.push(self.counted_on(entry).await?);
        }
        let mut clashes = Vec::new();
        for (n, first) in entries.iter().enumerate() {
            for (m, second) in entries.iter().enumerate().skip(n + 1) {
                // They are in order of their start.
                if second.start >= first.end {
                    break;
                }
                if first.all_day || second.all_day {
                    continue;
                }
                let both = counted[n].iter().filter(|who| counted[m].contains(who)).count();
                for who in clash(first, second, both) {
                    let (start, second) = (second.start, second.title.clone());
                    clashes.push(PeopleClash { who, first: first.title.clone(), second, start });
                }
            }
        }
        Ok(clashes)
    }

    /// Time passes until the month is over.
    async fn pass(&self, progress: &Progress) -> Result<(), Failure> {
        let zone = chrono_tz::Asia::Shanghai;
        let end = at(zone, *self.window().end(), 0, 0) + TimeDelta::days(1);
        loop {
            quiet(&self.node).await?;
            let services = self.node.services().await?;
            let dues = services.iter().filter_map(|one| one.tables.progress().borrow().next_due);
            let Some(next) = dues.min().filter(|due| *due < end) else { return Ok(()) };
            self.clock.advance_to(next.max(self.clock.now()));
            progress.at(&format!("simulate: {}", next.with_timezone(&zone).format("%Y-%m-%d")));
        }
    }

    /// What was started to people of the community within the month.
    async fn messages(&self, published: Position) -> Result<Messages, Failure> {
        let zone = chrono_tz::Asia::Shanghai;
        let (first, last) = (at(zone, self.first, 0, 0), *self.window().end());
        let end = at(zone, last, 0, 0) + TimeDelta::days(1);
        let code = self.community.clone();
        let read = self
            .node
            .people()
            .await?
            .tables
            .read(move |db| residents::living(db, &code, (0, u32::MAX)));
        let reached =
            |row: &ResidentRow| row.email.is_some() && row.consents_to(Purpose::Reminders);
        let (rows, _) = read.await?;
        let reach: BTreeMap<Uuid, bool> = rows.iter().map(|row| (row.id, reached(row))).collect();
        let mut each: BTreeMap<Uuid, usize> = BTreeMap::new();
        let mut pages =
            self.log.follow(Filter { services: vec!["notifier".to_owned()] }, published);
        while let Some(page) = futures::StreamExt::next(&mut pages).await {
            let page = page?;
            for commit in page.commits.iter().filter(|c| c.stream.category() == "delivery") {
                for (_, entry, event) in commit.events() {
                    let DeliveryEvent::DeliveriesStarted { attempt: 1, keys } = event.decode()?
                    else {
                        continue;
                    };
                    let within = (first..end).contains(&entry.at);
                    for key in keys.iter().filter(|_| within) {
                        if reach.get(&key.resident) == Some(&true) {
                            *each.entry(key.resident).or_default() += 1;
                        }
                    }
                }
            }
            if page.live {
                break;
            }
        }
        let reachable = reach.values().filter(|reachable| **reachable).count();
        Ok(Messages::of(each.into_values().collect(), reach.len(), reachable))
    }
}

/// Who can't be at both.
fn clash(first: &Entry, second: &Entry, both: usize) -> Vec<Who> {
    let (a, b) = (&first.activity.description, &second.activity.description);
    let contact = a.contact.filter(|contact| b.contact == Some(*contact)).map(Who::Contact);
    let teams = a.teams.iter().filter(|team| b.teams.contains(team)).map(|team| Who::Team(*team));
    contact.into_iter().chain(teams).chain((both > 0).then_some(Who::Residents(both))).collect()
}

fn days(entries: &[Entry], before: &[Entry]) -> Vec<Day> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for entry in entries {
        let date = entry.starts_on();
        let day = days.entry(date).or_insert(Day {
            date,
            occurrences: 0,
            new: 0,
            minutes: 0,
            duty_places: 0,
        });
        let was =
            before.iter().find(|old| (old.activity.id, old.id) == (entry.activity.id, entry.id));
        let planned = |old: &Entry| matches!(old.state, State::Draft | State::Computed);
        day.occurrences += 1;
        day.new += usize::from(was.is_none_or(planned) && !planned(entry));
        if !entry.all_day {
            day.minutes += (entry.end - entry.start).num_minutes();
        }
        let duties = &entry.activity.description.duties;
        day.duty_places += duties.iter().map(|duty| duty.places).sum::<u32>();
    }
    days.into_values().collect()
}
