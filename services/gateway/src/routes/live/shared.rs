//! One follower of the log for all who watch.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{Stream, StreamExt as _, stream, stream::BoxStream};
use linli_platform::{
    event_log::{EventLog, Filter, Page, ReadError},
    ids::{EVERYWHERE, Position, StreamId},
};
use serde::Serialize;
use tokio::sync::broadcast;

/// Pages that a watcher may be behind the others; further behind, they are let go and come again.
const BEHIND_MAX: usize = 256;

/// What one page of the log changed.
#[derive(Debug)]
pub(super) struct Told {
    /// Up to here it is told.
    pub upto: Position,
    changed: BTreeSet<Change>,
}

/// What one event says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Changes<'a> {
    changed: Vec<&'a Change>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Change {
    community: String,
    service: String,
}

impl Told {
    fn of(page: &Page) -> Self {
        let change = |stream: &StreamId| Change {
            community: stream.community().to_owned(),
            service: stream.service().to_owned(),
        };
        let changed = page.commits.iter().map(|commit| change(&commit.stream)).collect();
        Self { upto: page.upto, changed }
    }

    /// What it says to those who watch one community, several (`a,b`) or all; none if nothing.
    pub fn to(&self, communities: Option<&str>) -> Option<Changes<'_>> {
        // What belongs to no community may show in any.
        let concerns = |change: &&Change| {
            let watched = |codes: &str| codes.split(',').any(|code| change.community == code);
            change.community == EVERYWHERE || communities.is_none_or(watched)
        };
        let changed: Vec<_> = self.changed.iter().filter(concerns).collect();
        (!changed.is_empty()).then_some(Changes { changed })
    }
}

/// The follower, while there is one. A copy is the same.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Option<Following>>>);

struct Following {
    /// All after this is still to be sent.
    upto: Position,
    /// None: the follower has ended.
    sender: broadcast::Sender<Option<Arc<Told>>>,
}

impl Shared {
    fn held(&self) -> std::sync::MutexGuard<'_, Option<Following>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that changes after a position, without a gap, until the log can't be followed any more
    /// or the watcher is too far behind; `last` is where the log ends now.
    pub fn after(
        &self,
        log: &Arc<dyn EventLog>,
        after: Position,
        last: Position,
    ) -> impl Stream<Item = Arc<Told>> + Send + use<> {
        let (from, receiver) = self.join(log, last);
        // What the others have heard already, each reads for themselves.
        let missed = (after < from).then(|| log.follow(Filter::all(), after));
        let watching = Watching { missed, from, receiver, heard: after };
        stream::unfold(watching, |mut watching| async move {
            let told = watching.next().await?;
            Some((told, watching))
        })
    }

    /// Joins those who watch; the first of them lets the follower begin at the log's end.
    fn join(
        &self,
        log: &Arc<dyn EventLog>,
        last: Position,
    ) -> (Position, broadcast::Receiver<Option<Arc<Told>>>) {
        let mut held = self.held();
        if let Some(following) = held.as_ref() {
            return (following.upto, following.sender.subscribe());
        }
        let (sender, receiver) = broadcast::channel(BEHIND_MAX);
        *held = Some(Following { upto: last, sender });
        tokio::spawn(self.clone().follow(log.clone(), last));
        (last, receiver)
    }

    async fn follow(self, log: Arc<dyn EventLog>, after: Position) {
        let mut pages = log.follow(Filter::all(), after);
        loop {
            let page = pages.next().await;
            let mut held = self.held();
            let Some(following) = held.as_mut() else { return };
            let Some(Ok(page)) = page else {
                // They come again, and then another follower begins.
                let _ = following.sender.send(None);
                *held = None;
                return;
            };
            following.upto = page.upto;
            if following.sender.send(Some(Arc::new(Told::of(&page)))).is_err() {
                // Nobody watches any more.
                *held = None;
                return;
            }
        }
    }
}

/// Somebody who watches.
struct Watching {
    /// What the others have heard already.
    missed: Option<BoxStream<'static, Result<Page, ReadError>>>,
    /// After this the others hear it, too.
    from: Position,
    receiver: broadcast::Receiver<Option<Arc<Told>>>,
    heard: Position,
}

impl Watching {
    async fn next(&mut self) -> Option<Arc<Told>> {
        loop {
            let told = match &mut self.missed {
                Some(pages) => {
                    let page = pages.next().await?.ok()?;
                    if page.upto >= self.from {
                        self.missed = None;
                    }
                    Arc::new(Told::of(&page))
                }
                // Too far behind is an end as well: the browser comes again with the last id it saw.
                None => self.receiver.recv().await.ok()??,
            };
            if told.upto > self.heard {
                self.heard = told.upto;
                return Some(told);
            }
        }
    }
}

#[cfg(test)]
mod tests;
