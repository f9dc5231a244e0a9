//! The holidays of the next year are announced when some of its days are opened already.

use linli::seeds::File;
use linli_calendar::{projections::desk, values::agenda::State};
use linli_platform::testing::at;

use crate::app::{App, XIGUAN};

const MEETING: &str = "
[[activity]]
key = \"meeting\"
title = \"联席会\"
kinds = [\"例会\"]
venue = \"hall\"
visibility = \"public\"
state = \"published\"
minutes = 60
[[activity.segment]]
from = 2026-11-01
rule = '''
cron = \"0 0 9 * * Mon\"
holiday = \"after\"
'''
";

/// Made up: no notice for 2027 is out.
const PAPER: &str = "
year = 2027
source = \"测试用，非官方\"
days = [
  { date = 2027-01-01, name = \"元旦\", kind = \"off\" },
  { date = 2027-01-02, name = \"元旦\", kind = \"off\" },
  { date = 2027-01-03, name = \"元旦\", kind = \"off\" },
  { date = 2027-01-04, name = \"元旦\", kind = \"off\" },
]
";

#[tokio::test]
async fn what_hung_on_it_waits_is_opened_with_a_warning_and_is_decided_by_the_desk() {
    // Given a meeting each Monday that leaves holidays, and no paper for January.
    let app = App::planning("2026-12-14T08:00:00+08:00", MEETING).await;
    let first = app.entry("meeting", "20270104T090000").await;
    assert_eq!((first.state, first.unsettled), (State::Computed, true));
    // Two weeks ahead it is opened all the same, and says so.
    app.until("2026-12-22T08:00:00+08:00").await;
    let first = app.entry("meeting", "20270104T090000").await;
    assert_eq!((first.state, first.unsettled), (State::Opened, true));
    assert_eq!(app.entry("meeting", "20270111T090000").await.state, State::Computed);
    let visitor = app.browser_of(app.resident("r", true).await).await;
    visitor.does("/c/xiguan/meeting/20270104T090000/register", &[]).await;
    // When the paper comes out, nothing that is opened moves, and the rest is settled.
    let paper = File { path: "holidays/2027.toml".to_owned(), text: PAPER.to_owned() };
    app.seed(&[paper]).await;
    let first = app.entry("meeting", "20270104T090000").await;
    assert_eq!((first.start, first.revision), (at("2027-01-04T09:00:00+08:00"), 0));
    let second = app.entry("meeting", "20270111T090000").await;
    assert_eq!((second.state, second.unsettled), (State::Opened, false));
    assert!(app.letters().await.is_empty());
    // Then the desk is asked for the one in the holiday, and only for that.
    let now = app.now();
    let asked = app.calendar().await.read(move |db| desk::affected(db, XIGUAN, now)).await.unwrap();
    assert_eq!(asked.len(), 1);
    let would_be = asked[0].now.as_ref().unwrap();
    assert_eq!(would_be.start, at("2027-01-05T09:00:00+08:00"));
    app.moves("meeting", "20270104T090000", "2027-01-05T09:00:00+08:00", None).await;
    assert_eq!(app.sent().await, ["r 活动变更"]);
    let asked = app.calendar().await.read(move |db| desk::affected(db, XIGUAN, now)).await.unwrap();
    assert!(asked.is_empty());
}
