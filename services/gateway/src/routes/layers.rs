//! What every request and response passes. The first one listed here is the last one passed on the
//! way in.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Response},
};
use linli_platform::web::Refusal;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::CsrfLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use super::{
    Gateway, frame,
    limit::{self, Limit},
    visitor::{self, Doorkeeper},
};
use crate::GatewayError;

/// The largest request, for routes that don't take more: a form of a thousand rows.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// The longest that a page may take. A live page's stream begins at once and goes on.
const ANSWER: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Scripts, styles and pictures come from this site alone, nothing stands inline, and no other site
/// shows a page in a frame.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// On each response that does not say otherwise. Addresses bear secrets (a sign-in link, a
/// calendar's address), so none is told to another site.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(), microphone=()"),
];

pub(super) fn around(router: Router, gateway: &Gateway) -> Result<Router, GatewayError> {
    let url = &gateway.platform.public_url;
    let csrf = CsrfLayer::new()
        .add_trusted_origin(url)
        .map_err(|_| GatewayError::PublicUrl(url.clone()))?
        .with_rejection_response(|_| Refusal::forbidden().into_response());
    let inside = ServiceBuilder::new()
        .layer(from_fn_with_state(gateway.clone(), frame::frame))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(csrf)
        .layer(from_fn_with_state(Limit::new(gateway.options.trusted_proxy), limit::limit))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX));
    let door = Arc::new(Doorkeeper::new(&gateway.platform));
    let mut router = router
        .layer(inside)
        .layer(from_fn_with_state(door, visitor::look))
        .layer(CompressionLayer::new());
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    if url.starts_with("https://") {
        let year = HeaderValue::from_static("max-age=31536000");
        let name = header::STRICT_TRANSPORT_SECURITY;
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, year));
    }
    let outside = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID));
    Ok(router.layer(outside))
}

/// Names a request by its route: the address itself may hold a secret.
fn span(req: &Request) -> tracing::Span {
    let route = req.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let id = req.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %req.method(), route, id)
}

#[expect(clippy::needless_pass_by_value, reason = "so the layer wants it")]
fn panicked(what: Box<dyn Any + Send + 'static>) -> Response {
    let text = what.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| what.downcast_ref::<&str>().copied()).unwrap_or("no words");
    tracing::error!(text, "a page panicked");
    Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, text: String::new() }.into_response()
}
