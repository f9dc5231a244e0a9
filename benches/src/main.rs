//! The figures: what Linli does in a second, beside a limit that the bench builds itself and beside
//! others who do the same. See README.md.

mod kit;
mod log;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut table = kit::Table::default();
    let asked = std::env::args().nth(1).unwrap_or_default();
    let all = asked == "all";
    let mut known = false;
    for (name, bench) in [("log", log::run as fn(&mut kit::Table) -> Result<()>)] {
        if all || asked == name {
            known = true;
            bench(&mut table)?;
        }
    }
    if !known {
        bail!("say what to measure: dates, log, feed, mail or all");
    }
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    {
        println!("{}", table.markdown());
    }
    Ok(())
}
