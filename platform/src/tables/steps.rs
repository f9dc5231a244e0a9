//! Services without tasks of their own: whoever runs a simulation steps them, one after the other in
//! the order in which they were started, so that the same run comes to the same log.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{FutureExt as _, StreamExt as _, stream, stream::BoxStream};
use tokio::sync::mpsc;

use super::{
    Engine, TablesError,
    engine::Pages,
    issue::{self, Known},
};

/// A service's tables; each value is one step, and says whether there was anything to do.
type Stepped = BoxStream<'static, Result<bool, TablesError>>;

/// The services that are stepped by hand. A copy steps the same ones.
#[derive(Clone, Default)]
pub struct Steps(Arc<Mutex<Vec<Stepped>>>);

/// What an engine needs between two steps.
struct Between {
    /// None until it is first stepped, and after its tables were built anew.
    pages: Option<Pages>,
    known: Known,
    again: mpsc::UnboundedReceiver<i64>,
    /// The number of the last command that was given.
    after: i64,
}

impl Steps {
    pub(crate) fn add<E: Send + Sync + 'static>(&self, engine: Engine<E>) {
        let (known, again) = mpsc::unbounded_channel();
        let between = Between { pages: None, known, again, after: 0 };
        let stepped = stream::unfold((engine, between), |(mut engine, mut between)| async move {
            let done = engine.step(&mut between).await;
            Some((done, (engine, between)))
        });
        self.all().push(stepped.boxed());
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Stepped>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all services; their files are closed. They hold what holds this, so it has to be said.
    pub fn end(&self) {
        drop(std::mem::take(&mut *self.all()));
    }

    /// Steps all services in turn until none has anything to do before the clock is moved.
    pub async fn settle(&self) -> Result<(), TablesError> {
        // Nobody else steps meanwhile; services that start meanwhile are stepped from the next time.
        let mut services = std::mem::take(&mut *self.all());
        let done = settle(&mut services).await;
        self.all().splice(0..0, services);
        done
    }
}

async fn settle(services: &mut [Stepped]) -> Result<(), TablesError> {
    loop {
        let mut busy = false;
        for service in &mut *services {
            busy |= service.next().await.transpose()?.unwrap_or_default();
        }
        if !busy {
            return Ok(());
        }
    }
}

impl<E: Send + Sync + 'static> Engine<E> {
    /// Does what there is to do now: takes the log in, gives commands, fires timers. Whether there
    /// was anything.
    async fn step(&mut self, between: &mut Between) -> Result<bool, TablesError> {
        if let Ok(reply) = self.rebuilds.try_recv() {
            // Whoever asked may have gone.
            let _ = reply.send(self.rebuild().await);
            between.pages = None;
            return Ok(true);
        }
        let mut busy = false;
        while let Ok(seq) = between.again.try_recv() {
            self.close(seq).await?;
            busy = true;
        }
        let mut pages = if let Some(pages) = between.pages.take() {
            pages
        } else {
            let from = self.start()?;
            self.pages(from)
        };
        while let Some(page) = pages.next().now_or_never().flatten() {
            self.take(page.map_err(|error| TablesError::Query(error.to_string()))?).await?;
            busy = true;
        }
        between.pages = Some(pages);
        let Some(hand) = self.means.hand.clone() else {
            return Ok(busy);
        };
        if self.tables.progress().borrow().open > 0 {
            let (known, after) = (&between.known, between.after);
            let given =
                issue::next(&self.plan, &self.tables, (&self.means, &hand), known, after).await?;
            if let Some(last) = given {
                between.after = last;
                return Ok(true);
            }
        }
        let now = self.means.clock.now();
        if self.live && self.tables.progress().borrow().next_due.is_some_and(|due| due <= now) {
            self.fire(now).await?;
            return Ok(true);
        }
        Ok(busy)
    }
}
