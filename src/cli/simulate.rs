//! `linli simulate`: a time span of all communities, lived through with made-up residents; and
//! `--plan`, a month of a real community before it is published.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::NaiveDate;
use linli_platform::clock::Clock;

use super::{Context, existing, in_order};
use crate::{
    failure::Failure,
    output::{Progress, json, line},
    seeds::read,
    simulate::{
        Asked, Report,
        plan::{Plan, Who, look},
        simulate,
    },
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A folder as seeds/README.md describes it
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    seeds: Option<PathBuf>,
    /// The first day
    #[arg(long, value_name = "DATE", required_unless_present = "plan")]
    from: Option<NaiveDate>,
    /// The last day
    #[arg(long, value_name = "DATE", required_unless_present = "plan")]
    to: Option<NaiveDate>,
    /// Residents in each community that has buildings
    #[arg(long, default_value_t = 200, value_name = "N")]
    residents: usize,
    /// What all chance comes from: the same number, the same output
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// How many communities [default: as many as the seeds have]
    #[arg(long, value_name = "N")]
    communities: Option<usize>,
    /// Look at a month of the data folder before it is published, and change nothing
    #[arg(
        long,
        requires = "community",
        requires = "month",
        conflicts_with_all = ["seeds", "from", "to", "residents", "seed", "communities"]
    )]
    plan: bool,
    /// With --plan: the community's code
    #[arg(long, value_name = "CODE", requires = "plan")]
    community: Option<String>,
    /// With --plan: the month, such as 2026-12
    #[arg(long, value_name = "MONTH", requires = "plan", value_parser = month)]
    month: Option<NaiveDate>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The first day of a month.
fn month(text: &str) -> Result<NaiveDate, String> {
    let wrong = |_| format!("'{text}' is no month: write it as 2026-12");
    format!("{text}-01").parse().map_err(wrong)
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { seeds, from, to, residents, seed, communities, .. } = arguments;
    if let (Some(community), Some(month)) = (arguments.community, arguments.month) {
        existing(&cx.data())?;
        let (now, progress) = (Clock::system().now(), Progress::on_stderr());
        let plan = look(&cx.data(), community, month, now, progress).await?;
        return if arguments.json { json(&plan) } else { month_table(&plan) };
    }
    let (Some(seeds), Some(from), Some(to)) = (seeds, from, to) else {
        return Err(Failure::usage("write --seeds, --from and --to, or --plan"));
    };
    in_order(from, to)?;
    let files = read::files(&seeds)?;
    let of = BTreeMap::new();
    let asked = Asked { files, from, to, residents, of, seed, communities };
    let report = simulate(asked, Progress::on_stderr()).await?;
    if arguments.json { json(&report) } else { table(&report) }
}

fn month_table(plan: &Plan) -> Result<(), Failure> {
    line(format_args!(
        "{:12} {:>11} {:>4} {:>8} {:>12}",
        "date", "occurrences", "new", "hours", "duty places"
    ))?;
    for day in &plan.days {
        let (hours, minutes) = (day.minutes / 60, day.minutes % 60);
        line(format_args!(
            "{:12} {:>11} {:>4} {:>8} {:>12}",
            day.date,
            day.occurrences,
            day.new,
            format!("{hours}:{minutes:02}"),
            day.duty_places
        ))?;
    }
    for clash in &plan.venue_clashes {
        let (title, start, venue) = (&clash.title, clash.start, &clash.venue);
        line(format_args!("venue taken: {venue}, {start}: {title}"))?;
    }
    for clash in &plan.people_clashes {
        let who = match clash.who {
            Who::Contact(id) => format!("contact {id}"),
            Who::Team(id) => format!("team {id}"),
            Who::Residents(number) => format!("{number} residents"),
        };
        let (first, second, start) = (&clash.first, &clash.second, clash.start);
        line(format_args!("at two places: {who}, {start}: {first} / {second}"))?;
    }
    let it = &plan.messages;
    line(format_args!(
        "messages: {} to {} of {} residents ({} can be reached); each p50 {}, p95 {}, most {}",
        it.total, it.receiving, it.residents, it.reachable, it.p50, it.p95, it.max
    ))
}

fn table(report: &Report) -> Result<(), Failure> {
    line(format_args!(
        "{:12} {:>9} {:>6} {:>9} {:>8} {:>10} {:>10} {:>8} {:>10} {:>9}",
        "community",
        "residents",
        "held",
        "attended",
        "people",
        "person h",
        "activity h",
        "points",
        "deliveries",
        "events"
    ))?;
    let communities = report.communities.iter().map(|one| (one.code.as_str(), &one.figures));
    for (code, it) in communities.chain([("total", &report.total)]) {
        line(format_args!(
            "{code:12} {:>9} {:>6} {:>9} {:>8} {:>10.1} {:>10.1} {:>8} {:>10} {:>9}",
            it.residents,
            it.occurrences.held,
            it.attendances,
            it.people,
            it.person_hours,
            it.activity_hours,
            it.points,
            it.deliveries,
            it.log.events
        ))?;
    }
    Ok(())
}
