//! Who comes, and how they want to see it: from the cookies and headers of each request.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    directory::{DirectoryError, Principal, SignIn, SignedIn},
    service::Platform,
    web::{Language, Refusal, Viewer, session},
};
use lru::LruCache;
use uuid::Uuid;

/// How long an answer of the directory is believed. A sign-in that is revoked ends within it.
const BELIEVED_SECONDS: i64 = 45;
/// At most this many answers are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// The cookie that keeps the language.
pub(super) const LANGUAGE: &str = "lang";
/// The cookie that keeps the size of type.
pub(super) const LARGE: &str = "large";
/// A year, in seconds.
const YEAR: u32 = 365 * 24 * 3600;

/// Who was behind a session (person and epoch), and when that was asked.
type Recent = LruCache<(Uuid, u32), (Principal, DateTime<Utc>)>;

/// Finds out who is behind a session.
pub(super) struct Doorkeeper {
    platform: Platform,
    recent: Mutex<Recent>,
}

impl Doorkeeper {
    pub fn new(platform: &Platform) -> Self {
        Self { platform: platform.clone(), recent: Mutex::new(LruCache::new(KEPT)) }
    }

    /// Who the request's cookie is for, if it still holds. Whoever writes is looked up anew, and
    /// anew after it: nobody's own change is hidden from themselves.
    async fn principal(
        &self,
        key: Option<(Uuid, u32)>,
        writes: bool,
    ) -> Result<Option<Principal>, DirectoryError> {
        let Some(key) = key else { return Ok(None) };
        let now = self.platform.clock.now();
        if let Some(known) = self.known(key, now, writes) {
            return Ok(Some(known));
        }
        let (person, epoch) = key;
        match self.platform.directory.sign_in(SignIn::Session { person, epoch }).await {
            Ok(SignedIn::As(who)) => {
                if !writes {
                    self.recent().put(key, (who.as_ref().clone(), now));
                }
                Ok(Some(*who))
            }
            Err(DirectoryError::Down(why)) => Err(DirectoryError::Down(why)),
            Ok(SignedIn::Minted { .. } | SignedIn::Renewed { .. }) | Err(_) => Ok(None),
        }
    }

    fn known(&self, key: (Uuid, u32), now: DateTime<Utc>, writes: bool) -> Option<Principal> {
        let mut recent = self.recent();
        if writes {
            recent.pop(&key);
        }
        let (who, asked_at) = recent.get(&key)?;
        let age = now - *asked_at;
        // A clock set back makes nothing younger.
        let young = age >= TimeDelta::zero() && age < TimeDelta::seconds(BELIEVED_SECONDS);
        young.then(|| who.clone())
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the [`Viewer`] into a request. `?lang=` is kept in a cookie.
pub(super) async fn look(
    State(door): State<Arc<Doorkeeper>>,
    mut req: Request,
    next: Next,
) -> Response {
    let writes = !req.method().is_safe();
    let key = session::read(&door.platform, req.headers());
    let (principal, failed) = match door.principal(key, writes).await {
        Ok(principal) => (principal, None),
        Err(error) => (None, Some(Refusal::from(error))),
    };
    let chosen = asked_language(req.uri());
    let language = chosen.unwrap_or_else(|| language(req.headers(), principal.as_ref()));
    let large_type = match cookie(req.headers(), LARGE) {
        Some(value) => value == "1",
        None => principal.as_ref().is_some_and(|who| who.large_type),
    };
    let viewer = Viewer { principal, language, large_type };
    req.extensions_mut().insert(viewer.clone());
    let mut response = match failed {
        // A page for everybody is shown to one who can't be recognised now; nothing else is.
        Some(refusal) if writes => refusal.into_response(),
        _ => next.run(req).await,
    };
    if chosen.is_some() {
        let kept = preference(LANGUAGE, language.code(), &door.platform.public_url);
        response.headers_mut().extend(kept.map(|kept| (header::SET_COOKIE, kept)));
    }
    response.extensions_mut().insert(viewer);
    response
}

fn asked_language(uri: &Uri) -> Option<Language> {
    let asked = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang="))?;
    ["zh", "en"].contains(&asked).then(|| Language::of(asked))
}

fn language(headers: &HeaderMap, principal: Option<&Principal>) -> Language {
    if let Some(kept) = cookie(headers, LANGUAGE) {
        return Language::of(kept);
    }
    if let Some(who) = principal {
        return Language::of(&who.language);
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    // The first one named is the one liked best, in every browser there is.
    let known = |tag: &&str| tag.starts_with("zh") || tag.starts_with("en");
    let first = accepted.and_then(|tags| tags.split(',').map(str::trim).find(known));
    first.map(Language::of).unwrap_or_default()
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The `Set-Cookie` that keeps a preference on this device.
pub(super) fn preference(name: &str, value: &str, public_url: &str) -> Option<HeaderValue> {
    let secure = if public_url.starts_with("https://") { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={YEAR}{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn chinese_unless_somebody_wants_otherwise() {
        let of = |pairs: &[_]| language(&headers(pairs), None);
        assert_eq!(of(&[]), Language::Zh);
        assert_eq!(of(&[(header::ACCEPT_LANGUAGE, "fr, en-GB;q=0.8, zh;q=0.5")]), Language::En);
        assert_eq!(of(&[(header::ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9,en;q=0.8")]), Language::Zh);
        assert_eq!(of(&[(header::COOKIE, "a=b; lang=en")]), Language::En);
        assert_eq!(asked_language(&Uri::from_static("/c/x?month=1&lang=en")), Some(Language::En));
        assert_eq!(asked_language(&Uri::from_static("/?lang=de")), None);
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = headers(&[(header::COOKIE, "larger=0; large=1")]);
        assert_eq!(cookie(&headers, "large"), Some("1"));
        assert_eq!(cookie(&headers, "lar"), None);
    }
}
