use super::*;

#[derive(Debug, Clone)]
enum Step {
    Register(u128),
    Withdraw(u128),
    Excuse(u128),
    HandOver(u128, Option<u128>),
    Capacity(u32),
    Enter(u128, bool),
    Reverse(u128),
}

impl Step {
    fn command(&self) -> Command {
        match *self {
            Self::Register(n) => register(n),
            Self::Withdraw(n) => withdraw(n),
            Self::Excuse(n) => Command::Excuse { resident: who(n) },
            Self::HandOver(n, into) => Command::HandOver { resident: who(n), into: into.map(who) },
            Self::Capacity(capacity) => Command::SetCapacity { capacity },
            Self::Enter(n, staff) => tick(n, Way::List, staff),
            Self::Reverse(n) => Command::ReverseCheckIn { resident: who(n) },
        }
    }
}

fn booking() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..12_u128).prop_map(Step::Register),
        3 => (0..12_u128).prop_map(Step::Withdraw),
        1 => (0..12_u128).prop_map(Step::Excuse),
        2 => (0..12_u128, any::<bool>(), 0..12_u128)
            .prop_map(|(n, double, into)| Step::HandOver(n, double.then_some(into))),
        2 => (0..6_u32).prop_map(Step::Capacity),
    ]
}

fn anything() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => booking(),
        2 => (0..12_u128, any::<bool>()).prop_map(|(n, staff)| Step::Enter(n, staff)),
        1 => (0..12_u128).prop_map(Step::Reverse),
    ]
}

/// Takes a step; what came of it, nothing if it was rejected.
fn step(state: &mut RollState, command: Command, now: DateTime<Utc>) -> Vec<RollEvent> {
    let events = Roll::decide(state, command, now).unwrap_or_default();
    for event in &events {
        *state = Roll::evolve(std::mem::take(state), event);
    }
    events
}

fn holds(state: &RollState) {
    let standing =
        |wanted| (0..12).filter(|n| state.standing(who(*n)) == wanted).map(who).collect::<Vec<_>>();
    let (registered, waiting) = (standing(Standing::Registered), standing(Standing::Waiting));
    assert_eq!(state.registered as usize, registered.len());
    assert!(state.capacity == 0 || state.registered <= state.capacity);
    let mut line = state.waiting().to_vec();
    line.sort_unstable();
    assert_eq!(line, waiting, "everybody who waits stands in the line once");
    assert_eq!(state.present as usize, state.all_present().count());
    let walk_ins = state.all_present().filter(|(id, _)| !registered.contains(id)).count();
    assert_eq!(state.walk_ins as usize, walk_ins);
}

proptest! {
    #[test]
    fn places_are_never_exceeded_and_go_out_in_order(
        steps in prop::collection::vec(booking(), 0..80),
    ) {
        let mut state = Roll::evolve(RollState::default(), &opened(3));
        // The line as a plain list: whoever leaves it with a place must have stood first.
        let mut line: Vec<Uuid> = Vec::new();
        for taken in steps {
            for event in step(&mut state, taken.command(), earlier()) {
                match event {
                    RollEvent::Waitlisted { resident, instead_of: Some(other), .. } => {
                        let place = line.iter().position(|one| *one == other).unwrap();
                        line.insert(place, resident);
                    }
                    RollEvent::Waitlisted { resident, .. } => line.push(resident),
                    // The other entry of one with a place needs not have stood first.
                    RollEvent::Promoted { resident } if matches!(taken, Step::HandOver(_, Some(n)) if who(n) == resident) => {
                        line.retain(|other| *other != resident);
                    }
                    RollEvent::Promoted { resident } => {
                        prop_assert_eq!(line.remove(0), resident);
                    }
                    RollEvent::Withdrawn { resident } | RollEvent::Excused { resident } => {
                        line.retain(|other| *other != resident);
                    }
                    _ => {}
                }
            }
            holds(&state);
            prop_assert_eq!(state.waiting(), &line[..]);
            prop_assert!(line.is_empty() || state.free() == Some(0), "nobody waits beside a place");
        }
    }

    #[test]
    fn the_counts_stay_true_at_the_door(
        steps in prop::collection::vec((anything(), -70..130_i64), 0..80),
    ) {
        let mut state = Roll::evolve(RollState::default(), &opened(3));
        for (taken, at) in steps {
            let events = step(&mut state, taken.command(), minute(at));
            holds(&state);
            // What was just done is done: the same again brings nothing about.
            if !events.is_empty() {
                prop_assert_eq!(step(&mut state, taken.command(), minute(at)), Vec::new());
            }
        }
    }
}
