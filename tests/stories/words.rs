//! What is edited after it was published: a typo, and one form by two colleagues.

use axum::http::StatusCode;
use linli_calendar::{
    contract::Description,
    deciders::activity::{Command, Rejection, Shown},
};

use crate::{
    app::{App, id},
    desk::Form,
};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"冬至养身讲座\"
kinds = [\"健康\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 90
[[activity.segment]]
from = 2026-01-01
rule = '''
cron = \"0 0 9 5 * *\"
'''
";
const PAGE: &str = "/c/xiguan/talk/20261105T090000";

async fn description(app: &App) -> Description {
    app.entry("talk", "20261105T090000").await.activity.description.clone()
}

#[tokio::test]
async fn a_typo_put_right_sends_nothing_again_and_later_mails_have_it_right() {
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    let visitor = app.browser_of(app.resident("r", true).await).await;
    visitor.does(&format!("{PAGE}/register"), &[]).await;
    app.until("2026-11-04T12:00:00+08:00").await;
    assert!(app.letters().await[0].head.subject.contains("冬至养身讲座"));
    // When the title is put right for the series, and the text for this one.
    let right = Description { title: "冬至养生讲座".into(), ..description(&app).await };
    app.ask("talk", Command::Describe { seen: None, description: right }).await.unwrap();
    let entry = app.entry("talk", "20261105T090000").await;
    let mut words = linli_calendar::contract::Words::none(entry.id);
    words.text = Some("请带水杯。".into());
    app.ask("talk", Command::DescribeOccurrence { seen: None, words }).await.unwrap();
    let entry = app.entry("talk", "20261105T090000").await;
    assert_eq!((entry.title.as_str(), entry.revision), ("冬至养生讲座", 0));
    assert_eq!(app.letters().await.len(), 1, "nothing goes out for that");
    app.until("2026-11-06T09:00:00+08:00").await;
    let letters = app.letters().await;
    assert_eq!(letters.len(), 2, "only the reminder that was to come");
    assert!(letters[1].head.subject.contains("冬至养生讲座"));
    let feed = app.stranger().reads("/c/xiguan/calendar.ics").await;
    assert!(feed.contains("冬至养生讲座") && !feed.contains("养身") && feed.contains("SEQUENCE:0"));
}

#[tokio::test]
async fn a_form_opened_before_a_colleagues_change_is_refused_with_both_versions() {
    // Given two colleagues who open the same form.
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    let seen = Some(app.entry("talk", "20261105T090000").await.activity.described);
    let before = description(&app).await;
    let hers = Description { title: "冬至养生讲座".into(), ..before.clone() };
    let his = Description { minutes: 60, ..before };
    // When she saves hers and he his.
    app.ask("talk", Command::Describe { seen, description: hers.clone() }).await.unwrap();
    let stale = app.ask("talk", Command::Describe { seen, description: his.clone() }).await;
    // Then he is shown both, and nothing of hers is lost.
    let Err(Rejection::StaleForm(stale)) = stale else { panic!("{stale:?}") };
    assert_eq!(stale.yours, Shown::Activity(Box::new(his)));
    assert_eq!(stale.now, Shown::Activity(Box::new(hers.clone())));
    assert_eq!(description(&app).await, hers);
}

#[tokio::test]
async fn at_the_desk_the_second_of_two_sees_both_moves_side_by_side() {
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    let (her, his) = (app.desk("organiser").await, app.desk("administrator").await);
    let which = "20261105T090000";
    let (first, second) =
        (Form::open(&her, "talk", which).await, Form::open(&his, "talk", which).await);
    let hall = id("hall").to_string();
    let moved = |start| [("start", start), ("minutes", "90"), ("venue", &hall), ("reason", "检修")];
    let path = format!("/desk/xiguan/change/talk/{which}/move");
    her.does(&path, &first.fields(&moved("2026-11-06T15:00"))).await;
    let refused = his.post(&path, &second.fields(&moved("2026-11-07T10:00"))).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    for part in ["11月6日", "15:00", "10:00", "用我填写的覆盖"] {
        assert!(refused.text.contains(part), "{part} is missing in {}", refused.text);
    }
    app.settle().await;
    let entry = app.entry("talk", which).await;
    assert_eq!(entry.start, linli_platform::testing::at("2026-11-06T15:00:00+08:00"));
}
