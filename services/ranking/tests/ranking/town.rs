//! A small subdistrict for tests: two communities with buildings, residents whose names a directory
//! knows, activities with their rolls, and a browser without cookies.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use linli_platform::{
    directory::{
        Address, Answer, Directory, DirectoryError, Grant, Lookup, Name, Principal, Purpose,
        SignIn, SignedIn,
    },
    service::Service,
    testing::Kit,
    vault::{PersonKey, Vault},
    web::{Language, Viewer},
};
use linli_ranking::{State, service};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

pub const NOW: &str = "2026-11-05T16:00:00+08:00";
pub const RID: &str = "20261105T090000";

pub fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// An activity of a community.
pub fn activity(n: u128) -> Uuid {
    Uuid::from_u128(0xac00 + n)
}

struct Town {
    vault: Vault,
}

fn answer<T: Send + 'static>(what: Result<T, DirectoryError>) -> Answer<'static, T> {
    Box::pin(std::future::ready(what))
}

impl Directory for Town {
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey> {
        answer(self.vault.new_key(person).map_err(|e| DirectoryError::Down(e.to_string())))
    }
    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        answer(self.vault.keys(&persons).map_err(|e| DirectoryError::Down(e.to_string())))
    }
    /// The first resident alone consents to be named on a board.
    fn names(
        &self,
        persons: Vec<Uuid>,
        _: Option<Principal>,
        purpose: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        let name = |id: Uuid| {
            let known = purpose != Purpose::Ranking || id == who(1);
            let known = known.then(|| Name::Known(format!("Test {}", id.as_u128())));
            (id, known.unwrap_or(Name::Withheld { building: Some("Building 1".into()) }))
        };
        answer(Ok(persons.into_iter().map(name).collect()))
    }
    fn addresses(&self, _: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        answer(Ok(HashMap::new()))
    }
    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>> {
        let found = match by {
            Lookup::Name { begins, .. } => begins.strip_prefix("Test ").map(str::to_owned),
            _ => None,
        };
        answer(Ok(found.and_then(|n| n.parse().ok()).map(who).into_iter().collect()))
    }
    fn sign_in(&self, _: SignIn) -> Answer<'_, SignedIn> {
        answer(Err(DirectoryError::Refused))
    }
    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        answer(self.vault.erase(person).map_err(|e| DirectoryError::Down(e.to_string())))
    }
}

fn seen_by(person: Uuid, staff: bool, grants: Vec<Grant>) -> Viewer {
    let principal = Principal {
        person,
        staff,
        community: "xiguan".into(),
        epoch: 0,
        grants,
        language: "en".into(),
        large_type: false,
        acts_for: BTreeSet::new(),
    };
    Viewer { principal: Some(principal), language: Language::En, large_type: false }
}

/// A resident, signed in.
pub fn resident(n: u128) -> Viewer {
    seen_by(who(n), false, Vec::new())
}

/// Somebody of staff in one community.
pub fn staff(community: &str) -> Viewer {
    let grant =
        |permission: &str| Grant { permission: permission.into(), community: community.into() };
    let grants = ["people.see", "points.spend", "scoring.adopt"].map(grant);
    seen_by(who(0x57AFF), true, grants.to_vec())
}

/// Somebody who reads English and is not signed in.
pub fn visitor() -> Viewer {
    Viewer { language: Language::En, ..Viewer::default() }
}

/// The node with its service.
pub struct Office {
    pub kit: Kit,
    pub service: Service,
    pub state: State,
    router: Router,
}

/// What a page answered.
pub struct Told {
    pub status: StatusCode,
    pub text: String,
    pub headers: HeaderMap,
}

impl Told {
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "no '{text}' in {} {}", self.status, self.text);
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.text.contains(text), "'{text}' in {}", self.text);
        self
    }
}

