//! A year of all seeded communities with made-up residents, as `linli simulate` lives it.

use std::time::Instant;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use linli::{
    output::Progress,
    seeds::embedded,
    simulate::{Asked, simulate},
};

use crate::{kit::Table, office::told};

/// Residents of each community, of the smaller run and of the larger one.
const FEW: usize = 2_000;
const MANY: usize = 20_000;

fn seconds(residents: usize) -> Result<f64> {
    let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).context("a date");
    let asked = Asked {
        files: embedded::files().to_vec(),
        from: date(1, 1)?,
        to: date(12, 31)?,
        residents,
        of: std::collections::BTreeMap::default(),
        seed: 1,
        communities: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let start = Instant::now();
    runtime.block_on(simulate(asked, Progress::to(|_| ()))).map_err(told)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Measures and fills the table. Each run is one: the same seed does the same work.
pub fn run(table: &mut Table) -> Result<()> {
    let (few, many) = (seconds(FEW)?, seconds(MANY)?);
    table.absolute("simulate a year, 20,000 residents each, s", vec![many], 120.0, (1.0, 1.0));
    let each = |seconds: f64, residents| seconds / crate::kit::count(residents);
    let ratio = each(many, MANY) / each(few, FEW);
    table.absolute("simulate, cost of one of 20,000 : of 2,000", vec![ratio], 1.3, (1.0, 1.0));
    table
        .note(format!("simulate: {few:.1} s with 2,000 residents each; one run each, all checks."));
    Ok(())
}
