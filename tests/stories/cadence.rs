//! A meeting that is promised at least twice a month.

use linli_calendar::projections::desk::{self, Kept};

use crate::app::{App, XIGUAN, date};

fn meetings(key: &str, dates: &str) -> String {
    format!(
        "[[activity]]\nkey = \"{key}\"\ntitle = \"工作推进会\"\nkinds = [\"推进会\"]\n\
         venue = \"hall\"\nvisibility = \"public\"\nstate = \"published\"\nminutes = 60\n\
         [[activity.segment]]\nfrom = 2026-11-01\n\
         rule = '''\ndates = [{dates}]\nat = \"09:00\"\n'''\n"
    )
}

const PROMISE: &str = "
[[cadence]]
key = \"progress\"
title = \"工作推进会每月至少两次\"
kind = \"推进会\"
at_least = 2
per = \"month\"
";

async fn standing(app: &App, month: &str) -> Kept {
    let first = date(month);
    let last = linli_almanac::Per::Month.containing(first);
    let (now, zone) = (app.now(), chrono_tz::Asia::Shanghai);
    let read = move |db: &_| desk::cadences(db, XIGUAN, &last, zone, now);
    let mut all = app.calendar().await.read(read).await.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test]
async fn a_month_owes_what_is_neither_held_nor_planned_and_says_until_when() {
    let plan = format!("{PROMISE}{}", meetings("progress", "\"2026-11-10\", \"2026-11-24\""));
    let app = App::planning("2026-11-02T08:00:00+08:00", &plan).await;
    // November is planned for, December not.
    assert_eq!(standing(&app, "2026-11-01").await.standing.owed, 0);
    let december = standing(&app, "2026-12-01").await.standing;
    assert_eq!((december.owed, december.planned), (2, 0));
    // The first was held, the second is called off: one is owed again, the 30th at the latest.
    app.until("2026-11-11T08:00:00+08:00").await;
    app.cancels("progress", "20261124T090000").await;
    let november = standing(&app, "2026-11-01").await.standing;
    assert_eq!((november.done, november.planned, november.owed), (1, 0, 1));
    assert_eq!(november.last_date_to_catch_up, Some(date("2026-11-30")));
    assert!(app.desk("organiser").await.reads("/desk/xiguan").await.contains("还差 1 次"));
    // Another one makes up for it.
    app.plan(&meetings("progress-again", "\"2026-11-27\"")).await;
    assert_eq!(standing(&app, "2026-11-01").await.standing.owed, 0);
    assert!(!app.desk("organiser").await.reads("/desk/xiguan").await.contains("还差 1 次"));
    // In the month after, it still counts as held, and December still owes both.
    app.until("2026-12-31T12:00:00+08:00").await;
    assert_eq!(standing(&app, "2026-11-01").await.standing.done, 2);
    let december = standing(&app, "2026-12-01").await.standing;
    assert!(december.owed == 2 && december.is_out_of_reach());
}
