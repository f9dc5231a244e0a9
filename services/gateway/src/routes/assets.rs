//! The files that all pages share. Their names in pages bear a fingerprint, so a browser keeps them
//! for a year and still has the new one at once.

use std::sync::LazyLock;

use axum::{
    extract::{Path, Query},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use linli_platform::web::Refusal;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Name, type, bytes.
const FILES: [(&str, &str, &[u8]); 3] = [
    ("linli.css", "text/css; charset=utf-8", include_bytes!("../../assets/linli.css")),
    ("linli.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/linli.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
];

/// The fingerprint of all files together.
pub(super) static MARK: LazyLock<String> = LazyLock::new(|| {
    let sum = FILES.iter().fold(Sha256::new(), |sum, (.., bytes)| sum.chain_update(bytes));
    let sum: [u8; 32] = sum.finalize().into();
    let [a, b, c, d, ..] = sum;
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
});

#[derive(Deserialize)]
pub(super) struct Mark {
    #[serde(default)]
    v: String,
}

pub(super) async fn asset(
    Path(file): Path<String>,
    Query(Mark { v }): Query<Mark>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let found = FILES.into_iter().find(|(name, ..)| *name == file);
    let (_, kind, bytes) = found.ok_or_else(Refusal::missing)?;
    let etag = format!("\"{}\"", *MARK);
    let kept = if v == *MARK { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|has| has == etag.as_str());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    set.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
    Ok(response)
}

/// All of the API, described for programs.
pub(super) async fn openapi() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, include_str!("../../assets/openapi.json"))
}

/// Public pages may be found; the rest is nobody's to look through.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /desk\nDisallow: /my\nDisallow: /sign-in\nDisallow: /invite\n\
     Disallow: /api\nDisallow: /live\n"
}
