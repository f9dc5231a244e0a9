//! Bulletins as people and programs see them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use linli_platform::{
    directory::{
        Address, Answer, Directory, DirectoryError, Grant, Lookup, Name, Principal, Purpose,
        SignIn, SignedIn,
    },
    testing::Kit,
    vault::PersonKey,
    web::{Language, Viewer},
};
use linli_ranking::values::Series;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::town::{Town, activity, who};

const BULLETIN: &str = "/c/junhe/bulletins/monthly/1";

/// Knows resident 1 by name, until they are erased; of all others the building.
#[derive(Default)]
struct Names(AtomicBool);

fn nobody<T: Send + 'static>() -> Answer<'static, T> {
    Box::pin(std::future::ready(Err(DirectoryError::Nobody(Uuid::nil()))))
}

impl Directory for Names {
    fn names(
        &self,
        persons: Vec<Uuid>,
        _: Option<Principal>,
        purpose: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        assert_eq!(purpose, Purpose::Ranking, "consent to boards holds for bulletins");
        let erased = self.0.load(Ordering::SeqCst);
        let name = move |person: Uuid| match person == who(1) {
            true if erased => Name::Erased,
            true => Name::Known("Lin Example".into()),
            false => Name::Withheld { building: Some("3#".into()) },
        };
        let names = persons.into_iter().map(|person| (person, name(person))).collect();
        Box::pin(std::future::ready(Ok(names)))
    }
    fn new_key(&self, _: Uuid) -> Answer<'_, PersonKey> {
        nobody()
    }
    fn keys(&self, _: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        nobody()
    }
    fn addresses(&self, _: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        nobody()
    }
    fn find(&self, _: Lookup) -> Answer<'_, Vec<Uuid>> {
        nobody()
    }
    fn sign_in(&self, _: SignIn) -> Answer<'_, SignedIn> {
        nobody()
    }
    fn erase(&self, _: Uuid) -> Answer<'_, ()> {
        nobody()
    }
}

/// October at `junhe`: a talk with two people, and a visit that staff alone see.
async fn october(names: &Arc<Names>) -> Town {
    let names = names.clone();
    let town = Town::over(Kit::new("2026-10-20T10:00:00+08:00", |_| names)).await;
    town.plans("junhe", 1, &["talk"], &["tianbao"]).await;
    let visit = json!({"title": "a secret visit", "kinds": ["visit"], "visibility": "STAFF"});
    let stream = format!("junhe/calendar/activity/{}", activity(2));
    town.happens(&stream, json!({"activityDrafted": {"description": visit}})).await;
    town.opens("junhe", 1, "2026-10-28").await;
    town.opens("junhe", 2, "2026-10-29").await;
    town.upto("2026-10-28T09:00:00+08:00").await;
    for resident in [1, 4] {
        town.comes("junhe", 1, "2026-10-28", resident, 90).await;
    }
    town.upto("2026-11-03T09:00:00+08:00").await;
    town
}

fn visitor(language: Language) -> Viewer {
    Viewer { language, ..Viewer::default() }
}

fn staff() -> Viewer {
    let grant = Grant { permission: "bulletin.publish".into(), community: "junhe".into() };
    let principal = Principal {
        person: who(100),
        staff: true,
        community: "junhe".into(),
        epoch: 0,
        grants: vec![grant],
        language: "en".into(),
        large_type: false,
        acts_for: std::collections::BTreeSet::new(),
    };
    Viewer { principal: Some(principal), ..visitor(Language::En) }
}

