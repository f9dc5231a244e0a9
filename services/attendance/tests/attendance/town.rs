//! A small town for tests: a node, a few residents whose names a directory knows, one activity, and
//! a browser without cookies.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use linli_attendance::{State, service, values::OccurrenceKey};
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
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

pub const NOW: &str = "2026-11-02T08:00:00+08:00";
pub const ACTIVITY: Uuid = Uuid::from_u128(0xac);
pub const RID: &str = "20261105T090000";
pub const PAGE: &str = "/c/xiguan/tea-party/20261105T090000";
pub const DESK: &str = "/desk/xiguan/roll/tea-party/20261105T090000";
pub const API: &str = "/api/v1/c/xiguan/rolls/tea-party/20261105T090000";

pub fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// The occurrence.
pub fn key() -> OccurrenceKey {
    OccurrenceKey::new("xiguan", ACTIVITY, RID)
}

/// Made-up people of the test alone.
fn called(n: u128) -> Option<&'static str> {
    ["Test Adam", "Test Berta", "Test Berta", "Test Carla", "Test Dora"]
        .get(usize::try_from(n).ok()?.checked_sub(1)?)
        .copied()
}

struct Town {
    vault: Vault,
    cards: BTreeMap<&'static str, Uuid>,
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
    fn names(
        &self,
        persons: Vec<Uuid>,
        _: Option<Principal>,
        _: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        let name = |id: Uuid| Some((id, Name::Known(called(id.as_u128())?.to_owned())));
        answer(Ok(persons.into_iter().filter_map(name).collect()))
    }
    fn addresses(&self, _: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        answer(Ok(HashMap::new()))
    }
    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>> {
        answer(Ok(match by {
            Lookup::Name { begins, .. } => {
                let fits = |n: &u128| called(*n).is_some_and(|name| name.starts_with(&begins));
                (1..=5).filter(fits).map(who).collect()
            }
            Lookup::Card(code) => self.cards.get(code.as_str()).copied().into_iter().collect(),
            // The two of one name live in flats 201 and 301.
            Lookup::Flat { flat, among } => {
                let lives = |id: &Uuid| flat == format!("{}01", id.as_u128());
                among.into_iter().filter(lives).collect()
            }
            Lookup::Email(_) | Lookup::Phone(_) => Vec::new(),
        }))
    }
    fn sign_in(&self, _: SignIn) -> Answer<'_, SignedIn> {
        answer(Err(DirectoryError::Refused))
    }
    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        answer(self.vault.erase(person).map_err(|e| DirectoryError::Down(e.to_string())))
    }
}

fn principal(person: Uuid, staff: bool) -> Principal {
    Principal {
        person,
        staff,
        community: "xiguan".into(),
        epoch: 0,
        grants: Vec::new(),
        language: "en".into(),
        large_type: false,
        acts_for: BTreeSet::new(),
    }
}

fn seen_by(principal: Principal) -> Viewer {
    let (principal, language) = (Some(principal), Language::En);
    Viewer { principal, language, large_type: false }
}

/// A resident, signed in, who may act for some others.
pub fn resident(n: u128, acts_for: impl IntoIterator<Item = u128>) -> Viewer {
    let acts_for = acts_for.into_iter().map(who).collect();
    seen_by(Principal { acts_for, ..principal(who(n), false) })
}

/// Somebody of staff who takes the roll.
pub fn keeper() -> Viewer {
    let grant = Grant { permission: "roll.take".into(), community: "xiguan".into() };
    seen_by(Principal { grants: vec![grant], ..principal(who(0x57AFF), true) })
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
    pub to: String,
}

impl Office {
    /// An office with five residents, of whom the fourth is under 14.
    pub async fn new() -> Self {
        let directory = |vault: &Vault| {
            let (vault, cards) = (vault.clone(), BTreeMap::from([("34679-ACDEF", who(4))]));
            Arc::new(Town { vault, cards }) as Arc<dyn Directory>
        };
        let kit = Kit::new(NOW, directory);
        for (code, name, parent) in [
            ("xiguan", "Xiguan", ""),
            ("xg-grid-1", "Grid 1", "xiguan"),
            ("xg-1", "House 1", "xg-grid-1"),
            ("xg-2", "House 2", "xg-grid-1"),
            ("xg-3", "House 3", "xiguan"),
        ] {
            let place = json!({ "code": code, "name": name, "parent": parent, "kind": "BUILDING" });
            let stream = format!("_/people/place/{code}");
            kit.happened(&stream, &json!({ "placeAdded": place })).await;
        }
        for n in 1..=5 {
            kit.platform.vault.new_key(who(n)).unwrap();
            let event = json!({ "residentRegistered": {
                "community": "xiguan", "building": format!("xg-{n}"), "under14": n == 4,
            }});
            kit.happened(&format!("_/people/resident/{}", who(n)), &event).await;
        }
        let service = service(&kit.platform).unwrap();
        let state = State::new(&kit.platform, &service.tables);
        let router = service.routes.clone().into_router();
        Self { kit, service, state, router }
    }

