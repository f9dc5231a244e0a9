use std::collections::BTreeMap;

use linli_platform::{
    decider::Decider as _,
    entropy::Entropy,
    ids::{Actor, EventRef, Position, StreamId, Version},
    projection::Fact,
    testing::at,
};
use uuid::Uuid;

use super::*;
use crate::{
    contract::{
        Credit, Ground, Header, KindRates, Rules, ScoringEvent, Sum, TallyEvent,
        heard::{CalendarEvent, Described, PlaceEvent, PlaceKind},
    },
    deciders::tally::{self, Tally},
};

mod any_sequence;

const RID: &str = "20261105T090000";

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn key(n: u128) -> OccurrenceKey {
    OccurrenceKey::new("xiguan", Uuid::from_u128(0xac00 + n), RID)
}

/// The process with its rows, and the tallies that it commands.
#[derive(Default)]
struct Town {
    rows: Rows<'static>,
    version: u64,
    now: Option<DateTime<Utc>>,
    tallies: BTreeMap<StreamId, (tally::State, Vec<TallyEvent>)>,
    timers: BTreeMap<String, DateTime<Utc>>,
}

impl Town {
    /// A community of two buildings, with rules, two occurrences of an hour on 5 November and three
    /// residents in the first building.
    fn new(rules: Rules) -> Self {
        let mut town = Self { now: Some(at("2026-11-01T00:00:00Z")), ..Self::default() };
        town.hear(Heard::Place("xiguan".into(), added(PlaceKind::Community, "wuhang")));
        let scoring = ScoringEvent::ScoringAdopted { from: day("2026-01-01"), rules };
        town.hear(Heard::Scoring("wuhang".into(), scoring));
        for n in [1, 2] {
            town.opens(n, &["talk"]);
        }
        for n in 1..=3 {
            let (community, building) = ("xiguan".to_owned(), "xiguan-1".to_owned());
            let event = ResidentEvent::ResidentRegistered { community, building };
            town.hear(Heard::Resident(who(n), event));
        }
        town
    }

    fn opens(&mut self, n: u128, kinds: &[&str]) {
        let (community, activity) = ("xiguan".to_owned(), key(n).activity);
        let kinds = kinds.iter().map(|&kind| kind.to_owned()).collect();
        let partners = vec!["tianbao".to_owned(), "xiguan".to_owned()];
        let description = Described { kinds, partners, ..Described::default() };
        let event = CalendarEvent::ActivityDrafted { slug: "talk".into(), description };
        self.hear(Heard::Calendar { community: community.clone(), activity, event });
        let event = CalendarEvent::OccurrenceOpened {
            recurrence_id: RID.into(),
            start: at("2026-11-05T01:00:00Z"),
            end: at("2026-11-05T02:00:00Z"),
            all_day: false,
            zone: "Asia/Shanghai".into(),
        };
        self.hear(Heard::Calendar { community, activity, event });
    }

    /// The occurrence is moved to a day in November, at the same time of day.
    fn moves(&mut self, n: u128, day: u32) {
        let event = CalendarEvent::OccurrenceMoved {
            recurrence_id: RID.into(),
            start: at(&format!("2026-11-{day:02}T01:00:00Z")),
            end: at(&format!("2026-11-{day:02}T02:00:00Z")),
            all_day: false,
            zone: "Asia/Shanghai".into(),
        };
        let (community, activity) = ("xiguan".to_owned(), key(n).activity);
        self.hear(Heard::Calendar { community, activity, event });
    }

    fn at(&mut self, text: &str) -> &mut Self {
        let now = at(text);
        self.now = Some(now);
        let due: Vec<_> = self.timers.iter().filter(|(_, due)| **due <= now).collect();
        let due: Vec<_> = due.into_iter().map(|(name, due)| (name.clone(), *due)).collect();
        for (name, due) in due {
            self.timers.remove(&name);
            self.step(&Input::Timer { name: &name, due });
        }
        self
    }

