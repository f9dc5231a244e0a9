use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn cause() -> EventRef {
    "xiguan/attendance/roll/a-20261105T090000@7".parse().unwrap()
}

#[test]
fn every_event_of_scoring_keeps_the_contract() {
    let rates =
        KindRates { kind: "volunteer".into(), attendance: Some(3), hour: Some(2), duty: Some(0) };
    let rules = Rules {
        attendance: 2,
        hour: 1,
        duty: 5,
        kinds: vec![rates, KindRates { kind: "talk".into(), ..KindRates::default() }],
        day_max: 20,
        base_min: 20,
        example: true,
        note: "ours".into(),
    };
    let adopted = ScoringEvent::ScoringAdopted { from: day("2026-11-05"), rules };
    linli_proto::assert_contract("linli.ranking.v1.Scoring", &[adopted]);
}

#[test]
fn every_event_of_a_tally_keeps_the_contract() {
    let teams = vec![Uuid::from_u128(3)];
    let on = day("2026-11-05");
    let credit = |ground, times, minutes| Credit {
        resident: Uuid::from_u128(1),
        ground,
        points: 4,
        times,
        minutes,
        on,
        community: "xiguan".into(),
        building: "xiguan-3".into(),
        teams: teams.clone(),
        cause: cause(),
        revision: 1,
        capped: 2,
    };
    let header = Header {
        activity: Uuid::from_u128(2),
        recurrence_id: "20261105T090000".into(),
        on,
        hosts: vec!["xiguan".into(), "tianbao".into()],
        kinds: vec!["talk".into()],
        teams: teams.clone(),
        scoring: Some("xiguan/ranking/scoring/points@1".parse().unwrap()),
    };
    let sum = Sum {
        on,
        attended: 61,
        present: 40,
        headcount: Some(61),
        minutes: 4800,
        activity_minutes: 120,
        hosts: header.hosts.clone(),
        kinds: header.kinds.clone(),
        teams: teams.clone(),
        closed: true,
        reported: true,
    };
    linli_proto::assert_contract(
        "linli.ranking.v1.Tally",
        &[
            TallyEvent::TallyOpened(Header { scoring: None, ..header.clone() }),
            TallyEvent::TallyOpened(header),
            TallyEvent::Credited(credit(Ground::Attendance, 1, 0)),
            TallyEvent::Credited(credit(Ground::Hours, 0, 120)),
            TallyEvent::Credited(credit(Ground::Duty, 0, 0)),
            TallyEvent::Reversed(credit(Ground::Attendance, 1, 0)),
            TallyEvent::Summed(Sum { headcount: Some(0), ..sum.clone() }),
            TallyEvent::Summed(Sum { headcount: None, ..sum.clone() }),
            TallyEvent::Summed(sum),
            TallyEvent::Voided {},
        ],
    );
}

#[test]
fn every_event_of_a_wallet_keeps_the_contract() {
    let sealed =
        Sealed { person: Uuid::from_u128(1), v: 1, nonce: vec![7; 12], boxed: vec![9; 20] };
    let (this, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let place = || "xiguan".to_owned();
    let spent =
        |remark| WalletEvent::PointsSpent { spending: this, place: place(), points: 5, remark };
    let passed_on = |reverses| WalletEvent::PointsSent {
        transfer: this,
        to: other,
        points: 5,
        place: place(),
        reverses,
    };
    linli_proto::assert_contract(
        "linli.ranking.v1.Wallet",
        &[
            spent(None),
            spent(Some(sealed)),
            WalletEvent::SpendingReversed { spending: this, place: place(), points: 5 },
            passed_on(None),
            passed_on(Some(other)),
            WalletEvent::PointsReceived { transfer: this, from: other, points: 5 },
            WalletEvent::WalletHandedOver { into: other, points: -3, n: 1 },
            WalletEvent::WalletTakenOver { from: other, points: -3, n: 1 },
        ],
    );
}

#[test]
fn every_event_of_bulletins_keeps_the_contract() {
    use crate::values::Series;
    let at = linli_platform::testing::at;
    let due = |by_hand| Due { by_hand, days_after: 3, at_local: "09:00".into() };
    linli_proto::assert_contract(
        "linli.ranking.v1.Schedule",
        &[
            ScheduleEvent::BulletinsScheduled {
                month_first_day: 26,
                from_month: "2026-12".into(),
                weekly: due(true),
                monthly: due(false),
            },
            ScheduleEvent::BulletinAsked {
                series: Series::Weekly,
                period: "2026-W45".parse().unwrap(),
            },
            ScheduleEvent::BulletinAsked {
                series: Series::Monthly,
                period: "2026-11".parse().unwrap(),
            },
        ],
    );
    let published = |parts| BulletinEvent::BulletinPublished {
        number: 1,
        period: "2026-11".parse().unwrap(),
        from_on: day("2026-11-01"),
        until_on: day("2026-11-30"),
        cut_off: at("2026-12-03T01:00:00Z"),
        content: "{\"v\":1}".into(),
        parts,
        checksum: "ab".into(),
    };
    let part = BulletinEvent::BulletinPart {
        period: "2026-W45".parse().unwrap(),
        part: 1,
        text: "邻里".into(),
    };
    linli_proto::assert_contract("linli.ranking.v1.Bulletin", &[part, published(0), published(2)]);
}
