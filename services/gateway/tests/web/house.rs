//! A house with all services, and its visitors.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use chrono::TimeDelta;
use linli_gateway::{Options, Parts};
use linli_notifier::{
    Post,
    adapters::mail::{Mailer, Outbox},
};
use linli_people::{
    People, PeopleDirectory,
    adapters::{NewResident, NewStaff},
    contract::{Kind, Place},
};
use linli_platform::{ids::Actor, service::Service, stream::Meta, testing::Kit};
use tower::ServiceExt as _;
use uuid::Uuid;

pub struct House {
    pub kit: Kit,
    pub people: People,
    pub services: [Service; 5],
    pub options: Options,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn shows(&self, what: &str) -> &Self {
        assert!(self.text.contains(what), "{what:?} is not in\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn hides(&self, what: &str) -> &Self {
        assert!(!self.text.contains(what), "{what:?} is in\n{}", self.text);
        self
    }
}

/// A request as a browser on this site makes it.
pub fn get(path: &str) -> axum::http::request::Builder {
    Request::get(path).header(header::HOST, "linli.test")
}

/// A form sent from a page of this site.
pub fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::HOST, "linli.test")
        .header(header::ORIGIN, "http://linli.test")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

impl House {
    /// Two communities of one subdistrict, seen on a Monday in November.
    pub async fn new() -> Self {
        Self::at_url("http://linli.test").await
    }

    pub async fn at_url(public_url: &str) -> Self {
        let mut directory = None;
        let mut kit = Kit::new("2026-11-02T08:00:00+08:00", |vault| {
            let made = PeopleDirectory::new(vault);
            directory = Some(made.clone());
            Arc::new(made)
        });
        kit.platform.public_url = public_url.to_owned();
        let (platform, directory) = (&kit.platform, directory.unwrap());
        let outbox: PathBuf = kit.dir.path().join("outbox");
        let post = Post {
            mailer: Mailer::Outbox(Outbox::open(outbox).unwrap()),
            from: "linli@example.org".into(),
            from_name: None,
            reply_to: None,
            hours: linli_notifier::values::Hours::default(),
        };
        let services = [
            linli_calendar::service(platform).unwrap(),
            linli_people::service(platform, &directory).unwrap(),
            linli_notifier::service(platform, post, true).unwrap(),
            linli_attendance::service(platform).unwrap(),
            linli_ranking::service(platform).unwrap(),
        ];
        let people = People::new(platform, &services[1].tables);
        let house = Self { kit, people, services, options: Options::default() };
        house.builds().await;
        house
    }

    async fn builds(&self) {
        let place = |code: &str, name: &str, name_en: &str, kind, parent: &str| Place {
            code: code.into(),
            name: name.into(),
            name_en: name_en.into(),
            kind,
            parent: parent.into(),
            ..Place::default()
        };
        for place in [
            place("guangling", "广陵街道", "Guangling", Kind::Subdistrict, ""),
            place("xiguan", "西关社区", "Xiguan", Kind::Community, "guangling"),
            place("guanyuan", "官园社区", "Guanyuan", Kind::Community, "guangling"),
            place("xiguan-b3", "3号楼", "Building 3", Kind::Building, "xiguan"),
        ] {
            self.people.add_place(self.meta(), place).await.unwrap();
            self.settles().await;
        }
    }

    pub fn meta(&self) -> Meta {
        Meta::by(Actor::Operator("test".into()), self.kit.platform.entropy.command())
    }

    pub fn parts(&self) -> Parts<'_> {
        let [calendar, people, notifier, attendance, ranking] = &self.services;
        let (platform, options) = (&self.kit.platform, &self.options);
        Parts { platform, calendar, people, notifier, attendance, ranking, options }
    }

    pub fn app(&self) -> Router {
        linli_gateway::app(self.parts()).unwrap()
    }

    pub async fn settles(&self) {
        let tables: Vec<_> = self.services.iter().map(|service| &service.tables).collect();
        self.kit.settle(&tables).await;
    }

    /// A member of staff of one place.
    pub async fn hires(&self, role: &str, community: &str) -> Uuid {
        let who = NewStaff {
            name: "测试员".into(),
            email: format!("{role}.{community}@example.org"),
            language: "zh".into(),
            role: role.into(),
            community: community.into(),
        };
        let invited = self.people.invite(self.meta(), who).await.unwrap();
        self.settles().await;
        invited.person
    }

    /// A synthetic resident of building 3.
    pub async fn settles_in(&self) -> Uuid {
        let new = NewResident {
            building: "xiguan-b3".into(),
            name: "合成居民甲".into(),
            language: "zh".into(),
            synthetic: true,
            ..NewResident::default()
        };
        let (id, _) = self.people.register(self.meta(), new).await.unwrap();
        self.settles().await;
        id
    }

    /// Signs somebody in by a link, as a browser does; their cookie.
    pub async fn signs_in(&self, app: &Router, person: Uuid) -> String {
        let link = self.people.one_time_link(person, TimeDelta::minutes(15)).await.unwrap();
        let (_, secret) = link.split_once("secret=").unwrap();
        let request = post("/sign-in/link").body(format!("secret={secret}").into()).unwrap();
        let answer = ask(app, request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

pub async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answer { status: head.status, headers: head.headers, text }
}

/// Looks at a page as nobody in particular.
pub async fn look(app: &Router, path: &str) -> Answer {
    ask(app, get(path).body(Body::empty()).unwrap()).await
}

/// Looks at a page with a cookie.
pub async fn look_as(app: &Router, cookie: &str, path: &str) -> Answer {
    ask(app, get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
}
