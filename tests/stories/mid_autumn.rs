//! A Mid-Autumn show on the 15th of the 8th lunar month, and who is reminded of it.

use linli_people::adapters::Edit;
use linli_platform::testing::at;

use crate::app::App;

const SHOW: &str = "
[[venue]]
key = \"square\"
name = \"文化广场\"
[[activity]]
key = \"mid-autumn\"
title = \"中秋晚会\"
title_en = \"Mid-Autumn show\"
kinds = [\"我们的节日\"]
venue = \"square\"
visibility = \"public\"
state = \"published\"
minutes = 120
[[activity.segment]]
from = 2025-01-01
rule = '''
lunar = { month = 8, day = 15 }
at = \"19:00\"
'''
";

#[tokio::test]
async fn its_subscribers_are_reminded_with_the_lunar_date_in_their_language() {
    let app = App::planning("2026-08-01T08:00:00+08:00", SHOW).await;
    let (zh, en) = (app.resident("zh", true).await, app.resident("en", true).await);
    let english = Edit { language: Some("en".to_owned()), ..Edit::default() };
    app.people.change(app.meta(), en, english).await.unwrap();
    for person in [zh, en] {
        let back = ("back", "/c/xiguan/mid-autumn/20260925T190000");
        app.browser_of(person).await.does("/c/xiguan/mid-autumn/subscribe", &[back]).await;
    }
    app.until("2026-09-26T08:00:00+08:00").await;
    let letters = app.letters().await;
    let told: Vec<_> = letters
        .iter()
        .map(|letter| (letter.head.date, letter.head.to.as_str(), letter.head.subject.as_str()))
        .collect();
    let (zh, en) = (
        "活动提醒：中秋晚会，2026年9月25日 星期五（农历八月十五） 19:00–21:00",
        "Mid-Autumn show, Friday, 25 September 2026 (day 15 of lunar month 8), 19:00–21:00",
    );
    let (day, hours) = (at("2026-09-24T19:00:00+08:00"), at("2026-09-25T17:00:00+08:00"));
    let subjects: Vec<_> = told.iter().map(|(when, to, _)| (*when, *to)).collect();
    let (to_en, to_zh) = ("en@example.test", "zh@example.test");
    assert_eq!(subjects, [(day, to_en), (day, to_zh), (hours, to_en), (hours, to_zh)]);
    for (_, to, subject) in &told {
        let expected = if *to == to_zh { zh } else { en };
        assert!(subject.ends_with(expected), "{subject}");
    }
    assert!(letters.iter().all(|letter| letter.text.contains("文化广场")));
    let link = "https://linli.test/c/xiguan/mid-autumn/20260925T190000";
    assert!(letters.iter().all(|letter| letter.text.contains(link)));
}

#[tokio::test]
async fn each_year_it_is_on_the_true_day() {
    let app = App::planning("2026-08-01T08:00:00+08:00", SHOW).await;
    for (year, day) in [(2025, "10-06"), (2026, "09-25"), (2027, "09-15"), (2028, "10-03")] {
        let (from, to) = (format!("{year}-01-01"), format!("{year}-12-31"));
        let starts = app.starts("mid-autumn", &from, &to).await;
        assert_eq!(starts, [format!("{day} 19:00")], "{year}");
    }
}
