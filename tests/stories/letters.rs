//! A subscriber's mail as other programs read it, from the outbox and off a real relay.

use std::sync::Arc;

use linli_platform::testing::at;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::{App, files, in_time},
    tools::{self, Sink, header},
};

const PLAN: &str = "
[[activity]]
key = \"mid-autumn\"
title = \"中秋晚会\"
kinds = [\"我们的节日\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 120
[[activity.segment]]
from = 2026-01-01
rule = '''
lunar = { month = 8, day = 15 }
at = \"19:00\"
'''
";
const PAGE: &str = "/c/xiguan/mid-autumn/20260925T190000";
const NOW: &str = "2026-09-21T08:00:00+08:00";

async fn subscribed(app: &App) {
    let visitor = app.browser_of(app.resident("r", true).await).await;
    visitor.does("/c/xiguan/mid-autumn/subscribe", &[("back", PAGE)]).await;
    visitor.does(&format!("{PAGE}/register"), &[]).await;
    app.until("2026-09-24T20:00:00+08:00").await;
}

/// Text and HTML of a mail that has both.
fn bodies(mail: &Value) -> [&str; 2] {
    ["text/plain", "text/html"].map(|kind| {
        let parts = mail["parts"].as_array().unwrap();
        let part = parts.iter().find(|part| part["type"] == kind);
        part.unwrap_or_else(|| panic!("{kind} is missing"))["content"].as_str().unwrap()
    })
}

fn is_the_reminder(mail: &Value) {
    assert_eq!(mail["defects"], Value::Array(vec![]));
    assert_eq!(mail["type"], "multipart/alternative");
    let subject = "活动提醒：中秋晚会，2026年9月25日 星期五（农历八月十五） 19:00–21:00";
    assert_eq!(header(mail, "Subject"), subject);
    assert!(header(mail, "To").contains("r@example.test"));
    assert!(header(mail, "From").contains("西关社区"));
    assert!(header(mail, "List-Unsubscribe").contains("https://linli.test/unsubscribe/"));
    assert_eq!(header(mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(header(mail, "Message-ID").ends_with("@linli.test>"));
    let link = format!("https://linli.test{PAGE}");
    for body in bodies(mail) {
        assert!(body.contains("近邻议事厅") && body.contains(&link), "{body}");
    }
}

#[tokio::test]
async fn pythons_parser_reads_what_lies_in_the_outbox() {
    let app = App::planning(NOW, PLAN).await;
    subscribed(&app).await;
    let mut python = tools::python();
    python.arg(tools::root().join("tests/stories/letters.py")).arg(app.data().join("outbox"));
    let mails: Vec<Value> = serde_json::from_str(&tools::output(python)).unwrap();
    assert_eq!(mails.len(), 1, "one for the subscription and the registration together");
    is_the_reminder(&mails[0]);
}

#[tokio::test]
async fn a_real_relay_gets_each_mail_once() {
    let sink = Sink::start();
    let folder = Arc::new(TempDir::new().unwrap());
    let app = App::open(folder, at(NOW), Some(sink.config())).await;
    app.seed(&files(|path| path.ends_with("places.toml"))).await;
    app.plan(PLAN).await;
    subscribed(&app).await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 1);
    is_the_reminder(&mails[0]);
    app.moves("mid-autumn", "20260925T190000", "2026-09-25T19:30:00+08:00", None).await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 2);
    assert!(header(&mails[1], "Subject").starts_with("活动变更：中秋晚会"));
    let [text, _] = bodies(&mails[1]);
    assert!(text.contains("19:30–21:30") && text.contains("19:00–21:00"), "{text}");
}

#[tokio::test]
async fn the_link_in_a_mail_signs_in_once() {
    let app = App::planning(NOW, PLAN).await;
    app.resident("r", true).await;
    let asked = app.stranger().post("/sign-in/email", &[("email", "r@example.test")]).await;
    assert_eq!(asked.status, 200);
    // The answer leaves before the address is looked up.
    let notifier = app.notifier().await;
    let mut progress = notifier.progress();
    let position = app.platform().log.last().await.unwrap();
    let heard = progress.wait_for(|progress| progress.position > position);
    in_time("the link is asked for", heard).await.unwrap();
    app.settle().await;
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    let (_, secret) = letters[0].text.split_once("secret=").expect("a link");
    let secret: String = secret.chars().take_while(|c| !c.is_whitespace()).collect();
    let form = [("secret", secret.as_str())];
    let first = app.stranger().post("/sign-in/link", &form).await;
    assert_eq!((first.status.as_u16(), first.to.as_str()), (303, "/my"));
    let again = app.stranger().post("/sign-in/link", &form).await;
    assert_eq!(again.status, 422, "a link is good once");
}
