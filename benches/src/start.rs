//! How soon Linli is there, what it holds then, and how long its tables take to be built anew.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    kit::{ROUNDS, Table},
    office::{self, Server, filled::COMMUNITY},
    year,
};

/// How often tables are built anew: each time takes long.
const REBUILDS: usize = 3;

/// Milliseconds until a page is there, and megabytes held once all tables are.
fn start(folder: &Path, page: &str) -> Result<(f64, f64, f64)> {
    let since = Instant::now();
    let server = Server::start(office::SERVE, folder)?;
    let first = server.first(page, since)?;
    let ready = server.first("/readyz", since)?;
    // What was needed to get there is given back.
    std::thread::sleep(Duration::from_millis(300));
    Ok((first.as_secs_f64() * 1000.0, ready.as_secs_f64() * 1000.0, server.megabytes()))
}

fn forget_tables(folder: &Path) -> Result<()> {
    let tables = folder.join("data").join("tables");
    let tables = if tables.exists() { tables } else { folder.join("data") };
    for file in fs::read_dir(tables)?.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let services = ["calendar", "people", "notifier", "attendance", "ranking"];
        if services.iter().any(|service| name.starts_with(service)) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let (mut empty, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir_in(crate::kit::folder())?;
        let (_, ready, held) = start(folder.path(), "/healthz")?;
        empty.push(ready);
        idle.push(held);
    }
    table.absolute("start on an empty folder, ms", empty, 60.0, (1.0, 1.0));
    table.absolute("memory when empty, MB", idle, 24.0, (1.0, 1.0));
    let year = year::year()?;
    let page = format!("/c/{COMMUNITY}");
    let (mut first, mut held) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (page, _, megabytes) = start(&year.folder, &page)?;
        first.push(page);
        held.push(megabytes);
    }
    table.absolute("start with a year, to the month page, ms", first, 300.0, (1.0, 1.0));
    table.absolute("memory with a year, idle, MB", held, 24.0, (1.0, 1.0));
    let (mut first, mut all) = (Vec::new(), Vec::new());
    for _ in 0..REBUILDS {
        forget_tables(&year.folder)?;
        let (page, ready, _) = start(&year.folder, &page)?;
        first.push(page / 1000.0);
        all.push(ready / 1000.0);
    }
    // The goals are for half a million events.
    let events = crate::kit::count(usize::try_from(year.events)?);
    let scale = (events / 500_000.0, 1.0);
    table.absolute("a year built anew, to the month page, s", first, 3.0, scale);
    table.absolute("a year built anew, all of it, s", all, 30.0, scale);
    Ok(())
}
