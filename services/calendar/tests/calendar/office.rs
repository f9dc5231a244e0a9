//! A community office that plans: commands as a desk or `linli seed` gives them.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use linli_calendar::{
    contract::{
        CadencePromise, Closure, Description, HolidayDay, HolidayKind, HolidayPaper,
        VenueDescription, Visibility,
    },
    deciders::{
        activity::{Activities, Cancel, Command, Move, Rejection},
        cadence, holidays, venue,
    },
    projections::agenda::{self, Ask},
    values::agenda::{Entry, State},
};
use linli_platform::{
    entropy::derived,
    ids::{Actor, EVERYWHERE, StreamId, Version},
    service::Service,
    stream::{ExecuteError, Meta},
    tables::Noted,
    testing::{Kit, Nobody, at},
};
use uuid::Uuid;

pub const XIGUAN: &str = "xiguan";

pub struct Office {
    pub kit: Kit,
    pub service: Service,
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The id of an activity or venue.
pub fn id(key: &str) -> Uuid {
    derived(XIGUAN, key)
}

pub fn lasting(title: &str, minutes: u32) -> Description {
    Description { title: title.into(), minutes, ..Description::default() }
}

impl Office {
    pub fn at(now: &str) -> Self {
        let kit = Kit::new(now, |_| Arc::new(Nobody));
        let service = linli_calendar::service(&kit.platform).unwrap();
        Self { kit, service }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.kit.platform.clock.now()
    }

    fn meta(&self) -> Meta {
        Meta::by(Actor::Operator("office".into()), self.kit.platform.entropy.command())
    }

    /// Gives a command to an activity.
    pub async fn asks(&self, key: &str, command: Command) -> Result<usize, Rejection> {
        let stream = StreamId::new(XIGUAN, "calendar", "activity", id(key)).unwrap();
        let streams = &self.kit.platform.streams;
        match streams.execute::<Activities>(&stream, self.meta(), command).await {
            Ok(accepted) => Ok(accepted.events.len()),
            Err(ExecuteError::Rejected(rejection)) => Err(rejection),
            Err(other) => panic!("{other}"),
        }
    }

    pub async fn drafts(&self, key: &str, description: Description, rule: &str) {
        self.asks(key, Command::Draft { slug: key.into(), description }).await.unwrap();
        self.rules(key, "2026-01-01", rule).await;
    }

    pub async fn rules(&self, key: &str, from: &str, rule: &str) {
        let (rule, zone) = (rule.to_owned(), "Asia/Shanghai".to_owned());
        let command = Command::AddSegment { seen: None, from: date(from), until: None, rule, zone };
        self.asks(key, command).await.unwrap();
    }

    pub async fn publishes(&self, key: &str, description: Description, rule: &str) {
        self.drafts(key, description, rule).await;
        self.asks(key, Command::Publish).await.unwrap();
    }

    pub async fn moves(&self, entry: &Entry, start: &str, venue: Option<Uuid>) {
        let start = at(start);
        let command = Move {
            id: entry.id,
            opening: Some(entry.opening()),
            seen: Some(entry.version),
            start,
            end: start + (entry.end - entry.start),
            all_day: entry.all_day,
            venue,
            reason: "场地检修".into(),
            past: false,
        };
        self.asks(&entry.activity.slug, Command::Move(command)).await.unwrap();
    }

    pub async fn cancels(&self, entry: &Entry) {
        let (opening, seen) = (Some(entry.opening()), Some(entry.version));
        let reason = "大雨".to_owned();
        let command = Cancel { id: entry.id, opening, seen, reason, past: false };
        self.asks(&entry.activity.slug, Command::Cancel(command)).await.unwrap();
    }

    pub async fn asks_venue(&self, key: &str, command: venue::Command) {
        let stream = StreamId::new(XIGUAN, "calendar", "venue", id(key)).unwrap();
        let streams = &self.kit.platform.streams;
        streams.execute::<venue::Venues>(&stream, self.meta(), command).await.unwrap();
    }

