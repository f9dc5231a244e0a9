//! What must hold of the log and the outbox, whatever has failed: rolls, duties, venues.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai as ZONE;
use linli_almanac::HolidayTable;
use linli_attendance::{
    contract::{DutyEvent, RollEvent},
    deciders::roll::{Phase, Roll, RollState, Standing},
};
use linli_calendar::{
    contract::{ActivityEvent, Booking, Description, VenueEvent},
    processes::opening::WINDOW_DAYS,
    values::{
        plan::{Facts, open_ended, planned},
        segment::Segment,
    },
};
use linli_platform::{decider::Decider as _, ids::StreamId};
use uuid::Uuid;

use crate::town::{COMMUNITY, History, Occurrence, stream};

/// All of them that concern rolls, duties and venues. Asks for a node that has settled.
pub fn check(history: &History, now: DateTime<Utc>) {
    opened(history, now);
    let rolls = rolls(history);
    duties(history);
    let asked = bookings(history);
    for occurrence in history.occurrences.values() {
        let roll = &rolls[&stream("attendance", "roll", occurrence.key())];
        follows(occurrence, roll);
        is_asked_for(occurrence, &asked);
    }
}

/// What comes within the window is a fact, as the newest rule has it or an earlier one had it.
fn opened(history: &History, now: DateTime<Utc>) {
    let mut all: BTreeMap<Uuid, (Vec<Segment>, Description, Facts)> = BTreeMap::new();
    for (commit, _, event) in history.of::<ActivityEvent>("calendar", "activity") {
        let (segments, described, facts) = all.entry(commit.stream.uuid().unwrap()).or_default();
        match event {
            ActivityEvent::ActivityDrafted { description, .. }
            | ActivityEvent::ActivityDescribed { description } => *described = description,
            ActivityEvent::SegmentAdded(added) => segments.push(Segment::parse(&added).unwrap()),
            ActivityEvent::OccurrenceOpened(opening) => {
                facts.insert(opening.recurrence_id, opening.segment);
            }
            _ => {}
        }
    }
    // The daily look comes a few minutes after midnight; a clock put back has had it already.
    let today = (now - TimeDelta::minutes(10)).with_timezone(&ZONE).date_naive();
    let window = today..=today.checked_add_days(Days::new(WINDOW_DAYS)).unwrap();
    for (activity, (segments, described, facts)) in all {
        let planned = planned(&segments, None, &described, &window, &HolidayTable::new());
        let left = open_ended(planned, &facts).into_iter().filter(|one| one.start > now);
        let left: Vec<String> = left.map(|one| one.id.to_string()).collect();
        let texts = || {
            let streams = [
                stream("calendar", "activity", activity),
                stream("calendar", "process", "opening"),
            ];
            streams.map(|of| history.text(&of)).concat()
        };
        assert!(left.is_empty(), "{activity}: {left:?} are not opened at {now}\n{}", texts());
    }
}

/// Nobody has two places or a place and one in the line, and places suffice.
fn rolls(history: &History) -> BTreeMap<StreamId, RollState> {
    let mut rolls: BTreeMap<StreamId, RollState> = BTreeMap::new();
    for (commit, _, event) in history.of::<RollEvent>("attendance", "roll") {
        let roll = rolls.entry(commit.stream.clone()).or_default();
        let at = format!("{} at {}: {event:?}", commit.stream, commit.position);
        match &event {
            RollEvent::Registered { resident, .. } | RollEvent::Waitlisted { resident, .. } => {
                let stood = roll.standing(*resident);
                assert!(
                    matches!(stood, Standing::None | Standing::Excused),
                    "{at} after {stood:?}"
                );
            }
            RollEvent::Promoted { resident } => {
                assert_eq!(roll.standing(*resident), Standing::Waiting, "{at}");
            }
            RollEvent::CheckedIn { resident, .. } => {
                assert_eq!(roll.presence(*resident), None, "{at}");
            }
            RollEvent::RollOpened { .. } => assert_eq!(roll.phase, Phase::Unopened, "{at}"),
            _ => {}
        }
        *roll = Roll::evolve(std::mem::take(roll), &event);
        assert!(roll.capacity == 0 || roll.registered <= roll.capacity, "{at}: too many");
        let once: BTreeSet<&Uuid> = roll.waiting().iter().collect();
        assert_eq!(once.len(), roll.waiting().len(), "{at}: twice in the line");
    }
    rolls
}

