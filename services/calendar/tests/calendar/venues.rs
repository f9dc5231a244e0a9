//! Venues are booked by what is opened.

use linli_calendar::{
    contract::Description,
    projections::{
        desk,
        venues::{self, Request},
    },
};
use linli_platform::testing::at;

use crate::office::{Office, XIGUAN, date, id, lasting};

const TWELFTH: &str = "cron = \"0 30 19 12 * *\"\nuntil = \"2026-11-30\"";

fn in_hall(title: &str) -> Description {
    Description { venue: Some(id("hall")), ..lasting(title, 90) }
}

async fn requests(office: &Office, key: &str) -> Vec<Request> {
    office.settles().await;
    let (from, until) = (at("2026-11-01T00:00:00+08:00"), at("2027-03-01T00:00:00+08:00"));
    let read = |db: &_| venues::requests(db, id(key), from, until);
    office.service.tables.read_now(read).unwrap()
}

#[tokio::test]
async fn an_opened_occurrence_has_its_venue_and_takes_it_along() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    office.adds_venue("gallery", "廊院").await;
    office.publishes("talk", in_hall("议事日"), TWELFTH).await;
    let booked = requests(&office, "hall").await;
    let key = format!("xiguan/{}/20261112T193000", id("talk"));
    assert_eq!(booked.len(), 1);
    assert_eq!((&booked[0].clash.booking.occurrence, booked[0].clash.with.len()), (&key, 0));
    let entry = office.occurrence("talk", "20261112T193000").await;
    office.moves(&entry, "2026-11-13T19:30:00+08:00", Some(id("gallery"))).await;
    assert!(requests(&office, "hall").await.is_empty(), "the old one is released");
    let moved = requests(&office, "gallery").await;
    let booking = &moved[0].clash.booking;
    assert_eq!((booking.revision, booking.start), (1, at("2026-11-13T19:30:00+08:00")));
    let entry = office.occurrence("talk", "20261112T193000").await;
    office.moves(&entry, "2026-11-14T19:30:00+08:00", Some(id("gallery"))).await;
    let again = requests(&office, "gallery").await;
    assert_eq!((again.len(), again[0].clash.booking.revision), (1, 2));
    office.cancels(&office.occurrence("talk", "20261112T193000").await).await;
    assert!(requests(&office, "gallery").await.is_empty());
    assert_eq!(office.declined().await, Vec::<String>::new());
}

#[tokio::test]
async fn two_at_one_place_clash_until_one_goes() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    office.publishes("talk", in_hall("议事日"), TWELFTH).await;
    office.settles().await;
    office.publishes("class", in_hall("课堂"), TWELFTH).await;
    let all = requests(&office, "hall").await;
    let clashing = |office: &Office| {
        let now = office.now();
        office.service.tables.read_now(|db| desk::clashes(db, XIGUAN, now)).unwrap()
    };
    let clashes = clashing(&office);
    assert_eq!((all.len(), clashes.len()), (2, 1));
    assert_eq!(clashes[0].entry.activity.slug, "class", "who came first has it");
    let talk = format!("xiguan/{}/20261112T193000", id("talk"));
    assert_eq!(clashes[0].request.clash.with, [talk]);
    office.cancels(&office.occurrence("talk", "20261112T193000").await).await;
    office.settles().await;
    assert!(clashing(&office).is_empty());
    assert_eq!(requests(&office, "hall").await.len(), 1);
}

#[tokio::test]
async fn a_closure_offers_all_its_occurrences() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    let daily = "cron = \"0 0 9 * * *\"\nuntil = \"2026-11-20\"";
    office.publishes("duty", in_hall("岗"), daily).await;
    office.settles().await;
    let closure =
        office.closes("hall", "2026-11-05T00:00:00+08:00", "2026-11-08T00:00:00+08:00").await;
    office.settles().await;
    let now = office.now();
    let read = |db: &_| desk::hit_by(db, id("hall"), &closure, now);
    let hit = office.service.tables.read_now(read).unwrap();
    let days: Vec<_> = hit.iter().map(|one| one.entry.starts_on()).collect();
    assert_eq!(days, ["2026-11-05", "2026-11-06", "2026-11-07"].map(date));
    let against = format!("closure/{}", closure.closure);
    assert!(hit.iter().all(|one| one.request.clash.with == [against.clone()]));
    let ahead = office.service.tables.read_now(|db| venues::closures(db, id("hall"), now));
    assert_eq!(ahead.unwrap(), [closure]);
}

#[tokio::test]
async fn a_rotation_books_each_venue_in_its_turn() {
    let office = Office::at("2026-11-02T08:00:00+08:00");
    office.adds_venue("hall", "议事厅").await;
    office.adds_venue("gallery", "廊院").await;
    let rotation = vec![id("hall"), id("gallery")];
    let turns = Description { rotation, ..lasting("宣讲", 15) };
    let weekly = "cron = \"0 0 19 * * Tue\"\nfrom = \"2026-11-03\"\nuntil = \"2026-11-24\"";
    office.publishes("talk", turns, weekly).await;
    let days = |requests: Vec<Request>| {
        let days = requests.iter().map(|one| one.clash.booking.start.date_naive());
        days.map(|day| day.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(days(requests(&office, "hall").await), ["2026-11-03", "2026-11-17"]);
    // A cancelled date does not shift the turns.
    office.cancels(&office.occurrence("talk", "20261103T190000").await).await;
    assert_eq!(days(requests(&office, "gallery").await), ["2026-11-10", "2026-11-24"]);
    assert_eq!(days(requests(&office, "hall").await), ["2026-11-17"]);
}
