//! Gives the open commands of a service's processes to their streams.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{Issued, Plan, Tables, TablesError, engine::Means, store};
use crate::{
    decider::Decider, hand::taken_up, ids::StreamId, nats::lease::Ownership, stream::Streams,
};

/// Commands to different streams under way at once.
const AT_ONCE: usize = 32;
/// Open commands looked at in one go.
const BATCH: u32 = 1024;
/// The longest pause before a command that failed is given again.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The reason of a command that brought nothing about.
pub const NOTHING_TO_DO: &str = "nothing to do";

/// What a process notes about its commands, in its own stream `process`.
pub enum Declined {}

/// An event of a process's own stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Noted {
    /// A command that the process gave was rejected, or there was nothing to do.
    Declined {
        /// The stream it was for.
        to: StreamId,
        /// The domain's reason.
        #[serde(default)]
        reason: String,
        /// The reason as the service itself reads it, to tell it in other words; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        detail: String,
    },
}

impl Decider for Declined {
    /// Any service: each notes under its own name.
    const SERVICE: &'static str = "";
    const CATEGORY: &'static str = "process";
    type Command = Noted;
    type Event = Noted;
    type State = ();
    type Rejection = std::convert::Infallible;

    fn decide(
        (): &(),
        command: Noted,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Noted>, std::convert::Infallible> {
        Ok(vec![command])
    }

    fn evolve((): (), _event: &Noted) {}
}

/// Open commands that the log had before they were given, so that their ids won't come by again.
pub(super) type Known = mpsc::UnboundedSender<i64>;

/// Keeps [`run`] going: a fault in one command must not silence all others.
pub(super) async fn keep<E: Send + Sync + 'static>(
    plan: Arc<Plan<E>>,
    tables: Tables,
    means: (Means, Ownership),
    known: Known,
) {
    let service = plan.service;
    loop {
        let task = run(plan.clone(), tables.clone(), means.clone(), known.clone());
        match tokio::spawn(task).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(service, %error, "giving commands failed, starting again");
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Gives open commands to their streams as long as the program runs, from the moment the tables
/// have caught up with the log.
async fn run<E: Send + Sync + 'static>(
    plan: Arc<Plan<E>>,
    tables: Tables,
    (means, hand): (Means, Ownership),
    known: Known,
) {
    let mut progress = tables.progress();
    let (mut after, mut turn) = (0, None);
    loop {
        match taken_up(&hand, &tables).await {
            Ok(fence) if turn == Some(fence) => {}
            // A new turn: what another node did not get done is given from the first on.
            Ok(fence) => (after, turn) = (0, Some(fence)),
            Err(error) => {
                tracing::warn!(service = plan.service, %error, "no command can be given yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        }
        progress.mark_unchanged();
        match next(&plan, &tables, (&means, &hand), &known, after).await {
            Ok(Some(last)) => after = last,
            Ok(None) => tokio::select! {
                changed = progress.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = hand.lost() => {}
            },
            Err(error) => {
                tracing::error!(service = plan.service, %error, "open commands can't be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Gives the next open commands after a number, those of one stream in order. The number of the
/// last; none if there was none.
pub(super) async fn next<E: Send + Sync + 'static>(
    plan: &Plan<E>,
    tables: &Tables,
    (means, hand): (&Means, &Ownership),
    known: &Known,
    after: i64,
) -> Result<Option<i64>, TablesError> {
    let open = tables.read(move |db| store::open_commands(db, after, BATCH)).await?;
    let Some(last) = open.last().map(|open| open.seq) else { return Ok(None) };
    let mut streams: BTreeMap<StreamId, Vec<store::Open>> = BTreeMap::new();
    for command in open {
        streams.entry(command.to.clone()).or_default().push(command);
    }
    futures::stream::iter(streams.into_values())
        .for_each_concurrent(AT_ONCE, |commands| async {
            for command in commands {
                issue(plan, (&means.streams, hand), known, command).await;
            }
        })
        .await;
    Ok(Some(last))
}

/// Gives one command until the log has taken it, or its refusal.
async fn issue<E>(
    plan: &Plan<E>,
    (streams, hand): (&Streams, &Ownership),
    known: &Known,
    open: store::Open,
) {
    let Some(process) = plan.processes.iter().find(|p| p.name == open.process) else { return };
    let mut pause = Duration::from_millis(100);
    // Whoever acts next gives it, if this node does not any more.
    while hand.holds() {
        let issued =
            (process.dispatch)(open.to.clone(), open.meta.clone(), open.command.clone()).await;
        let failure = match issued {
            Issued::Stored => return,
            Issued::Known => return tell(known, open.seq),
            Issued::Declined { reason, detail } => match note(streams, &open, reason, detail).await
            {
                Ok(true) => return tell(known, open.seq),
                Ok(false) => return,
                Err(error) => error,
            },
            Issued::Failed(error) => error,
        };
        let (process, cmd) = (&open.process, open.meta.cmd);
        tracing::warn!(%process, %cmd, to = %open.to, %failure, "a command failed, trying again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

async fn note(
    streams: &Streams,
    open: &store::Open,
    reason: String,
    detail: String,
) -> Result<bool, String> {
    let (community, service) = (open.to.community(), open.to.service());
    let stream = StreamId::new(community, service, Declined::CATEGORY, &open.process)
        .map_err(|error| error.to_string())?;
    let noted = Noted::Declined { to: open.to.clone(), reason, detail };
    let noted = streams.execute::<Declined>(&stream, open.meta.clone(), noted).await;
    noted.map(|accepted| accepted.repeated).map_err(|error| error.to_string())
}

impl Issued {
    /// What became of a command, from the stream's answer; the reason of a refusal is noted so that
    /// the service can read it back and tell it in other words.
    pub fn of<E, R: std::error::Error + Serialize>(
        answer: Result<crate::stream::Accepted<E>, crate::stream::ExecuteError<R>>,
    ) -> Self {
        use crate::stream::ExecuteError::Rejected;
        match answer {
            Ok(accepted) if accepted.events.is_empty() && !accepted.repeated => {
                Self::Declined { reason: NOTHING_TO_DO.into(), detail: String::new() }
            }
            Ok(accepted) if accepted.repeated => Self::Known,
            Ok(_) => Self::Stored,
            Err(Rejected(rejection)) => {
                let detail = serde_json::to_string(&rejection).unwrap_or_default();
                Self::Declined { reason: rejection.to_string(), detail }
            }
            Err(error) => Self::Failed(error.to_string()),
        }
    }
}

/// Without the engine there is nobody left to take it off the list, and nobody who looks at it.
fn tell(known: &Known, seq: i64) {
    let _ = known.send(seq);
}
