//! The community of the simulation, and what is known of it from the log.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use linli_almanac::RecurrenceId;
use linli_calendar::{
    contract::{ActivityEvent, Description, Duty, VenueDescription},
    deciders::{
        activity::{self, Activities},
        venue::{self, Venues},
    },
};
use linli_people::{
    adapters::NewResident,
    contract::{Kind, Place, Purpose},
};
use linli_platform::{
    commit::{Entry, NewEvent, Recorded, decode},
    entropy::derived,
    event_log::memory::MemoryLog,
    ids::{Actor, EventRef, Position, StreamId},
    stream::Meta,
};
use uuid::Uuid;

use crate::node::Node;

pub const COMMUNITY: &str = "xiguan";
pub const ZONE: &str = "Asia/Shanghai";
/// When the simulation begins: a Monday.
pub const BEGIN: &str = "2026-10-26T08:00:00+08:00";
pub const DUTY: &str = "desk";

/// Key, rule, minutes, capacity, venue. The first and the third overlap on 5 November.
pub const ACTIVITIES: [(&str, &str, u32, u32, Option<usize>); 4] = [
    ("fixed-day", "cron = \"0 0 9 5 * *\"", 120, 3, Some(0)),
    ("lunar", "lunar = { month = 10, day = 1 }\nat = \"19:00\"", 90, 5, Some(0)),
    ("weekly", "cron = \"0 0 10 * * Thu\"", 120, 0, Some(0)),
    ("shift", "cron = \"0 30 8 * * *\"", 60, 2, Some(1)),
];

pub fn id(key: &str) -> Uuid {
    derived(COMMUNITY, key)
}

pub fn venue(n: usize) -> Uuid {
    id(["hall", "pavilion"][n])
}

pub fn stream(service: &str, category: &str, id: impl std::fmt::Display) -> StreamId {
    StreamId::new(COMMUNITY, service, category, id).unwrap()
}

fn meta(node: &Node) -> Meta {
    Meta::by(Actor::Operator("faults".into()), node.platform.entropy.command())
}

/// Founds the community with venues, activities and residents; nothing may fail meanwhile.
pub async fn found(node: &Node, residents: usize) -> Vec<Uuid> {
    let place = |code: &str, kind, parent: &str| Place {
        code: code.into(),
        name: code.into(),
        kind,
        parent: parent.into(),
        zone: if parent.is_empty() { ZONE.into() } else { String::new() },
        synthetic: true,
        ..Place::default()
    };
    for place in [place(COMMUNITY, Kind::Community, ""), place("b1", Kind::Building, COMMUNITY)] {
        node.people.add_place(meta(node), place).await.unwrap();
    }
    let streams = &node.platform.streams;
    for n in 0..2 {
        let name = format!("Venue {n}");
        let add = venue::Command::Add(VenueDescription { name, ..VenueDescription::default() });
        let stream = stream("calendar", "venue", venue(n));
        streams.execute::<Venues>(&stream, meta(node), add).await.unwrap();
    }
    for (key, rule, ..) in ACTIVITIES {
        let commands = [
            activity::Command::Draft { slug: key.into(), description: description(key, key) },
            segment(rule, "2026-10-01".parse().unwrap()),
            activity::Command::Publish,
        ];
        for command in commands {
            let stream = stream("calendar", "activity", id(key));
            streams.execute::<Activities>(&stream, meta(node), command).await.unwrap();
        }
    }
    node.settle().await;
    let mut all = Vec::new();
    for n in 0..residents {
        all.push(register(node, n).await);
    }
    all
}

/// What one of the [`ACTIVITIES`] is, under some title.
pub fn description(key: &str, title: &str) -> Description {
    let (_, _, minutes, capacity, at) = ACTIVITIES.into_iter().find(|one| one.0 == key).unwrap();
    Description {
        title: title.into(),
        kinds: vec!["tea".into()],
        venue: at.map(venue),
        minutes,
        capacity,
        duties: vec![Duty { name: DUTY.into(), places: 2 }],
        ..Description::default()
    }
}

pub fn segment(rule: &str, from: NaiveDate) -> activity::Command {
    let (rule, zone) = (rule.to_owned(), ZONE.to_owned());
    activity::Command::AddSegment { seen: None, from, until: None, rule, zone }
}

