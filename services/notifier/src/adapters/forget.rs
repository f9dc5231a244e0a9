//! A mail in the outbox bears name and address of whom it is to. Once somebody is erased, theirs
//! go, too: when it happens, and at the next start if it happened while nobody listened.

use std::collections::HashSet;

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

/// Keeps the outbox free of mail to people who were erased, as long as the program runs.
pub(super) async fn keep_clear(platform: &Platform, outbox: &Outbox, tables: &Tables) {
    let mut progress = tables.progress();
    let Ok(live) = progress.wait_for(|progress| progress.live).await.map(|live| live.position)
    else {
        return;
    };
    clear(platform, outbox, tables).await;
    let people = Filter { services: vec!["people".to_owned()] };
    let mut pages = platform.log.follow(people, live);
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) if tells_of_an_erasure(&page) => clear(platform, outbox, tables).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the outbox is next looked through at the next start");
                return;
            }
        }
    }
}

fn tells_of_an_erasure(page: &Page) -> bool {
    let mut events = page.commits.iter().flat_map(Recorded::events);
    events.any(|(_, _, event)| ERASED.contains(&event.name()))
}

/// Removes what lies there to people who have no key any more.
async fn clear(platform: &Platform, outbox: &Outbox, tables: &Tables) {
    let cleared = async {
        let recipients = tables.read(deliveries::recipients).await.map_err(|e| e.to_string())?;
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
    };
    if let Err(error) = cleared.await as Result<(), String> {
        tracing::error!(error, "mail to people who were erased may still lie in the outbox");
    }
}
