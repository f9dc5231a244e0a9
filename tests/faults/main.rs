//! A simulation under faults of the whole: all services over a log that fails by chance, a clock
//! that is moved by hand, an outbox that fails, and a node that crashes at any await.
//!
//! A seed decides what is done and how often things fail. What threads wait for the disk come back
//! first is the machine's, so a seed repeats the run but for that. `LINLI_SEED=7` plays one seed,
//! `LINLI_SEEDS=200` so many.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod ledger;
mod mails;
mod node;
mod promises;
mod run;
mod steps;
mod tables;
mod town;

use run::{Told, simulate};

/// How many seeds are played unless told.
const SEEDS: u64 = 4;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn whatever_fails_what_was_promised_holds() {
    let seeds = match number("LINLI_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LINLI_SEEDS").unwrap_or(SEEDS),
    };
    let mut all = Told::default();
    for seed in seeds {
        let told = std::panic::catch_unwind(|| simulate(seed)).unwrap_or_else(|_| {
            panic!("seed {seed}: repeat it with LINLI_SEED={seed} cargo test --test faults")
        });
        println!("seed {seed}: {told:?}");
        all.commits += told.commits;
        all.mails += told.mails;
        all.reminders += told.reminders;
        all.crashes += told.crashes;
    }
    // A simulation in which nothing happens shows nothing.
    assert!(all.commits > 100 && all.mails > 10 && all.crashes > 0, "{all:?}");
}
