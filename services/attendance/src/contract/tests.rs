use linli_platform::testing::at;

use super::*;

fn sealed() -> Sealed {
    Sealed { person: Uuid::from_u128(1), v: 1, nonce: vec![7; 12], boxed: vec![9; 20] }
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
            RollEvent::Excused { resident },
            RollEvent::CheckedIn { resident, way: Way::List, at: start, proxy: None },
            RollEvent::CheckedIn { resident, way: Way::Code, at: start, proxy },
            RollEvent::CheckedIn { resident, way: Way::Card, at: start, proxy },
            RollEvent::CheckedIn { resident, way: Way::Paper, at: start, proxy },
            RollEvent::CheckedIn { resident, way: Way::Kiosk, at: start, proxy },
            RollEvent::CheckedOut { resident, at: end, minutes: 120 },
            RollEvent::HoursCorrected {
                resident,
                minutes_before: 120,
                minutes: 90,
                remark: Some(sealed()),
            },
            RollEvent::CheckInReversed { resident },
            RollEvent::HeadcountGiven { people: 61 },
            RollEvent::RollClosed { at: end, present: 1, minutes: 120 },
        ],
    );
}

#[test]
fn every_event_of_duties_keeps_the_contract() {
    let (start, end) = (at("2026-11-05T01:00:00Z"), at("2026-11-05T03:00:00Z"));
    let (resident, proxy) = (Uuid::from_u128(1), Some(Uuid::from_u128(2)));
    let duties = vec![DutyPlace { name: "welcome".into(), places: 2 }];
    linli_proto::assert_contract(
        "linli.attendance.v1.Duty",
        &[
            DutyEvent::DutiesSet { duties, start, end },
            DutyEvent::DutyClaimed { duty: "welcome".into(), resident, proxy },
            DutyEvent::DutyReleased { duty: "welcome".into(), resident },
            DutyEvent::DutiesCancelled {},
        ],
    );
}
