//! What must hold in the end. The first thing that does not is named.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use futures::future::join;
use linli_calendar::processes::opening::ASKED;
use linli_platform::{
    commit::decode, event_log::EventLog as _, ids::Position, service::Service, tables::Mark,
};
use rusqlite::Row;
use sha2::{Digest as _, Sha256};

use super::{Asked, ledger::Ledger, report::Report, run::Run};
use crate::{compose::Node, failure::Failure, output::Progress};

fn broken(what: &str, how: impl std::fmt::Display) -> Failure {
    Failure::failed(format!("simulate: a promise is broken: {what}: {how}"))
}

impl Run {
    /// Reads the log from its beginning.
    pub fn ledger(&self) -> Result<(Ledger, String), Failure> {
        let (mut ledger, mut sum) = (Ledger::default(), Sha256::new());
        for position in (1..).map(Position) {
            let Some(bytes) = self.log.bytes(position) else { break };
            sum.update(&bytes);
            ledger.take(&decode(position, &bytes)?, bytes.len())?;
        }
        let sum: [u8; 32] = sum.finalize().into();
        let hex = sum.iter().fold(String::new(), |mut text, byte| {
            // Nothing can go wrong in memory.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok((ledger, hex))
    }

    /// Counts, and checks what the log itself shows.
    pub fn report(&self, asked: &Asked) -> Result<Report, Failure> {
        let (ledger, sum) = self.ledger()?;
        if let Some(first) = ledger.broken.first() {
            return Err(broken("nobody twice, nowhere too many", first));
        }
        if let Some(wrong) = ledger.points.wrong(&ledger.rolls) {
            return Err(broken("points are the sum of their causes", wrong));
        }
        let report = Report::of(asked, &ledger, self.commands(), sum, self.now())?;
        let states: u64 = report.total.deliveries_by_state.values().sum();
        if states != report.total.deliveries {
            let planned = report.total.deliveries;
            let how = format!("{planned} planned, {states} in all states");
            return Err(broken("planned deliveries are the sum of all states", how));
        }
        Ok(report)
    }

    /// Checks what the tables show: all runs, each holds what the log does, built anew it is the
    /// same, and nobody acts because of it.
    pub async fn check(&self, progress: &Progress) -> Result<(), Failure> {
        let report = self.log.verify(Position(0)).await?;
        if let Some((position, why)) = report.first_bad {
            return Err(broken("the log is whole", format!("position {position}: {why}")));
        }
        going(&self.node).await?;
        self.deliveries_and_points().await?;
        let last = self.log.last().await?;
        let services = self.node.services().await?;
        let mut before = Vec::new();
        for service in services {
            before.push(service.tables.marks(counts)?);
            progress.at(&format!("simulate: {} is built anew", service.name));
            let (done, stepped) = join(service.rebuild(), super::run::quiet(&self.node)).await;
            stepped?;
            done?;
        }
        // Commands that are on the log already are given once more, and known.
        super::run::quiet(&self.node).await?;
        going(&self.node).await?;
        let now = self.log.last().await?;
        if now != last {
            let how = format!("the log went on from {last} to {now}");
            return Err(broken("tables built anew make nobody act", how));
        }
        services.iter().zip(&before).try_for_each(|(service, before)| same(service, before))
    }

    /// The tables of deliveries and of credits say what the log says.
    async fn deliveries_and_points(&self) -> Result<(), Failure> {
        let (ledger, _) = self.ledger()?;
        let planned: u64 = ledger.deliveries().values().map(|(planned, _)| planned).sum();
        let accepted = |(_, states): &(u64, BTreeMap<super::ledger::Standing, u64>)| {
            states.get(&super::ledger::Standing::Accepted).copied().unwrap_or_default()
        };
        let sent: u64 = ledger.deliveries().values().map(accepted).sum();
        let sql = "SELECT count(*), count(*) FILTER (WHERE class = 'ACCEPTED') FROM deliveries";
        let tables = &self.node.notifier().await?.tables;
        let shown: (u64, u64) =
            tables.read_now(|db| db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))))?;
        if shown != (planned, sent) {
            let how = format!(
                "the log has {planned} deliveries, {sent} of them accepted, the table {} and {}",
                shown.0, shown.1
            );
            return Err(broken("planned deliveries are the sum of all states", how));
        }
        let sql = "SELECT coalesce(sum(points), 0) FROM credits";
        let credited = &self.node.ranking().await?.tables;
        let shown: i64 = credited.read_now(|db| db.query_row(sql, [], |row| row.get(0)))?;
        let stands = ledger.points.total();
        if u64::try_from(shown) != Ok(stands) {
            let how = format!("{stands} points stand on the log, {shown} in the table");
            return Err(broken("points are the sum of their causes", how));
        }
        Ok(())
    }
}

/// No projection and no process has stopped at an event.
async fn going(node: &Node) -> Result<(), Failure> {
    for service in node.services().await? {
        let stopped = service.tables.progress().borrow().stopped.clone();
        if let Some((name, why)) = stopped.first() {
            let how = format!("{} of {}: {why}", name, service.name);
            return Err(broken("nothing stops at an event", how));
        }
    }
    Ok(())
}

/// Whether a row must be the same in tables built anew.
pub fn counts(table: &str, row: &Row<'_>) -> rusqlite::Result<bool> {
    Ok(table != "process_row" || row.get_ref("value")?.as_str()? != ASKED.to_string())
}

/// The tables are as they were.
pub fn same(service: &Service, before: &BTreeMap<String, Mark>) -> Result<(), Failure> {
    let after = service.tables.marks(counts)?;
    let rows = |mark: Option<&Mark>| mark.map_or(0, |mark| mark.rows);
    let tables: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for table in tables {
        let (old, new) = (before.get(table), after.get(table));
        if old != new {
            let how = format!(
                "table {table} of {} differs ({} rows, {} built anew)",
                service.name,
                rows(old),
                rows(new)
            );
            return Err(broken("tables are what the log makes of them", how));
        }
    }
    Ok(())
}
