//! What residents do at an occurrence: register, excuse themselves, take duties on.

use axum::response::Response;
use linli_platform::web::{Refusal, see};
use uuid::Uuid;

use super::{State, ask::Ask, give::path};
use crate::deciders::{duty, roll};

/// For whom a form asks: oneself if it names nobody. Staff who take the roll may ask for anybody.
pub(super) fn for_whom(ask: &Ask) -> Result<(Uuid, Option<Uuid>), Refusal> {
    let viewer = &ask.viewer;
    let person = viewer.person().ok_or_else(Refusal::sign_in)?;
    let resident = match ask.field("resident") {
        "" => person,
        _ => ask.parsed("resident")?,
    };
    let staff = viewer.principal.as_ref().is_some_and(|principal| principal.staff);
    if viewer.stands_for(resident) && !(staff && resident == person) {
        let proxy = (resident != person).then_some(person);
        Ok((resident, proxy.filter(|_| !staff)))
    } else if viewer.may("roll.take", ask.part("community")) {
        Ok((resident, None))
    } else {
        Err(Refusal::forbidden())
    }
}

pub(super) async fn register(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let guardian_ok = state.guest(&ask, &of, resident).await?.guardian_ok;
    let command = roll::Command::Register { resident, proxy, guardian_ok };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn withdraw(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, _)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let command = roll::Command::Withdraw { resident };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn excuse(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    state.guest(&ask, &of, resident).await?;
    let remark = state.sealed(&of, resident, ("remark", ask.field("remark")), ask.text()).await?;
    let command = roll::Command::Excuse { resident, remark, proxy };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn claim(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    state.guest(&ask, &of, resident).await?;
    let duty = ask.field("duty").to_owned();
    let command = duty::Command::Claim { duty, resident, proxy };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn release(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, _)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let command = duty::Command::Release { duty: ask.field("duty").to_owned(), resident };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn ask_stand_in(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, _)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let command = duty::Command::AskStandIn { duty: ask.field("duty").to_owned(), resident };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn withdraw_stand_in(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, _)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let command = duty::Command::WithdrawStandIn { duty: ask.field("duty").to_owned(), resident };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn stand_in(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    state.guest(&ask, &of, resident).await?;
    let duty = ask.field("duty").to_owned();
    let command = duty::Command::StandIn { duty, resident, proxy };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}
