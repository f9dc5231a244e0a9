//! What every request passes.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use chrono::TimeDelta;

use crate::house::{House, ask, get, look, look_as, post};

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let house = House::new().await;
    let app = house.app();
    let foreign = Request::post("/preferences")
        .header(header::HOST, "linli.test")
        .header(header::ORIGIN, "https://elsewhere.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = ask(&app, foreign.body("large=1".into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    answer.shows("来自其他网站");
    assert_eq!(answer.header("set-cookie"), "");
    let own = ask(&app, post("/preferences").body("large=1".into()).unwrap()).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn behind_a_proxy_that_changes_the_host_the_public_address_is_this_site() {
    let house = House::at_url("https://linli.example").await;
    let app = house.app();
    let own = Request::post("/preferences")
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::ORIGIN, "https://linli.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = ask(&app, own.body("large=1".into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header("set-cookie").ends_with("; Secure"));
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn a_public_address_that_is_none_is_refused_at_the_start() {
    let house = House::at_url("linli.example/path").await;
    let error = linli_gateway::app(house.parts()).unwrap_err().to_string();
    assert!(error.contains("linli.example/path") && error.contains("https://"), "{error}");
}

#[tokio::test]
async fn every_answer_bears_the_headers_that_protect_it() {
    let house = House::new().await;
    let app = house.app();
    for path in ["/", "/nothing", "/readyz", "/assets/linli.css", "/api/v1/communities"] {
        let answer = look(&app, path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn pages_hold_nothing_inline() {
    let house = House::new().await;
    let app = house.app();
    for path in ["/", "/nothing", "/screen/xiguan", "/sign-in"] {
        look(&app, path).await.hides(" style=").hides("<script>").hides("<style").hides("onclick");
    }
}

#[tokio::test]
async fn pages_are_sent_small() {
    let house = House::new().await;
    let request = get("/").header(header::ACCEPT_ENCODING, "gzip").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(house.app(), request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
}

#[tokio::test]
async fn too_many_tries_to_sign_in_from_one_address_are_refused() {
    let house = House::new().await;
    let app = house.app();
    let try_from = |host: u8| {
        let peer = SocketAddr::from(([192, 0, 2, host], 4000));
        post("/sign-in/card").extension(ConnectInfo(peer)).body("code=WRONG".into()).unwrap()
    };
    for _ in 0..20 {
        assert_eq!(ask(&app, try_from(1)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let refused = ask(&app, try_from(1)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    refused.shows("<h1>请稍等</h1>");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    assert_eq!(ask(&app, try_from(2)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_sign_in_that_is_revoked_ends_within_a_minute() {
    let house = House::new().await;
    let app = house.app();
    let resident = house.settles_in().await;
    let cookie = house.signs_in(&app, resident).await;
    assert_eq!(look_as(&app, &cookie, "/my").await.status, StatusCode::OK);
    house.people.sign_out_everywhere(resident).await.unwrap();
    house.kit.platform.clock.advance(TimeDelta::seconds(59));
    assert_eq!(look_as(&app, &cookie, "/my").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_signs_out_everywhere_is_out_at_once() {
    let house = House::new().await;
    let app = house.app();
    let resident = house.settles_in().await;
    let (here, there) =
        (house.signs_in(&app, resident).await, house.signs_in(&app, resident).await);
    assert_eq!(look_as(&app, &there, "/my").await.status, StatusCode::OK);
    let out = post("/sign-out/everywhere").header(header::COOKIE, &here);
    let out = ask(&app, out.body(Body::empty()).unwrap()).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    for cookie in [here, there] {
        assert_eq!(look_as(&app, &cookie, "/my").await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn an_altered_cookie_lets_nobody_in() {
    let house = House::new().await;
    let app = house.app();
    let resident = house.settles_in().await;
    let mut cookie = house.signs_in(&app, resident).await;
    let last = if cookie.pop() == Some('A') { 'B' } else { 'A' };
    cookie.insert(cookie.len() - 4, last);
    assert_eq!(look_as(&app, &cookie, "/my").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_without_end_is_refused() {
    let house = House::new().await;
    let long = format!("back={}", "x".repeat(2 * 1024 * 1024));
    let answer = ask(&house.app(), post("/preferences").body(long.into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.shows("<h1>文件太大</h1>");
}
