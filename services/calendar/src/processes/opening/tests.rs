use std::collections::BTreeSet;

use linli_platform::{
    ids::{Actor, CommandId, EventRef, Position, Version},
    projection::Fact,
    testing::at,
};

use super::*;

/// The process alone, with the timers that the platform would keep.
struct Alone {
    rows: Rows<'static>,
    timers: BTreeSet<(DateTime<Utc>, String)>,
    version: u64,
}

impl Alone {
    fn act(&mut self, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<(RecurrenceId, u32)> {
        Opening::evolve(&mut self.rows, input);
        let mut asked = Vec::new();
        for action in Opening::react(&self.rows, input, now) {
            match action {
                Action::SetTimer { name, due } => {
                    self.timers.retain(|(_, other)| *other != name);
                    self.timers.insert((due, name));
                }
                Action::Command { command: Command::Open { opening, .. }, .. } => {
                    asked.push((opening.recurrence_id, opening.segment));
                }
                other => panic!("{other:?}"),
            }
        }
        asked
    }

    fn hear(&mut self, event: Event, now: DateTime<Utc>) {
        self.version += 1;
        let stream = StreamId::new("xiguan", SERVICE, "activity", Uuid::from_u128(1)).unwrap();
        let fact = Fact {
            source: EventRef { stream, version: Version(self.version) },
            position: Position(self.version),
            at: now,
            cmd: CommandId(Uuid::from_u128(1)),
            actor: Actor::Visitor,
            cause: None,
            event: Heard::Activity(event),
        };
        assert_eq!(self.act(&Input::Event(&fact), now), [], "it looks when all is heard");
    }

    /// Rings what is due; what it asks for.
    fn ring(&mut self, now: DateTime<Utc>) -> Vec<(RecurrenceId, u32)> {
        let mut asked = Vec::new();
        while let Some((due, name)) = self.timers.pop_first() {
            if due > now {
                self.timers.insert((due, name));
                break;
            }
            asked.extend(self.act(&Input::Timer { name: &name, due }, due));
        }
        asked
    }
}

fn rule(segment: u32, from: &str) -> Event {
    let (rule, zone) = ("cron = \"0 0 9 5 * *\"".to_owned(), "Asia/Shanghai".to_owned());
    Event::SegmentAdded(SegmentAdded {
        segment,
        from: from.parse().unwrap(),
        until: None,
        rule,
        zone,
    })
}

#[test]
fn what_an_older_rule_asked_for_in_vain_is_asked_for_by_the_new_one() {
    let mut alone = Alone { rows: Rows::default(), timers: BTreeSet::new(), version: 0 };
    let now = at("2026-11-02T08:00:00+08:00");
    let (slug, description) =
        ("party-day".to_owned(), Description { minutes: 90, ..Description::default() });
    alone.hear(Event::ActivityDrafted { slug, description }, now);
    alone.hear(rule(1, "2026-11-01"), now);
    alone.hear(Event::ActivityPublished {}, now);
    let id = |text: &str| text.parse::<RecurrenceId>().unwrap();
    let (november, december) = (id("20261105T090000"), id("20261205T090000"));
    assert_eq!(alone.ring(now), [(november, 1), (december, 1)]);
    // The first is opened; the second comes after the new rule and is refused.
    let start = at("2026-11-05T09:00:00+08:00");
    alone.hear(
        Event::OccurrenceOpened(Opened {
            recurrence_id: november,
            segment: 1,
            start,
            end: start + TimeDelta::minutes(90),
            all_day: false,
            zone: "Asia/Shanghai".into(),
            venue: None,
            capacity: 0,
            attendance: crate::contract::Attendance::Names,
            unsettled: false,
        }),
        now,
    );
    alone.hear(rule(2, "2026-11-03"), now);
    assert_eq!(alone.ring(now), [(december, 2)]);
    assert_eq!(alone.ring(now), []);
}