/// The `n`-th resident. Every seventh has no address, every eighth wants no mail.
pub async fn register(node: &Node, n: usize) -> Uuid {
    let mut consents = vec![Purpose::Storage];
    consents.extend((n % 8 != 7).then_some(Purpose::Reminders));
    let new = NewResident {
        building: "b1".into(),
        name: format!("Resident {n}"),
        email: if n % 7 == 6 { String::new() } else { format!("r{n}@example.test") },
        language: ["zh", "en"][n % 2].into(),
        synthetic: true,
        consents,
        how: "paper".into(),
        ..NewResident::default()
    };
    let meta = meta(node);
    // The log may fail; the same command again makes the same resident.
    for _ in 0..100 {
        if let Ok((id, _)) = node.people.register(meta.clone(), new.clone()).await {
            return id;
        }
        // After a start the tables may have to catch up first.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("resident {n} can't be registered");
}

/// An occurrence that is a fact.
#[derive(Debug, Clone)]
pub struct Occurrence {
    pub activity: Uuid,
    pub id: RecurrenceId,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub venue: Option<Uuid>,
    pub revision: u32,
    pub cancelled: bool,
    /// It was changed a day after its end or later: the others have let go of it.
    pub too_late: bool,
    /// The position of what made this revision, and when it was made.
    pub since: (Position, DateTime<Utc>),
}

impl Occurrence {
    /// The id of its roll, its duties and its deliveries.
    pub fn key(&self) -> String {
        format!("{}-{}", self.activity, self.id)
    }
}

/// The log as it is, whatever fails, and the occurrences on it.
#[derive(Default)]
pub struct History {
    pub commits: Vec<Recorded>,
    pub occurrences: BTreeMap<(Uuid, RecurrenceId), Occurrence>,
}

impl History {
    /// Reads what has come since.
    pub fn read(&mut self, log: &MemoryLog) {
        loop {
            let next = Position(self.commits.len() as u64 + 1);
            let Some(bytes) = log.bytes(next) else { return };
            let commit = decode(next, &bytes).unwrap();
            if commit.stream.category() == "activity" {
                self.take(&commit);
            }
            self.commits.push(commit);
        }
    }

    fn take(&mut self, commit: &Recorded) {
        let activity = commit.stream.uuid().unwrap();
        for (_, entry, event) in commit.events() {
            let since = (commit.position, entry.at);
            match event.decode::<ActivityEvent>().unwrap() {
                ActivityEvent::OccurrenceOpened(opening) => {
                    let occurrence = Occurrence {
                        activity,
                        id: opening.recurrence_id,
                        start: opening.start,
                        end: opening.end,
                        venue: opening.venue,
                        revision: 0,
                        cancelled: false,
                        too_late: false,
                        since,
                    };
                    let old =
                        self.occurrences.insert((activity, opening.recurrence_id), occurrence);
                    assert!(old.is_none(), "{activity} {} was opened twice", opening.recurrence_id);
                }
                ActivityEvent::OccurrenceMoved(moved) => {
                    let one = self.occurrences.get_mut(&(activity, moved.recurrence_id)).unwrap();
                    assert_eq!(moved.revision, one.revision + 1);
                    one.too_late |= entry.at >= one.end + TimeDelta::days(1);
                    (one.start, one.end, one.venue) = (moved.start, moved.end, moved.venue);
                    (one.revision, one.since) = (moved.revision, since);
                }
                ActivityEvent::OccurrenceCancelled { recurrence_id, revision, .. } => {
                    let one = self.occurrences.get_mut(&(activity, recurrence_id)).unwrap();
                    assert_eq!(revision, one.revision + 1);
                    one.too_late |= entry.at >= one.end + TimeDelta::days(1);
                    (one.cancelled, one.revision, one.since) = (true, revision, since);
                }
                _ => {}
            }
        }
    }

    /// A stream as text, to look at when something is wrong with it.
    pub fn text(&self, stream: &StreamId) -> String {
        let theirs = self.commits.iter().filter(|commit| commit.stream == *stream);
        let lines = theirs.flat_map(|commit| {
            let line = |(of, entry, event): (EventRef, &Entry, &NewEvent)| {
                format!("{} {} {}: {}\n", commit.position, of.version, entry.at, event.0.get())
            };
            commit.events().map(line).collect::<Vec<_>>()
        });
        lines.collect()
    }

    /// All events of a category, in the order of the log.
    pub fn of<'a, E: serde::de::DeserializeOwned>(
        &'a self,
        service: &'a str,
        category: &'a str,
    ) -> impl Iterator<Item = (&'a Recorded, DateTime<Utc>, E)> {
        let theirs = move |commit: &&Recorded| {
            commit.stream.service() == service && commit.stream.category() == category
        };
        self.commits.iter().filter(theirs).flat_map(|commit| {
            commit
                .events()
                .map(move |(_, entry, event)| (commit, entry.at, event.decode().unwrap()))
        })
    }
}
