use linli_platform::{testing::at, vault::Sealed};
use uuid::Uuid;

use super::*;

fn sealed() -> Sealed {
    Sealed { person: Uuid::from_u128(1), v: 1, nonce: vec![7; 12], boxed: vec![9; 20] }
}

fn rated(rating: Rating) -> RollEvent {
    RollEvent::Rated { resident: Uuid::from_u128(1), rating, comment: Some(sealed()) }
}

#[test]
fn every_event_of_a_roll_keeps_the_contract() {
    let (resident, proxy) = (Uuid::from_u128(1), Some(Uuid::from_u128(2)));
    let start = at("2026-11-05T01:00:00Z");
    let end = at("2026-11-05T03:00:00.123456Z");
    linli_proto::assert_contract(
        "linli.attendance.v1.Roll",
        &[
            RollEvent::RollOpened {
                activity: Uuid::from_u128(3),
                recurrence_id: "20261105T090000".into(),
                start,
                end,
                capacity: 40,
                attendance: Attendance::Paper,
                guardian_consent: true,
            },
            RollEvent::RollMoved { revision: 2, start, end },
            RollEvent::RollCancelled { revision: 3 },
            RollEvent::CapacitySet { capacity: 50 },
            RollEvent::Registered { resident, proxy },
            RollEvent::Registered { resident, proxy: None },
            RollEvent::Waitlisted { resident, proxy, instead_of: Some(Uuid::from_u128(4)) },
            RollEvent::Waitlisted { resident, proxy: None, instead_of: None },
            RollEvent::Promoted { resident },
            RollEvent::Withdrawn { resident },
            RollEvent::Excused { resident, remark: Some(sealed()), proxy },
            RollEvent::Excused { resident, remark: None, proxy: None },
            RollEvent::CheckedIn { resident, way: Way::List, at: start, proxy: None, merged: None },
            RollEvent::CheckedIn { resident, way: Way::Code, at: start, proxy, merged: proxy },
            RollEvent::CheckedIn { resident, way: Way::Card, at: start, proxy, merged: proxy },
            RollEvent::CheckedIn { resident, way: Way::Paper, at: start, proxy, merged: proxy },
            RollEvent::CheckedIn { resident, way: Way::Kiosk, at: start, proxy, merged: proxy },
            RollEvent::CheckedOut { resident, at: end, minutes: 120 },
            RollEvent::HoursCorrected {
                resident,
                minutes_before: 120,
                minutes: 90,
                remark: Some(sealed()),
            },
            RollEvent::CheckInReversed { resident, minutes_before: 60, into: proxy },
            RollEvent::HeadcountGiven { people: 61 },
            RollEvent::RollClosed {
                at: end,
                present: 1,
                minutes: 120,
                expected: 4,
                excused: 1,
                absent: vec![resident, Uuid::from_u128(4)],
            },
            RollEvent::Expected { residents: vec![resident], by: "role:party-member".into() },
            RollEvent::ExpectationDropped { resident },
            rated(Rating::VerySatisfied),
            rated(Rating::Satisfied),
            rated(Rating::Fair),
            rated(Rating::Dissatisfied),
            rated(Rating::VeryDissatisfied),
            RollEvent::RatingReversed { resident },
            RollEvent::CommentApproved { resident },
            RollEvent::CommentWithheld { resident },
        ],
    );
}

#[test]
fn a_rating_is_called_the_same_on_the_log_in_forms_and_in_tables() {
    for rating in Rating::ALL {
        assert_eq!(serde_json::to_value(rating).unwrap(), rating.name());
        assert_eq!(Rating::named(rating.name()), Some(rating));
    }
    assert_eq!(Rating::named("GREAT"), None);
}

/// An event of either kind of duty, as the one category has both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Of(DutyEvent),
    Standing(StandingEvent),
}

#[test]
fn every_event_of_duties_keeps_the_contract() {
    let all = of_an_occurrence().into_iter().map(Either::Of);
    let all: Vec<_> = all.chain(standing().into_iter().map(Either::Standing)).collect();
    linli_proto::assert_contract("linli.attendance.v1.Duty", &all);
}

fn of_an_occurrence() -> Vec<DutyEvent> {
    let (start, end) = (at("2026-11-05T01:00:00Z"), at("2026-11-05T03:00:00Z"));
    let (resident, proxy) = (Uuid::from_u128(1), Some(Uuid::from_u128(2)));
    let duties = vec![DutyPlace { name: "welcome".into(), places: 2 }];
    let duty = || "welcome".to_owned();
    vec![
        DutyEvent::DutiesSet { duties: duties.clone(), start, end },
        DutyEvent::DutyClaimed { duty: duty(), resident, proxy, instead_of: proxy },
        DutyEvent::StandInAsked { duty: duty(), resident },
        DutyEvent::StandInWithdrawn { duty: duty(), resident },
        DutyEvent::DutyUnfilled { duties, start },
        DutyEvent::DutyDone { duty: duty(), resident },
        DutyEvent::DutyDoneReversed { duty: duty(), resident, into: proxy },
        DutyEvent::DutyReleased { duty: duty(), resident },
        DutyEvent::DutiesCancelled {},
    ]
}

fn standing() -> Vec<StandingEvent> {
    let (resident, instead_of) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let (from_on, until_on) = (day(5), day(9));
    vec![
        StandingEvent::StandingDutySet {
            name: "stairs".into(),
            name_en: "stairs".into(),
            about: "kept free".into(),
            building: "xg-1".into(),
            places: 2,
            from_on,
            until_on: Some(until_on),
            contact: Some(instead_of),
        },
        StandingEvent::StandingDutyEnded {},
        StandingEvent::StandingDutyClaimed { resident, proxy: Some(instead_of) },
        StandingEvent::StandingDutyReleased { resident },
        StandingEvent::CoverAsked { resident, from_on, until_on },
        StandingEvent::CoverTaken { resident, instead_of, from_on, until_on },
        StandingEvent::CoverWithdrawn { resident, from_on },
        StandingEvent::CoverMissing { resident, from_on, until_on },
    ]
}