    pub async fn adds_venue(&self, key: &str, name: &str) {
        let description = VenueDescription { name: name.into(), ..VenueDescription::default() };
        self.asks_venue(key, venue::Command::Add(description)).await;
    }

    pub async fn closes(&self, key: &str, from: &str, until: &str) -> Closure {
        let (closure, reason) = (Uuid::from_u128(7), "检修".to_owned());
        let closure = Closure { closure, from: at(from), until: at(until), reason };
        self.asks_venue(key, venue::Command::Close(closure.clone())).await;
        closure
    }

    /// Adopts a year's holidays: these days off, those worked.
    pub async fn adopts(&self, year: u32, off: &[&str], work: &[&str]) {
        let day =
            |kind| move |day: &&str| HolidayDay { date: date(day), name: "春节".into(), kind };
        let off = off.iter().map(day(HolidayKind::Off));
        let days = off.chain(work.iter().map(day(HolidayKind::Work))).collect();
        let paper = HolidayPaper { year, days, source: "国务院办公厅".into() };
        let stream = StreamId::new(EVERYWHERE, "calendar", "holidays", year).unwrap();
        let (streams, command) = (&self.kit.platform.streams, holidays::Command::Adopt(paper));
        streams.execute::<holidays::Holidays>(&stream, self.meta(), command).await.unwrap();
    }

    pub async fn promises(&self, key: &str, promise: CadencePromise) {
        let stream = StreamId::new(XIGUAN, "calendar", "cadence", id(key)).unwrap();
        let (streams, command) = (&self.kit.platform.streams, cadence::Command::Set(promise));
        streams.execute::<cadence::Cadences>(&stream, self.meta(), command).await.unwrap();
    }

    pub async fn settles(&self) {
        self.kit.settle(&[&self.service.tables]).await;
    }

    pub async fn waits(&self, days: i64) {
        self.kit.pass(TimeDelta::days(days), &[&self.service.tables]).await;
    }

    /// All that stands in the tables of a community from one day to another.
    pub async fn agenda(&self, from: &str, to: &str) -> Vec<Entry> {
        self.settles().await;
        self.answers(&Ask::all(XIGUAN, date(from)..=date(to)))
    }

    pub fn answers(&self, ask: &Ask) -> Vec<Entry> {
        let now = self.now();
        self.service.tables.read_now(|db| agenda::agenda(db, ask, now)).unwrap()
    }

    pub async fn occurrence(&self, key: &str, id: &str) -> Entry {
        self.settles().await;
        let (id, now) = (id.parse().unwrap(), self.now());
        let found = |db: &_| agenda::occurrence(db, XIGUAN, key, id, now);
        self.service.tables.read_now(found).unwrap().expect("it is there")
    }

    /// The ids of an activity's occurrences in a state.
    pub async fn ids(&self, key: &str, state: State, from: &str, to: &str) -> Vec<String> {
        let entries = self.agenda(from, to).await;
        let wanted = |entry: &&Entry| entry.activity.slug == key && entry.state == state;
        entries.iter().filter(wanted).map(|entry| entry.id.to_string()).collect()
    }

    /// Why commands that processes gave were declined.
    pub async fn declined(&self) -> Vec<String> {
        self.settles().await;
        let mut declined = Vec::new();
        for process in ["opening", "booking"] {
            let stream = StreamId::new(XIGUAN, "calendar", "process", process).unwrap();
            for commit in self.kit.platform.log.read(&stream, Version(0)).await.unwrap() {
                declined.extend(commit.events().map(|(_, _, event)| {
                    let Noted::Declined { reason, .. } = event.decode().unwrap();
                    reason
                }));
            }
        }
        declined
    }
}

pub fn for_team(team: &str) -> Description {
    let teams = vec![id(team)];
    Description { visibility: Visibility::Team, teams, ..lasting("探访", 120) }
}
