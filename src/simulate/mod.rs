//! A whole time span of all communities: the real deciders, processes and projections on one thread,
//! under a clock that is moved by hand from one thing that happens to the next.
//!
//! [`town`] makes people up, [`diary`] knows what is ahead, [`acts`] what they do about it, by
//! chance from a seed ([`dice`], [`behaviour`]). What it came to is counted from the log alone
//! ([`ledger`]), and checked ([`checks`]). The same seed gives the same log, byte for byte.

pub mod acts;
pub mod behaviour;
pub mod checks;
pub mod diary;
pub mod dice;
pub mod give;
pub mod ledger;
mod many;
pub mod plan;
pub mod points;
pub mod report;
pub mod run;
pub mod town;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{failure::Failure, output::Progress, seeds::File};
pub use report::Report;
pub use run::{Run, Stage};

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The seeds.
    pub files: Vec<File>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Residents in each community that has buildings.
    pub residents: usize,
    /// Another number, by the community's code.
    pub of: BTreeMap<String, usize>,
    /// What all chance comes from.
    pub seed: u64,
    /// How many communities; none is as many as the seeds have.
    pub communities: Option<usize>,
}

/// Simulates in a temporary folder, checks what must hold, and counts.
pub async fn simulate(asked: Asked, progress: Progress) -> Result<Report, Failure> {
    on_one_thread(move || async move {
        let aside = folder()?;
        let mut run = Run::begin(&asked, aside.path().join("data"), &progress).await?;
        run.live(&progress).await?;
        let report = run.report(&asked)?;
        progress.at("simulate: checking");
        run.check(&progress).await?;
        Ok(report)
    })
    .await
}

/// Where files are quick: in memory, if the machine has such a place and room in it.
fn folder() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir()
        .map_err(|error| Failure::failed(format!("there is no room for temporary files: {error}")))
}

/// Runs work on a thread of its own, with a runtime that has no other.
pub async fn on_one_thread<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    let (answer, answered) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("simulation".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = match runtime {
            Ok(runtime) => {
                let done = runtime.block_on(work());
                // What still ran holds files open that whoever asked may want.
                drop(runtime);
                done
            }
            Err(error) => Err(Failure::from(error)),
        };
        // Whoever asked may have gone.
        let _ = answer.send(done);
    });
    thread.map_err(|error| Failure::failed(format!("no thread can be started: {error}")))?;
    answered.await.unwrap_or_else(|_| Err(Failure::failed("the simulation has stopped")))
}
