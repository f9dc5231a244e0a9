//! The 5th, the 12th and the 20th of every month, also inside a holiday.

use linli_calendar::values::agenda::State;

use crate::app::{App, XIGUAN, files};

/// Two days a month under each of the policies.
fn policies() -> String {
    let one = |policy: &str| {
        format!(
            "[[activity]]\nkey = \"on-{policy}\"\ntitle = \"党员日 {policy}\"\nkinds = [\"党员日\"]\n\
             venue = \"hall\"\nvisibility = \"public\"\nstate = \"published\"\nminutes = 90\n\
             [[activity.segment]]\nfrom = 2026-01-01\n\
             rule = '''\ncron = \"0 0 9 5,20 * *\"\nholiday = \"{policy}\"\n'''\n"
        )
    };
    ["keep", "before", "after", "skip"].map(one).concat()
}

#[tokio::test]
async fn a_year_of_xiguan_has_its_36_days_and_the_seven_festivals() {
    let app = App::at("2026-01-01T08:00:00+08:00").await;
    app.seed(&files(|path| path.ends_with("/xiguan.toml"))).await;
    let all = app.agenda(XIGUAN, "2026-01-01", "2026-12-31").await;
    let of = |slug: &str, hour: &str| {
        let mut days: Vec<_> = all.iter().filter(|one| one.activity.slug == slug).collect();
        days.sort_by_key(|one| one.id.date);
        assert_eq!(days.len(), 12, "{slug}");
        for (day, month) in days.iter().zip(1..) {
            let local = day.start.with_timezone(&day.zone).format("%Y-%m-%d %H:%M").to_string();
            let number = if slug == "party-day" {
                5
            } else if hour == "19:30" {
                12
            } else {
                20
            };
            let moved = local.ends_with("12-12 15:00");
            assert!(moved || local == format!("2026-{month:02}-{number:02} {hour}"), "{local}");
        }
    };
    of("party-day", "09:00");
    of("deliberation-day", "19:30");
    of("love-day", "09:00");
    for (slug, day) in [
        ("spring-festival", "02-17"),
        ("lantern-festival", "03-03"),
        ("qingming", "04-05"),
        ("dragon-boat", "06-19"),
        ("qixi", "08-19"),
        ("mid-autumn", "09-25"),
        ("double-ninth", "10-18"),
    ] {
        let starts = app.starts(slug, "2026-01-01", "2026-12-31").await;
        assert!(starts.len() == 1 && starts[0].starts_with(day), "{slug}: {starts:?}");
    }
}

#[tokio::test]
async fn the_5th_of_october_is_kept_or_leaves_the_national_day_as_it_was_asked() {
    let app = App::planning("2026-09-01T08:00:00+08:00", &policies()).await;
    let window = ("2026-09-25", "2026-10-10");
    for (slug, expected) in [
        ("on-keep", vec!["10-05 09:00"]),
        ("on-before", vec!["09-30 09:00"]),
        ("on-after", vec!["10-08 09:00"]),
        ("on-skip", vec![]),
    ] {
        assert_eq!(app.starts(slug, window.0, window.1).await, expected, "{slug}");
    }
    // Its name stays that of the 5th, and it was opened where it now is.
    let entry = app.entry("on-before", "20261005T090000").await;
    assert_eq!((entry.state, entry.revision), (State::Opened, 0));
}

#[tokio::test]
async fn the_20th_of_february_leaves_the_spring_festival_for_a_worked_saturday() {
    let app = App::planning("2026-01-02T08:00:00+08:00", &policies()).await;
    let window = ("2026-02-10", "2026-02-28");
    assert_eq!(app.starts("on-keep", window.0, window.1).await, ["02-20 09:00"]);
    // Saturday the 14th is worked in place of a day of the festival.
    assert_eq!(app.starts("on-before", window.0, window.1).await, ["02-14 09:00"]);
    assert_eq!(app.starts("on-after", window.0, window.1).await, ["02-24 09:00"]);
    assert!(app.starts("on-skip", window.0, window.1).await.is_empty());
}

#[tokio::test]
async fn whoever_registered_for_the_5th_is_reminded_of_the_day_it_really_is() {
    let app = App::planning("2026-09-10T08:00:00+08:00", &policies()).await;
    let resident = app.browser_of(app.resident("r1", true).await).await;
    resident.does("/c/xiguan/on-before/20261005T090000/register", &[]).await;
    app.until("2026-10-06T09:00:00+08:00").await;
    let letters = app.letters().await;
    assert_eq!(letters.len(), 2, "a day and two hours before");
    for letter in letters {
        assert!(letter.head.subject.contains("2026年9月30日 星期三（农历八月二十）"));
        assert!(letter.head.date < entry_start());
    }
}

fn entry_start() -> chrono::DateTime<chrono::Utc> {
    linli_platform::testing::at("2026-09-30T09:00:00+08:00")
}
