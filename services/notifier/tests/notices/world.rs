//! A neighbourhood to be reminded: hand-written events of the other services, and a directory.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use linli_notifier::{
    Post,
    adapters::mail::{Letter, Mailer, Outbox},
    projections::{calls, deliveries},
    service,
    values::Hours,
};
use linli_platform::{
    directory::{Grant, Principal},
    event_log::{
        EventLog,
        memory::{Chances, MemoryLog},
    },
    ids::StreamId,
    service::Service,
    stream::Streams,
    testing::{Kit, at},
    web::{Language, Viewer},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::people::People;

pub const ACTIVITY: &str = "00000000-0000-0000-0000-00000000000a";
pub const OCC: &str = "00000000-0000-0000-0000-00000000000a-20261105T090000";

/// The service, running.
pub struct World {
    pub kit: Kit,
    pub people: Arc<People>,
    pub service: Service,
    pub outbox: Outbox,
}

impl World {
    /// The first start, on Monday 2 November 2026 at 8.
    pub fn new() -> Self {
        let people = Arc::new(People::default());
        let directory = people.clone();
        // With faults to come, none as yet.
        let log = MemoryLog::failing(1, Chances::default());
        let (dir, start) = (Arc::new(TempDir::new().unwrap()), at("2026-11-02T08:00:00+08:00"));
        let kit = Kit::over(log, dir, start, |vault| {
            directory.keep(vault);
            directory
        });
        Self::run(kit, people, Hours::default(), |log| log)
    }

    /// Another start over the same log and folder, at the same time. `through` puts something
    /// before the log.
    pub fn again(self, through: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>) -> Self {
        self.again_in("", through)
    }

    /// The same on a machine that runs in these hours; always if there are none.
    pub fn again_in(
        self,
        hours: &str,
        through: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>,
    ) -> Self {
        let Self { kit, people, .. } = self;
        let directory = people.clone();
        let now = kit.platform.clock.now();
        // Its tables are gone with the machine: they are built anew, and nothing is sent by that.
        let _ = std::fs::remove_dir_all(kit.platform.data.join("tables"));
        let kit = Kit::over(kit.log.clone(), kit.dir.clone(), now, |vault| {
            directory.keep(vault);
            directory
        });
        people.open();
        Self::run(kit, people, hours.parse().unwrap_or_default(), through)
    }

    fn run(
        mut kit: Kit,
        people: Arc<People>,
        hours: Hours,
        through: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>,
    ) -> Self {
        kit.platform.public_url = "https://linli.test".into();
        kit.platform.log = through(kit.platform.log.clone());
        kit.platform.streams = Streams::new(kit.platform.log.clone(), kit.platform.clock.clone());
        let outbox = Outbox::open(kit.dir.path().join("outbox")).unwrap();
        let post = Post {
            mailer: Mailer::Outbox(outbox.clone()),
            from: "office@linli.test".into(),
            from_name: None,
            reply_to: None,
            hours,
        };
        let service = service(&kit.platform, post, true).unwrap();
        Self { kit, people, service, outbox }
    }

    /// Xiguan, its Party-member day on 5 November at 9, and residents 1 to `n` with an address.
    pub async fn with(n: u128) -> Self {
        let world = Self::new();
        world
            .happened(
                "_/people/place/xiguan",
                json!({ "placeAdded": {
            "code": "xiguan", "name": "西关社区", "nameEn": "Xiguan", "zone": "Asia/Shanghai"
        } }),
            )
            .await;
        world
            .happened(
                "xiguan/calendar/venue/v1",
                json!({ "venueAdded": {
            "description": { "name": "近邻议事厅", "nameEn": "Neighbours' hall" }
        } }),
            )
            .await;
        world
            .happened(
                "xiguan/calendar/venue/v2",
                json!({ "venueAdded": {
            "description": { "name": "连心亭" }
        } }),
            )
            .await;
        world
            .calendar(json!({ "activityDrafted": { "slug": "party-day", "description": {
            "title": "党员日", "titleEn": "Party-member day", "kinds": ["党员日"], "contact": ""
        } } }))
            .await;
        world.segment("cron = \"0 0 9 5 * *\"").await;
        world.open("20261105T090000", "2026-11-05T09:00:00+08:00").await;
        for n in 1..=n {
            world.people.reached(n, Some(&format!("r{n}@example.test")), "zh");
        }
        world
    }

    pub async fn segment(&self, rule: &str) {
        self.calendar(json!({ "segmentAdded": {
            "segment": 1, "from": "2026-11-01", "rule": rule, "zone": "Asia/Shanghai"
        } }))
        .await;
    }

    pub async fn open(&self, recurrence_id: &str, start: &str) {
        let end = at(start) + TimeDelta::hours(2);
        self.calendar(json!({ "occurrenceOpened": {
            "recurrenceId": recurrence_id, "start": at(start), "end": end,
            "zone": "Asia/Shanghai", "venue": "v1"
        } }))
        .await;
    }

    pub async fn happened(&self, stream: &str, event: Value) {
        self.kit.happened(stream, &event).await;
    }

    pub async fn calendar(&self, event: Value) {
        self.happened(&format!("xiguan/calendar/activity/{ACTIVITY}"), event).await;
    }

    pub async fn moved(&self, revision: u32, start: &str, venue: &str) {
        let end = at(start) + TimeDelta::hours(2);
        self.calendar(json!({ "occurrenceMoved": {
            "recurrenceId": "20261105T090000", "revision": revision, "start": at(start),
            "end": end, "zone": "Asia/Shanghai", "venue": venue, "reason": "会场停电"
        } }))
        .await;
    }

    pub async fn cancelled(&self, revision: u32) {
        self.calendar(json!({ "occurrenceCancelled": {
            "recurrenceId": "20261105T090000", "revision": revision, "reason": "暴雨预警"
        } }))
        .await;
    }

    pub async fn roll(&self, event: &str, n: u128) {
        let event = json!({ event: { "resident": Uuid::from_u128(n) } });
        self.happened(&format!("xiguan/attendance/roll/{OCC}"), event).await;
    }

    pub async fn subscribe(&self, n: u128, leads: &[u32]) {
        let resident = Uuid::from_u128(n);
        self.happened(
            &format!("xiguan/notifier/subscription/{resident}"),
            json!({
                "subscribed": {
                    "subscription": Uuid::from_u128(99), "what": "KIND", "of": "党员日",
                    "leadMinutes": leads, "channels": ["email"]
                }
            }),
        )
        .await;
    }

    /// Waits until nothing is left to be done now and no batch is under way.
    pub async fn quiet(&self) {
        let tables = &self.service.tables;
        let mut progress = tables.progress();
        loop {
            self.kit.settle(&[tables]).await;
            progress.mark_unchanged();
            if tables.read(deliveries::unsettled).await.unwrap().is_empty() {
                return;
            }
            progress.changed().await.unwrap();
        }
    }

    /// Goes on to an instant, stopping at each timer on the way.
    pub async fn until(&self, end: &str) {
        let (end, clock) = (at(end), &self.kit.platform.clock);
        loop {
            self.quiet().await;
            let due = self.service.tables.progress().borrow().next_due;
            match due.filter(|due| *due <= end) {
                Some(due) => clock.advance_to(due.max(clock.now())),
                None if clock.now() < end => clock.advance_to(end),
                None => return,
            }
        }
    }

    /// All mails so far, each as its address and text, in order of address and subject.
    pub async fn letters(&self) -> Vec<Letter> {
        let mut letters = Vec::new();
        for mail in self.outbox.list().await.unwrap() {
            letters.push(self.outbox.read(mail.file).await.unwrap().unwrap());
        }
        letters.sort_by(|a, b| (&a.head.to, &a.head.subject).cmp(&(&b.head.to, &b.head.subject)));
        letters
    }

    /// To whom mails went, with what stands before the colon of their subject.
    pub async fn sent(&self) -> Vec<(String, String)> {
        let letters = self.letters().await.into_iter().map(|letter| {
            let subject = letter.head.subject;
            let kind = subject.split('：').next().unwrap_or_default().to_owned();
            (letter.head.to, kind)
        });
        letters.collect()
    }

    /// How each delivery of the occurrence stands: resident, revision, purpose, state, class,
    /// attempt.
    pub async fn standing(&self) -> Vec<(u128, String)> {
        let stream: StreamId = format!("xiguan/notifier/delivery/{OCC}").parse().unwrap();
        let read = self.service.tables.read(move |db| deliveries::of_source(db, &stream));
        let told = read.await.unwrap().into_iter().map(|s| {
            let key = s.key;
            let outcome = if s.class.is_empty() { s.reason } else { s.class };
            let text = format!(
                "{} r{} {} {outcome} try {} doubts {}",
                key.purpose, key.revision, s.state, s.attempt, s.doubts
            );
            (key.resident.as_u128(), text)
        });
        told.collect()
    }

    pub async fn calls(&self) -> Vec<calls::Call> {
        let now = self.kit.platform.clock.now();
        self.service.tables.read(move |db| calls::open(db, "xiguan", now)).await.unwrap()
    }

    /// A request as somebody; the status, where it leads to, and the body.
    pub async fn ask(
        &self,
        viewer: Viewer,
        path: &str,
        form: Option<&str>,
    ) -> (StatusCode, String, String) {
        let builder = Request::builder().uri(path).extension(viewer);
        let request = match form {
            None => builder.body(Body::empty()),
            Some(form) => builder
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.to_owned())),
        };
        let router = self.service.routes.clone().into_router();
        let response = router.oneshot(request.unwrap()).await.unwrap();
        let status = response.status();
        let to = response.headers().get(header::LOCATION);
        let to = to.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, to, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// Somebody signed in.
pub fn viewer(n: u128, permission: Option<&str>) -> Viewer {
    let grant =
        |permission: &str| Grant { permission: permission.into(), community: "xiguan".into() };
    let principal = Principal {
        person: Uuid::from_u128(n),
        staff: permission.is_some(),
        community: "xiguan".into(),
        epoch: 0,
        grants: permission.map(grant).into_iter().collect(),
        language: "zh".into(),
        large_type: false,
        acts_for: BTreeSet::default(),
    };
    Viewer { principal: Some(principal), language: Language::Zh, large_type: false }
}

/// The present instant of a world.
pub fn now(world: &World) -> DateTime<Utc> {
    world.kit.platform.clock.now()
}
