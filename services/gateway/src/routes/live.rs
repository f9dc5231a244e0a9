//! What changes, as it changes: one event per page of the log, told with its position and with the
//! communities and services that it concerns, never with what happened to whom.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use axum::{
    Extension,
    extract::Query,
    http::HeaderMap,
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, StreamExt as _};
use linli_platform::{
    event_log::{Filter, Page},
    ids::{EVERYWHERE, Position},
    web::Refusal,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::Gateway;

/// So many can watch at once; whoever comes later is asked to come again.
const WATCHERS: usize = 512;
/// Whoever was away for longer than this many positions begins anew at the end.
const AWAY_MAX: u64 = 10_000;

/// The seats of those who watch.
#[derive(Clone)]
pub(super) struct Watchers(Arc<Semaphore>);

impl Default for Watchers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(WATCHERS)))
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    community: Option<String>,
}

/// What one event says.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Changes {
    changed: BTreeSet<Change>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Change {
    community: String,
    service: String,
}

pub(super) async fn live(
    Extension(gateway): Extension<Gateway>,
    Extension(watchers): Extension<Watchers>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let full = || Refusal::failed("as many watch as can");
    let seat = watchers.0.try_acquire_owned().map_err(|_| full())?;
    let last = gateway.platform.log.last().await.map_err(Refusal::failed)?;
    let asked = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = begin(asked.map(Position), last);
    let pages = gateway.platform.log.follow(Filter::all(), after);
    let events = events(pages, wanted.community).map(move |event| {
        // The seat is free once the stream is dropped.
        let _ = &seat;
        event
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// After which position to begin: where the visitor was, unless that is too far back or on no log
/// of this node.
fn begin(asked: Option<Position>, last: Position) -> Position {
    let near = |asked: &Position| *asked <= last && last.0 - asked.0 <= AWAY_MAX;
    asked.filter(near).unwrap_or(last)
}

fn events<E: Send + 'static>(
    pages: impl Stream<Item = Result<Page, E>> + Send + 'static,
    community: Option<String>,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    // A failure ends the stream, and the browser comes again with the last id it saw.
    pages.take_while(|page| futures::future::ready(page.is_ok())).filter_map(move |page| {
        let event = page.ok().and_then(|page| {
            let changes = changes(&page, community.as_deref())?;
            let event = Event::default().event("changed").id(page.upto.to_string());
            event.json_data(changes).ok().map(Ok)
        });
        futures::future::ready(event)
    })
}

/// What a page of the log changes, for those who watch one community or all; none if nothing.
fn changes(page: &Page, community: Option<&str>) -> Option<Changes> {
    let concerned = page.commits.iter().map(|commit| &commit.stream).filter(|stream| {
        // What belongs to no community may show in any.
        community.is_none_or(|c| stream.community() == c || stream.community() == EVERYWHERE)
    });
    let change = |stream: &linli_platform::ids::StreamId| Change {
        community: stream.community().to_owned(),
        service: stream.service().to_owned(),
    };
    let changed: BTreeSet<_> = concerned.map(change).collect();
    (!changed.is_empty()).then_some(Changes { changed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_away_too_long_begins_at_the_end() {
        let last = Position(20_000);
        assert_eq!(begin(None, last), last);
        assert_eq!(begin(Some(Position(19_990)), last), Position(19_990));
        assert_eq!(begin(Some(Position(5)), last), last);
        assert_eq!(begin(Some(Position(30_000)), last), last);
    }
}