impl Office {
    /// A subdistrict of two communities with rules: 2 points for attendance, 3 per hour, 4 per
    /// duty, at most 20 a day, groups of 2 and more ranked. Residents 1 to 3 live in the first
    /// building, 4 and 5 in the second, 6 alone in the third, 7 and 8 in the other community.
    pub async fn new() -> Self {
        let directory =
            |vault: &Vault| Arc::new(Town { vault: vault.clone() }) as Arc<dyn Directory>;
        let kit = Kit::new(NOW, directory);
        let service = service(&kit.platform).unwrap();
        let state = State::new(&kit.platform, &service.tables);
        let router = service.routes.clone().into_router();
        let office = Self { kit, service, state, router };
        office.place("wuhang", "吴航街道", "Wuhang", "SUBDISTRICT", "").await;
        for (code, name, name_en) in
            [("xiguan", "西关社区", "Xiguan"), ("beishan", "北山社区", "Beishan")]
        {
            office.place(code, name, name_en, "COMMUNITY", "wuhang").await;
            office.place(&format!("{code}-g1"), "第一网格", "Grid 1", "GRID", code).await;
            for n in 1..=3 {
                let (zh, en) = (format!("{n}号楼"), format!("Building {n}"));
                let parent = if n == 3 { code.to_owned() } else { format!("{code}-g1") };
                office.place(&format!("{code}-{n}"), &zh, &en, "BUILDING", &parent).await;
            }
        }
        for (n, building) in [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)] {
            office.registers(n, "xiguan", building).await;
        }
        office.registers(7, "beishan", 1).await;
        office.registers(8, "beishan", 1).await;
        let rules = json!({ "attendance": 2, "hour": 3, "duty": 4, "dayMax": 20, "baseMin": 2 });
        let adopted = json!({ "scoringAdopted": { "from": "2026-01-01", "rules": rules } });
        office.kit.happened("wuhang/ranking/scoring/points", &adopted).await;
        office
    }

    pub async fn place(&self, code: &str, name: &str, name_en: &str, kind: &str, parent: &str) {
        let zone = "Asia/Shanghai";
        let event = json!({ "placeAdded": {
            "code": code, "name": name, "nameEn": name_en, "kind": kind, "parent": parent,
            "zone": zone,
        }});
        self.kit.happened(&format!("_/people/place/{code}"), &event).await;
    }

    pub async fn registers(&self, n: u128, community: &str, building: u32) {
        self.kit.platform.vault.new_key(who(n)).unwrap();
        let building = format!("{community}-{building}");
        let event = json!({ "residentRegistered": {
            "community": community, "building": building,
        }});
        self.person(n, &event).await;
    }

    pub async fn person(&self, n: u128, event: &Value) {
        self.kit.happened(&format!("_/people/resident/{}", who(n)), event).await;
    }

    /// Drafts an activity and opens its occurrence of 5 November, 9 to 11 o'clock.
    pub async fn opens(&self, community: &str, n: u128, description: Value) {
        let mut all =
            json!({ "title": "茶话会", "titleEn": format!("Tea party {n}"), "kinds": ["议事"] });
        all.as_object_mut().unwrap().extend(description.as_object().unwrap().clone());
        let drafted = json!({ "slug": format!("tea-{n}"), "description": all });
        self.calendar(community, n, &json!({ "activityDrafted": drafted })).await;
        self.calendar(
            community,
            n,
            &json!({ "occurrenceOpened": {
                "recurrenceId": RID, "segment": 1, "zone": "Asia/Shanghai",
                "start": "2026-11-05T01:00:00Z", "end": "2026-11-05T03:00:00Z",
            }}),
        )
        .await;
    }

    pub async fn calendar(&self, community: &str, n: u128, event: &Value) {
        self.kit.happened(&format!("{community}/calendar/activity/{}", activity(n)), event).await;
    }

    pub async fn roll(&self, community: &str, n: u128, event: &Value) {
        let stream = format!("{community}/attendance/roll/{}-{RID}", activity(n));
        self.kit.happened(&stream, event).await;
    }

    /// Somebody came to an activity's occurrence and left after so many minutes.
    pub async fn came(&self, community: &str, n: u128, resident: u128, minutes: u32) {
        let resident = who(resident);
        let at = "2026-11-05T01:00:00Z";
        let event = json!({ "checkedIn": { "resident": resident, "way": "LIST", "at": at } });
        self.roll(community, n, &event).await;
        let out = json!({ "resident": resident, "at": "2026-11-05T03:00:00Z", "minutes": minutes });
        self.roll(community, n, &json!({ "checkedOut": out })).await;
    }

    pub async fn settle(&self) {
        self.kit.settle(&[&self.service.tables]).await;
        let stopped = self.service.tables.progress().borrow().stopped.clone();
        assert_eq!(stopped, []);
    }

    async fn ask(&self, viewer: &Viewer, mut request: Request<Body>) -> Told {
        request.extensions_mut().insert(viewer.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Told { status, text: String::from_utf8(bytes.to_vec()).unwrap(), headers }
    }

    pub async fn get(&self, viewer: &Viewer, path: &str) -> Told {
        self.settle().await;
        self.ask(viewer, Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form with a fresh command id.
    pub async fn post(&self, viewer: &Viewer, path: &str, fields: &[(&str, &str)]) -> Told {
        let cmd = self.kit.platform.entropy.uuid().to_string();
        self.post_again(viewer, path, fields, &cmd).await
    }

    /// Sends a form under a given command id.
    pub async fn post_again(
        &self,
        viewer: &Viewer,
        path: &str,
        fields: &[(&str, &str)],
        cmd: &str,
    ) -> Told {
        self.settle().await;
        let pair = |(name, value): &(&str, &str)| format!("{name}={}", value.replace(' ', "+"));
        let form: Vec<_> = fields.iter().map(pair).collect();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("{}&cmd={cmd}", form.join("&"))))
            .unwrap();
        let told = self.ask(viewer, request).await;
        self.settle().await;
        told
    }

    /// A board as other programs see it.
    pub async fn board(&self, place: &str, query: &str) -> Value {
        let path = format!("/api/v1/c/{place}/rankings?period=2026-11&{query}");
        self.get(&visitor(), &path).await.json()
    }

    /// Name, rank and value of each line of a board.
    pub async fn lines(&self, place: &str, query: &str) -> Vec<(String, u64, i64)> {
        let board = self.board(place, query).await;
        let line = |line: &Value| {
            let rank = line["rank"].as_u64().unwrap_or(0);
            (line["name"].as_str().unwrap().to_owned(), rank, line["value"].as_i64().unwrap())
        };
        board["lines"].as_array().unwrap().iter().map(line).collect()
    }
}

/// A line of a board; rank 0 is none.
pub fn line(name: &str, rank: u64, value: i64) -> (String, u64, i64) {
    (name.to_owned(), rank, value)
}
