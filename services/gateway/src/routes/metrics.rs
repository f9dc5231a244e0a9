//! How a node is in numbers, in the text format of Prometheus.
//!
//! Every node tells of its own tables and appends. What several nodes tell alike, such as
//! deliveries by state, is to be read as the greatest of them.

use std::fmt::Write as _;

use axum::{
    Extension,
    http::header,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use linli_notifier::projections::deliveries;
use linli_platform::{
    ids::Position,
    service::Platform,
    stream::{AppendFigures, BOUNDS_MS},
    tables::{Figures, Progress, Tables, figures},
};

use super::health::Watched;

/// One service on this node.
struct Row {
    service: &'static str,
    progress: Progress,
    /// None while they can't be counted: a rebuild changes over just now.
    figures: Option<Figures>,
    /// Whether this node acts for it now, and the number of its lease; none if it never does.
    acts: Option<(bool, Option<u64>)>,
}

/// All there is to tell.
struct Numbers {
    last: Option<Position>,
    rows: Vec<Row>,
    deliveries: Vec<(String, String, u64)>,
    appends: AppendFigures,
}

/// All numbers.
pub(super) async fn metrics(Extension(node): Extension<Watched>) -> Response {
    let now = node.platform.clock.now();
    let mut rows = Vec::new();
    for tables in &node.tables {
        rows.push(row(&node.platform, tables, now).await);
    }
    let numbers = Numbers {
        last: node.platform.log.last().await.ok(),
        rows,
        deliveries: sent(&node.tables).await,
        appends: node.platform.streams.appends().figures(),
    };
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, text(&numbers, now)).into_response()
}

async fn row(platform: &Platform, tables: &Tables, now: DateTime<Utc>) -> Row {
    let service = tables.service();
    let progress = tables.progress().borrow().clone();
    let figures = tables.read(move |db| figures(db, now)).await.ok();
    let acts = platform.hands.of(service).map(|turn| (turn.holds(), turn.fence()));
    Row { service, progress, figures, acts }
}

/// Deliveries by state and class, where this node keeps the notifier's tables.
async fn sent(tables: &[Tables]) -> Vec<(String, String, u64)> {
    match tables.iter().find(|tables| tables.service() == "notifier") {
        Some(tables) => tables.read(deliveries::counts).await.unwrap_or_default(),
        None => Vec::new(),
    }
}

