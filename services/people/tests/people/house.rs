//! A subdistrict with two communities, a community elsewhere, and a desk.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use linli_people::{
    People, PeopleDirectory,
    adapters::{NewResident, NewStaff},
    contract::{Kind, Place, Purpose},
};
use linli_platform::{
    directory::{Principal, SignIn, SignedIn},
    event_log::sqlite::{OpenMode, SqliteLog},
    ids::{Actor, Position},
    service::{Platform, Service, settle},
    stream::{Meta, Streams},
    testing::Kit,
    web::{Language, Viewer},
};
use tower::ServiceExt as _;
use uuid::Uuid;

pub const NOW: &str = "2026-11-02T08:00:00+08:00";

pub struct House {
    /// Holds the temporary folder.
    _kit: Kit,
    pub platform: Platform,
    pub service: Service,
    pub people: People,
}

/// What a route answered.
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub cookie: String,
    pub text: String,
}

impl House {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With its log in a file, as an office has it.
    pub async fn in_files() -> Self {
        Self::with(|platform| {
            let log = SqliteLog::open(&platform.data, OpenMode::Write).unwrap();
            platform.log = Arc::new(log);
            platform.streams = Streams::new(platform.log.clone(), platform.clock.clone());
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut Platform)) -> Self {
        let mut directory = None;
        let kit = Kit::new(NOW, |vault| {
            let made = PeopleDirectory::new(vault);
            directory = Some(made.clone());
            Arc::new(made)
        });
        let mut platform = kit.platform.clone();
        change(&mut platform);
        let service = linli_people::service(&platform, &directory.unwrap()).unwrap();
        let people = People::new(&platform, &service.tables);
        let house = Self { _kit: kit, platform, service, people };
        house.build().await;
        house
    }

    async fn build(&self) {
        let places = [
            ("guangling", Kind::Subdistrict, "", "广陵街道"),
            ("junhe", Kind::Community, "guangling", "浚河社区"),
            ("tianbao", Kind::Community, "guangling", "天宝社区"),
            ("junhe-g1", Kind::Grid, "junhe", "第一网格"),
            ("junhe-b03", Kind::Building, "junhe-g1", "3号楼"),
            ("junhe-b04", Kind::Building, "junhe", "4号楼"),
            ("tianbao-b01", Kind::Building, "tianbao", "1号楼"),
            ("xiguan", Kind::Community, "", "西关社区"),
            ("xiguan-b03", Kind::Building, "xiguan", "3号楼"),
        ];
        for (code, kind, parent, name) in places {
            let (code, parent, name) = (code.into(), parent.into(), name.into());
            let place = Place { code, kind, parent, name, ..Place::default() };
            self.people.add_place(self.meta(), place).await.unwrap();
        }
        self.settle().await;
    }

    pub fn meta(&self) -> Meta {
        Meta::by(Actor::Operator("test".into()), self.platform.entropy.command())
    }

    pub async fn settle(&self) -> Position {
        let log = self.platform.log.as_ref();
        settle(log, &self.platform.clock, &[&self.service.tables]).await.unwrap()
    }

    pub async fn resident(&self, new: NewResident) -> Uuid {
        let language = "zh".to_owned();
        let new = NewResident { language, how: "paper".into(), synthetic: true, ..new };
        let (id, _) = self.people.register(self.meta(), new).await.unwrap();
        self.settle().await;
        id
    }

    pub async fn staff(&self, name: &str, role: &str, community: &str) -> Viewer {
        let who = NewStaff {
            name: name.into(),
            email: format!("{name}@example.org"),
            language: "zh".into(),
            role: role.into(),
            community: community.into(),
        };
        let person = self.people.invite(self.meta(), who).await.unwrap().person;
        self.settle().await;
        self.viewer(person).await
    }

    /// Somebody as they are when signed in.
    pub async fn viewer(&self, person: Uuid) -> Viewer {
        let epoch = self.platform.vault.session_epoch(person).unwrap();
        let with = SignIn::Session { person, epoch };
        match self.platform.directory.sign_in(with).await.unwrap() {
            SignedIn::As(who) => signed_in(*who),
            other => panic!("nothing was to be made: {other:?}"),
        }
    }

    pub async fn get(&self, viewer: &Viewer, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.ask(viewer, request).await
    }

    pub async fn post(&self, viewer: &Viewer, path: &str, form: &[(&str, &str)]) -> Answer {
        let form: Vec<_> = form.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.join("&")));
        self.ask(viewer, request.unwrap()).await
    }

    pub async fn ask(&self, viewer: &Viewer, request: Request<Body>) -> Answer {
        let routes: Router = self.service.routes.clone().into_router();
        let response = routes.layer(Extension(viewer.clone())).oneshot(request).await.unwrap();
        let text = |name| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (location, cookie) = (text(header::LOCATION), text(header::SET_COOKIE));
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, location, cookie, text }
    }

    pub fn cmd(&self) -> String {
        self.platform.entropy.uuid().to_string()
    }
}

pub fn signed_in(who: Principal) -> Viewer {
    let (language, large_type) = (Language::of(&who.language), who.large_type);
    Viewer { principal: Some(who), language, large_type }
}

pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

pub fn somebody(name: &str, building: &str, flat: &str, phone: &str) -> NewResident {
    NewResident {
        name: name.into(),
        building: building.into(),
        flat: flat.into(),
        phone: phone.into(),
        consents: vec![Purpose::Storage],
        ..NewResident::default()
    }
}
