//! Carries out what the process `bulletins` asks: takes the figures as they are, and publishes.

use std::sync::{Arc, OnceLock};

use linli_platform::{
    clock::Clock,
    entropy::derived,
    ids::{CommandId, StreamId},
    projection::Projection,
    service::Platform,
    stream::{ExecuteError, Meta, Streams},
    tables::{Issued, Tables},
};

use crate::{
    contract::heard::Heard,
    deciders::bulletin::{Bulletin, Command, Rejection},
    processes::Issue,
    projections::{
        bulletins::{ComposeError, Draft, compose},
        figures::Figures,
    },
    values::{checksum, pieces},
};

/// A longer content is given in parts first, so that no record of the log gets too large.
const CONTENT_BYTES_MAX: usize = 200 * 1024;

/// Makes bulletins.
#[derive(Clone)]
pub struct Press {
    streams: Streams,
    clock: Clock,
    tables: Arc<OnceLock<Tables>>,
}

impl Press {
    /// One that still needs [`Self::with`] what it reads from.
    pub fn new(platform: &Platform) -> Self {
        let (streams, clock) = (platform.streams.clone(), platform.clock.clone());
        Self { streams, clock, tables: Arc::default() }
    }

    /// From now on it reads these tables.
    pub fn with(&self, tables: &Tables) {
        self.tables.get_or_init(|| tables.clone());
    }

    /// Makes a period's bulletin and publishes it on its series' stream.
    pub async fn issue(&self, to: StreamId, meta: Meta, Issue { period }: Issue) -> Issued {
        let Some(tables) = self.tables.get() else {
            return Issued::Failed("the tables are not open yet".into());
        };
        let figures = <Figures as Projection<Heard>>::NAME;
        let stopped = tables.progress().borrow().stopped.clone();
        if let Some((_, why)) = stopped.iter().find(|(name, _)| name == figures) {
            return Issued::Failed(format!("the figures stand still: {why}"));
        }
        let (place, now) = (to.community().to_owned(), self.clock.now());
        let draft = tables.read(move |db| match compose(db, &place, period, now) {
            Ok(draft) => Ok(Ok(draft)),
            Err(ComposeError::Database(error)) => Err(error),
            Err(other) => Ok(Err(other.to_string())),
        });
        match draft.await {
            Ok(Ok(draft)) => self.publish(&to, meta, draft).await,
            Ok(Err(reason)) => Issued::Declined { reason, detail: String::new() },
            Err(error) => Issued::Failed(error.to_string()),
        }
    }

    async fn publish(
        &self,
        to: &StreamId,
        meta: Meta,
        Draft { content: it, over }: Draft,
    ) -> Issued {
        let mut content = match it.canonical() {
            Ok(text) => text,
            Err(error) => return Issued::Failed(error.to_string()),
        };
        let (sum, period) = (checksum(&content), it.period);
        let mut parts = 0;
        if content.len() > CONTENT_BYTES_MAX {
            for text in pieces(&content, CONTENT_BYTES_MAX) {
                parts += 1;
                let part = Command::Part { period, part: parts, text: text.to_owned() };
                // The same part of another content is another command.
                let cmd = CommandId(derived(&meta.cmd.to_string(), &format!("{sum}/{parts}")));
                let meta = Meta { cmd, ..meta.clone() };
                if let Err(error) = self.streams.execute::<Bulletin>(to, meta, part).await {
                    return refused(error);
                }
            }
            content.clear();
        }
        let publish = Command::Publish {
            after: it.number - 1,
            period,
            from_on: it.from_on,
            until_on: it.until_on,
            over,
            cut_off: it.cut_off,
            content,
            parts,
            checksum: sum,
        };
        match self.streams.execute::<Bulletin>(to, meta, publish).await {
            Err(error) => refused(error),
            done => Issued::of(done),
        }
    }
}

/// What can be made anew is tried again.
fn refused(error: ExecuteError<Rejection>) -> Issued {
    match error {
        ExecuteError::Rejected(no) if !no.is_passing() => {
            let detail = serde_json::to_string(&no).unwrap_or_default();
            Issued::Declined { reason: no.to_string(), detail }
        }
        other => Issued::Failed(other.to_string()),
    }
}