impl Town {
    async fn asks(&self, viewer: &Viewer, path: &str, form: Option<&str>) -> Response<Body> {
        let request = Request::builder().uri(path).extension(viewer.clone());
        let request = match form {
            Some(form) => request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.to_owned())),
            None => request.body(Body::empty()),
        };
        let router = self.service.routes.clone().into_router();
        router.oneshot(request.unwrap()).await.unwrap()
    }

    async fn reads(&self, viewer: &Viewer, path: &str) -> String {
        let response = self.asks(viewer, path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        String::from_utf8(bytes(response).await).unwrap()
    }
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

#[tokio::test]
async fn a_page_names_people_by_consent_and_an_erased_one_not_at_all() {
    let names = Arc::new(Names::default());
    let town = october(&names).await;
    let before = town.bulletin("junhe", Series::Monthly, 1).await.1;
    let page = town.reads(&visitor(Language::En), BULLETIN).await;
    for shown in ["Monthly report", "No. 1", "Lin Example", "a resident of 3#", "activity 1", "3.0"]
    {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!page.contains("a secret visit") && page.contains("1 more are not public"));
    names.0.store(true, Ordering::SeqCst);
    let page = town.reads(&visitor(Language::Zh), BULLETIN).await;
    assert!(page.contains("（已删除）") && !page.contains("Lin Example"));
    assert!(page.contains("月报") && page.contains("服务时长（小时）"));
    assert_eq!(town.bulletin("junhe", Series::Monthly, 1).await.1, before);
    let list = town.reads(&visitor(Language::Zh), "/c/junhe/bulletins").await;
    assert!(list.contains(BULLETIN) && list.contains("周小结"));
    for missing in
        ["/c/junhe/bulletins/monthly/2", "/c/junhe/bulletins/daily/1", "/c/nowhere/bulletins"]
    {
        let response = town.asks(&visitor(Language::Zh), missing, None).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn files_hold_what_the_page_does() {
    let town = october(&Arc::default()).await;
    let csv = town.asks(&visitor(Language::Zh), &format!("{BULLETIN}/csv"), None).await;
    let kept = csv.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert_eq!(kept, "attachment; filename=\"junhe-monthly-2026-10.csv\"");
    let csv = String::from_utf8(bytes(csv).await).unwrap();
    assert!(csv.starts_with('\u{feff}'));
    assert!(csv.contains("服务时长,3.0,小时") && csv.contains("2026-10-28,activity 1,"));
    let xlsx = town.asks(&visitor(Language::Zh), &format!("{BULLETIN}/xlsx"), None).await;
    assert!(bytes(xlsx).await.starts_with(b"PK\x03\x04"));
    let print = town.reads(&visitor(Language::Zh), &format!("{BULLETIN}?print=1")).await;
    assert!(!print.contains("/xlsx"));
}

#[tokio::test]
async fn the_desk_looks_ahead_publishes_and_is_refused_what_is_not_over() {
    let town = october(&Arc::default()).await;
    let desk = town.reads(&staff(), "/desk/junhe/bulletins").await;
    assert!(desk.contains("2026-11") && desk.contains("2026-09") && desk.contains("Not over yet."));
    let path = "/desk/junhe/bulletins/preview?period=2026-11";
    assert!(town.reads(&staff(), path).await.contains("This is a preview"));
    let before = town.kit.platform.log.last().await.unwrap();
    let form = |period: &str| format!("cmd={}&period={period}", Uuid::from_u128(9));
    let response = town.asks(&staff(), "/desk/junhe/bulletins", Some(&form("2026-11"))).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let text = String::from_utf8(bytes(response).await).unwrap();
    assert!(text.contains("2026-11 is not over"), "{text}");
    let response = town.asks(&staff(), "/desk/junhe/bulletins", Some(&form("soon"))).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(town.kit.platform.log.last().await.unwrap(), before);
    let response = town.asks(&staff(), "/desk/junhe/bulletins", Some(&form("2026-09"))).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    town.settle().await;
    assert_eq!(town.bulletin("junhe", Series::Monthly, 2).await.0.period.to_string(), "2026-09");
    // Asked for again it is shown.
    let response = town.asks(&staff(), "/desk/junhe/bulletins", Some(&form("2026-09"))).await;
    let there = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(there.starts_with("/c/junhe/bulletins/monthly/2?at="), "{there}");
    // Another community's desk has no business here, and a visitor none at all.
    for (viewer, status) in
        [(staff(), StatusCode::FORBIDDEN), (visitor(Language::Zh), StatusCode::UNAUTHORIZED)]
    {
        let response = town.asks(&viewer, "/desk/tianbao/bulletins", None).await;
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn settings_are_checked_and_hold() {
    let town = october(&Arc::default()).await;
    let form = |n: u128, day: &str| {
        let cmd = Uuid::from_u128(n);
        format!(
            "cmd={cmd}&first_day={day}&weekly_days=1&weekly_at=08:00&weekly_by_hand=yes\
             &monthly_days=1&monthly_at=08:30"
        )
    };
    let path = "/desk/junhe/bulletins/settings";
    let response = town.asks(&staff(), path, Some(&form(1, "31"))).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let response = town.asks(&staff(), path, Some(&form(2, "26"))).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    town.upto("2026-11-26T08:30:00+08:00").await;
    let (content, _) = town.bulletin("junhe", Series::Monthly, 2).await;
    assert_eq!(
        (content.period.to_string(), content.until_on.to_string()),
        ("2026-11".into(), "2026-11-25".into())
    );
    assert_eq!(town.out("junhe", Series::Weekly).await, 2);
}

#[tokio::test]
async fn programs_read_figures_of_any_days_each_with_its_unit() {
    let town = october(&Arc::default()).await;
    let path = |rest: &str| format!("/api/v1/c/junhe/{rest}");
    let all =
        town.reads(&visitor(Language::Zh), &path("figures?from=2026-10-28&to=2026-10-28")).await;
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["units"]["minutes"], "person-minutes");
    let line = |name: &str| {
        let lines = all["lines"].as_array().unwrap();
        lines.iter().find(|it| it["line"] == name).unwrap().clone()
    };
    assert_eq!(line("total")["measures"]["minutes"], 180);
    assert_eq!(line("total")["measures"]["occurrences"], 1);
    assert_eq!(line("building/junhe-1")["name"], "junhe-1 name");
    assert!(!all.to_string().contains("occurrence/"));
    for wrong in [
        "figures?from=2026-10-28&to=2026-10-27",
        "figures?from=2025-01-01&to=2026-12-31",
        "figures",
    ] {
        let response = town.asks(&visitor(Language::Zh), &path(wrong), None).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let exact = town.reads(&staff(), &path("bulletins/monthly/1")).await;
    assert_eq!(exact, town.bulletin("junhe", Series::Monthly, 1).await.1);
    let response = town.asks(&visitor(Language::Zh), &path("bulletins/monthly/1"), None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let list: Value =
        serde_json::from_str(&town.reads(&visitor(Language::Zh), &path("bulletins")).await)
            .unwrap();
    assert_eq!(list[0]["checksum"].as_str().map(str::len), Some(64));
}
