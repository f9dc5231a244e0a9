//! The figures: what Linli does in a second, beside a limit that the bench builds itself and beside
//! others who do the same. See README.md.

mod dates;
mod feed;
mod kit;
mod log;
mod mail;
mod peers;

use anyhow::{Result, bail};
use kit::Table;

type Bench = fn(&mut Table) -> Result<()>;

const BENCHES: [(&str, Bench); 4] =
    [("dates", dates::run), ("log", log::run), ("feed", feed::run), ("mail", mail::run)];

fn main() -> Result<()> {
    let asked = std::env::args().nth(1).unwrap_or_default();
    if asked == mail::SINK {
        // Ourselves again, as the server that takes mail: its time must not count as the sender's.
        return mail::sink::serve();
    }
    let wanted = |name: &str| asked == "all" || asked == name;
    if !BENCHES.iter().any(|(name, _)| wanted(name)) {
        bail!("say what to measure: dates, log, feed, mail or all");
    }
    let mut table = Table::default();
    for (_, bench) in BENCHES.iter().filter(|(name, _)| wanted(name)) {
        bench(&mut table)?;
    }
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    {
        println!("{}", table.markdown());
    }
    Ok(())
}
