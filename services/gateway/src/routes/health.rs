//! How the node is, for whoever watches over it: alive, ready.

use std::time::Duration;

use axum::{
    Extension, Json,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    ids::Position,
    service::Platform,
    tables::{Progress, Tables},
};
use serde::Serialize;

/// How long the log may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The node that is looked at, and the tables that it keeps.
#[derive(Clone)]
pub(crate) struct Watched {
    pub platform: Platform,
    pub tables: Vec<Tables>,
}

/// The process runs and answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the node can serve, and if not why and what to do.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ready: bool,
    /// What stands against it; each names the way out.
    problems: Vec<String>,
    /// What is not whole though the node serves.
    warnings: Vec<String>,
    /// Where the log ends.
    log: Option<Position>,
    /// How far each service's tables are.
    tables: Vec<(&'static str, Progress)>,
}

pub(super) async fn ready(Extension(node): Extension<Watched>) -> Response {
    let report = look(&node).await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn look(node: &Watched) -> Report {
    let mut problems = Vec::new();
    let last = match tokio::time::timeout(PATIENCE, node.platform.log.last()).await {
        Ok(Ok(last)) => Some(last),
        Ok(Err(error)) => {
            problems.push(error.to_string());
            None
        }
        Err(_) => {
            problems.push("the log does not answer: look at its disk or its servers".to_owned());
            None
        }
    };
    let guard = node.platform.streams.guard();
    problems.extend(guard.refusal());
    let progress = |tables: &Tables| (tables.service(), tables.progress().borrow().clone());
    let tables: Vec<_> = node.tables.iter().map(progress).collect();
    let catching_up = tables.iter().filter(|(_, progress)| !progress.live);
    problems.extend(catching_up.map(|(service, progress)| {
        let position = progress.position;
        format!("the tables of {service} are still being built, at {position}: wait")
    }));
    let stopped = tables.iter().flat_map(|(service, progress)| {
        let says = |(name, why): &(String, String)| {
            format!("{service}.{name} stopped: {why}; mend it, then run `linli rebuild`")
        };
        progress.stopped.iter().map(says).collect::<Vec<_>>()
    });
    let waits = guard.waits().map(|why| {
        format!("what happens by itself waits: {why}; if that is right, say `linli serve --clock-is-right`")
    });
    let warnings = stopped.chain(waits).collect();
    Report { ready: problems.is_empty(), problems, warnings, log: last, tables }
}
