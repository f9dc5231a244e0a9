//! The figures: what Linli does in a second, beside a limit that the bench builds itself and beside
//! others who do the same. See README.md.

mod checkin;
mod dates;
mod feed;
mod kit;
mod log;
mod mail;
mod nats;
mod office;
mod pages;
mod peers;
mod ranking;
mod simulate;
mod start;
mod year;

use std::path::Path;

use anyhow::{Result, bail};
use kit::Table;

type Bench = fn(&mut Table) -> Result<()>;

const BENCHES: [(&str, Bench); 11] = [
    ("dates", dates::run),
    ("log", log::run),
    ("feed", feed::run),
    ("mail", mail::run),
    ("checkin", checkin::run),
    ("ranking", ranking::run),
    ("pages", pages::run),
    ("start", start::run),
    ("simulate", simulate::run),
    ("nats", nats::run),
    ("faults", nats::faults),
];

/// Ourselves again, as a server: its time must not count as that of whoever asks it.
fn serve(what: &str) -> Result<bool> {
    let folder = std::env::args().nth(2).unwrap_or_default();
    let folder = Path::new(&folder);
    match what {
        mail::SINK => mail::sink::serve()?,
        office::SERVE => office::serve(folder)?,
        checkin::LIMIT => checkin::limit::serve(folder)?,
        pages::HELLO => pages::hello(folder)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn main() -> Result<()> {
    let asked = std::env::args().nth(1).unwrap_or_default();
    if serve(&asked)? {
        return Ok(());
    }
    let wanted = |name: &str| asked == "all" || asked == name;
    if !BENCHES.iter().any(|(name, _)| wanted(name)) {
        let names = BENCHES.map(|(name, _)| name).join(", ");
        bail!(
            "say what to measure: {names} or all. Peers are measured when they are there: apt-get \
             install postgresql redis-server libical-dev gcc; apt-get install \
             --no-install-recommends postfix; npm install --prefix .tools nodemailer; ./check once"
        );
    }
    let mut table = Table::default();
    for (name, bench) in BENCHES.iter().filter(|(name, _)| wanted(name)) {
        if let Err(error) = bench(&mut table) {
            table.note(format!("{name} has failed: {error:#}"));
        }
    }
    year::forget();
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    {
        println!("{}", table.markdown());
    }
    Ok(())
}
