//! The frame around every page: who and where, the way to the other pages, what is not right just
//! now. Refusals become pages here, in the visitor's language, or JSON for programs.

use askama::Template;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use linli_people::projections::places;
use linli_platform::{
    ids::{EventRef, Version},
    web::{Behind, Page, Parts, Refusal, Viewer},
};

use super::{Gateway, assets, words::Text};

/// No page is larger.
const PAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    t: Text,
    viewer: &'a Viewer,
    title: &'a str,
    body: &'a str,
    place: Option<Place>,
    /// The way to the other pages: path, words.
    nav: Vec<(String, &'static str)>,
    /// This page's path.
    at: &'a str,
    /// This page's own address, to come back to.
    here: &'a str,
    mark: &'a str,
    demo: bool,
    /// What is wrong with this computer's clock.
    clock: Option<String>,
    behind: bool,
    stopped: Vec<String>,
}

#[derive(Template)]
#[template(path = "bare.html")]
struct Bare<'a> {
    t: Text,
    large: bool,
    title: &'a str,
    body: &'a str,
    mark: &'a str,
    demo: bool,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Refused<'a> {
    t: Text,
    title: &'a str,
    text: &'a str,
    sign_in: bool,
    next: &'a str,
}

/// The place that a page is about.
struct Place {
    code: String,
    name: String,
}

/// What the frame needs to know of a request.
struct Asked {
    viewer: Viewer,
    path: String,
    /// Path and query without what belongs to this one visit.
    here: String,
    reads: bool,
}

impl Asked {
    fn of(req: &Request) -> Self {
        let path = req.uri().path().to_owned();
        let once = |pair: &&str| !pair.starts_with("at=") && !pair.starts_with("lang=");
        let query: Vec<_> = req.uri().query().unwrap_or_default().split('&').collect();
        let query: Vec<_> = query.into_iter().filter(once).filter(|p| !p.is_empty()).collect();
        let reads = req.method().is_safe();
        let here = match (reads, query.is_empty()) {
            (false, _) => "/".to_owned(),
            (true, true) => path.clone(),
            (true, false) => format!("{path}?{}", query.join("&")),
        };
        let viewer = req.extensions().get::<Viewer>().cloned().unwrap_or_default();
        Self { viewer, path, here, reads }
    }

    fn is_program(&self) -> bool {
        ["/api/", "/live", "/healthz", "/readyz", "/metrics"]
            .iter()
            .any(|p| self.path.starts_with(p))
    }

    /// The community in the path.
    fn community(&self) -> Option<&str> {
        let mut parts = self.path.split('/').skip(1);
        let first = parts.next()?;
        let about = ["c", "desk", "screen", "rankings"].contains(&first);
        parts.next().filter(|code| about && !code.is_empty())
    }
}

/// Draws the frame around pages and refusals; everything else passes as it is.
pub(super) async fn frame(State(gateway): State<Gateway>, req: Request, next: Next) -> Response {
    let asked = Asked::of(&req);
    let mut response = next.run(req).await;
    let behind = response.extensions_mut().remove::<Behind>().is_some();
    if let Some(parts) = response.extensions_mut().remove::<Parts>() {
        return framed(&gateway, &asked, response, &parts, behind).await;
    }
    match refusal(&mut response) {
        Some(refusal) => refused(&gateway, &asked, response, &refusal).await,
        None => response,
    }
}

/// The refusal that a response is: one that says so, or an error that came without a page.
fn refusal(response: &mut Response) -> Option<Refusal> {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        return Some(refusal);
    }
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let error = status.is_client_error() || status.is_server_error();
    (error && plain).then(|| Refusal { status, text: String::new() })
}

/// What the frame itself says of a status.
fn key(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "sign_in_first",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "missing",
        StatusCode::METHOD_NOT_ALLOWED => "method",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::TOO_MANY_REQUESTS => "too_many",
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE => "failed",
        _ => "invalid",
    }
}

async fn refused(
    gateway: &Gateway,
    asked: &Asked,
    response: Response,
    refusal: &Refusal,
) -> Response {
    let t = Text(asked.viewer.language);
    let (key, status) = (key(refusal.status), refusal.status);
    let own = t.of(&format!("{key}_text"), "");
    let text = if refusal.text.is_empty() { own.as_str() } else { refusal.text.as_str() };
    let (parts, _) = response.into_parts();
    let mut answer = if asked.is_program() {
        let error = serde_json::json!({ "status": status.as_u16(), "error": text });
        (status, axum::Json(error)).into_response()
    } else {
        let title = t.of(&format!("{key}_title"), "");
        let sign_in = status == StatusCode::UNAUTHORIZED;
        let next = if asked.reads { asked.here.as_str() } else { "/my" };
        let page = Refused { t, title: &title, text, sign_in, next }.render();
        let Ok(html) = page else { return status.into_response() };
        let page = Page::new(title.clone(), html).status(status);
        let mut page = page.into_response();
        let about = page.extensions_mut().remove::<Parts>().unwrap_or_default();
        framed(gateway, asked, page, &about, false).await
    };
    for kept in [header::RETRY_AFTER, header::ALLOW, header::SET_COOKIE] {
        if let Some(value) = parts.headers.get(&kept) {
            answer.headers_mut().insert(kept, value.clone());
        }
    }
    answer
}

