//! `linli simulate`: a time span of all communities, lived through with made-up residents.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::in_order;
use crate::{
    failure::Failure,
    output::{Progress, json, line},
    seeds::read,
    simulate::{Asked, Report, simulate},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A folder as seeds/README.md describes it
    #[arg(long, value_name = "DIR")]
    seeds: PathBuf,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// The last day
    #[arg(long, value_name = "DATE")]
    to: NaiveDate,
    /// Residents in each community that has buildings
    #[arg(long, default_value_t = 200, value_name = "N")]
    residents: usize,
    /// What all chance comes from: the same number, the same output
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// How many communities [default: as many as the seeds have]
    #[arg(long, value_name = "N")]
    communities: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { seeds, from, to, residents, seed, communities, json: as_json } = arguments;
    in_order(from, to)?;
    let files = read::files(&seeds)?;
    let asked = Asked { files, from, to, residents, seed, communities };
    let report = simulate(asked, Progress::on_stderr()).await?;
    if as_json { json(&report) } else { table(&report) }
}

fn table(report: &Report) -> Result<(), Failure> {
    line(format_args!(
        "{:12} {:>9} {:>6} {:>9} {:>8} {:>10} {:>10} {:>10} {:>9}",
        "community",
        "residents",
        "held",
        "attended",
        "people",
        "person h",
        "activity h",
        "deliveries",
        "events"
    ))?;
    let communities = report.communities.iter().map(|one| (one.code.as_str(), &one.figures));
    for (code, it) in communities.chain([("total", &report.total)]) {
        line(format_args!(
            "{code:12} {:>9} {:>6} {:>9} {:>8} {:>10.1} {:>10.1} {:>10} {:>9}",
            it.residents,
            it.occurrences.held,
            it.attendances,
            it.people,
            it.person_hours,
            it.activity_hours,
            it.deliveries,
            it.log.events
        ))?;
    }
    Ok(())
}
