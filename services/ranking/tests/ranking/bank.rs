use axum::http::StatusCode;
use linli_platform::{ids::Version, testing::at};
use linli_ranking::{contract::WalletEvent, fragments, processes::wallet};
use serde_json::json;

use crate::town::{Office, resident, staff, who};

const BANK: &str = "/desk/xiguan/bank";

/// Somebody with 8 points.
async fn earned() -> Office {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 120).await;
    office
}

#[tokio::test]
async fn points_are_spent_at_the_love_bank_once_and_never_more_than_are_there() {
    let office = earned().await;
    let adam = who(1).to_string();
    let page = office.get(&staff("xiguan"), &format!("{BANK}?q=Test+1")).await;
    page.shows("Test 1").shows("8 points");
    let spend = |points| {
        [
            ("do", "spend"),
            ("resident", adam.as_str()),
            ("points", points),
            ("remark", "rice cooker"),
        ]
    };
    let cmd = who(77).to_string();
    for _ in 0..2 {
        let done = office.post_again(&staff("xiguan"), BANK, &spend("5"), &cmd).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
    let refused = office.post(&staff("xiguan"), BANK, &spend("4")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows("4 points are more than the 3 that are there");
    for (points, status) in [("0", 409), ("-1", 422), ("many", 422)] {
        assert_eq!(office.post(&staff("xiguan"), BANK, &spend(points)).await.status, status);
    }
    assert_eq!(office.post(&resident(1), BANK, &spend("1")).await.status, StatusCode::FORBIDDEN);
    let log = office.kit.platform.log.read(&wallet(who(1)).unwrap(), Version(0)).await.unwrap();
    let events: Vec<_> = log.iter().flat_map(|c| &c.entries).flat_map(|e| &e.events).collect();
    assert_eq!(events.len(), 1, "twice sent, once done");
    assert!(!events[0].0.get().contains("rice"), "what was bought is sealed");
    let mine = office.get(&resident(1), "/my/points").await;
    mine.shows("rice cooker").shows("<dd>3</dd>");
    let fragment = fragments::my(&office.state, &resident(1)).await.unwrap();
    assert!(fragment.contains("3 points to spend, 8 earned in all"), "{fragment}");
    office.get(&staff("xiguan"), BANK).await.shows("<dd>5</dd>");
}

#[tokio::test]
async fn what_was_spent_or_given_comes_back_once() {
    let office = earned().await;
    let (adam, berta) = (who(1).to_string(), who(2).to_string());
    let desk = format!("/desk/xiguan/points/{adam}");
    let spend = [("do", "spend"), ("resident", adam.as_str()), ("points", "5")];
    office.post(&staff("xiguan"), BANK, &spend).await;
    let page = office.get(&staff("xiguan"), &desk).await;
    page.shows("undo-spent");
    let spending = page.text.split("name=\"of\" value=\"").nth(1).unwrap()[..36].to_owned();
    let undo = [("do", "undo-spent"), ("resident", adam.as_str()), ("of", spending.as_str())];
    for _ in 0..2 {
        let done = office.post(&staff("xiguan"), BANK, &undo).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
    office.get(&staff("xiguan"), &desk).await.shows("<dd>8</dd>").shows("taken back");
    let gift = [("do", "send"), ("resident", adam.as_str()), ("to", &berta), ("points", "6")];
    office.post(&staff("xiguan"), BANK, &gift).await;
    let there = |n| {
        let office = &office;
        async move { fragments::my(&office.state, &resident(n)).await.unwrap() }
    };
    assert!(there(1).await.contains("2 points to spend, 8 earned"), "{}", there(1).await);
    assert!(there(2).await.contains("6 points to spend, 0 earned"), "{}", there(2).await);
    let page = office.get(&staff("xiguan"), &format!("/desk/xiguan/points/{berta}")).await;
    let transfer = page.text.split("name=\"of\" value=\"").nth(1).unwrap()[..36].to_owned();
    let undo = [("do", "undo-received"), ("resident", berta.as_str()), ("of", transfer.as_str())];
    assert_eq!(office.post(&staff("xiguan"), BANK, &undo).await.status, StatusCode::SEE_OTHER);
    assert!(there(1).await.contains("8 points to spend") && there(2).await.contains("0 points"));
    let oneself = [("do", "send"), ("resident", adam.as_str()), ("to", &adam), ("points", "1")];
    let refused = office.post(&staff("xiguan"), BANK, &oneself).await;
    refused.shows("choose somebody else");
}

#[tokio::test]
async fn of_one_written_down_twice_points_and_spending_go_to_the_other_entry() {
    let office = earned().await;
    let adam = who(1).to_string();
    let spend = [("do", "spend"), ("resident", adam.as_str()), ("points", "5")];
    office.post(&staff("xiguan"), BANK, &spend).await;
    office.person(1, &json!({ "residentMerged": { "into": who(2) } })).await;
    office.settle().await;
    let berta = fragments::my(&office.state, &resident(2)).await.unwrap();
    assert!(berta.contains("3 points to spend, 8 earned"), "{berta}");
    let log = office.kit.platform.log.read(&wallet(who(2)).unwrap(), Version(0)).await.unwrap();
    let last = log.last().unwrap().entries[0].events[0].decode::<WalletEvent>().unwrap();
    assert_eq!(last, WalletEvent::WalletTakenOver { from: who(1), points: -5, n: 1 });
    // A correction after the spending may leave less than nothing, and nothing more is spent then.
    let correction = json!({ "hoursCorrected": { "resident": who(1), "minutes": 0 } });
    office.roll("xiguan", 1, &correction).await;
    let spend = [("do", "spend"), ("resident", &who(2).to_string()), ("points", "1")];
    let refused = office.post(&staff("xiguan"), BANK, &spend).await;
    refused.shows("more than the -3 that are there");
    assert!(office.kit.platform.clock.now() >= at("2026-11-05T08:00:00Z"));
}
