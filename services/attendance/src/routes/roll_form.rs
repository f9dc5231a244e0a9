//! What the desk does to a roll: ticks, headcount, hours, closing.

use std::collections::HashMap;

use axum::response::Response;
use linli_platform::{
    directory::DirectoryError,
    entropy::derived,
    ids::{CommandId, Position},
    vault::{Placed, Sealed},
    web::{Refusal, see},
};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{State, ask::Ask, give::desk_path, text::Text};
use crate::{contract::Way, deciders::roll::Command, projections::activities::Named};

/// The most characters of what people write here, as its fields say too.
const WORDS_CHARS_MAX: usize = 200;

/// What is done to everybody ticked.
fn verb(name: &str, resident: Uuid) -> Option<Command> {
    Some(match name {
        "check-in" => {
            Command::CheckIn { resident, way: Way::List, at: None, proxy: None, staff: true }
        }
        "check-out" => Command::CheckOut { resident, at: None, minutes: None },
        "excuse" => Command::Excuse { resident, remark: None, proxy: None },
        "reverse" => Command::ReverseCheckIn { resident },
        "withdraw" => Command::Withdraw { resident },
        "expect" => Command::Expect { residents: vec![resident], by: String::new() },
        "drop-expected" => Command::DropExpected { resident },
        _ => return None,
    })
}

/// Ticks: `do` for all of `resident`, or `one`, which is `<verb> <resident>`.
pub(super) async fn take(state: State, ask: Ask) -> Result<Response, Refusal> {
    let of = state.occurrence(&ask).await?;
    let unclear = || Refusal::invalid(ask.text().get("nobody_ticked"));
    let (name, ids): (&str, Vec<&str>) = match ask.field("one").split_once(' ') {
        Some((name, id)) => (name, vec![id]),
        None => (ask.field("do"), ask.all("resident").collect()),
    };
    let ids = ids.into_iter().map(Uuid::try_parse).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(|_| unclear())?;
    let commands: Option<Vec<_>> = ids.iter().map(|&id| Some((id, verb(name, id)?))).collect();
    let mut commands = commands.filter(|commands| !commands.is_empty()).ok_or_else(unclear)?;
    for (id, command) in &mut commands {
        if let Command::Excuse { remark, .. } = command {
            let why = ("remark", ask.field("remark"));
            *remark = state.sealed(&of, *id, why, ask.text()).await?;
        }
    }
    let position = state.take_all(&ask, &of, name, commands).await?;
    Ok(see(&desk_path(&of), position))
}

impl State {
    /// Does all of it; one that is rejected keeps none of the others back, but is told.
    pub(super) async fn take_all(
        &self,
        ask: &Ask,
        of: &Named,
        verb: &str,
        commands: Vec<(Uuid, Command)>,
    ) -> Result<Position, Refusal> {
        let form = ask.command()?;
        let (mut last, mut rejected) = (Position::default(), Vec::new());
        for (resident, command) in commands {
            // Each has an id of its own that the same form sent again brings about again.
            let cmd = CommandId(derived(&form.to_string(), &format!("{verb} {resident}")));
            match self.tick(ask, of, (cmd, resident), command).await {
                Ok(position) => last = last.max(position),
                Err(refusal) if refusal.status.is_client_error() => {
                    rejected.push((resident, refusal.text));
                }
                Err(failed) => return Err(failed),
            }
        }
        if rejected.is_empty() {
            return Ok(last);
        }
        let ids = rejected.iter().map(|(id, _)| *id).collect();
        let purpose = linli_platform::directory::Purpose::Desk;
        let called = self.names(&ask.viewer, ids, purpose).await;
        let line = |(id, why): &(Uuid, String)| format!("{}: {why}", called.get(*id));
        Err(Refusal::no(rejected.iter().map(line).collect::<Vec<_>>().join("\n")))
    }

    /// One tick. Nobody unknown, erased or merged comes onto a roll, but whoever is on it is taken
    /// off whatever became of them.
    async fn tick(
        &self,
        ask: &Ask,
        of: &Named,
        (cmd, resident): (CommandId, Uuid),
        command: Command,
    ) -> Result<Position, Refusal> {
        let comes = matches!(
            command,
            Command::CheckIn { .. } | Command::Excuse { .. } | Command::Expect { .. }
        );
        if comes {
            self.resident(resident, ask.text()).await?;
        }
        self.roll(&ask.viewer, of, cmd, command).await
    }

    /// Seals what was written about somebody, or by them, under their key; none if it is empty.
    pub(super) async fn sealed(
        &self,
        of: &Named,
        resident: Uuid,
        (field, words): (&str, &str),
        text: Text,
    ) -> Result<Option<Sealed>, Refusal> {
        if words.is_empty() {
            return Ok(None);
        }
        if words.chars().count() > WORDS_CHARS_MAX {
            return Err(Refusal::invalid(text.n("remark_too_long", WORDS_CHARS_MAX)));
        }
        let keys = self.platform.directory.keys(vec![resident]).await?;
        let nobody = || Refusal::from(DirectoryError::Nobody(resident));
        let key = keys.get(&resident).ok_or_else(nobody)?;
        let stream = of.key.roll().map_err(Refusal::failed)?;
        let sealed = key.seal(&stream, field, words, &self.platform.entropy);
        sealed.map(Some).map_err(Refusal::failed)
    }
}

impl State {
    /// Sealed words of a roll in clear; those whose key is destroyed are left out.
    pub(super) async fn opened(
        &self,
        of: &Named,
        field: &str,
        sealed: Vec<(Uuid, Sealed)>,
    ) -> Result<HashMap<Uuid, String>, Refusal> {
        if sealed.is_empty() {
            return Ok(HashMap::new());
        }
        let people = sealed.iter().map(|(_, sealed)| sealed.person).collect();
        let keys = self.platform.directory.keys(people).await?;
        let stream = of.key.roll().map_err(Refusal::failed)?;
        let words = |(id, sealed): &(Uuid, Sealed)| {
            let placed = Placed { stream: &stream, field, sealed };
            let words = keys.get(&sealed.person)?.open(placed).ok()?;
            Some((*id, words.expose_secret().to_owned()))
        };
        Ok(sealed.iter().filter_map(words).collect())
    }
}

pub(super) async fn headcount(state: State, ask: Ask) -> Result<Response, Refusal> {
    let of = state.occurrence(&ask).await?;
    let command = Command::GiveHeadcount { people: ask.parsed("people")? };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&desk_path(&of), position))
}

pub(super) async fn hours(state: State, ask: Ask) -> Result<Response, Refusal> {
    let of = state.occurrence(&ask).await?;
    let (resident, minutes) = (ask.parsed("resident")?, ask.parsed("minutes")?);
    let remark = state.sealed(&of, resident, ("remark", ask.field("remark")), ask.text()).await?;
    let command = Command::CorrectHours { resident, minutes, remark };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&desk_path(&of), position))
}

pub(super) async fn close(state: State, ask: Ask) -> Result<Response, Refusal> {
    let of = state.occurrence(&ask).await?;
    let position = state.roll(&ask.viewer, &of, ask.command()?, Command::Close).await?;
    Ok(see(&desk_path(&of), position))
}
