//! `linli verify`: every record of the log, and the first bad one.

use linli_platform::{event_log::VerifyReport, ids::Position};
use serde::Serialize;

use super::Context;
use crate::{
    failure::Failure,
    output::{Progress, json, line, tell},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    ok: bool,
    commits: u64,
    events: u64,
    streams: u64,
    upto: Position,
    first_bad: Option<Bad>,
}

#[derive(Serialize)]
struct Bad {
    position: Position,
    why: String,
}

impl From<VerifyReport> for Report {
    fn from(report: VerifyReport) -> Self {
        let VerifyReport { commits, events, streams, upto, first_bad } = report;
        let first_bad = first_bad.map(|(position, why)| Bad { position, why });
        Self { ok: first_bad.is_none(), commits, events, streams, upto, first_bad }
    }
}

pub(super) async fn run(cx: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let log = cx.log().await?;
    Progress::on_stderr().at("every record is read");
    let report = Report::from(log.verify(Position(0)).await?);
    let Report { commits, events, streams, .. } = &report;
    if arguments.json {
        json(&report)?;
    } else if report.ok {
        line(format_args!("whole: {events} events in {commits} records of {streams} streams"))?;
    }
    match report.first_bad {
        None => Ok(()),
        Some(Bad { position, why }) => {
            let place = match cx.config()?.log {
                Some(address) => address.to_string(),
                None => cx.data().join("log.db").display().to_string(),
            };
            tell(format_args!(
                "linli: {place}: the first bad record is {position}: {why}; stop the server and \
                 restore a backup with `linli restore`"
            ));
            Err(Failure::Told)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_report_stays() {
        let bad = Some((Position(7), "its checksum does not fit".to_owned()));
        let report =
            VerifyReport { commits: 6, events: 9, streams: 2, upto: Position(6), first_bad: bad };
        assert_eq!(
            serde_json::to_string(&Report::from(report)).unwrap(),
            r#"{"ok":false,"commits":6,"events":9,"streams":2,"upto":6,"first_bad":{"position":7,"why":"its checksum does not fit"}}"#
        );
    }
}
