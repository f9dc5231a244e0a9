//! `linli events`: what stands on the log, in its order. What is sealed stays sealed.

use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt as _;
use linli_platform::{
    commit::{Entry, NewEvent, Recorded},
    event_log::Filter,
    ids::{Actor, CommandId, EventRef, Position},
};
use serde::Serialize;

use super::Context;
use crate::{
    failure::Failure,
    output::{json, line},
};

const SERVICES: [&str; 5] = ["calendar", "people", "notifier", "attendance", "ranking"];

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Go on with what comes, until interrupted
    #[arg(long)]
    follow: bool,
    /// Of this service alone
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One line of what `--json` prints.
#[derive(Serialize)]
struct Line<'a> {
    position: Position,
    /// `stream@version`.
    event: EventRef,
    at: DateTime<Utc>,
    actor: &'a Actor,
    command: CommandId,
    cause: &'a Option<EventRef>,
    /// The event's name, such as `checkedIn`.
    name: &'a str,
    /// The event as it stands on the log.
    data: &'a NewEvent,
}

fn shown<'a>(
    commit: &'a Recorded,
    (event, entry, data): (EventRef, &'a Entry, &'a NewEvent),
) -> Line<'a> {
    Line {
        position: commit.position,
        event,
        at: entry.at,
        actor: &entry.actor,
        command: entry.cmd,
        cause: &entry.cause,
        name: data.name(),
        data,
    }
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let known = |service: &String| SERVICES.contains(&service.as_str());
    if let Some(unknown) = arguments.service.as_ref().filter(|service| !known(service)) {
        return Err(Failure::usage(format!(
            "--service {unknown}: write one of {}",
            SERVICES.join(", ")
        )));
    }
    let log = cx.log().await?;
    let services = arguments.service.into_iter().collect();
    let mut pages = log.follow(Filter { services }, Position(0));
    loop {
        let page = tokio::select! {
            page = pages.next() => page.transpose()?,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(page) = page else { return Ok(()) };
        for commit in &page.commits {
            for event in commit.events() {
                let shown = shown(commit, event);
                if arguments.json {
                    json(&shown)?;
                } else {
                    let at = shown.at.to_rfc3339_opts(SecondsFormat::Secs, true);
                    let Line { position, event, name, actor, .. } = shown;
                    line(format_args!("{position:>8}  {at}  {event}  {name}  {actor}"))?;
                }
            }
        }
        if page.live && !arguments.follow {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::commit::Sum;

    use super::*;

    #[test]
    fn the_shape_of_a_line_stays() {
        let entry = Entry {
            cmd: CommandId(uuid::Uuid::from_u128(1)),
            actor: Actor::Operator("office".into()),
            cause: None,
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            events: vec![NewEvent::of(&serde_json::json!({ "activityPublished": {} })).unwrap()],
        };
        let commit = Recorded {
            position: Position(3),
            stream: "xiguan/calendar/activity/a".parse().unwrap(),
            after: linli_platform::ids::Version(1),
            entries: vec![entry],
            prev: Sum::default(),
            sum: Sum::default(),
        };
        let event = commit.events().next().unwrap();
        assert_eq!(
            serde_json::to_string(&shown(&commit, event)).unwrap(),
            r#"{"position":3,"event":"xiguan/calendar/activity/a@2","at":"2027-01-15T08:00:00Z","actor":"operator:office","command":"00000000-0000-0000-0000-000000000001","cause":null,"name":"activityPublished","data":{"activityPublished":{}}}"#
        );
    }
}
