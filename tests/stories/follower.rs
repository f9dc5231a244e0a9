//! Another system follows the log over a real nats-server with nothing of ours but the `.proto`
//! files, and comes to the figures of our page.

use linli::transfer;
use linli_attendance::deciders::roll;
use linli_platform::{
    event_log::jetstream::JetStreamLog,
    ids::Position,
    nats::{Access, Nats},
    testing::NatsServers,
};
use serde_json::Value;

use crate::{
    app::{App, XIGUAN},
    month_end::{FIRST, SECOND, comes, office, says},
    tools::{output, python, root},
};

/// The points of each building, as the program prints them.
fn followed(servers: &NatsServers) -> String {
    let mut program = python();
    program
        .arg(root().join("deploy/follow/board.py"))
        .args(["--server", &servers.url(0), "--log", "city", "--community", XIGUAN])
        .args(["--from", "2026-11-01", "--to", "2026-11-30", "--proto"])
        .arg(root().join("proto"));
    // The servers of this story let everybody in.
    program.env("LINLI_NATS_PASSWORD", "none");
    output(program).trim_end().to_owned()
}

/// The same of the page's own figures. It also lists who has none.
async fn shown(app: &App) -> String {
    let asked = "level=building&measure=points&period=2026-11";
    let board = app.stranger().json(&format!("/api/v1/c/{XIGUAN}/rankings?{asked}")).await;
    let lines = board["lines"].as_array().unwrap().iter();
    let line = |line: &Value| {
        let (id, value) = (line["id"].as_str().unwrap(), line["value"].as_u64().unwrap());
        (std::cmp::Reverse(value), id.to_owned())
    };
    let mut lines: Vec<_> = lines.map(line).filter(|(value, _)| value.0 > 0).collect();
    lines.sort();
    let text = |(value, id): &(std::cmp::Reverse<u64>, String)| {
        format!("{{\"id\":\"{id}\",\"value\":{}}}", value.0)
    };
    lines.iter().map(text).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_contract_alone_comes_to_the_same_board() {
    // Given three who came, one of whom lives elsewhere now, on a log that a nats-server has too.
    let app = office().await;
    let [one, two, three] = [
        app.resident("1", true).await,
        app.resident("2", true).await,
        app.resident("3", true).await,
    ];
    app.until("2026-11-05T09:00:00+08:00").await;
    for resident in [one, two, three] {
        comes(&app, "talk", FIRST, resident, None).await;
    }
    app.people.relocate(app.meta(), one, "xiguan-b04").await.unwrap();
    app.until("2026-11-20T09:00:00+08:00").await;
    comes(&app, "talk", SECOND, one, None).await;

    let servers = NatsServers::one().await;
    let nats = Nats::connect(&servers.address("city"), &Access::default(), "story").await.unwrap();
    let theirs = JetStreamLog::open(&nats).await.unwrap();
    let ours = &app.platform().log;
    transfer::copy(ours.as_ref(), Position(0), &theirs).await.unwrap();
    let before = shown(&app).await;
    assert_eq!(before.lines().count(), 2, "{before}");
    assert_eq!(followed(&servers), before);

    // When one of them was not there after all, and that has come over.
    let last = ours.last().await.unwrap();
    says(&app, "talk", FIRST, roll::Command::ReverseCheckIn { resident: two }).await.unwrap();
    transfer::copy(ours.as_ref(), last, &theirs).await.unwrap();
    // Then both say so.
    let after = shown(&app).await;
    assert_ne!(after, before);
    assert_eq!(followed(&servers), after);
}
