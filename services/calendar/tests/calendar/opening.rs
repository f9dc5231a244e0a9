//! Occurrences open by themselves.

use linli_calendar::{
    deciders::activity::{Command, Rejection},
    projections::desk,
    values::{agenda::State, plan},
};
use linli_platform::testing::at;

use crate::office::{Office, XIGUAN, id, lasting};

const FIFTH: &str = "cron = \"0 0 9 5 * *\"";

#[tokio::test]
async fn what_lies_within_60_days_opens_with_publication() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("party-day", lasting("党员日", 90), FIFTH).await;
    let opened = office.ids("party-day", State::Opened, "2026-01-01", "2027-12-31").await;
    assert_eq!(opened, ["20261105T090000", "20261205T090000"]);
    let computed = office.ids("party-day", State::Computed, "2026-01-01", "2026-12-31").await;
    assert_eq!(computed.len(), 10, "past dates are computed, never opened");
    assert_eq!(office.declined().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_draft_opens_nothing() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.drafts("party-day", lasting("党员日", 90), FIFTH).await;
    let drafts = office.ids("party-day", State::Draft, "2026-01-01", "2026-12-31").await;
    assert_eq!(drafts.len(), 12);
}

#[tokio::test]
async fn each_day_opens_what_enters_the_window_just_after_midnight() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("party-day", lasting("党员日", 90), FIFTH).await;
    // 5 January is 60 days after 6 November.
    office.waits(3).await;
    let opened = office.ids("party-day", State::Opened, "2027-01-01", "2027-12-31").await;
    assert!(opened.is_empty(), "{opened:?}");
    office.waits(1).await;
    let january = office.occurrence("party-day", "20270105T090000").await;
    assert_eq!(january.state, State::Opened);
    assert_eq!(january.changed_at, at("2026-11-06T00:05:00+08:00"));
    let held = office.ids("party-day", State::Held, "2026-11-01", "2026-12-31").await;
    assert_eq!(held, ["20261105T090000"], "opened, not cancelled, over");
}

