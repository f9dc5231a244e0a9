//! What the command line and the pages do to people: seal, then command. A copy is cheap.

use linli_platform::{
    decider::Decider,
    directory::DirectoryError,
    entropy::derived,
    ids::{CommandId, NameError, Position, StreamId},
    service::Platform,
    stream::{Accepted, ExecuteError, Meta},
    tables::{Tables, TablesError},
    vault::{Vault, VaultError},
    web::{Language, Refusal},
};
use uuid::Uuid;

use super::tries::Tries;
use crate::{
    contract::{self, Kind, PLACE, Place, RESIDENT, TEAM, UNIT},
    deciders::{Reason, place, resident, staff, team, unit},
    projections::places,
    routes::WORDS,
    values::{contact::Wrong, sheet::FileProblem},
};

/// What is done to people, places, teams and units.
#[derive(Clone)]
pub struct People {
    pub(crate) platform: Platform,
    /// The tables of this service.
    pub tables: Tables,
    /// The tries of late to sign in with a password.
    pub(crate) tries: Tries,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The domain says no.
    #[error("{text}")]
    No {
        /// The key of the text in `locales/`.
        key: &'static str,
        /// The text in English.
        text: String,
    },
    /// What was filled in can't be used.
    #[error("{text}")]
    Wrong {
        /// The key of the text in `locales/`.
        key: &'static str,
        /// The text in English.
        text: String,
    },
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The tables failed.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// The directory failed.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A code that can't be part of a stream's name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The log failed.
    #[error("{0}")]
    Log(String),
}

impl<R: Reason> From<ExecuteError<R>> for PeopleError {
    fn from(error: ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Rejected(no) => Self::No { key: no.key(), text: no.to_string() },
            other => Self::Log(other.to_string()),
        }
    }
}

impl From<Wrong> for PeopleError {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong { key: wrong.key(), text: wrong.to_string() }
    }
}

impl From<FileProblem> for PeopleError {
    fn from(problem: FileProblem) -> Self {
        Self::Wrong { key: problem.key(), text: problem.to_string() }
    }
}

impl PeopleError {
    fn wrong(key: &'static str) -> Self {
        Self::Wrong { key, text: WORDS.get(Language::En, key).to_owned() }
    }

    fn no(key: &'static str) -> Self {
        Self::No { key, text: WORDS.get(Language::En, key).to_owned() }
    }

    pub(crate) fn invitation_void() -> Self {
        Self::no("no_invitation")
    }

    pub(crate) fn password_short() -> Self {
        Self::wrong("wrong_password_short")
    }

    pub(crate) fn password_long() -> Self {
        Self::wrong("wrong_password_long")
    }

    pub(crate) fn card_replaced() -> Self {
        Self::no("no_card_replaced")
    }

    pub(crate) fn email_taken() -> Self {
        Self::no("no_email_taken")
    }

    pub(crate) fn last_administrator() -> Self {
        Self::no("no_last_administrator")
    }

    pub(crate) fn nobody() -> Self {
        Self::no("no_resident")
    }

    /// What a page shows of it.
    pub fn refusal(&self, language: Language) -> Refusal {
        match self {
            Self::No { key, .. } => Refusal::no(WORDS.get(language, key)),
            Self::Wrong { key, .. } => Refusal::invalid(WORDS.get(language, key)),
            Self::Name(_) => Refusal::invalid(WORDS.get(language, "wrong_code")),
            Self::Vault(VaultError::Erased(_)) => Refusal::no(WORDS.get(language, "no_erased")),
            other => Refusal::failed(other),
        }
    }
}

/// Runs what blocks on the vault's disk off the threads that serve.
pub(crate) async fn blocking<T: Send + 'static>(
    vault: &Vault,
    work: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
) -> Result<T, PeopleError> {
    let vault = vault.clone();
    let done = linli_platform::blocking::blocking(move || work(&vault)).await;
    Ok(done.map_err(|error| PeopleError::Log(error.to_string()))??)
}

/// A further command of the same request: its id follows from the request's and what it is for.
pub(crate) fn further(meta: &Meta, what: &str) -> Meta {
    let cmd = CommandId(derived(&meta.cmd.to_string(), what));
    Meta { cmd, ..meta.clone() }
}

