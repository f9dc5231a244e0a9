//! The demonstration has a past: what it lived through before it starts stands on its log, the same
//! for the same instant; and a month is looked at before it is published.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use linli::{
    demo::{fill, folder, past},
    output::Progress,
    simulate::plan::{Plan, look},
};
use linli_platform::{
    commit::Recorded,
    event_log::{
        EventLog as _, Filter,
        sqlite::{OpenMode, SqliteLog},
    },
    ids::Position,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::app::App;

/// How many events of each name a folder's log has.
async fn events(data: &Path) -> BTreeMap<String, usize> {
    let log = SqliteLog::open(data, OpenMode::ReadOnly).unwrap();
    let mut names = BTreeMap::new();
    let mut pages = log.follow(Filter::all(), Position(0));
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        for (_, _, event) in page.commits.iter().flat_map(Recorded::events) {
            *names.entry(event.name().to_owned()).or_default() += 1;
        }
        if page.live {
            break;
        }
    }
    names
}

async fn lived(data: &Path, now: DateTime<Utc>) {
    folder(data, false).unwrap();
    let url = "http://127.0.0.1:8080".to_owned();
    past::live(data, now, url, &Progress::to(|_| {})).await.unwrap();
}

#[test]
fn the_past_of_a_demonstration_is_the_same_again_and_a_month_ahead_is_looked_at() {
    let [one, two] = [(), ()].map(|()| Arc::new(TempDir::new().unwrap()));
    let now: DateTime<Utc> = "2026-11-02T00:00:00Z".parse().unwrap();
    let (first, again) = (one.path().join("data"), two.path().join("data"));
    Runtime::new().unwrap().block_on(async {
        lived(&first, now).await;
        lived(&again, now).await;
        let told = events(&first).await;
        assert_eq!(told, events(&again).await);
        for name in [
            "occurrenceCancelled",
            "occurrenceMoved",
            "checkedIn",
            "rollClosed",
            "rated",
            "credited",
            "bulletinPublished",
            "deliveriesSettled",
        ] {
            assert!(told.contains_key(name), "nothing was {name}: {told:?}");
        }
        let mails = std::fs::read_dir(first.join("outbox")).unwrap().count();
        assert!(mails > 0, "no mail to be seen");
        let before = events(&first).await;
        let day = "2026-12-01".parse().unwrap();
        let quiet = Progress::to(|_| {});
        let plan = look(&first, "xiguan".into(), day, now, quiet.clone()).await.unwrap();
        checked(&plan);
        assert_eq!(events(&first).await, before, "looking has changed something");
        let told = look(&first, "nowhere".into(), day, now, quiet).await.unwrap_err();
        assert!(told.text().unwrap().contains("there is no community 'nowhere'"), "{told:?}");
        // Whoever opens both sees the same, to the byte.
        let (one, two) = (pages(one, now).await, pages(two, now).await);
        for ((path, one), (_, two)) in one.iter().zip(&two) {
            assert_eq!(one, two, "{path}");
        }
    });
}

/// What a stranger reads in a demonstration of that past, which has done what it does at its start.
async fn pages(folder: Arc<TempDir>, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let app = App::open(folder, now, None).await;
    fill(&app.node, &Progress::to(|_| {})).await.unwrap();
    app.settle().await;
    let mut read = Vec::new();
    for path in [
        "/",
        "/c/xiguan?month=2026-11",
        "/rankings/xiguan?period=2026-10",
        "/rankings/guangling?period=2026-10",
        "/c/xiguan/bulletins",
        "/c/xiguan/bulletins/monthly/1",
    ] {
        read.push((path, app.stranger().reads(path).await));
    }
    read
}

fn checked(plan: &Plan) {
    let held: usize = plan.days.iter().map(|day| day.occurrences).sum();
    assert!(held >= 20, "{held} occurrences in a month");
    assert!(plan.days.iter().any(|day| day.new > 0), "{plan:?}");
    assert!(plan.days.iter().all(|day| day.date.to_string().starts_with("2026-12-")));
    let it = &plan.messages;
    assert!(it.residents > 400 && it.reachable > 0 && it.reachable < it.residents, "{it:?}");
    assert!(it.receiving > 0 && it.receiving <= it.reachable, "{it:?}");
    assert!(it.p50 <= it.p95 && it.p95 <= it.max && it.total >= it.receiving, "{it:?}");
}
