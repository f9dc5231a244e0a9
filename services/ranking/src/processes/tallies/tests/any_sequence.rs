//! Whatever happens on the rolls: points are the sum of their causes, and what a plain model of the
//! rolls comes to.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Came(u128, u128),
    Left(u128, u128, u32),
    Corrected(u128, u128, u32),
    Reversed(u128, u128),
    Done(u128),
    Undone(u128),
    Closed(u128),
    Merged(u128, u128),
    Moved(u128, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let (occurrence, resident) = (1_u128..=2, 1_u128..=3);
    prop_oneof![
        6 => (occurrence.clone(), resident.clone()).prop_map(|(o, r)| Step::Came(o, r)),
        3 => (occurrence.clone(), resident.clone(), 0_u32..200)
            .prop_map(|(o, r, m)| Step::Left(o, r, m)),
        2 => (occurrence.clone(), resident.clone(), 0_u32..200)
            .prop_map(|(o, r, m)| Step::Corrected(o, r, m)),
        2 => (occurrence.clone(), resident.clone()).prop_map(|(o, r)| Step::Reversed(o, r)),
        1 => resident.clone().prop_map(Step::Done),
        1 => resident.clone().prop_map(Step::Undone),
        1 => occurrence.clone().prop_map(Step::Closed),
        1 => (occurrence, 4_u32..=7).prop_map(|(o, day)| Step::Moved(o, day)),
        1 => (resident.clone(), resident).prop_map(|(a, b)| Step::Merged(a, b)),
    ]
}

/// The rolls as anybody would keep them on paper.
#[derive(Default)]
struct Model {
    there: BTreeMap<(u128, u128), Option<u32>>,
    duty: BTreeSet<u128>,
    closed: BTreeSet<u128>,
    into: BTreeMap<u128, u128>,
    /// The day in November of each that was moved from the 5th.
    moved: BTreeMap<u128, u32>,
}

impl Model {
    fn who(&self, resident: u128) -> u128 {
        self.into.get(&resident).map_or(resident, |into| self.who(*into))
    }

    /// Points before the limit by day, attendances, minutes.
    fn earned(&self, resident: u128) -> (BTreeMap<u32, u32>, u32, u32) {
        let mut sum = (BTreeMap::new(), 0, 0);
        if self.into.contains_key(&resident) {
            return sum;
        }
        for occurrence in [1, 2] {
            let own = |r: &u128| self.who(*r) == resident;
            let rows = (1..=3).filter(own).filter_map(|r| self.there.get(&(occurrence, r)));
            let rows: Vec<_> = rows.collect();
            if rows.is_empty() {
                continue;
            }
            let minutes = rows.into_iter().flatten().max().copied();
            let on_duty = occurrence == 1 && self.duty.iter().any(own);
            let duty = u32::from(on_duty);
            let minutes = minutes.unwrap_or(0);
            let day = self.moved.get(&occurrence).copied().unwrap_or(5);
            *sum.0.entry(day).or_default() += 2 + minutes * 3 / 60 + duty * 4;
            sum.1 += 1;
            sum.2 += minutes;
        }
        sum
    }
}

fn take(town: &mut Town, model: &mut Model, step: Step) {
    match step {
        Step::Came(o, r) if !model.there.contains_key(&(o, r)) => {
            model.there.insert((o, r), None);
            town.roll(o, came(r));
        }
        Step::Left(o, r, minutes) if model.there.get(&(o, r)) == Some(&None) => {
            model.there.insert((o, r), Some(minutes));
            town.roll(o, left(r, minutes));
        }
        Step::Corrected(o, r, minutes) if model.there.contains_key(&(o, r)) => {
            model.there.insert((o, r), Some(minutes));
            town.roll(o, RollEvent::HoursCorrected { resident: who(r), minutes });
        }
        Step::Reversed(o, r) if model.there.remove(&(o, r)).is_some() => {
            town.roll(o, RollEvent::CheckInReversed { resident: who(r) });
        }
        // Attendance says so of nobody who was not checked in.
        Step::Done(r) if model.there.contains_key(&(1, r)) && model.duty.insert(r) => {
            town.hear(done(r, "tea"));
        }
        Step::Undone(r) if model.duty.remove(&r) => {
            let event = DutyEvent::DutyDoneReversed { duty: "tea".into(), resident: who(r) };
            town.hear(Heard::Duty(key(1), event));
        }
        Step::Closed(o) if model.closed.insert(o) => town.roll(o, RollEvent::RollClosed {}),
        Step::Merged(a, b) if a != b && a == model.who(a) && b == model.who(b) => {
            model.into.insert(a, b);
            town.hear(Heard::Resident(who(a), ResidentEvent::ResidentMerged { into: who(b) }));
        }
        Step::Moved(o, day) if model.moved.insert(o, day) != Some(day) => town.moves(o, day),
        _ => {}
    }
}

proptest! {
    #[test]
    fn points_are_the_sum_of_their_causes(
        steps in proptest::collection::vec(step(), 1..60),
        day_max in 0_u32..20,
    ) {
        let mut town = Town::new(Rules { day_max, ..rules() });
        let mut model = Model::default();
        for step in steps {
            take(&mut town, &mut model, step);
            for resident in 1..=3 {
                let (earned, times, minutes) = model.earned(resident);
                let limit = if day_max == 0 { u32::MAX } else { day_max };
                let points: u32 = earned.into_values().map(|earned| earned.min(limit)).sum();
                let expected = (i64::from(points), i64::from(times), i64::from(minutes));
                prop_assert_eq!(town.sum(resident), expected, "{} after {:?}", resident, step);
            }
        }
        // What each occurrence counts for is the sum of its people.
        for occurrence in [1, 2] {
            town.roll(occurrence, RollEvent::RollClosed {});
            let present = (1..=3).filter(|r| {
                !model.into.contains_key(r)
                    && (1..=3).any(|a| model.who(a) == *r && model.there.contains_key(&(occurrence, a)))
            });
            let counted = town.counted(occurrence).map_or(0, |sum| sum.present);
            prop_assert_eq!(counted as usize, present.count());
        }
    }
}