/// A roll stands as the calendar has its occurrence.
fn follows(occurrence: &Occurrence, roll: &RollState) {
    let key = occurrence.key();
    match roll.phase {
        Phase::Unopened => panic!("{key} has no roll"),
        Phase::Closed => {}
        Phase::Cancelled => assert!(occurrence.cancelled, "{key} is on, its roll is cancelled"),
        Phase::Open => {
            assert!(!occurrence.cancelled, "{key} is cancelled, its roll is open");
            let (is, should) = ((roll.start, roll.end), (occurrence.start, occurrence.end));
            assert_eq!((roll.revision, is), (occurrence.revision, should), "the roll of {key}");
        }
    }
}

/// No duty is claimed by more people than it takes, and nobody has two at once.
fn duties(history: &History) {
    let mut claims: BTreeMap<&StreamId, BTreeMap<Uuid, String>> = BTreeMap::new();
    let mut places: BTreeMap<(&StreamId, String), usize> = BTreeMap::new();
    for (commit, _, event) in history.of::<DutyEvent>("attendance", "duty") {
        let all = claims.entry(&commit.stream).or_default();
        match event {
            DutyEvent::DutiesSet { duties, .. } => {
                for duty in duties {
                    places.insert((&commit.stream, duty.name), duty.places as usize);
                }
            }
            DutyEvent::DutyClaimed { duty, resident, .. } => {
                let before = all.insert(resident, duty.clone());
                assert_eq!(before, None, "{} at {}", commit.stream, commit.position);
                let taken = all.values().filter(|claimed| **claimed == duty).count();
                assert!(taken <= places[&(&commit.stream, duty)], "too many in {}", commit.stream);
            }
            DutyEvent::DutyReleased { duty, resident } => {
                assert_eq!(all.remove(&resident), Some(duty), "{}", commit.stream);
            }
            _ => {}
        }
    }
}

/// What occurrences asked of each venue, and whether they have it.
type Asked = BTreeMap<Uuid, BTreeMap<String, (Booking, bool)>>;

/// No venue is given twice for one time.
fn bookings(history: &History) -> Asked {
    let mut all = Asked::new();
    let mut events = history.of::<VenueEvent>("calendar", "venue").peekable();
    while let Some((commit, _, event)) = events.next() {
        let asked = all.entry(commit.stream.uuid().unwrap()).or_default();
        match event {
            VenueEvent::VenueBooked(booking) => {
                asked.insert(booking.occurrence.clone(), (booking, true));
            }
            VenueEvent::VenueClashed(clash) => {
                asked.insert(clash.booking.occurrence.clone(), (clash.booking, false));
            }
            VenueEvent::VenueReleased { occurrence } => {
                asked.remove(&occurrence);
            }
            VenueEvent::VenueAdded { .. }
            | VenueEvent::VenueChanged { .. }
            | VenueEvent::VenueClosed(_)
            | VenueEvent::VenueReopened { .. } => {}
        }
        let ends = events.peek().is_none_or(|(next, ..)| next.position != commit.position);
        let held: Vec<_> = asked.values().filter(|(_, has)| ends && *has).collect();
        for (n, (a, _)) in held.iter().enumerate() {
            for (b, _) in &held[n + 1..] {
                let apart = a.end <= b.start || b.end <= a.start;
                assert!(apart, "{} at {}: {a:?} and {b:?}", commit.stream, commit.position);
            }
        }
    }
    all
}

/// An occurrence asked for just the time and venue that it has now.
fn is_asked_for(occurrence: &Occurrence, asked: &Asked) {
    let name = format!("{COMMUNITY}/{}/{}", occurrence.activity, occurrence.id);
    for (venue, asked) in asked {
        let here = occurrence.venue == Some(*venue) && !occurrence.cancelled;
        let booking = asked.get(&name).map(|(b, _)| (b.revision, b.start, b.end));
        let wanted = (occurrence.revision, occurrence.start, occurrence.end);
        assert_eq!(booking, here.then_some(wanted), "{name} at venue {venue}");
    }
}
