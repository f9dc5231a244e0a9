use std::collections::BTreeMap;

use linli_platform::{
    entropy::Entropy,
    ids::{Actor, EventRef, Position, Version},
    testing::at,
};

use super::*;
use crate::contract::Due;

/// The process with its rows and timers, and what it had made.
#[derive(Default)]
struct Town {
    rows: Rows<'static>,
    version: u64,
    timers: BTreeMap<String, DateTime<Utc>>,
    made: Vec<String>,
}

impl Town {
    fn hear(&mut self, now: &str, event: Heard) {
        self.upto(now);
        self.version += 1;
        let stream: StreamId = "_/people/place/xiguan".parse().unwrap();
        let fact = Fact {
            source: EventRef { stream, version: Version(self.version) },
            position: Position(self.version),
            at: at(now),
            cmd: Entropy::seeded(self.version).command(),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        self.step(&Input::Event(&fact));
    }

    /// Time passes; each timer that is due fires.
    fn upto(&mut self, now: &str) {
        let first = |timers: &BTreeMap<String, DateTime<Utc>>| {
            let due = timers.iter().filter(|(_, due)| **due <= at(now));
            due.min_by_key(|(_, due)| **due).map(|(name, due)| (name.clone(), *due))
        };
        while let Some((name, due)) = first(&self.timers) {
            self.timers.remove(&name);
            self.step(&Input::Timer { name: &name, due });
        }
    }

    fn step(&mut self, input: &Input<'_, Heard>) {
        Bulletins::evolve(&mut self.rows, input);
        for action in Bulletins::react(&self.rows, input, DateTime::default()) {
            match action {
                Action::Command { to, command } => {
                    self.made.push(format!("{} {}", to.community(), command.period));
                }
                Action::SetTimer { name, due } => {
                    self.timers.insert(name, due);
                }
                Action::ClearTimer { name } => {
                    self.timers.remove(&name);
                }
            }
        }
    }

    fn made(&mut self) -> Vec<String> {
        std::mem::take(&mut self.made)
    }
}

fn added(kind: PlaceKind, parent: &str, zone: &str) -> PlaceEvent {
    let (name, name_en) = (String::new(), String::new());
    PlaceEvent::PlaceAdded { name, name_en, kind, parent: parent.into(), zone: zone.into() }
}

fn community() -> Town {
    let mut town = Town::default();
    let city = added(PlaceKind::City, "", "Asia/Shanghai");
    town.hear("2026-10-20T10:00:00+08:00", Heard::Place("fuzhou".into(), city));
    let place = added(PlaceKind::Community, "fuzhou", "");
    town.hear("2026-10-20T10:00:00+08:00", Heard::Place("xiguan".into(), place));
    town
}

fn out(period: &str, number: u32) -> Heard {
    let event = BulletinEvent::BulletinPublished {
        number,
        period: period.parse().unwrap(),
        from_on: "2026-10-01".parse().unwrap(),
        until_on: "2026-10-31".parse().unwrap(),
        cut_off: at("2026-11-03T09:00:00+08:00"),
        content: "{}".into(),
        parts: 0,
        checksum: String::new(),
    };
    Heard::Bulletin { place: "xiguan".into(), event }
}

fn asked(period: &str) -> Heard {
    let period: StatPeriod = period.parse().unwrap();
    let event = ScheduleEvent::BulletinAsked { series: period.series(), period };
    Heard::Schedule("xiguan".into(), event)
}

fn set(first_day: u32, from: &str, weekly_by_hand: bool) -> Heard {
    let due = |by_hand| Due { by_hand, days_after: 1, at_local: "08:00".into() };
    let event = ScheduleEvent::BulletinsScheduled {
        month_first_day: first_day,
        from_month: from.into(),
        weekly: due(weekly_by_hand),
        monthly: due(false),
    };
    Heard::Schedule("xiguan".into(), event)
}

#[test]
fn each_period_comes_out_in_its_turn_from_the_one_in_which_the_place_came_to_be() {
    let mut town = community();
    town.upto("2026-11-03T08:59:59+08:00");
    assert_eq!(town.made(), ["xiguan 2026-W43"]);
    town.upto("2026-11-03T09:00:00+08:00");
    // On a Tuesday that is the third both come out.
    assert_eq!(town.made(), ["xiguan 2026-10", "xiguan 2026-W44"]);
    town.upto("2026-12-03T09:00:00+08:00");
    let made = town.made();
    assert_eq!(made.len(), 5);
    assert_eq!(made.last().map(String::as_str), Some("xiguan 2026-11"));
}

#[test]
fn what_the_desk_had_made_does_not_come_again() {
    let mut town = community();
    town.hear("2026-11-01T08:00:00+08:00", asked("2026-10"));
    assert_eq!(town.made(), ["xiguan 2026-W43", "xiguan 2026-10"]);
    town.hear("2026-11-01T08:00:01+08:00", out("2026-10", 1));
    town.hear("2026-11-01T08:00:02+08:00", asked("2026-10"));
    town.upto("2026-11-09T09:00:00+08:00");
    assert_eq!(town.made(), ["xiguan 2026-W44"]);
    // An older one, from before the place was written down.
    town.hear("2026-11-09T09:00:00+08:00", asked("2026-08"));
    assert_eq!(town.made(), ["xiguan 2026-08"]);
    assert_eq!(town.timers["issue/xiguan/monthly"], at("2026-12-03T09:00:00+08:00"));
}

#[test]
fn settings_hold_at_once_and_bring_nothing_long_past() {
    let mut town = community();
    town.hear("2026-10-20T11:00:00+08:00", set(26, "2026-11", true));
    town.upto("2026-10-26T08:00:00+08:00");
    // October ends on the 25th now; weekly summaries are the desk's.
    assert_eq!(town.made(), ["xiguan 2026-10"]);
    town.upto("2026-12-20T08:00:00+08:00");
    assert_eq!(town.made(), ["xiguan 2026-11"]);
    town.hear("2026-12-20T09:00:00+08:00", set(26, "2027-01", false));
    town.upto("2026-12-22T08:00:00+08:00");
    assert_eq!(town.made(), ["xiguan 2026-W51"]);
}

#[test]
fn a_building_has_no_bulletin() {
    let mut town = Town::default();
    let place = added(PlaceKind::Building, "xiguan", "");
    town.hear("2026-10-20T10:00:00+08:00", Heard::Place("xiguan-1".into(), place));
    assert!(town.timers.is_empty());
}
