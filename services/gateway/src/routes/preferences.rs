//! How somebody wants their pages: kept on the device, for whoever uses it, signed in or not.

use axum::{
    Extension, Form,
    http::header,
    response::{IntoResponse as _, Redirect, Response},
};
use linli_platform::web::Language;
use serde::Deserialize;

use super::{
    Gateway,
    visitor::{LANGUAGE, LARGE, preference},
};

#[derive(Deserialize)]
pub(super) struct Wish {
    language: Option<String>,
    large: Option<String>,
    #[serde(default)]
    back: String,
}

/// Keeps what is wished for and goes back to the page.
pub(super) async fn keep(
    Extension(gateway): Extension<Gateway>,
    Form(wish): Form<Wish>,
) -> Response {
    let url = &gateway.platform.public_url;
    let language = wish.language.map(|code| (LANGUAGE, Language::of(&code).code()));
    let large = wish.large.map(|large| (LARGE, if large == "1" { "1" } else { "0" }));
    let kept = [language, large].into_iter().flatten();
    let cookies = kept.filter_map(|(name, value)| preference(name, value, url));
    let mut response = Redirect::to(back(&wish.back)).into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Only a page of this site is gone back to.
fn back(path: &str) -> &str {
    let here = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    if here && !path.contains(|c: char| c.is_control()) { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::back;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(back("/c/xiguan?month=2026-11"), "/c/xiguan?month=2026-11");
        for outside in ["", "https://example.org", "//example.org", "/\\example.org", "/a\r\nb"] {
            assert_eq!(back(outside), "/", "{outside}");
        }
    }
}
