//! A calendar with the rules of Xiguan from `seeds/`.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    response::IntoResponse as _,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use linli_almanac::{HolidayYear, RecurrenceId};
use linli_calendar::{
    contract::{Attendance, Description, Duty, HolidayPaper, VenueDescription, Visibility, Words},
    deciders::{
        activity::{Activities, Command},
        holidays, venue,
    },
    projections::agenda::{self, Ask},
    routes::{self, Calendar, Places, feed},
    values::agenda::Entry,
};
use linli_platform::{
    directory::{Grant, Principal},
    entropy::derived,
    ids::{Actor, StreamId},
    service::Service,
    stream::Meta,
    testing::Kit,
    web::Viewer,
};
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::residents::Residents;

pub const COMMUNITY: &str = "xiguan";

#[derive(Deserialize)]
struct Seed {
    venue: Vec<SeedVenue>,
    activity: Vec<SeedActivity>,
}

#[derive(Deserialize)]
struct SeedVenue {
    key: String,
    name: String,
    #[serde(default)]
    name_en: String,
}

#[derive(Deserialize)]
struct SeedActivity {
    key: String,
    title: String,
    #[serde(default)]
    title_en: String,
    kinds: Vec<String>,
    venue: Option<String>,
    #[serde(default)]
    rotation: Vec<String>,
    audience: String,
    visibility: String,
    team: Option<String>,
    state: String,
    #[serde(default)]
    minutes: u32,
    #[serde(default)]
    capacity: u32,
    text: String,
    #[serde(default)]
    duties: Vec<Duty>,
    segment: Vec<SeedSegment>,
    #[serde(default)]
    described: Vec<SeedWords>,
}

#[derive(Deserialize)]
struct SeedSegment {
    from: toml::value::Datetime,
    until: Option<toml::value::Datetime>,
    rule: String,
}

#[derive(Deserialize)]
struct SeedWords {
    id: RecurrenceId,
    title: Option<String>,
    text: Option<String>,
    #[serde(default)]
    kinds: Vec<String>,
    venue: Option<String>,
    start: Option<NaiveTime>,
}

/// A served calendar.
pub struct Served {
    pub kit: Kit,
    pub service: Service,
    router: Router,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

pub fn id(key: &str) -> Uuid {
    derived(COMMUNITY, key)
}

pub fn stream(category: &str, id: Uuid) -> StreamId {
    StreamId::new(COMMUNITY, "calendar", category, id).unwrap()
}

/// Somebody of the staff who may do all.
pub fn organiser() -> Viewer {
    let names = ["activity.plan", "activity.publish", "occurrence.change", "venue.manage"];
    let names = names.into_iter().chain(["holidays.adopt", "people.see"]);
    let grant = |permission: &str| Grant { permission: permission.into(), community: "*".into() };
    let principal = Principal {
        person: Uuid::from_u128(7),
        staff: true,
        community: "_".into(),
        epoch: 1,
        grants: names.map(grant).collect(),
        language: "zh".into(),
        large_type: false,
        acts_for: BTreeSet::default(),
    };
    Viewer { principal: Some(principal), ..Viewer::default() }
}

impl Served {
    /// A calendar at an instant, with Xiguan's place and nothing else.
    pub async fn empty(now: &str) -> Self {
        let kit = Kit::new(now, |vault| Arc::new(Residents(vault.clone())));
        let service = linli_calendar::service(&kit.platform).unwrap();
        let router = service.routes.clone().into_router();
        let place = json!({"placeAdded": {"code": COMMUNITY, "name": "西关", "nameEn": "Xiguan",
            "kind": "COMMUNITY", "zone": "Asia/Shanghai"}});
        kit.happened("_/people/place/xiguan", &place).await;
        feed::name_host(&kit.platform).await.unwrap();
        let served = Self { kit, service, router };
        served.settle().await;
        served
    }

    /// The same with all rules of `seeds/xiguan.toml`, seeded a year before.
    pub async fn xiguan(now: &str) -> Self {
        let served = Self::empty("2025-12-01T08:00:00+08:00").await;
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds");
        let paper = std::fs::read_to_string(format!("{root}/holidays/2026.toml")).unwrap();
        let paper: HolidayYear = toml::from_str(&paper).unwrap();
        let adopt = holidays::Command::Adopt(HolidayPaper::of_almanac(&paper));
        let to = "_/calendar/holidays/2026".parse().unwrap();
        let streams = &served.kit.platform.streams;
        streams.execute::<holidays::Holidays>(&to, served.meta(), adopt).await.unwrap();
        let seed = std::fs::read_to_string(format!("{root}/xiguan.toml")).unwrap();
        let seed: Seed = toml::from_str(&seed).unwrap();
        for venue in seed.venue {
            let SeedVenue { key, name, name_en } = venue;
            let description = VenueDescription { name, name_en, ..VenueDescription::default() };
            served.venue(&key, venue::Command::Add(description)).await;
        }
        let mut described = HashMap::new();
        for activity in seed.activity {
            let key = activity.key.clone();
            described.insert(key, served.seed(activity).await);
        }
        served.kit.platform.clock.advance_to(linli_platform::testing::at(now));
        served.settle().await;
        for (key, words) in described {
            served.describe(&key, words).await;
        }
        served.settle().await;
        served
    }