async fn framed(
    gateway: &Gateway,
    asked: &Asked,
    response: Response,
    parts: &Parts,
    behind: bool,
) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, PAGE_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = String::from_utf8_lossy(&body);
    let html = if parts.bare {
        bare(gateway, asked, &parts.title, &body)
    } else {
        whole(gateway, asked, parts, &body, behind).await
    };
    let html = match html {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "the frame can't be drawn");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    head.headers.remove(header::CONTENT_LENGTH);
    // What somebody who is signed in sees stays on no shared computer.
    let signed_in = asked.viewer.principal.is_some();
    let kept = if signed_in { "private, no-store" } else { "private, no-cache" };
    head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(kept));
    head.headers.append(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    Response::from_parts(head, Body::from(html))
}

fn bare(
    gateway: &Gateway,
    asked: &Asked,
    title: &str,
    body: &str,
) -> Result<String, askama::Error> {
    let t = Text(asked.viewer.language);
    let large = asked.viewer.large_type;
    let (mark, demo) = (assets::MARK.as_str(), gateway.options.demo);
    Bare { t, large, title, body, mark, demo }.render()
}

async fn whole(
    gateway: &Gateway,
    asked: &Asked,
    parts: &Parts,
    body: &str,
    behind: bool,
) -> Result<String, askama::Error> {
    let viewer = &asked.viewer;
    let t = Text(viewer.language);
    let place = place(gateway, asked, parts.community.as_deref()).await;
    let frame = Frame {
        t,
        viewer,
        title: &parts.title,
        body,
        nav: nav(viewer, place.as_ref()),
        place,
        at: &asked.path,
        here: &asked.here,
        mark: assets::MARK.as_str(),
        demo: gateway.options.demo,
        clock: clock(gateway, viewer),
        behind,
        stopped: stopped(gateway, t).await,
    };
    frame.render()
}

/// The way to the month, to the boards, to one's own page and, for whoever works there, to the desk.
fn nav(viewer: &Viewer, place: Option<&Place>) -> Vec<(String, &'static str)> {
    let mut nav = vec![match place {
        Some(place) => (format!("/c/{}", place.code), "nav_month"),
        None => ("/".to_owned(), "nav_communities"),
    }];
    nav.extend(place.map(|place| (format!("/rankings/{}", place.code), "nav_rankings")));
    let Some(who) = &viewer.principal else { return nav };
    nav.push(("/my".to_owned(), "nav_my"));
    let works_at = |place: &&Place| who.grants.iter().any(|g| who.may(&g.permission, &place.code));
    if let Some(place) = place.filter(works_at) {
        nav.push((format!("/desk/{}", place.code), "nav_desk"));
    } else if !who.grants.is_empty() {
        nav.push(("/desk".to_owned(), "nav_desk"));
    }
    nav
}

/// The community that the page is about, or else the visitor's own.
async fn place(gateway: &Gateway, asked: &Asked, about: Option<&str>) -> Option<Place> {
    let own = asked.viewer.principal.as_ref().map(|who| who.community.as_str());
    let code = about.or_else(|| asked.community()).or(own)?.to_owned();
    let found = gateway.people.read(move |db| places::place(db, &code)).await;
    let row = found.ok().flatten()?;
    let name = row.called(asked.viewer.language).to_owned();
    Some(Place { code: row.code, name })
}

/// What every page says of a clock that is behind the log, and what the desk is told of one that
/// leapt.
fn clock(gateway: &Gateway, viewer: &Viewer) -> Option<String> {
    let (t, guard) = (Text(viewer.language), gateway.platform.streams.guard());
    let told = |at: DateTime<Utc>| {
        at.with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M").to_string()
    };
    if let Some((now, last)) = guard.behind() {
        return Some(t.clock_behind(&told(now), &told(last)));
    }
    let works = viewer.principal.as_ref().is_some_and(|who| !who.grants.is_empty());
    (works && guard.waits().is_some()).then(|| t.w("clock_waits").to_owned())
}

/// Which services' tables have stopped, and until when what they show is whole.
async fn stopped(gateway: &Gateway, t: Text) -> Vec<String> {
    let mut all = Vec::new();
    for tables in gateway.tables() {
        let why = tables.progress().borrow().stopped.first().map(|(_, why)| why.clone());
        let Some(why) = why else { continue };
        let service = t.w(&format!("service_{}", tables.service())).to_owned();
        all.push(match last_time(gateway, &why).await {
            Some(at) => format!("{service} {}", t.of("stopped_at", at)),
            None => service,
        });
    }
    all
}

/// When the event happened that tables stopped at; the reason begins with its name.
async fn last_time(gateway: &Gateway, why: &str) -> Option<String> {
    let event: EventRef = why.split(": ").next()?.parse().ok()?;
    let before = Version(event.version.0.saturating_sub(1));
    let commits = gateway.platform.log.read(&event.stream, before).await.ok()?;
    let at = commits.first()?.at();
    Some(at.with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M").to_string())
}
