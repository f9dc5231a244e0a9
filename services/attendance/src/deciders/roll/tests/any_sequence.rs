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
    Family(Vec<u128>),
    Out(u128),
    Correct(u128, u32),
    Rate(u128),
    Expect(Vec<u128>),
    Drop(u128),
    Close,
}

impl Step {
    fn command(&self) -> Command {
        match *self {
            Self::Register(n) => register(n),
            Self::Withdraw(n) => withdraw(n),
            Self::Excuse(n) => excuse(n),
            Self::HandOver(n, into) => Command::HandOver { resident: who(n), into: into.map(who) },
            Self::Capacity(capacity) => Command::SetCapacity { capacity },
            Self::Enter(n, staff) => tick(n, Way::List, staff),
            Self::Reverse(n) => Command::ReverseCheckIn { resident: who(n) },
            Self::Family(ref people) => {
                let (way, at, proxy, staff) = (Way::Code, None, None, false);
                let arrival = |n: &u128| Arrival { resident: who(*n), way, at, proxy, staff };
                Command::CheckInAll { arrivals: people.iter().map(arrival).collect() }
            }
            Self::Out(n) => check_out(n, None),
            Self::Correct(n, minutes) => {
                Command::CorrectHours { resident: who(n), minutes, remark: None }
            }
            Self::Rate(n) => {
                let (resident, rating) = (who(n), Rating::Satisfied);
                Command::Rate { resident, rating, comment: None }
            }
            Self::Expect(ref people) => {
                let residents = people.iter().copied().map(who).collect();
                Command::Expect { residents, by: String::new() }
            }
            Self::Drop(n) => Command::DropExpected { resident: who(n) },
            Self::Close => Command::Close,
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
        1 => prop::collection::vec(0..12_u128, 1..4).prop_map(Step::Family),
        1 => (0..12_u128).prop_map(Step::Out),
        1 => (0..12_u128, 0..800_u32).prop_map(|(n, minutes)| Step::Correct(n, minutes)),
        1 => (0..12_u128).prop_map(Step::Rate),
        1 => prop::collection::vec(0..12_u128, 1..4).prop_map(Step::Expect),
        1 => (0..12_u128).prop_map(Step::Drop),
        1 => Just(Step::Close),
    ]
}

/// Counts as whoever hears the events does, from them alone.
#[derive(Default)]
struct Heard {
    minutes: std::collections::BTreeMap<Uuid, u32>,
    rated: std::collections::BTreeSet<Uuid>,
}

impl Heard {
    fn hear(&mut self, event: &RollEvent) {
        match event {
            RollEvent::CheckedIn { resident, .. } => {
                assert_eq!(self.minutes.insert(*resident, 0), None, "nobody is checked in twice");
            }
            RollEvent::CheckInReversed { resident, minutes_before, .. } => {
                assert_eq!(self.minutes.remove(resident), Some(*minutes_before));
            }
            RollEvent::CheckedOut { resident, minutes, .. } => {
                assert_eq!(self.minutes.insert(*resident, *minutes), Some(0), "credited once");
            }
            RollEvent::HoursCorrected { resident, minutes_before, minutes, .. } => {
                assert_eq!(self.minutes.insert(*resident, *minutes), Some(*minutes_before));
            }
            RollEvent::Rated { resident, .. } => {
                assert!(self.rated.insert(*resident) && self.minutes.contains_key(resident));
            }
            RollEvent::RatingReversed { resident } => assert!(self.rated.remove(resident)),
            RollEvent::RollClosed { present, minutes, expected, excused, absent, .. } => {
                assert_eq!(*present as usize, self.minutes.len());
                assert_eq!(*minutes, self.minutes.values().sum::<u32>());
                assert!(absent.iter().all(|one| !self.minutes.contains_key(one)));
                assert!(absent.len() + *excused as usize <= *expected as usize);
            }
            _ => {}
        }
    }
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
                    RollEvent::Withdrawn { resident } | RollEvent::Excused { resident, .. } => {
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
        steps in prop::collection::vec((anything(), -70..180_i64), 0..80),
    ) {
        let mut state = Roll::evolve(RollState::default(), &opened(3));
        let mut heard = Heard::default();
        for (taken, at) in steps {
            let events = step(&mut state, taken.command(), minute(at));
            for event in &events {
                heard.hear(event);
            }
            holds(&state);
            prop_assert_eq!(state.present as usize, heard.minutes.len());
            prop_assert!(heard.minutes.values().all(|minutes| *minutes <= MINUTES_MAX));
            // What was just done is done: the same again brings nothing about.
            if !events.is_empty() {
                prop_assert_eq!(step(&mut state, taken.command(), minute(at)), Vec::new());
            }
        }
    }
}