    async fn seed(&self, a: SeedActivity) -> Vec<SeedWords> {
        let description = Description {
            title: a.title,
            title_en: a.title_en,
            kinds: a.kinds,
            visibility: match a.visibility.as_str() {
                "team" => Visibility::Team,
                "staff" => Visibility::Staff,
                _ => Visibility::Public,
            },
            teams: a.team.iter().map(|key| id(key)).collect(),
            venue: a.venue.as_deref().map(id),
            rotation: a.rotation.iter().map(|key| id(key)).collect(),
            audience: a.audience,
            text: a.text,
            minutes: a.minutes,
            capacity: a.capacity,
            attendance: Attendance::Names,
            duties: a.duties,
            ..Description::default()
        };
        self.activity(&a.key, Command::Draft { slug: a.key.clone(), description }).await;
        for segment in a.segment {
            let date = |date: toml::value::Datetime| date.to_string().parse::<NaiveDate>().unwrap();
            let add = Command::AddSegment {
                seen: None,
                from: date(segment.from),
                until: segment.until.map(date),
                rule: segment.rule,
                zone: "Asia/Shanghai".into(),
            };
            self.activity(&a.key, add).await;
        }
        if a.state == "published" {
            self.activity(&a.key, Command::Publish).await;
        }
        a.described
    }

    async fn describe(&self, key: &str, all: Vec<SeedWords>) {
        for own in all {
            let (title, text, kinds) = (own.title, own.text, own.kinds);
            let words = Words { title, text, kinds, ..Words::none(own.id) };
            if own.venue.is_some() || own.start.is_some() {
                let entry = self.entry(key, own.id).await;
                let mut opening = entry.opening();
                opening.venue = own.venue.as_deref().map(id).or(opening.venue);
                if let Some(time) = own.start {
                    let local = entry.starts_on().and_time(time) - TimeDelta::hours(8);
                    opening.end = local.and_utc() + (opening.end - opening.start);
                    opening.start = local.and_utc();
                }
                self.activity(key, Command::Open { opening, own: true }).await;
            }
            self.activity(key, Command::DescribeOccurrence { seen: None, words }).await;
        }
    }

    pub fn meta(&self) -> Meta {
        Meta::by(Actor::Operator("test".into()), self.kit.platform.entropy.command())
    }

    pub async fn activity(&self, key: &str, command: Command) {
        let (to, streams) = (stream("activity", id(key)), &self.kit.platform.streams);
        streams.execute::<Activities>(&to, self.meta(), command).await.unwrap();
    }

    pub async fn venue(&self, key: &str, command: venue::Command) {
        let (to, streams) = (stream("venue", id(key)), &self.kit.platform.streams);
        streams.execute::<venue::Venues>(&to, self.meta(), command).await.unwrap();
    }

    pub async fn settle(&self) {
        self.kit.settle(&[&self.service.tables]).await;
    }

    pub async fn entry(&self, key: &str, which: RecurrenceId) -> Entry {
        let (now, activity) = (self.kit.platform.clock.now(), id(key));
        let read = move |db: &_| agenda::occurrence_by_id(db, activity, which, now);
        self.service.tables.read(read).await.unwrap().unwrap()
    }

    pub async fn agenda(&self, ask: Ask) -> Vec<Entry> {
        let now = self.kit.platform.clock.now();
        self.service.tables.read(move |db| agenda::agenda(db, &ask, now)).await.unwrap()
    }

    pub async fn get(&self, path: &str, viewer: &Viewer) -> Answer {
        self.get_with(path, viewer, &[]).await
    }

    pub async fn get_with(&self, path: &str, viewer: &Viewer, head: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path).extension(viewer.clone());
        for (name, value) in head {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// The month as the gateway shows it to somebody, without anybody's registration.
    pub async fn month(&self, community: &str, month: &str, viewer: &Viewer) -> Answer {
        let calendar = Calendar::new(&self.kit.platform, &self.service.tables);
        let wall = routes::month(&calendar, viewer, community, month).await;
        let page = wall.and_then(|wall| wall.page(&calendar, viewer, &Places::new()));
        Self::read(page.into_response()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Self::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn read(response: axum::response::Response) -> Answer {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

impl Answer {
    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }
}
