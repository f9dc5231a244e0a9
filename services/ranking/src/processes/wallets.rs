//! `carry-points`: has points that were sent arrive, and hands the wallet of somebody who was written
//! down twice over to the other entry.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::{EVERYWHERE, StreamId},
    process::{Action, Input, Process, Rows},
};
use uuid::Uuid;

use crate::{
    SERVICE,
    contract::{
        WalletEvent,
        heard::{Heard, ResidentEvent},
    },
    deciders::wallet::Command,
};

#[cfg(test)]
mod tests;

/// The process. It remembers under `used/<resident>` whose wallet there is, and under
/// `gone/<resident>` who is another entry now.
pub enum Wallets {}

impl Process<Heard> for Wallets {
    const NAME: &'static str = "carry-points";
    const VERSION: u32 = 1;
    type Command = Command;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        match &fact.event {
            Heard::Wallet(resident, _) => rows.put(&used(*resident), &true),
            Heard::Resident(resident, ResidentEvent::ResidentMerged { into }) => {
                rows.put(&gone(*resident), into);
            }
            _ => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, _: DateTime<Utc>) -> Vec<Action<Command>> {
        let Input::Event(fact) = input else { return Vec::new() };
        let (whose, command) = match &fact.event {
            Heard::Wallet(from, WalletEvent::PointsSent { transfer, to, points, .. }) => {
                let (transfer, from, points) = (*transfer, *from, *points);
                (who(rows, *to), Command::Receive { transfer, from, points })
            }
            Heard::Wallet(from, WalletEvent::WalletHandedOver { into, points, n }) => {
                let (from, points, n) = (*from, *points, *n);
                (*into, Command::TakeOver { from, points, n })
            }
            // What comes to a wallet that was handed over is handed on.
            Heard::Wallet(
                resident,
                WalletEvent::PointsReceived { .. } | WalletEvent::WalletTakenOver { .. },
            ) => match rows.get::<Uuid>(&gone(*resident)) {
                Some(_) => (*resident, Command::HandOver { into: who(rows, *resident) }),
                None => return Vec::new(),
            },
            Heard::Resident(resident, ResidentEvent::ResidentMerged { .. }) => {
                if rows.get::<bool>(&used(*resident)).is_none() {
                    return Vec::new();
                }
                (*resident, Command::HandOver { into: who(rows, *resident) })
            }
            _ => return Vec::new(),
        };
        // A uuid is a valid name.
        let to = wallet(whose).ok();
        to.map(|to| Action::Command { to, command }).into_iter().collect()
    }
}

/// The stream of somebody's wallet.
pub fn wallet(resident: Uuid) -> Result<StreamId, linli_platform::ids::NameError> {
    StreamId::new(EVERYWHERE, SERVICE, "wallet", resident)
}

fn used(resident: Uuid) -> String {
    format!("used/{resident}")
}

fn gone(resident: Uuid) -> String {
    format!("gone/{resident}")
}

/// Who an entry stands for now.
fn who(rows: &Rows<'_>, resident: Uuid) -> Uuid {
    let on = |id: &Uuid| rows.get::<Uuid>(&gone(*id));
    // A circle of merged entries would not end.
    std::iter::successors(Some(resident), on).take(16).last().unwrap_or(resident)
}
