use linli_proto::assert_contract;
use uuid::Uuid;

use super::*;

fn description() -> Description {
    Description {
        title: "邻里议事日".into(),
        title_en: "Deliberation day".into(),
        kinds: vec!["邻里议事日".into()],
        visibility: Visibility::Team,
        teams: vec![Uuid::from_u128(1)],
        venue: Some(Uuid::from_u128(2)),
        rotation: vec![Uuid::from_u128(3), Uuid::from_u128(4)],
        audience: "居民".into(),
        text: "商量身边事。".into(),
        text_en: "Talking.".into(),
        minutes: 90,
        capacity: 60,
        attendance: Attendance::Paper,
        expected: true,
        guardian_consent: true,
        duties: vec![Duty { name: "记录".into(), places: 2 }],
        partners: vec!["wuhang".into()],
        contact: Some(Uuid::from_u128(5)),
    }
}

#[test]
fn an_activity_is_as_its_contract_says() {
    let id = "20261112T193000".parse().unwrap();
    let (start, end) =
        ("2026-11-12T11:30:00Z".parse().unwrap(), "2026-11-12T13:00:00Z".parse().unwrap());
    let (zone, venue) = ("Asia/Shanghai".to_owned(), Some(Uuid::from_u128(2)));
    let opening = Opening {
        recurrence_id: id,
        segment: 1,
        start,
        end,
        all_day: true,
        zone: zone.clone(),
        venue,
        capacity: 60,
        attendance: Attendance::Headcount,
        unsettled: true,
    };
    let words = Words {
        recurrence_id: id,
        title: Some("楼道堆物".into()),
        title_en: Some(String::new()),
        text: Some("请楼栋长参加。".into()),
        kinds: vec!["议事".into()],
        capacity: Some(0),
    };
    let segment = SegmentAdded {
        segment: 1,
        from: "2026-01-01".parse().unwrap(),
        until: Some("2026-12-31".parse().unwrap()),
        rule: "cron = \"0 30 19 12 * *\"".into(),
        zone: zone.clone(),
    };
    let reason = "场地检修".to_owned();
    let moved = Moved {
        recurrence_id: id,
        revision: 1,
        start,
        end,
        all_day: true,
        zone,
        venue: None,
        reason: reason.clone(),
    };
    let samples = [
        ActivityEvent::ActivityDrafted { slug: "talk".into(), description: description() },
        ActivityEvent::ActivityDescribed { description: Description::default() },
        ActivityEvent::SegmentAdded(segment.clone()),
        ActivityEvent::SegmentAdded(SegmentAdded { until: None, ..segment }),
        ActivityEvent::ActivityPublished {},
        ActivityEvent::ActivityRetired { from: "2027-01-01".parse().unwrap() },
        ActivityEvent::OccurrenceOpened(opening),
        ActivityEvent::OccurrenceDescribed(words),
        ActivityEvent::OccurrenceDescribed(Words::none(id)),
        ActivityEvent::OccurrenceMoved(moved),
        ActivityEvent::OccurrenceCancelled { recurrence_id: id, revision: 2, reason },
        ActivityEvent::OccurrenceKept { recurrence_id: id },
    ];
    assert_contract("linli.calendar.v1.Activity", &samples);
}

#[test]
fn a_venue_is_as_its_contract_says() {
    let description = VenueDescription {
        name: "近邻议事厅".into(),
        name_en: "Council hall".into(),
        capacity: 60,
        lender: Some(Uuid::from_u128(9)),
        text: "二楼。".into(),
    };
    let (start, end) =
        ("2026-11-12T11:30:00Z".parse().unwrap(), "2026-11-12T13:00:00Z".parse().unwrap());
    let occurrence = "xiguan/00000000-0000-0000-0000-000000000001/20261112T193000".to_owned();
    let booking = Booking { occurrence: occurrence.clone(), revision: 1, start, end };
    let closure = Uuid::from_u128(7);
    let samples = [
        VenueEvent::VenueAdded { description },
        VenueEvent::VenueChanged { description: VenueDescription::default() },
        VenueEvent::VenueClosed(Closure {
            closure,
            from: start,
            until: end,
            reason: "检修".into(),
        }),
        VenueEvent::VenueReopened { closure },
        VenueEvent::VenueBooked(booking.clone()),
        VenueEvent::VenueClashed(Clash { booking, with: vec![format!("closure/{closure}")] }),
        VenueEvent::VenueReleased { occurrence },
    ];
    assert_contract("linli.calendar.v1.Venue", &samples);
}

#[test]
fn holidays_promises_and_feeds_are_as_their_contracts_say() {
    let date = "2026-10-10".parse().unwrap();
    let day = HolidayDay { date, name: "国庆节".into(), kind: HolidayKind::Work };
    let paper = HolidayPaper { year: 2026, days: vec![day], source: "国务院办公厅".into() };
    assert_eq!(HolidayPaper::of_almanac(&paper.to_almanac()), paper);
    let adopted = [HolidaysEvent::HolidaysAdopted(paper)];
    assert_contract("linli.calendar.v1.Holidays", &adopted);
    let promises = [Per::Month, Per::Week, Per::Quarter, Per::Year].map(|per| {
        let (title, kind) = ("每月至少两次".to_owned(), "环境整治".to_owned());
        CadenceEvent::CadenceSet(CadencePromise { title, kind, at_least: 2, per })
    });
    let cadence: Vec<_> = promises.into_iter().chain([CadenceEvent::CadenceDropped {}]).collect();
    assert_contract("linli.calendar.v1.Cadence", &cadence);
    let named = [FeedEvent::HostNamed { host: "linli.example.org".into() }];
    assert_contract("linli.calendar.v1.Feed", &named);
}

#[test]
fn what_other_services_write_is_not_heard() {
    let event = NewEvent::of(&serde_json::json!({ "checkedIn": {} })).unwrap();
    let stream = "xiguan/attendance/roll/a".parse().unwrap();
    assert_eq!(hear(&stream, &event).unwrap(), None);
    let venue = "xiguan/calendar/venue/a".parse().unwrap();
    assert!(hear(&venue, &event).is_err(), "an unknown event of one's own is not skipped");
}
