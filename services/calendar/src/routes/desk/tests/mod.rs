//! The desk over an in-memory log: forms as a browser sends them.

mod change;
mod others;
mod plan;
mod words;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use linli_platform::{
    directory::{Grant, Principal},
    entropy::derived,
    ids::{Actor, StreamId},
    service::Service,
    stream::Meta,
    testing::{Kit, Nobody},
    web::{Language, Viewer},
};
use serde_json::json;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    contract::{Description, VenueDescription},
    deciders::{
        activity::{Activities, Command},
        venue,
    },
    projections::agenda::{self, Ask},
    values::agenda::Entry,
};

pub const XIGUAN: &str = "xiguan";
/// An id for a form.
pub const CMD: &str = "00000000-0000-4000-8000-000000000001";
pub const ALL: [&str; 5] =
    ["activity.plan", "activity.publish", "occurrence.change", "venue.manage", "holidays.adopt"];

/// A served desk.
pub struct Office {
    pub kit: Kit,
    pub service: Service,
    router: Router,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
}

/// Somebody of the staff with these permissions in Xiguan.
pub fn staff(permissions: &[&str], language: Language) -> Viewer {
    let grant =
        |permission: &&str| Grant { permission: (*permission).into(), community: XIGUAN.into() };
    let principal = Principal {
        person: Uuid::from_u128(7),
        staff: true,
        community: "_".into(),
        epoch: 1,
        grants: permissions.iter().map(grant).collect(),
        language: language.code().into(),
        large_type: false,
        acts_for: BTreeSet::default(),
    };
    Viewer { principal: Some(principal), language, large_type: false }
}

pub fn id(key: &str) -> Uuid {
    derived(XIGUAN, key)
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let plain =
        |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let pairs = fields.iter().map(|(key, value)| format!("{}={}", plain(key), plain(value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl Office {
    pub async fn at(now: &str) -> Self {
        let kit = Kit::new(now, |_| Arc::new(Nobody));
        let service = crate::service(&kit.platform).unwrap();
        let router = service.routes.clone().into_router();
        for (code, name) in [(XIGUAN, "西关"), ("guanyuan", "关园")] {
            let place = json!({"placeAdded": {"code": code, "name": name, "nameEn": "Xiguan",
                "kind": "COMMUNITY", "zone": "Asia/Shanghai"}});
            kit.happened(&format!("_/people/place/{code}"), &place).await;
        }
        let office = Self { kit, service, router };
        office.settles().await;
        office
    }

    pub async fn settles(&self) {
        self.kit.settle(&[&self.service.tables]).await;
    }

    pub async fn asks(&self, key: &str, command: Command) {
        let stream = StreamId::new(XIGUAN, "calendar", "activity", id(key)).unwrap();
        let meta = Meta::by(Actor::Operator("test".into()), self.kit.platform.entropy.command());
        self.kit.platform.streams.execute::<Activities>(&stream, meta, command).await.unwrap();
    }

    /// A published activity of two hours with a rule from 2026-01-01 on.
    pub async fn publishes(&self, key: &str, venue: Option<&str>, rule: &str) {
        self.drafts(key, venue, rule).await;
        self.asks(key, Command::Publish).await;
        self.settles().await;
    }

    pub async fn drafts(&self, key: &str, venue: Option<&str>, rule: &str) {
        let (title, venue) = (format!("活动{key}"), venue.map(id));
        let description = Description { title, minutes: 120, venue, ..Description::default() };
        self.asks(key, Command::Draft { slug: key.into(), description }).await;
        self.rules(key, "2026-01-01", rule).await;
    }

    pub async fn rules(&self, key: &str, from: &str, rule: &str) {
        let (from, rule, zone) = (from.parse().unwrap(), rule.into(), "Asia/Shanghai".into());
        let add = Command::AddSegment { seen: None, from, until: None, rule, zone };
        self.asks(key, add).await;
        self.settles().await;
    }

    pub async fn adds_venue(&self, key: &str) {
        let stream = StreamId::new(XIGUAN, "calendar", "venue", id(key)).unwrap();
        let meta = Meta::by(Actor::Operator("test".into()), self.kit.platform.entropy.command());
        let name = format!("场地{key}");
        let add = venue::Command::Add(VenueDescription { name, ..VenueDescription::default() });
        self.kit.platform.streams.execute::<venue::Venues>(&stream, meta, add).await.unwrap();
        self.settles().await;
    }

    pub async fn agenda(&self, from: &str, to: &str) -> Vec<Entry> {
        self.settles().await;
        let ask = Ask::all(XIGUAN, from.parse().unwrap()..=to.parse().unwrap());
        let now = self.kit.platform.clock.now();
        self.service.tables.read_now(|db| agenda::agenda(db, &ask, now)).unwrap()
    }

    /// How many events the log holds.
    pub async fn events(&self) -> u64 {
        self.settles().await;
        self.kit.platform.log.last().await.unwrap().0
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let location = parts.headers.get(header::LOCATION);
        let location = location.map_or("", |path| path.to_str().unwrap()).to_owned();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, location, text }
    }

    pub async fn get_as(&self, path: &str, viewer: &Viewer) -> Answer {
        let path = format!("/desk/xiguan/{path}");
        let request = Request::get(path).extension(viewer.clone()).body(Body::empty());
        self.send(request.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(path, &staff(&ALL, Language::Zh)).await
    }

    pub async fn post_as(&self, path: &str, viewer: &Viewer, form: &[(&str, &str)]) -> Answer {
        let request = Request::post(format!("/desk/xiguan/{path}"))
            .extension(viewer.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(encoded(form)));
        self.send(request.unwrap()).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as(path, &staff(&ALL, Language::Zh), form).await
    }

    /// The page that an answer leads to.
    pub async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        self.get(answer.location.strip_prefix("/desk/xiguan/").unwrap()).await
    }
}

impl Answer {
    /// It has this status and says this.
    pub fn says(&self, status: u16, text: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert!(self.text.contains(text), "no '{text}' in {}", self.text);
    }

    /// The value of the n-th hidden field of a name.
    pub fn hidden(&self, name: &str, n: usize) -> &str {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split(&start).nth(n + 1).unwrap_or_else(|| panic!("no {name}"));
        rest.split('"').next().unwrap()
    }
}