    fn hear(&mut self, event: Heard) {
        self.version += 1;
        let stream: StreamId = "xiguan/attendance/roll/a".parse().unwrap();
        let fact = Fact {
            source: EventRef { stream, version: Version(self.version) },
            position: Position(self.version),
            at: self.now.unwrap_or_default(),
            cmd: Entropy::seeded(self.version).command(),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        self.step(&Input::Event(&fact));
    }

    fn step(&mut self, input: &Input<'_, Heard>) {
        Tallies::evolve(&mut self.rows, input);
        for action in Tallies::react(&self.rows, input, self.now.unwrap_or_default()) {
            match action {
                Action::Command { to, command } => self.give(to, command),
                Action::SetTimer { name, due } => {
                    self.timers.insert(name, due);
                }
                Action::ClearTimer { name } => {
                    self.timers.remove(&name);
                }
            }
        }
    }

    fn give(&mut self, to: StreamId, command: Command) {
        let (state, told) = self.tallies.entry(to).or_default();
        let now = self.now.unwrap_or_default();
        let again = command.clone();
        let Ok(events) = Tally::decide(state, command, now);
        assert!(!events.is_empty(), "commanded in vain: {again:?}");
        for event in events {
            *state = Tally::evolve(std::mem::take(state), &event);
            told.push(event);
        }
        let Ok(twice) = Tally::decide(state, again, now);
        assert_eq!(twice, [], "by its domain key a command is done once");
    }

    fn roll(&mut self, n: u128, event: RollEvent) {
        self.hear(Heard::Roll(key(n), event));
    }

    fn told(&self, n: u128) -> &[TallyEvent] {
        self.tallies.get(&key(n).tally().unwrap()).map_or(&[], |(_, told)| told)
    }

    /// Points, attendances and minutes of somebody: the sum of all causes.
    fn sum(&self, resident: u128) -> (i64, i64, i64) {
        let mut sum = (0, 0, 0);
        for event in self.tallies.values().flat_map(|(_, told)| told) {
            let (sign, credit) = match event {
                TallyEvent::Credited(credit) => (1, credit),
                TallyEvent::Reversed(credit) => (-1, credit),
                _ => continue,
            };
            if credit.resident == who(resident) {
                sum.0 += sign * i64::from(credit.points);
                sum.1 += sign * i64::from(credit.times);
                sum.2 += sign * i64::from(credit.minutes);
            }
        }
        sum
    }

    fn counted(&self, n: u128) -> Option<&Sum> {
        self.told(n).iter().rev().find_map(|event| match event {
            TallyEvent::Summed(sum) => Some(sum),
            _ => None,
        })
    }
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn added(kind: PlaceKind, parent: &str) -> PlaceEvent {
    let (name, name_en, zone) = (String::new(), String::new(), "Asia/Shanghai".to_owned());
    PlaceEvent::PlaceAdded { name, name_en, kind, parent: parent.into(), zone }
}

fn rules() -> Rules {
    Rules { attendance: 2, hour: 3, duty: 4, day_max: 20, ..Rules::default() }
}

fn came(n: u128) -> RollEvent {
    RollEvent::CheckedIn { resident: who(n) }
}

fn left(n: u128, minutes: u32) -> RollEvent {
    RollEvent::CheckedOut { resident: who(n), minutes }
}

fn done(n: u128, duty: &str) -> Heard {
    let event = DutyEvent::DutyDone { duty: duty.into(), resident: who(n) };
    Heard::Duty(key(1), event)
}

#[test]
fn attendance_earns_at_once_and_hours_at_the_end_each_with_its_cause() {
    let mut town = Town::new(rules());
    town.at("2026-11-05T00:55:00Z").roll(1, came(1));
    let version = town.version;
    let cause =
        |version| -> EventRef { format!("xiguan/attendance/roll/a@{version}").parse().unwrap() };
    let credit = Credit {
        resident: who(1),
        ground: Ground::Attendance,
        points: 2,
        times: 1,
        minutes: 0,
        on: day("2026-11-05"),
        community: "xiguan".into(),
        building: "xiguan-1".into(),
        teams: Vec::new(),
        cause: cause(version),
        revision: 1,
        capped: 0,
    };
    let header = Header {
        activity: key(1).activity,
        recurrence_id: RID.into(),
        on: day("2026-11-05"),
        hosts: vec!["xiguan".into(), "tianbao".into()],
        kinds: vec!["talk".into()],
        teams: Vec::new(),
        scoring: Some(cause(2)),
    };
    let expected = [TallyEvent::TallyOpened(header), TallyEvent::Credited(credit.clone())];
    assert_eq!(town.told(1), expected);
    town.roll(1, left(1, 45));
    let (ground, cause) = (Ground::Hours, cause(version + 1));
    let hours = Credit { ground, cause, times: 0, minutes: 45, ..credit };
    assert_eq!(town.told(1)[2..], [TallyEvent::Credited(hours)]);
}

#[test]
fn a_correction_and_a_reversed_check_in_take_back_what_they_must() {
    let mut town = Town::new(rules());
    town.roll(1, came(1));
    town.roll(1, left(1, 60));
    assert_eq!(town.sum(1), (2 + 3, 1, 60));
    town.roll(1, RollEvent::HoursCorrected { resident: who(1), minutes: 20 });
    assert_eq!(town.sum(1), (2 + 1, 1, 20));
    town.roll(1, RollEvent::CheckInReversed { resident: who(1) });
    assert_eq!(town.sum(1), (0, 0, 0));
    town.roll(1, came(1));
    assert_eq!(town.sum(1), (2, 1, 0), "hours of the first stay are not those of the second");
}

#[test]
fn a_duty_earns_once_it_is_done_and_its_bearer_was_there() {
    let mut town = Town::new(rules());
    town.roll(1, came(1));
    town.hear(done(1, "tea"));
    town.hear(done(1, "chairs"));
    assert_eq!(town.sum(1).0, 2 + 2 * 4);
    let reversed = DutyEvent::DutyDoneReversed { duty: "tea".into(), resident: who(1) };
    town.hear(Heard::Duty(key(1), reversed));
    assert_eq!(town.sum(1).0, 2 + 4);
    town.roll(1, RollEvent::CheckInReversed { resident: who(1) });
    assert_eq!(town.sum(1).0, 0);
}

#[test]
fn somebody_written_down_twice_is_counted_once_and_the_other_entry_has_it() {
    let mut town = Town::new(rules());
    town.roll(1, came(1));
    town.roll(1, left(1, 60));
    town.roll(1, came(2));
    town.roll(2, came(1));
    town.hear(Heard::Resident(who(1), ResidentEvent::ResidentMerged { into: who(2) }));
    assert_eq!(town.sum(1), (0, 0, 0));
    assert_eq!(town.sum(2), (2 + 3 + 2, 2, 60));
    // Whatever the roll still says of the old entry is the new one's.
    town.roll(2, left(1, 20));
    assert_eq!(town.sum(2), (2 + 3 + 2 + 1, 2, 80));
    town.roll(1, RollEvent::CheckInReversed { resident: who(1) });
    assert_eq!(town.sum(2), (2 + 2 + 1, 2, 20));
    town.hear(Heard::Resident(who(2), ResidentEvent::ResidentMerged { into: who(3) }));
    assert_eq!((town.sum(2), town.sum(3)), ((0, 0, 0), (5, 2, 20)));
}

#[test]
fn who_moves_counts_where_they_lived_that_day() {
    let mut town = Town::new(rules());
    let (community, building) = ("xiguan".to_owned(), "xiguan-2".to_owned());
    let moved = ResidentEvent::ResidentMoved { community, building };
    town.at("2026-11-10T01:00:00Z").hear(Heard::Resident(who(1), moved));
    // A roll of the 5th, typed in on the 10th.
    town.roll(1, came(1));
    let credited = |town: &Town| {
        let credits = town.told(1).iter().rev().find_map(|event| match event {
            TallyEvent::Credited(credit) => Some(credit.clone()),
            _ => None,
        });
        credits.unwrap()
    };
    assert_eq!((credited(&town).resident, &*credited(&town).building), (who(1), "xiguan-1"));
    town.at("2026-11-11T01:00:00Z");
    let team = who(9);
    town.hear(Heard::Resident(who(2), ResidentEvent::TeamJoined { team }));
    town.roll(1, came(2));
    assert_eq!((credited(&town).resident, credited(&town).teams), (who(2), Vec::new()));
}

#[test]
fn a_roll_moved_to_another_day_takes_what_it_earned_along() {
    let mut town = Town::new(rules());
    town.at("2026-11-05T00:55:00Z").roll(1, came(1));
    town.roll(1, left(1, 60));
    town.at("2026-11-05T02:00:00Z");
    assert_eq!(town.counted(1).map(|sum| sum.on), Some(day("2026-11-05")));
    let (community, building) = ("xiguan".to_owned(), "xiguan-2".to_owned());
    let moved = ResidentEvent::ResidentMoved { community, building };
    town.at("2026-11-10T01:00:00Z").hear(Heard::Resident(who(1), moved));
    let dear = ScoringEvent::ScoringAdopted {
        from: day("2026-11-08"),
        rules: Rules { attendance: 9, ..Rules::default() },
    };
    town.hear(Heard::Scoring("wuhang".into(), dear));
    // The desk finds that it was on the 10th after all.
    town.at("2026-11-10T03:00:00Z").moves(1, 10);
    assert_eq!(town.sum(1), (9, 1, 60), "by the rules of that day");
    let credit = town.told(1).iter().rev().find_map(|event| match event {
        TallyEvent::Credited(credit) => Some((credit.on, credit.building.clone())),
        _ => None,
    });
    assert_eq!(credit, Some((day("2026-11-10"), "xiguan-2".to_owned())));
    let counted = town.counted(1).unwrap();
    assert_eq!((counted.on, counted.attended, counted.minutes), (day("2026-11-10"), 1, 60));
    // To a day ahead: it counts for nothing until it is over.
    town.moves(1, 12);
    assert!(town.told(1).contains(&TallyEvent::Voided {}));
    town.at("2026-11-12T02:00:00Z");
    assert_eq!(town.counted(1).map(|sum| sum.on), Some(day("2026-11-12")));
    assert_eq!(town.sum(1), (9, 1, 60));
}

#[test]
fn an_occurrence_counts_once_it_is_over_and_not_if_it_did_not_take_place() {
    let mut town = Town::new(rules());
    town.at("2026-11-05T00:55:00Z").roll(1, came(1));
    assert_eq!(town.counted(1), None);
    town.at("2026-11-05T02:00:00Z");
    let counted = town.counted(1).unwrap();
    assert_eq!((counted.attended, counted.activity_minutes, counted.closed), (1, 60, false));
    assert_eq!(town.counted(2).map(|it| (it.attended, it.headcount)), Some((0, None)));
    town.roll(1, RollEvent::HeadcountGiven { people: 61 });
    town.roll(1, left(1, 60));
    town.roll(1, RollEvent::RollClosed {});
    let counted = town.counted(1).unwrap();
    assert_eq!((counted.attended, counted.minutes, counted.closed), (61, 60, true));
    let event = CalendarEvent::OccurrenceCancelled { recurrence_id: RID.into() };
    let (community, activity) = ("xiguan".to_owned(), key(2).activity);
    town.hear(Heard::Calendar { community, activity, event });
    assert_eq!(town.told(2).last(), Some(&TallyEvent::Voided {}));
}

#[test]
fn rules_and_kinds_are_those_of_the_date_and_later_ones_change_nothing() {
    let kinds =
        vec![KindRates { kind: "volunteer".into(), attendance: Some(7), hour: None, duty: None }];
    let mut town = Town::new(Rules { kinds, ..rules() });
    town.opens(3, &["talk", "volunteer"]);
    town.roll(3, came(1));
    assert_eq!(town.sum(1).0, 7);
    let own = Rules { attendance: 1, ..Rules::default() };
    let adopted = |from: &str| ScoringEvent::ScoringAdopted { from: day(from), rules: own.clone() };
    town.hear(Heard::Scoring("xiguan".into(), adopted("2026-11-06")));
    town.roll(1, came(1));
    assert_eq!(town.sum(1).0, 7 + 2, "those of the place above hold until the own ones do");
    town.hear(Heard::Scoring("xiguan".into(), adopted("2026-11-05")));
    town.roll(1, came(2));
    assert_eq!(town.sum(2).0, 2, "a tally keeps the rules that it was opened with");
    town.roll(2, came(2));
    assert_eq!(town.sum(2).0, 2 + 1);
}
