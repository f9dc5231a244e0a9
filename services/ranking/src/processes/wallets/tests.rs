use std::collections::BTreeMap;

use linli_platform::{
    decider::Decider as _,
    entropy::Entropy,
    ids::{Actor, EventRef, Position, Version},
    projection::Fact,
    testing::at,
};
use proptest::prelude::*;

use super::*;
use crate::deciders::wallet::{State, Wallet};

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// The process with all wallets; every event comes back to the process in order.
#[derive(Default)]
struct Bank {
    rows: Rows<'static>,
    wallets: BTreeMap<StreamId, (State, i64)>,
    earned: BTreeMap<Uuid, u64>,
    spent: i64,
    transfers: u128,
}

impl Bank {
    fn hears(&mut self, event: Heard) {
        let fact = Fact {
            source: EventRef { stream: wallet(who(0)).unwrap(), version: Version(1) },
            position: Position(1),
            at: at("2026-11-05T00:00:00Z"),
            cmd: Entropy::seeded(1).command(),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        Wallets::evolve(&mut self.rows, &Input::Event(&fact));
        for action in Wallets::react(&self.rows, &Input::Event(&fact), fact.at) {
            let Action::Command { to, command } = action else { panic!("{action:?}") };
            self.gives(&to, command);
        }
    }

    fn gives(&mut self, to: &StreamId, command: Command) {
        let (state, _) = self.wallets.entry(to.clone()).or_default();
        let decided = Wallet::decide(state, command, at("2026-11-05T00:00:00Z"));
        for event in decided.unwrap_or_default() {
            let wallet = self.wallets.get_mut(to).unwrap();
            wallet.0 = Wallet::evolve(std::mem::take(&mut wallet.0), &event);
            wallet.1 += match &event {
                WalletEvent::PointsSpent { points, .. } => {
                    self.spent += i64::from(*points);
                    -i64::from(*points)
                }
                WalletEvent::SpendingReversed { points, .. } => {
                    self.spent -= i64::from(*points);
                    i64::from(*points)
                }
                WalletEvent::PointsSent { points, .. } => -i64::from(*points),
                WalletEvent::PointsReceived { points, .. } => i64::from(*points),
                WalletEvent::WalletHandedOver { points, .. } => -i64::from(*points),
                WalletEvent::WalletTakenOver { points, .. } => i64::from(*points),
            };
            self.hears(Heard::Wallet(to.uuid().unwrap(), event));
        }
    }

    fn earned(&self, n: u128) -> u64 {
        self.earned.get(&who(n)).copied().unwrap_or_default()
    }

    fn there(&self, n: u128) -> i64 {
        let net = self.wallets.get(&wallet(who(n)).unwrap()).map_or(0, |(_, net)| *net);
        i64::try_from(self.earned(n)).unwrap() + net
    }

    fn merges(&mut self, a: u128, b: u128) {
        // The tallies credit all that the one earned to the other.
        let earned = self.earned.remove(&who(a)).unwrap_or_default();
        *self.earned.entry(who(b)).or_default() += earned;
        let merged = ResidentEvent::ResidentMerged { into: who(b) };
        self.hears(Heard::Resident(who(a), merged));
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Earn(u128, u64),
    Spend(u128, u32),
    Send(u128, u128, u32),
    Merge(u128, u128),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1_u128..=4;
    prop_oneof![
        4 => (who.clone(), 0_u64..20).prop_map(|(a, n)| Step::Earn(a, n)),
        3 => (who.clone(), 0_u32..20).prop_map(|(a, n)| Step::Spend(a, n)),
        3 => (who.clone(), who.clone(), 0_u32..20).prop_map(|(a, b, n)| Step::Send(a, b, n)),
        1 => (who.clone(), who).prop_map(|(a, b)| Step::Merge(a, b)),
    ]
}

proptest! {
    #[test]
    fn the_sum_of_all_is_zero_and_nobody_has_less_than_nothing(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut bank = Bank::default();
        let mut gone = std::collections::BTreeSet::new();
        for step in steps {
            bank.transfers += 1;
            let id = Uuid::from_u128(bank.transfers);
            match step {
                Step::Earn(a, n) if !gone.contains(&a) => {
                    *bank.earned.entry(who(a)).or_default() += n;
                }
                Step::Spend(a, points) => {
                    let earned = bank.earned(a);
                    let place = "xiguan".into();
                    let spend = Command::Spend { spending: id, place, points, earned, remark: None };
                    bank.gives(&wallet(who(a)).unwrap(), spend);
                }
                // Also to one who is another entry by now.
                Step::Send(a, b, points) => {
                    let (from, to, earned) = (who(a), who(b), bank.earned(a));
                    let place = String::new();
                    let send = Command::Send { transfer: id, from, to, points, earned, place };
                    bank.gives(&wallet(from).unwrap(), send);
                }
                Step::Merge(a, b) if a != b && !gone.contains(&a) && !gone.contains(&b) => {
                    gone.insert(a);
                    bank.merges(a, b);
                }
                _ => {}
            }
            let earned: u64 = bank.earned.values().sum();
            let there: i64 = (1..=4).map(|n| bank.there(n)).sum();
            prop_assert_eq!(i64::try_from(earned).unwrap(), there + bank.spent, "{:?}", step);
            for n in 1..=4 {
                prop_assert!(bank.there(n) >= 0, "{} after {:?}", n, step);
                prop_assert!(!gone.contains(&n) || bank.there(n) == 0, "{} is gone", n);
            }
        }
    }
}
