//! Routes that name what they need before anything behind them runs.

use axum::{
    Router,
    extract::{RawPathParams, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, post},
};
use futures::future::join_all;

use super::{Behind, Refusal, Viewer};
use crate::{ids::Position, tables::Tables};

/// What a route needs of whoever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: a public page, or one that lets people in.
    Anyone,
    /// Somebody who is signed in; the decision is about their own things or those of whom they may
    /// act for, which the route itself checks.
    SignedIn,
    /// A permission in the community that the path names as `{community}`; where it names none, in
    /// any community at all.
    May(&'static str),
}

/// A route as it was declared, for the table of permissions and its test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInfo {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with its `{parameters}`.
    pub path: String,
    /// What it needs.
    pub need: Need,
}

/// The pages of a service.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    router: Router,
    table: Vec<RouteInfo>,
}

impl Routes {
    /// No pages yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page that shows something. Like all GETs it changes nothing.
    #[must_use]
    pub fn get<H, T>(self, path: &str, need: Need, page: H) -> Self
    where
        H: axum::handler::Handler<T, ()>,
        T: 'static,
    {
        self.add("GET", path, need, get(page))
    }

    /// Adds a route that writes.
    #[must_use]
    pub fn post<H, T>(self, path: &str, need: Need, write: H) -> Self
    where
        H: axum::handler::Handler<T, ()>,
        T: 'static,
    {
        self.add("POST", path, need, post(write))
    }

    fn add(mut self, method: &'static str, path: &str, need: Need, route: MethodRouter) -> Self {
        let guarded = route.layer(from_fn(
            move |viewer: Viewer, params: RawPathParams, req: Request, next: Next| {
                guard(need, viewer, params, req, next)
            },
        ));
        self.router = self.router.route(path, guarded);
        self.table.push(RouteInfo { method, path: path.to_owned(), need });
        self
    }

    /// Lets every page wait for `?at=<position>` until these tables hold it, so that people see
    /// what they have just done.
    #[must_use]
    pub fn waiting_for(self, tables: &Tables) -> Self {
        self.waiting_for_each(&[tables])
    }

    /// The same for pages that show what stands in several services' tables.
    #[must_use]
    pub fn waiting_for_each(mut self, tables: &[&Tables]) -> Self {
        let tables: Vec<Tables> = tables.iter().copied().cloned().collect();
        self.router = self.router.layer(from_fn(move |req: Request, next: Next| {
            let tables = tables.clone();
            async move {
                let behind = match position(req.uri().query().unwrap_or_default()) {
                    Some(at) => {
                        let there = join_all(tables.iter().map(|tables| tables.reach(at))).await;
                        there.contains(&false)
                    }
                    None => false,
                };
                let mut response = next.run(req).await;
                if behind {
                    response.extensions_mut().insert(Behind);
                }
                response
            }
        }));
        self
    }

    /// Gives all routes so far something to share: they take it as an `Extension<T>`.
    #[must_use]
    pub fn sharing<T: Clone + Send + Sync + 'static>(mut self, shared: T) -> Self {
        self.router = self.router.layer(axum::Extension(shared));
        self
    }

    /// Adds all routes of another.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// All routes as declared.
    pub fn table(&self) -> &[RouteInfo] {
        &self.table
    }

    /// The router to serve.
    pub fn into_router(self) -> Router {
        self.router
    }
}

fn position(query: &str) -> Option<Position> {
    query.split('&').find_map(|pair| pair.strip_prefix("at=")?.parse().ok()).map(Position)
}

async fn guard(
    need: Need,
    viewer: Viewer,
    params: RawPathParams,
    req: Request,
    next: Next,
) -> Response {
    let community = params.iter().find(|(name, _)| *name == "community").map(|(_, value)| value);
    let allowed = match (need, &viewer.principal, community) {
        (Need::Anyone, _, _) | (Need::SignedIn, Some(_), _) => true,
        (Need::May(permission), Some(p), Some(community)) => p.may(permission, community),
        (Need::May(permission), Some(p), None) => {
            p.grants.iter().any(|grant| grant.permission == permission)
        }
        (_, None, _) => return Refusal::sign_in().into_response(),
    };
    if allowed { next.run(req).await } else { Refusal::forbidden().into_response() }
}