impl People {
    /// Over a node and this service's tables.
    pub fn new(platform: &Platform, tables: &Tables) -> Self {
        Self { platform: platform.clone(), tables: tables.clone(), tries: Tries::default() }
    }

    pub(crate) async fn execute<D>(
        &self,
        stream: &StreamId,
        meta: Meta,
        command: D::Command,
    ) -> Result<Accepted<D::Event>, PeopleError>
    where
        D: Decider,
        D::Rejection: Reason,
    {
        Ok(self.platform.streams.execute::<D>(stream, meta, command).await?)
    }

    /// Gives a command about a resident.
    pub async fn resident(
        &self,
        meta: Meta,
        id: Uuid,
        command: resident::Command,
    ) -> Result<Position, PeopleError> {
        let stream = contract::stream(RESIDENT, id)?;
        Ok(self.execute::<resident::Residents>(&stream, meta, command).await?.position)
    }

    /// Gives a command about a member of staff.
    pub async fn staff(
        &self,
        meta: Meta,
        id: Uuid,
        command: staff::Command,
    ) -> Result<Position, PeopleError> {
        let stream = Self::staff_stream(id)?;
        Ok(self.execute::<staff::Staff>(&stream, meta, command).await?.position)
    }

    /// Gives a command about a team.
    pub async fn team(
        &self,
        meta: Meta,
        id: Uuid,
        command: team::Command,
    ) -> Result<Position, PeopleError> {
        let stream = contract::stream(TEAM, id)?;
        Ok(self.execute::<team::Teams>(&stream, meta, command).await?.position)
    }

    /// Gives a command about a partner unit.
    pub async fn unit(
        &self,
        meta: Meta,
        id: Uuid,
        command: unit::Command,
    ) -> Result<Position, PeopleError> {
        let stream = contract::stream(UNIT, id)?;
        Ok(self.execute::<unit::Units>(&stream, meta, command).await?.position)
    }

    /// Writes a place down. The same again changes nothing (no events).
    pub async fn add_place(
        &self,
        meta: Meta,
        place: Place,
    ) -> Result<Accepted<contract::PlaceEvent>, PeopleError> {
        let stream = contract::stream(PLACE, &place.code)?;
        self.above(&place.code, &place.parent).await?;
        self.execute::<place::Places>(&stream, meta, place::Command::Add(place)).await
    }

    /// Calls a place otherwise, or makes it part of another.
    pub async fn change_place(
        &self,
        meta: Meta,
        code: &str,
        (name, name_en, parent): (String, String, String),
    ) -> Result<Position, PeopleError> {
        let stream = contract::stream(PLACE, code)?;
        self.above(code, &parent).await?;
        let change = place::Command::Change { name, name_en, parent };
        Ok(self.execute::<place::Places>(&stream, meta, change).await?.position)
    }

    /// Refuses a parent that isn't there, or that would close a circle: neither can be seen from
    /// the place's own stream.
    async fn above(&self, code: &str, parent: &str) -> Result<(), PeopleError> {
        let mut at = parent.to_owned();
        for _ in 0..=Kind::ALL.len() * 2 {
            if at.is_empty() {
                return Ok(());
            }
            if at == code {
                return Err(PeopleError::no("no_own_parent"));
            }
            let stream = contract::stream(PLACE, &at)?;
            let state = self.platform.streams.state::<place::Places>(&stream).await;
            let (state, _) = state.map_err(PeopleError::from)?;
            at = state.ok_or_else(|| PeopleError::no("no_parent"))?.parent;
        }
        Err(PeopleError::no("no_own_parent"))
    }

    /// The community that a building of that code belongs to, if it lies within `within`.
    pub(crate) async fn community_of(
        &self,
        building: &str,
        within: Option<&str>,
    ) -> Result<String, PeopleError> {
        let (building, within) = (building.to_owned(), within.map(ToOwned::to_owned));
        let found = self.tables.read(move |db| {
            let path = places::path(db, &building)?;
            let inside = within.is_none_or(|within| path.iter().any(|p| p.code == within));
            let is_building = path.first().is_some_and(|place| place.kind == Kind::Building);
            let community = places::community_of(db, &building)?;
            Ok(community.filter(|_| inside && is_building))
        });
        let found = found.await?.ok_or_else(|| PeopleError::wrong("line_building_unknown"))?;
        Ok(found.code)
    }
}
