//! A mother without telephone and mail, signed up by her daughter.

use axum::http::StatusCode;
use linli_attendance::contract::RollEvent;
use linli_people::deciders::resident;
use linli_platform::ids::{Actor, StreamId, Version};

use crate::app::{App, id};

const TALK: &str = "
[[activity]]
key = \"talk\"
title = \"养生讲座\"
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

#[tokio::test]
async fn both_stand_on_the_log_and_whom_no_mail_reaches_is_called() {
    let app = App::planning("2026-11-02T08:00:00+08:00", TALK).await;
    let (mother, daughter) = (app.resident("m", false).await, app.resident("d", true).await);
    let (who, path) = (mother.to_string(), format!("{PAGE}/register"));
    // Without her mother's word she may not.
    let browser = app.browser_of(daughter).await;
    let refused = browser.post(&path, &[("resident", &who)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // When the mother allows it at the desk.
    let allow = resident::Command::AllowProxy(daughter);
    app.people.resident(app.meta(), mother, allow).await.unwrap();
    app.settle().await;
    browser.does(&path, &[("resident", &who)]).await;
    app.settle().await;
    // Then the log says who comes and who asked.
    let key = format!("{}-20261105T090000", id("talk"));
    let stream = StreamId::new("xiguan", "attendance", "roll", key).unwrap();
    let written = app.platform().log.read(&stream, Version(1)).await.unwrap();
    let entry = &written[0].entries[0];
    let RollEvent::Registered { resident, proxy } = entry.events[0].decode().unwrap() else {
        panic!("{:?}", entry.events);
    };
    assert_eq!((resident, proxy), (mother, Some(daughter)));
    assert_eq!(entry.actor, Actor::Resident(daughter));
    // The roll of the desk names the mother.
    let desk = app.desk("organiser").await;
    let roll = desk.reads("/desk/xiguan/roll/talk/20261105T090000").await;
    assert!(roll.contains("测试居民m") && !roll.contains("测试居民d"), "{roll}");
    // When it is called off, somebody has to call her, until that is ticked.
    app.cancels("talk", "20261105T090000").await;
    assert!(app.letters().await.is_empty());
    let calls = desk.reads("/desk/xiguan/calls").await;
    assert!(calls.contains("测试居民m"), "{calls}");
}
