//! Days on which somebody is away from a standing duty and nobody stands in yet.

use chrono::{DateTime, NaiveDate, Utc};
use linli_platform::process::{Action, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Order, midnight};
use crate::{
    contract::StandingEvent,
    deciders::{duty::ALERTED_BEFORE, standing},
    values::StandingKey,
};

/// Under `cover/<key>/<resident>/<first day>`, which is the timer's name too.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    key: StandingKey,
    resident: Uuid,
    from_on: NaiveDate,
}

fn row(key: &StandingKey, resident: Uuid, from_on: NaiveDate) -> String {
    format!("cover/{key}/{resident}/{from_on}")
}

pub(super) fn learn(rows: &mut Rows<'_>, key: &StandingKey, event: &StandingEvent) {
    match event {
        StandingEvent::CoverAsked { resident, from_on, .. } => {
            let asked = Asked { key: key.clone(), resident: *resident, from_on: *from_on };
            rows.put(&row(key, *resident, *from_on), &asked);
        }
        StandingEvent::CoverTaken { instead_of: resident, from_on, .. }
        | StandingEvent::CoverWithdrawn { resident, from_on }
        | StandingEvent::CoverMissing { resident, from_on, .. } => {
            rows.remove(&row(key, *resident, *from_on));
        }
        StandingEvent::StandingDutyEnded {} => {
            for (row, _) in rows.scan::<Asked>(&format!("cover/{key}/")) {
                rows.remove(&row);
            }
        }
        StandingEvent::StandingDutySet { .. }
        | StandingEvent::StandingDutyClaimed { .. }
        | StandingEvent::StandingDutyReleased { .. } => {}
    }
}

pub(super) fn watch(
    key: &StandingKey,
    event: &StandingEvent,
    now: DateTime<Utc>,
) -> Vec<Action<Order>> {
    match event {
        StandingEvent::CoverAsked { resident, from_on, .. } => {
            let due = (midnight(*from_on) - ALERTED_BEFORE).max(now);
            vec![Action::SetTimer { name: row(key, *resident, *from_on), due }]
        }
        StandingEvent::CoverTaken { instead_of: resident, from_on, .. }
        | StandingEvent::CoverWithdrawn { resident, from_on } => {
            vec![Action::ClearTimer { name: row(key, *resident, *from_on) }]
        }
        _ => Vec::new(),
    }
}

pub(super) fn due(rows: &Rows<'_>, timer: &str) -> Vec<Action<Order>> {
    let asked = rows.get::<Asked>(timer);
    let told = asked.and_then(|Asked { key, resident, from_on }| {
        let command = Order::Standing(standing::Command::AlertCover { resident, from_on });
        Some(Action::Command { to: key.stream().ok()?, command })
    });
    told.into_iter().collect()
}
