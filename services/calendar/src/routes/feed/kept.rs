//! Feeds that are kept in memory, and how they answer.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, NaiveDateTime, Utc};
use linli_platform::{ids::Position, web::Refusal};
use sha2::{Digest as _, Sha256};

use super::which::Which;
use crate::routes::Calendar;

/// Octets of feeds kept in memory; with more than that, all are made anew.
const OCTETS_MAX: usize = 32 << 20;

/// A feed as it was made.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The tables were here when it was last known to be true.
    pub looked: Position,
    pub moved: Position,
    pub until: DateTime<Utc>,
    pub body: Bytes,
    pub etag: HeaderValue,
    pub modified: DateTime<Utc>,
}

/// The feeds in memory.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<HashMap<Which, Kept>>>);

impl Cache {
    fn get(&self, which: &Which) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(which).cloned()
    }

    fn put(&self, which: Which, kept: Kept) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let octets: usize = all.values().map(|kept| kept.body.len()).sum();
        if octets + kept.body.len() > OCTETS_MAX {
            all.clear();
        }
        all.insert(which, kept);
    }
}

pub(super) fn etag(body: &[u8]) -> HeaderValue {
    let sum: [u8; 32] = Sha256::digest(body).into();
    let mut text = String::with_capacity(34);
    text.push('"');
    for byte in &sum[..16] {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('"');
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

pub(super) async fn answer(
    calendar: &Calendar,
    which: Which,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let (cache, now) = (&calendar.feeds, calendar.platform.clock.now());
    let looked = calendar.tables.progress().borrow().position;
    let known = cache.get(&which).filter(|kept| now < kept.until);
    if let Some(kept) = known.as_ref().filter(|kept| kept.looked == looked) {
        return Ok(respond(kept, headers));
    }
    let (asked, url) = (which.clone(), calendar.platform.public_url.clone());
    let read = calendar.tables.read(move |db| match known {
        Some(kept) if kept.moved == asked.moved(db)? => Ok(Some(kept)),
        _ => asked.make(db, &url, now),
    });
    let kept = Kept { looked, ..read.await?.ok_or_else(Refusal::missing)? };
    let response = respond(&kept, headers);
    cache.put(which, kept);
    Ok(response)
}

fn respond(kept: &Kept, headers: &HeaderMap) -> Response {
    let modified = kept.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = if is_known(kept, headers) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = (header::CONTENT_TYPE, "text/calendar; charset=utf-8");
        ([kind], kept.body.clone()).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, kept.etag.clone());
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
    if let Ok(modified) = HeaderValue::from_str(&modified) {
        out.insert(header::LAST_MODIFIED, modified);
    }
    response
}

/// Whether whoever asks has it already. The entity tag decides where there is one.
fn is_known(kept: &Kept, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let own = kept.etag.to_str().unwrap_or_default();
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own);
    }
    text(header::IF_MODIFIED_SINCE)
        .and_then(|at| NaiveDateTime::parse_from_str(at, "%a, %d %b %Y %H:%M:%S GMT").ok())
        .is_some_and(|at| kept.modified.timestamp() <= at.and_utc().timestamp())
}