#[tokio::test]
async fn a_year_of_days_opens_each_once() {
    let office = Office::at("2026-01-01T00:00:00+08:00");
    office.publishes("party-day", lasting("党员日", 90), FIFTH).await;
    office.publishes("duty", lasting("劝导岗", 60), "cron = \"0 30 7 * * Fri\"").await;
    office.waits(365).await;
    let held = office.ids("party-day", State::Held, "2026-01-01", "2026-12-31").await;
    assert_eq!(held.len(), 12);
    let held = office.ids("duty", State::Held, "2026-01-01", "2026-12-31").await;
    assert_eq!(held.len(), 52);
    assert_eq!(office.declined().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_pc_that_was_off_opens_what_is_still_ahead() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("duty", lasting("劝导岗", 60), "cron = \"0 30 7 * * Fri\"").await;
    office.settles().await;
    // No stop on the way: all the days' timers are late.
    office.kit.platform.clock.advance_to(at("2027-02-01T08:00:00+08:00"));
    office.settles().await;
    let opened = office.ids("duty", State::Opened, "2027-02-01", "2027-04-02").await;
    assert_eq!((opened.len(), opened[0].as_str()), (9, "20270205T073000"));
    let missed = office.ids("duty", State::Computed, "2026-11-02", "2027-02-01").await;
    assert_eq!(missed.len(), 4, "what began while it was off is not opened afterwards");
    let declined = office.declined().await;
    assert_eq!(declined.len(), 4);
    assert!(declined.iter().all(|reason| reason.contains("has begun")), "{declined:?}");
}

#[tokio::test]
async fn an_unknown_holiday_paper_holds_an_opening_back_until_14_days_ahead() {
    let office = Office::at("2026-12-20T08:00:00+08:00");
    let rule = "weekday = { nth = 2, day = \"mon\" }\nat = \"09:00\"\nholiday = \"after\"";
    office.publishes("meeting", lasting("例会", 60), rule).await;
    let january = office.occurrence("meeting", "20270111T090000").await;
    assert_eq!((january.state, january.unsettled), (State::Computed, true));
    // 11 January less 14 days is 28 December.
    office.waits(7).await;
    assert_eq!(office.occurrence("meeting", "20270111T090000").await.state, State::Computed);
    office.waits(1).await;
    let january = office.occurrence("meeting", "20270111T090000").await;
    assert_eq!((january.state, january.unsettled), (State::Opened, true));
}

#[tokio::test]
async fn an_adopted_paper_opens_what_waited_for_it_where_it_belongs() {
    let office = Office::at("2026-12-20T08:00:00+08:00");
    let rule = "weekday = { nth = 2, day = \"mon\" }\nat = \"09:00\"\nholiday = \"after\"";
    office.publishes("meeting", lasting("例会", 60), rule).await;
    let february = office.occurrence("meeting", "20270208T090000").await;
    assert_eq!((february.state, february.unsettled), (State::Computed, true));
    office.adopts(2027, &["2027-01-11", "2027-02-08"], &[]).await;
    let january = office.occurrence("meeting", "20270111T090000").await;
    assert_eq!((january.state, january.unsettled), (State::Opened, false));
    assert_eq!(january.start, at("2027-01-12T09:00:00+08:00"), "the id stays, the date moves");
    let february = office.occurrence("meeting", "20270208T090000").await;
    assert_eq!(february.state, State::Opened);
    assert_eq!(february.start, at("2027-02-09T09:00:00+08:00"));
}

#[tokio::test]
async fn a_month_is_planned_and_published_with_what_it_opens() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("party-day", lasting("党员日", 90), FIFTH).await;
    office.drafts("talk", lasting("宣讲", 15), "cron = \"0 0 19 * 3 Tue\"").await;
    let month = plan::month(2027, 3).unwrap();
    office.settles().await;
    let now = office.now();
    let planned = |db: &_| desk::month_plan(db, XIGUAN, &month, now);
    let publications = office.service.tables.read_now(planned).unwrap();
    let told: Vec<_> = publications
        .iter()
        .map(|p| (p.activity.slug.as_str(), p.publishes, p.openings.len()))
        .collect();
    assert_eq!(told, [("party-day", false, 1), ("talk", true, 5)]);
    for publication in publications {
        let command = Command::PublishMonth { openings: publication.openings, own: false };
        office.asks(&publication.activity.slug, command).await.unwrap();
    }
    let opened = office.ids("talk", State::Opened, "2027-03-01", "2027-03-31").await;
    assert_eq!(opened.len(), 5);
    assert_eq!(office.declined().await, Vec::<String>::new());
    let again = office.service.tables.read_now(|db| desk::month_plan(db, XIGUAN, &month, now));
    assert!(again.unwrap().is_empty());
}

#[tokio::test]
async fn tables_built_anew_are_the_same_and_nothing_is_asked_twice() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    let description =
        linli_calendar::contract::Description { venue: Some(id("hall")), ..lasting("日", 90) };
    office.publishes("party-day", description, FIFTH).await;
    office.waits(40).await;
    let before = office.agenda("2026-01-01", "2027-12-31").await;
    let last = office.kit.platform.log.last().await.unwrap();
    office.service.rebuild().await.unwrap();
    let after = office.agenda("2026-01-01", "2027-12-31").await;
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    assert_eq!(office.kit.platform.log.last().await.unwrap(), last);
}

#[tokio::test]
async fn a_retired_activity_opens_nothing_more() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.publishes("party-day", lasting("党员日", 90), FIFTH).await;
    let from = "2027-01-01".parse().unwrap();
    office.asks("party-day", Command::Retire { from }).await.unwrap();
    office.waits(30).await;
    let all = office.agenda("2026-12-01", "2027-12-31").await;
    assert_eq!(all.len(), 1);
    let opening = all[0].opening();
    let late = "20270105T090000".parse().unwrap();
    let opening = linli_calendar::contract::Opening { recurrence_id: late, ..opening };
    let answer = office.asks("party-day", Command::Open { opening, own: false }).await;
    assert_eq!(answer, Err(Rejection::Retired(from)));
}
