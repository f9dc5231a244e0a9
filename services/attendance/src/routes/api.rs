//! The roll for other programs.

use axum::Json;
use linli_platform::{
    ids::{CommandId, Position},
    web::Refusal,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{State, ask::Ask, give::welcome};
use crate::{
    contract::Way,
    deciders::roll::Command,
    projections::{
        ratings::{self, Summary},
        rolls::{self, Counts},
    },
};

/// A roll without names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Roll {
    activity: Uuid,
    recurrence_id: String,
    /// The larger of headcount and names.
    attended: u32,
    #[serde(flatten)]
    counts: Counts,
    /// What those who were there said, once there are enough of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratings: Option<Summary>,
}

/// The counts of a public occurrence to all, of any other to those who take its roll.
pub(super) async fn counts(state: State, ask: Ask) -> Result<Json<Roll>, Refusal> {
    let named = state.occurrence(&ask).await?;
    let nobody = crate::projections::residents::Resident {
        building: String::new(),
        guardian_ok: true,
        teams: Vec::new(),
        merged: false,
    };
    if !welcome(&named, &nobody) && !ask.viewer.may("roll.take", &named.key.community) {
        return Err(Refusal::missing());
    }
    let key = named.key.clone();
    let read = state.read(move |db| Ok((rolls::counts(db, &key)?, ratings::summary(db, &key)?)));
    let (counts, ratings) = read.await?;
    let counts = counts.ok_or_else(Refusal::missing)?;
    Ok(Json(Roll {
        activity: named.key.activity,
        recurrence_id: named.key.recurrence_id,
        attended: counts.attended(),
        counts,
        ratings,
    }))
}

/// Whom to check in: by id, or by their own code or card.
#[derive(Deserialize)]
struct Arrival {
    resident: Option<Uuid>,
    code: Option<String>,
    /// The command's id: the same again has no further effect.
    cmd: Option<Uuid>,
}

/// What came of it.
#[derive(Serialize)]
pub(super) struct CheckedIn {
    resident: Uuid,
    way: Way,
    position: Position,
}

pub(super) async fn check_in(state: State, ask: Ask) -> Result<Json<CheckedIn>, Refusal> {
    let named = state.occurrence(&ask).await?;
    let Arrival { resident, code, cmd } = ask.body()?;
    let cmd = cmd.map_or_else(|| state.platform.entropy.command(), CommandId);
    let t = ask.text();
    let (resident, way, position) = match (resident, code) {
        (Some(resident), None) => {
            state.resident(resident, t).await?;
            let (way, at, proxy, staff) = (Way::List, None, None, true);
            let command = Command::CheckIn { resident, way, at, proxy, staff };
            (resident, way, state.roll(&ask.viewer, &named, cmd, command).await?)
        }
        (None, Some(code)) => {
            let (resident, way) = state.bearer(&ask, &named, &code).await?;
            state.resident(resident, t).await?;
            (resident, way, state.by_code(&ask.viewer, &named, cmd, (resident, way)).await?)
        }
        _ => return Err(Refusal::invalid(t.get("resident_or_code"))),
    };
    Ok(Json(CheckedIn { resident, way, position }))
}
