//! How the node is, for whoever watches over it: alive, ready, in numbers.

use std::{fmt::Write as _, time::Duration};

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
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

/// All numbers in the text format of Prometheus.
pub(super) async fn metrics(Extension(node): Extension<Watched>) -> Response {
    let last = node.platform.log.last().await.ok();
    let rows: Vec<_> = node
        .tables
        .iter()
        .map(|tables| (tables.service(), tables.progress().borrow().clone()))
        .collect();
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, text(last, &rows, node.platform.clock.now())).into_response()
}

fn text(last: Option<Position>, rows: &[(&str, Progress)], now: DateTime<Utc>) -> String {
    let mut out = String::new();
    // Writing into a text can't fail.
    let mut gauge = |name: &str, what: &str, values: &[(&str, f64)]| {
        let _ = writeln!(out, "# HELP linli_{name} {what}\n# TYPE linli_{name} gauge");
        for (service, value) in values {
            let label = if service.is_empty() {
                String::new()
            } else {
                format!("{{service=\"{service}\"}}")
            };
            let _ = writeln!(out, "linli_{name}{label} {value}");
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "no log has 2^53 commits")]
    let count = |n: u64| n as f64;
    let of = |value: &dyn Fn(&Progress) -> Option<f64>| -> Vec<(&str, f64)> {
        rows.iter().filter_map(|(service, p)| Some((*service, value(p)?))).collect()
    };
    gauge(
        "log_reachable",
        "Whether the log answers.",
        &[("", f64::from(u8::from(last.is_some())))],
    );
    if let Some(last) = last {
        gauge("log_position", "The log's last position.", &[("", count(last.0))]);
        let lag = |p: &Progress| Some(count(last.0.saturating_sub(p.position.0)));
        gauge("tables_lag", "Positions of the log not yet in the tables.", &of(&lag));
    }
    let position = |p: &Progress| Some(count(p.position.0));
    gauge("tables_position", "The log is in the tables up to here.", &of(&position));
    let live = |p: &Progress| Some(f64::from(u8::from(p.live)));
    gauge("tables_live", "Whether the tables have caught up since the start.", &of(&live));
    let open = |p: &Progress| Some(count(p.open as u64));
    gauge("commands_open", "Commands decided upon and not yet seen on the log.", &of(&open));
    let stopped = |p: &Progress| Some(count(p.stopped.len() as u64));
    gauge("stopped", "Projections and processes that stopped at an event.", &of(&stopped));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of some centuries")]
    let due = |p: &Progress| {
        let left = p.next_due? - now;
        Some(left.num_milliseconds() as f64 / 1000.0)
    };
    gauge("next_due_seconds", "Seconds until the next timer; below 0 it is late.", &of(&due));
    out
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::at;

    use super::*;

    #[test]
    fn numbers_are_what_prometheus_reads() {
        let now = at("2026-11-02T08:00:00Z");
        let progress = Progress {
            position: Position(7),
            live: true,
            open: 2,
            next_due: Some(at("2026-11-02T08:00:01.500Z")),
            stopped: Vec::new(),
        };
        let text = text(Some(Position(9)), &[("calendar", progress)], now);
        for line in [
            "linli_log_position 9",
            "linli_tables_lag{service=\"calendar\"} 2",
            "linli_commands_open{service=\"calendar\"} 2",
            "linli_next_due_seconds{service=\"calendar\"} 1.5",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }
}
