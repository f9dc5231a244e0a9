//! The last months of the demonstration: lived through before it starts, by made-up residents and the
//! very services that it shows, so that there are rolls, hours, points and mails to look at.

use std::path::Path;

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use linli_notifier::adapters::mail::Outbox;
use linli_platform::{
    entropy::Entropy,
    event_log::sqlite::{OpenMode, SqliteLog},
    ids::Position,
};

use super::{Past, script};
use crate::{
    failure::Failure,
    output::Progress,
    seeds::embedded,
    simulate::{Asked, Run, Stage, on_one_thread},
    transfer,
};

/// Lives through the days before `now` in a folder without a log; a folder that has one is left as
/// it is.
pub async fn live(
    data: &Path,
    now: DateTime<Utc>,
    public_url: String,
    progress: &Progress,
) -> Result<(), Failure> {
    if data.join("log.db").exists() {
        return Ok(());
    }
    let Past { days, residents, of, seed, mails_kept_days } = script()?.past.clone();
    let to = now.with_timezone(&Shanghai).date_naive();
    let from = to.checked_sub_days(Days::new(days)).unwrap_or(to);
    let files = embedded::files().to_vec();
    let asked = Asked { files, from, to, residents, of, seed, communities: None };
    let (data, told) = (data.to_owned(), progress.clone());
    let progress = Progress::to(move |text| told.at(&text.replacen("simulate", "demo", 1)));
    on_one_thread(move || async move {
        let folder = data.join("outbox");
        let outbox =
            Outbox::open(&folder).map_err(|error| Failure::file(&folder, "made", &error))?;
        let stage = Stage {
            data: data.clone(),
            secrets: Entropy::system(),
            kept: Some((outbox, now - TimeDelta::days(mails_kept_days))),
            public_url,
            ends: now,
        };
        let mut run = Run::on(stage, &asked, &progress).await?;
        run.live(&progress).await?;
        progress.at("demo: what happened is written down");
        // The folder's marks of being made up are there, so a power cut costs nothing of value.
        let log = SqliteLog::open(&data, OpenMode::Simulate)?;
        transfer::copy(&run.log, Position(0), &log).await
    })
    .await
}
