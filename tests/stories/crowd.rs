//! More people than places.

use axum::http::StatusCode;
use futures::future::join_all;
use linli_people::projections::residents;
use uuid::Uuid;

use crate::{app::App, visitor::Visitor};

fn workshop(capacity: u32) -> String {
    format!(
        "[[activity]]\nkey = \"first-aid\"\ntitle = \"急救体验\"\nkinds = [\"健康\"]\n\
         venue = \"hall\"\nvisibility = \"public\"\nstate = \"published\"\nminutes = 120\ncapacity = {capacity}\n\
         [[activity.segment]]\nfrom = 2026-11-01\n\
         rule = '''\ndates = [\"2026-11-21\"]\nat = \"09:30\"\n'''\n"
    )
}

const PAGE: &str = "/c/xiguan/first-aid/20261121T093000";
const ROLL: &str = "/api/v1/c/xiguan/rolls/first-aid/20261121T093000";

async fn counts(app: &App) -> (u64, u64) {
    let roll = app.stranger().json(ROLL).await;
    (roll["registered"].as_u64().unwrap(), roll["waiting"].as_u64().unwrap())
}

#[tokio::test]
async fn the_first_in_line_gets_the_place_that_falls_free_and_may_give_it_back() {
    // Given two places and four who want one.
    let app = App::planning("2026-11-02T08:00:00+08:00", &workshop(2)).await;
    let mut people: Vec<Visitor> = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let visitor = app.browser_of(app.resident(name, true).await).await;
        visitor.does(&format!("{PAGE}/register"), &[]).await;
        people.push(visitor);
    }
    app.settle().await;
    assert_eq!(counts(&app).await, (2, 2));
    // When one withdraws, the first who waits has the place and is told.
    let withdraw = format!("{PAGE}/withdraw");
    people[0].does(&withdraw, &[]).await;
    app.settle().await;
    assert_eq!(counts(&app).await, (2, 1));
    assert_eq!(app.sent().await, ["c 有名额了"]);
    // When that one gives it back, it goes on to the next.
    people[2].does(&withdraw, &[]).await;
    app.settle().await;
    assert_eq!(counts(&app).await, (2, 0));
    assert_eq!(app.sent().await, ["c 有名额了", "d 有名额了"]);
    // Within two hours of the start nobody is called in any more, but who asks gets the place.
    people[2].does(&format!("{PAGE}/register"), &[]).await;
    app.until("2026-11-21T08:00:00+08:00").await;
    let before = app.letters().await.len();
    people[3].does(&withdraw, &[]).await;
    app.settle().await;
    assert_eq!((counts(&app).await, app.letters().await.len()), ((1, 1), before));
    people[2].does(&format!("{PAGE}/register"), &[]).await;
    app.settle().await;
    assert_eq!(counts(&app).await, (2, 0));
}

#[tokio::test]
async fn of_a_thousand_at_once_ten_have_a_place_and_all_others_a_number_in_the_line() {
    const ALL: usize = 1_000;
    let app = App::planning("2026-11-02T08:00:00+08:00", &workshop(10)).await;
    let lines = (0..ALL).map(|n| format!("测试居民{n},xiguan-b03,{n}\n"));
    let csv = format!("姓名,楼栋,房号\n{}", lines.collect::<String>());
    let report = app.people.import_csv(&app.meta(), "xiguan", csv.as_bytes(), true).await.unwrap();
    assert_eq!(report.new, ALL);
    app.settle().await;
    let ids = app.people.tables.read(|db| residents::after(db, Uuid::nil(), 2_000)).await;
    let ids: Vec<_> = ids.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), ALL);
    let mut browsers = Vec::new();
    for id in ids {
        browsers.push(app.browser_of(id).await);
    }
    let path = format!("{PAGE}/register");
    let answers = join_all(browsers.iter().map(|browser| browser.post(&path, &[]))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::SEE_OTHER));
    app.settle().await;
    assert_eq!(counts(&app).await, (10, 990));
}
