//! What changes, as it changes: one event per page of the log, told with its position and with the
//! communities and services that it concerns, never with what happened to whom.
//!
//! The node follows its log once for all who watch, as long as anybody does. Whoever was away reads
//! by themselves what they missed, and then joins the others.

use std::{convert::Infallible, sync::Arc};

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
use linli_platform::{ids::Position, web::Refusal};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::Gateway;

mod shared;

use shared::{Shared, Told};

/// So many can watch at once; whoever comes later is asked to come again.
const WATCHERS: usize = 512;
/// Whoever was away for longer than this many positions begins anew at the end.
const AWAY_MAX: u64 = 10_000;

/// The seats of those who watch, and what they watch together.
#[derive(Clone)]
pub(super) struct Watchers {
    seats: Arc<Semaphore>,
    shared: Shared,
}

impl Default for Watchers {
    fn default() -> Self {
        Self { seats: Arc::new(Semaphore::new(WATCHERS)), shared: Shared::default() }
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    community: Option<String>,
}

pub(super) async fn live(
    Extension(gateway): Extension<Gateway>,
    Extension(watchers): Extension<Watchers>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let full = || Refusal::failed("as many watch as can");
    let seat = watchers.seats.try_acquire_owned().map_err(|_| full())?;
    let log = &gateway.platform.log;
    let last = log.last().await.map_err(Refusal::failed)?;
    let asked = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let told = watchers.shared.after(log, begin(asked.map(Position), last), last);
    let events = events(told, wanted.community).map(move |event| {
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

fn events(
    told: impl Stream<Item = Arc<Told>> + Send,
    community: Option<String>,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    told.filter_map(move |told| {
        let event = told.to(community.as_deref()).and_then(|changes| {
            let event = Event::default().event("changed").id(told.upto.to_string());
            event.json_data(changes).ok().map(Ok)
        });
        futures::future::ready(event)
    })
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
