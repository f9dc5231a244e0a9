//! What a route answers.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};

use crate::ids::Position;

/// A page without its frame: the gateway puts head, navigation and foot around it.
#[derive(Debug, Clone)]
pub struct Page {
    parts: Parts,
    html: String,
    status: StatusCode,
}

/// What the frame needs to know of a page; travels with the response to the gateway.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The title, in the page's language.
    pub title: String,
    /// The community that the page is about.
    pub community: Option<String>,
    /// Whether it is to be printed or shown alone: no navigation.
    pub bare: bool,
}

/// On a response: the tables are not yet where the visitor was promised.
#[derive(Debug, Clone, Copy)]
pub struct Behind;

impl Page {
    /// A page of `html` under `title`.
    pub fn new(title: impl Into<String>, html: impl Into<String>) -> Self {
        let parts = Parts { title: title.into(), ..Parts::default() };
        Self { parts, html: html.into(), status: StatusCode::OK }
    }

    /// Says which community it is about.
    #[must_use]
    pub fn of(mut self, community: &str) -> Self {
        self.parts.community = Some(community.to_owned());
        self
    }

    /// To be printed, or shown on a screen: without navigation.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.parts.bare = true;
        self
    }

    /// With another status than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, Html(self.html)).into_response();
        response.extensions_mut().insert(self.parts);
        response
    }
}

/// After a write: go and look at `path`, once the tables are at `position` (303).
pub fn see(path: &str, position: Position) -> Response {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (page, anchor) = path.split_once('#').unwrap_or((path, ""));
    let anchor = if anchor.is_empty() { String::new() } else { format!("#{anchor}") };
    Redirect::to(&format!("{page}{joint}at={position}{anchor}")).into_response()
}

/// Something is not done or not shown; the gateway renders it as a page, or as JSON under `/api/`.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The status: 401, 403, 404, 409, 422, 429 or 503.
    pub status: StatusCode,
    /// What is wrong and the way out, in the page's language; empty for the frame's own words.
    pub text: String,
}

impl Refusal {
    /// The domain says no to what the visitor asked (409).
    pub fn no(text: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, text: text.into() }
    }

    /// What was filled in can't be used (422).
    pub fn invalid(text: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, text: text.into() }
    }

    /// There is no such thing (404).
    pub fn missing() -> Self {
        Self { status: StatusCode::NOT_FOUND, text: String::new() }
    }

    /// Sign in first (401).
    pub fn sign_in() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, text: String::new() }
    }

    /// Not for this visitor (403).
    pub fn forbidden() -> Self {
        Self { status: StatusCode::FORBIDDEN, text: String::new() }
    }

    /// The machine can't now (503); what went wrong is logged, not shown.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self { status: StatusCode::SERVICE_UNAVAILABLE, text: String::new() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.text.clone()).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<crate::tables::TablesError> for Refusal {
    fn from(error: crate::tables::TablesError) -> Self {
        Self::failed(error)
    }
}

impl From<crate::directory::DirectoryError> for Refusal {
    fn from(error: crate::directory::DirectoryError) -> Self {
        Self::failed(error)
    }
}