    pub async fn calendar(&self, event: Value) {
        self.kit.happened(&format!("xiguan/calendar/activity/{ACTIVITY}"), &event).await;
        self.settle().await;
    }

    /// Drafts the activity and opens its occurrence of 5 November, 9 to 11 o'clock.
    pub async fn opens(&self, capacity: u32, description: Value) {
        let mut all = json!({ "title": "Tea", "titleEn": "Tea party" });
        let (into, from) = (all.as_object_mut().unwrap(), description.as_object().unwrap());
        into.extend(from.clone());
        let drafted = json!({ "slug": "tea-party", "description": all });
        self.calendar(json!({ "activityDrafted": drafted })).await;
        self.calendar(json!({ "occurrenceOpened": {
            "recurrenceId": RID, "segment": 1, "zone": "Asia/Shanghai", "capacity": capacity,
            "start": "2026-11-05T01:00:00Z", "end": "2026-11-05T03:00:00Z",
        }}))
        .await;
    }

    pub async fn settle(&self) {
        self.kit.settle(&[&self.service.tables]).await;
        let stopped = self.service.tables.progress().borrow().stopped.clone();
        assert_eq!(stopped, []);
    }

    /// Sets the clock to so many minutes after the start, or before it.
    pub async fn at_minute(&self, n: i64) {
        let to =
            linli_platform::testing::at("2026-11-05T01:00:00Z") + chrono::TimeDelta::minutes(n);
        let by = to - self.kit.platform.clock.now();
        self.kit.pass(by, &[&self.service.tables]).await;
    }

    async fn ask(&self, viewer: &Viewer, mut request: Request<Body>) -> Told {
        request.extensions_mut().insert(viewer.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let to = response.headers().get(header::LOCATION);
        let to = to.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Told { status, text: String::from_utf8(bytes.to_vec()).unwrap(), to }
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
        let form = format!("{}&cmd={cmd}", url_form(fields));
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let told = self.ask(viewer, request).await;
        self.settle().await;
        told
    }

    /// Sends a form with a file.
    pub async fn send_file(&self, viewer: &Viewer, path: &str, name: &str, file: &[u8]) -> Told {
        let cmd = self.kit.platform.entropy.uuid();
        let part = |head: &str, body: &[u8]| {
            let head = format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            [head.as_bytes(), body, b"\r\n"].concat()
        };
        let file = part(&format!("name=\"{name}\"; filename=\"roll.csv\""), file);
        let cmd = part("name=\"cmd\"", cmd.to_string().as_bytes());
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from([cmd, file, b"--b--\r\n".to_vec()].concat()))
            .unwrap();
        let told = self.ask(viewer, request).await;
        self.settle().await;
        told
    }

    pub async fn post_json(&self, viewer: &Viewer, path: &str, body: &Value) -> Told {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.ask(viewer, request).await
    }

    /// What somebody gets who scans the code on the wall, to say whom to check in. The wall shows
    /// it in a picture alone, so this seals as the wall's page does.
    pub async fn at_the_wall(&self, viewer: &Viewer) -> String {
        let made = self.kit.platform.clock.now().timestamp_micros().to_be_bytes();
        let vault = &self.kit.platform.vault;
        let code = vault.seal_cookie(&format!("wall/{}", key()), &made).unwrap();
        let page = self.get(viewer, &format!("{PAGE}/check-in?code={code}")).await;
        between(&page.text, "name=\"code\" value=\"", "\"").to_owned()
    }

    /// The counts as other programs see them.
    pub async fn counts(&self) -> Value {
        let told = self.get(&Viewer::default(), API).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        serde_json::from_str(&told.text).unwrap()
    }
}

/// The letters between two marks of a page.
pub fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("{from} in {page}")) + from.len();
    &page[start..start + page[start..].find(to).unwrap()]
}

/// Fields as a browser writes them, as far as the tests need it.
fn url_form(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        let value = value.replace('%', "%25").replace(':', "%3A").replace('&', "%26");
        let value = value.replace('\n', "%0A");
        format!("{name}={}", value.replace('+', "%2B").replace(' ', "+"))
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}