/// The text as it grows. Writing into it can't fail.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, what: &str) {
        let _ = writeln!(self.0, "# HELP linli_{name} {what}\n# TYPE linli_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let labels = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text)));
        let labels = labels.collect::<Vec<_>>().join(",");
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "linli_{name}{labels} {value}");
    }

    /// One number for each service that has it.
    fn by_service(
        &mut self,
        name: &str,
        what: &str,
        rows: &[Row],
        value: impl Fn(&Row) -> Option<f64>,
    ) {
        self.family(name, "gauge", what);
        for row in rows {
            if let Some(value) = value(row) {
                self.line(name, &[("service", row.service)], value);
            }
        }
    }

    fn one(&mut self, name: &str, kind: &str, what: &str, value: f64) {
        self.family(name, kind, what);
        self.line(name, &[], value);
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted beyond 2^53")]
fn count(n: u64) -> f64 {
    n as f64
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn text(numbers: &Numbers, now: DateTime<Utc>) -> String {
    let mut out = Exposition::default();
    out.family("build_info", "gauge", "The program's version.");
    out.line("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    of_log(&mut out, numbers);
    of_services(&mut out, &numbers.rows, now);
    of_appends(&mut out, &numbers.appends);
    out.family("deliveries", "gauge", "Reminders by how they stand and how they last went.");
    for (state, class, n) in &numbers.deliveries {
        out.line("deliveries", &[("state", state), ("class", class)], count(*n));
    }
    out.0
}

fn of_log(out: &mut Exposition, numbers: &Numbers) {
    let Numbers { last, rows, .. } = numbers;
    out.one("log_reachable", "gauge", "Whether the log answers.", flag(last.is_some()));
    let Some(last) = last else { return };
    out.one("log_position", "gauge", "The log's last position.", count(last.0));
    let behind = |position: &Position| count(last.0.saturating_sub(position.0));
    let lag = |row: &Row| Some(behind(&row.progress.position));
    out.by_service("tables_lag", "Positions of the log not yet in the tables.", rows, lag);
    out.family("part_lag", "gauge", "The same for each projection and process.");
    out.family("part_stopped", "gauge", "Whether a projection or process stopped at an event.");
    for row in rows {
        for (part, position, stopped) in row.figures.iter().flat_map(|figures| &figures.parts) {
            let labels = [("service", row.service), ("part", part)];
            out.line("part_lag", &labels, behind(position));
            out.line("part_stopped", &labels, flag(*stopped));
        }
    }
}

fn of_services(out: &mut Exposition, rows: &[Row], now: DateTime<Utc>) {
    let position = |row: &Row| Some(count(row.progress.position.0));
    out.by_service("tables_position", "The log is in the tables up to here.", rows, position);
    let live = |row: &Row| Some(flag(row.progress.live));
    out.by_service("tables_live", "Whether the tables have caught up since the start.", rows, live);
    let open = |row: &Row| Some(count(row.progress.open as u64));
    out.by_service("commands_open", "Commands decided upon and not yet on the log.", rows, open);
    let stopped = |row: &Row| Some(count(row.progress.stopped.len() as u64));
    out.by_service("stopped", "Projections and processes that stopped.", rows, stopped);
    let timers = |row: &Row| Some(count(row.figures.as_ref()?.timers));
    out.by_service("timers", "Timers that are set.", rows, timers);
    let due = |row: &Row| Some(count(row.figures.as_ref()?.timers_due));
    out.by_service("timers_due", "Timers whose time has come.", rows, due);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of some centuries")]
    let next = |row: &Row| {
        let left = row.progress.next_due? - now;
        Some(left.num_milliseconds() as f64 / 1000.0)
    };
    out.by_service("next_due_seconds", "Seconds until the next timer; below 0: late.", rows, next);
    let acts = |row: &Row| Some(flag(row.acts?.0));
    out.by_service("acts", "Whether this node acts for the service.", rows, acts);
    let lease = |row: &Row| Some(count(row.acts?.1?));
    out.by_service("lease", "The number of its lease; of two the later is higher.", rows, lease);
}

/// A histogram in seconds.
fn of_appends(out: &mut Exposition, appends: &AppendFigures) {
    out.family("append_seconds", "histogram", "How long the log took to store a commit.");
    for (bound, n) in BOUNDS_MS.iter().zip(appends.within) {
        let bound = format!("{}.{:03}", bound / 1000, bound % 1000);
        out.line("append_seconds_bucket", &[("le", &bound)], count(n));
    }
    out.line("append_seconds_bucket", &[("le", "+Inf")], count(appends.count));
    out.line("append_seconds_sum", &[], count(appends.micros) / 1e6);
    out.line("append_seconds_count", &[], count(appends.count));
    let what = "Appends that the log did not take, conflicts apart.";
    out.one("appends_failed_total", "counter", what, count(appends.failed));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use linli_platform::{stream::Appends, testing::at};
    use serde_json::Value;

    use super::*;

    fn numbers() -> Numbers {
        let progress = Progress {
            position: Position(7),
            live: true,
            open: 2,
            next_due: Some(at("2026-11-02T08:00:01.500Z")),
            stopped: Vec::new(),
        };
        let parts = vec![("months".to_owned(), Position(6), false)];
        let figures = Some(Figures { parts, timers: 5, timers_due: 1 });
        let acts = Some((true, Some(12)));
        Numbers {
            last: Some(Position(9)),
            rows: vec![Row { service: "calendar", progress, figures, acts }],
            deliveries: vec![("settled".to_owned(), "ACCEPTED".to_owned(), 3)],
            appends: Appends::default().figures(),
        }
    }

    fn all() -> String {
        text(&numbers(), at("2026-11-02T08:00:00Z"))
    }

    #[test]
    fn numbers_are_what_prometheus_reads() {
        let text = all();
        for line in [
            "linli_log_position 9",
            "linli_tables_lag{service=\"calendar\"} 2",
            "linli_part_lag{service=\"calendar\",part=\"months\"} 3",
            "linli_commands_open{service=\"calendar\"} 2",
            "linli_timers_due{service=\"calendar\"} 1",
            "linli_next_due_seconds{service=\"calendar\"} 1.5",
            "linli_acts{service=\"calendar\"} 1",
            "linli_lease{service=\"calendar\"} 12",
            "linli_deliveries{state=\"settled\",class=\"ACCEPTED\"} 3",
            "linli_append_seconds_bucket{le=\"0.005\"} 0",
            "linli_append_seconds_bucket{le=\"+Inf\"} 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
        let mut unlike = numbers();
        unlike.last = None;
        let unreachable = super::text(&unlike, at("2026-11-02T08:00:00Z"));
        assert!(unreachable.contains("linli_log_reachable 0"));
        assert!(!unreachable.contains("linli_tables_lag"));
    }

    /// The names in a text that are ours.
    fn names(text: &str) -> BTreeSet<&str> {
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        text.split(word).filter(|word| word.starts_with("linli_")).collect()
    }

    #[test]
    fn dashboard_and_alerts_ask_for_what_there_is() {
        let text = all();
        let there: BTreeSet<_> = text
            .lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(|l| names(l).pop_first())
            .collect();
        let dashboard = include_str!("../../../../deploy/grafana/linli.json");
        let dashboard: Value = serde_json::from_str(dashboard).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
        let asked: Vec<_> = targets.filter_map(|target| target["expr"].as_str()).collect();
        assert!(asked.len() >= 8, "{asked:?}");
        let alerts = include_str!("../../../../deploy/prometheus/alerts.yml");
        let alerts: Vec<_> = alerts.lines().filter(|line| line.contains("expr:")).collect();
        assert!(alerts.len() >= 8, "{alerts:?}");
        for text in asked.iter().chain(&alerts) {
            for name in names(text) {
                assert!(there.contains(name), "{name} in {text} is not among {there:?}");
            }
        }
        for name in ["linli_part_lag", "linli_timers_due", "linli_deliveries", "linli_acts"] {
            assert!(asked.iter().any(|text| names(text).contains(name)), "no panel shows {name}");
        }
    }
}
