//! A mail in the outbox bears name and address of whom it is to. Once somebody is erased, theirs
//! go, too: when it happens, and at the next start if it happened while nobody listened.

use std::{collections::HashSet, time::Duration};

use futures::StreamExt as _;
use linli_platform::{
    commit::Recorded,
    event_log::{Filter, Page},
    service::Platform,
    tables::Tables,
};

use super::mail::Outbox;
use crate::projections::deliveries;

const ERASED: [&str; 2] = ["residentErased", "staffErased"];

/// How long to wait before the log is read, or the outbox looked through, once more.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps the outbox free of mail to people who were erased, as long as the program runs. What can't
/// be done is shown at the desk and done again until it is.
pub(super) async fn keep_clear(platform: &Platform, outbox: &Outbox, tables: &Tables) {
    let mut progress = tables.progress();
    let Ok(mut at) = progress.wait_for(|progress| progress.live).await.map(|live| live.position)
    else {
        return;
    };
    clear_at_last(platform, outbox, tables).await;
    loop {
        let people = Filter { services: vec!["people".to_owned()] };
        let mut pages = platform.log.follow(people, at);
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    if tells_of_an_erasure(&page) {
                        clear_at_last(platform, outbox, tables).await;
                    }
                    outbox.tell_uncleared(None);
                    at = page.upto;
                }
                Err(error) => {
                    tracing::error!(%error, "erasures can't be heard of, trying again");
                    outbox.tell_uncleared(Some(error.to_string()));
                    break;
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Clears the outbox, as often as it takes.
async fn clear_at_last(platform: &Platform, outbox: &Outbox, tables: &Tables) {
    while let Err(error) = clear(platform, outbox, tables).await {
        tracing::error!(error, "mail to people who were erased may still lie in the outbox");
        outbox.tell_uncleared(Some(error));
        tokio::time::sleep(PAUSE).await;
    }
    outbox.tell_uncleared(None);
}

fn tells_of_an_erasure(page: &Page) -> bool {
    let mut events = page.commits.iter().flat_map(Recorded::events);
    events.any(|(_, _, event)| ERASED.contains(&event.name()))
}

/// Removes what lies there to people who have no key any more.
async fn clear(platform: &Platform, outbox: &Outbox, tables: &Tables) -> Result<(), String> {
    let recipients = tables.read(deliveries::recipients).await.map_err(|e| e.to_string())?;
    if recipients.is_empty() {
        return Ok(());
    }
    let keys = platform.directory.keys(recipients.clone()).await.map_err(|e| e.to_string())?;
    let erased: Vec<_> =
        recipients.into_iter().filter(|person| !keys.contains_key(person)).collect();
    if erased.is_empty() {
        return Ok(());
    }
    let read = tables.read(move |db| {
        let mut names = HashSet::new();
        for person in erased {
            let all = deliveries::to_resident(db, person)?;
            names.extend(all.iter().map(|(source, key)| key.lasting_name(source)));
        }
        Ok(names)
    });
    let names = read.await.map_err(|e| e.to_string())?;
    outbox.remove(names).await.map_err(|e| e.to_string())
}
