//! How often one address may try to sign in.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock as _};
use linli_platform::web::Refusal;

/// So many tries a minute, on average.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// From this many addresses on those that have all their tries back are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// The limit on tries to sign in. A copy is the same limit.
#[derive(Clone)]
pub(super) struct Limit {
    tries: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    trusted_proxy: Option<IpAddr>,
}

impl Limit {
    pub fn new(trusted_proxy: Option<IpAddr>) -> Self {
        let tries = Arc::new(DefaultKeyedRateLimiter::keyed(Quota::per_minute(PER_MINUTE)));
        Self { tries, trusted_proxy: trusted_proxy.map(|address| address.to_canonical()) }
    }

    /// Whom a try is counted for: the peer, or whom the trusted proxy names.
    fn visitor(&self, req: &Request) -> IpAddr {
        let peer = req.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        if self.trusted_proxy != Some(peer.to_canonical()) {
            return network(peer);
        }
        // The proxy appends whom it was asked by; what stands before came from the visitor.
        let named = req.headers().get_all("x-forwarded-for").iter().next_back();
        let last = named.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        network(last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer))
    }

    /// How long to wait before the next try; none if there is one left.
    fn wait(&self, visitor: IpAddr) -> Option<Duration> {
        if self.tries.len() > ADDRESSES_MAX {
            self.tries.retain_recent();
        }
        let not_until = self.tries.check_key(&visitor).err()?;
        Some(not_until.wait_time_from(self.tries.clock().now()))
    }
}

/// One household has a whole /64 of the sixth version's addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Lets a request pass unless it is a try to sign in too many.
pub(super) async fn limit(State(limit): State<Limit>, req: Request, next: Next) -> Response {
    let path = req.uri().path();
    let tries = path.starts_with("/sign-in/") || path.starts_with("/invite/");
    if req.method() != Method::POST || !tries {
        return next.run(req).await;
    }
    match limit.wait(limit.visitor(&req)) {
        None => next.run(req).await,
        Some(wait) => {
            let refusal = Refusal { status: StatusCode::TOO_MANY_REQUESTS, text: String::new() };
            let mut response = refusal.into_response();
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn from(peer: &str, forwarded: &str) -> Request {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4000);
        let req = Request::builder().header("x-forwarded-for", forwarded);
        req.extension(ConnectInfo(peer)).body(Body::empty()).unwrap()
    }

    #[test]
    fn only_the_trusted_proxy_says_whom_it_speaks_for() {
        let limit = Limit::new(Some("10.0.0.1".parse().unwrap()));
        let visitor = |peer, forwarded| limit.visitor(&from(peer, forwarded)).to_string();
        assert_eq!(visitor("10.0.0.2", "192.0.2.7"), "10.0.0.2");
        assert_eq!(visitor("10.0.0.1", "192.0.2.7"), "192.0.2.7");
        assert_eq!(visitor("::ffff:10.0.0.1", "198.51.100.9, 192.0.2.7"), "192.0.2.7");
        assert_eq!(visitor("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(visitor("2001:db8:1:2:3:4:5:6", ""), "2001:db8:1:2::");
    }
}
