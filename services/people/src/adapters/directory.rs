//! The directory: who stands behind an id, and for whom. Consent is applied here alone.
//!
//! | purpose | who is told the name |
//! |---|---|
//! | `Desk` | staff who may see people in the resident's community; of staff, all staff |
//! | `Own` | the person, and whoever may act for them |
//! | `Ranking` | everybody, if the person consents to it |
//! | `Mail` | the mail to the person |
//!
//! Everybody else is "a resident of building 3". The names come from the log, sealed, by way of the
//! tables; the vault gives the keys.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use chrono::TimeDelta;
use linli_platform::{
    clock::Clock,
    directory::{
        Address, Answer, Directory, DirectoryError, Lookup, Name, Principal, Purpose, SignIn,
        SignedIn,
    },
    ids::StreamId,
    tables::Tables,
    vault::{PersonKey, Placed, Sealed, Terms, Vault, VaultError},
    web::Language,
};
use rusqlite::Connection;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::access::{CARD, FEED, LINK, principal};
use crate::{
    contract::{self, RESIDENT, STAFF},
    projections::{
        places,
        residents::{self, ResidentRow},
        staff::{self, StaffRow},
    },
    values::matching::same_text,
};

/// How long a sign-in link is good.
const LINK_MINUTES: i64 = 15;
/// At most this many ids answer a search.
const FOUND_MAX: usize = 100;

/// The directory over this node's vault. It answers once the service has given it the tables.
#[derive(Clone)]
pub struct PeopleDirectory {
    vault: Vault,
    node: Arc<OnceLock<Node>>,
}

#[derive(Clone)]
struct Node {
    tables: Tables,
    clock: Clock,
}

/// Why a look into tables and vault failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Tables(#[from] rusqlite::Error),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Name(#[from] linli_platform::ids::NameError),
}

impl From<Fault> for DirectoryError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Vault(error) => refused(error),
            other => Self::Down(other.to_string()),
        }
    }
}

fn refused(error: VaultError) -> DirectoryError {
    match error {
        VaultError::Erased(person) | VaultError::NoKey(person) => DirectoryError::Nobody(person),
        other => DirectoryError::Down(other.to_string()),
    }
}

/// A sealed value of a stream in clear; none where there is none, or its key is destroyed.
pub(crate) fn open(
    vault: &Vault,
    stream: &StreamId,
    field: &str,
    sealed: Option<&Sealed>,
) -> Result<Option<String>, VaultError> {
    let Some(sealed) = sealed else { return Ok(None) };
    match vault.open_sealed(Placed { stream, field, sealed }) {
        Ok(text) => Ok(Some(text.expose_secret().to_owned()).filter(|text| !text.is_empty())),
        Err(VaultError::Erased(_) | VaultError::NoKey(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

impl PeopleDirectory {
    /// A directory over `vault`. Give it to [`Platform`](linli_platform::service::Platform), then
    /// to [`service`](crate::service), which lets it answer.
    pub fn new(vault: &Vault) -> Self {
        Self { vault: vault.clone(), node: Arc::default() }
    }

    /// Lets it answer from these tables; the first ones given stay.
    pub(crate) fn answer_from(&self, tables: &Tables, clock: &Clock) {
        let _ = self.node.set(Node { tables: tables.clone(), clock: clock.clone() });
    }

    fn node(&self) -> Result<&Node, DirectoryError> {
        self.node.get().ok_or_else(|| DirectoryError::Down("people has not started yet".into()))
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection, &Vault) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let vault = self.vault.clone();
        let found = self.node()?.tables.read(move |db| Ok(look(db, &vault))).await;
        Ok(found.map_err(|error| DirectoryError::Down(error.to_string()))??)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let vault = self.vault.clone();
        let done = linli_platform::blocking::blocking(move || work(&vault)).await;
        done.map_err(|error| DirectoryError::Down(error.to_string()))?.map_err(refused)
    }

    async fn let_in(&self, person: Option<Uuid>) -> Result<SignedIn, DirectoryError> {
        let found = self.look(move |db, vault| match person {
            Some(person) => principal(db, vault, person),
            None => Ok(None),
        });
        let principal = found.await?.ok_or(DirectoryError::Refused)?;
        Ok(SignedIn::As(Box::new(principal)))
    }

    async fn holder(&self, kind: &'static str, text: String, once: bool) -> Answered {
        let now = self.node()?.clock.now();
        let person = self
            .blocking(move |vault| {
                if once { vault.redeem(kind, &text, now) } else { vault.holder(kind, &text, now) }
            })
            .await?;
        self.let_in(person).await
    }

    /// A renewed address lets nobody in, but leads to the new one.
    async fn feed(&self, secret: String) -> Answered {
        let now = self.node()?.clock.now();
        let old = secret.clone();
        let renewed = self.blocking(move |vault| vault.renewed(FEED, &old, now)).await?;
        match renewed {
            Some(new) => Ok(SignedIn::Renewed { secret: new.expose_secret().to_owned() }),
            None => self.holder(FEED, secret, false).await,
        }
    }

    async fn mint(&self, person: Uuid) -> Answered {
        let until = self.node()?.clock.now() + TimeDelta::minutes(LINK_MINUTES);
        let to = self.look(move |db, vault| address(db, vault, person, true)).await?;
        let to = to.ok_or(DirectoryError::Nobody(person))?;
        let terms = Terms::once_until(until);
        let secret = self.blocking(move |vault| vault.mint(LINK, person, terms)).await?;
        Ok(SignedIn::Minted { secret: secret.expose_secret().to_owned(), until, to })
    }

    /// A wrong address takes as long as a wrong password: the vault works on a hash for nobody.
    async fn password(&self, email: String, password: String) -> Answered {
        let staff = self.look(move |db, vault| {
            for person in vault.by_email(&email)? {
                if staff::member(db, person)?.is_some_and(|member| !member.gone) {
                    return Ok(Some(person));
                }
            }
            Ok(None)
        });
        let person = staff.await?;
        let password = SecretString::from(password);
        let right = self.blocking(move |vault| vault.verify_password(person, &password)).await?;
        self.let_in(person.filter(|_| right)).await
    }

    async fn session(&self, person: Uuid, epoch: u32) -> Answered {
        let signed_in = self.let_in(Some(person)).await.map_err(|error| match error {
            DirectoryError::Nobody(_) => DirectoryError::Refused,
            other => other,
        })?;
        match &signed_in {
            SignedIn::As(principal) if principal.epoch == epoch => Ok(signed_in),
            _ => Err(DirectoryError::Refused),
        }
    }
}

type Answered = Result<SignedIn, DirectoryError>;

/// How somebody is reached. Residents are if they consented to reminders, or asked for it
/// themselves just now.
fn address(
    db: &Connection,
    vault: &Vault,
    person: Uuid,
    asked: bool,
) -> Result<Option<Address>, Fault> {
    let resident = residents::resident(db, person)?;
    if let Some(row) = resident.filter(ResidentRow::lives) {
        if !asked && !row.consents_to(contract::Purpose::Reminders) {
            return Ok(None);
        }
        let stream = contract::stream(RESIDENT, person)?;
        let Some(name) = open(vault, &stream, "name", row.name.as_ref())? else { return Ok(None) };
        let email = open(vault, &stream, "email", row.email.as_ref())?;
        let phone = open(vault, &stream, "phone", row.phone.as_ref())?;
        return Ok(Some(Address { name, email, phone, language: row.language }));
    }
    let member = staff::member(db, person)?.filter(|member| !member.gone);
    let Some(member) = member else { return Ok(None) };
    let stream = contract::stream(STAFF, person)?;
    let Some(name) = open(vault, &stream, "name", member.name.as_ref())? else { return Ok(None) };
    let email = open(vault, &stream, "email", member.email.as_ref())?;
    Ok(Some(Address { name, email, phone: None, language: member.language }))
}

fn may_know(row: &ResidentRow, viewer: Option<&Principal>, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Desk => viewer.is_some_and(|v| v.staff && v.may("people.see", &row.community)),
        Purpose::Own => viewer.is_some_and(|v| v.person == row.id || v.acts_for.contains(&row.id)),
        Purpose::Ranking => row.consents_to(contract::Purpose::Rankings),
        Purpose::Mail => true,
    }
}

fn resident_name(
    db: &Connection,
    vault: &Vault,
    row: &ResidentRow,
    (viewer, purpose): (Option<&Principal>, Purpose),
) -> Result<Name, Fault> {
    if row.erased || vault.key(row.id)?.is_none() {
        return Ok(Name::Erased);
    }
    if may_know(row, viewer, purpose) {
        let stream = contract::stream(RESIDENT, row.id)?;
        let name = open(vault, &stream, "name", row.name.as_ref())?;
        return Ok(name.map_or(Name::Erased, Name::Known));
    }
    let language = Language::of(viewer.map_or("zh", |viewer| &viewer.language));
    let building = places::place(db, &row.building)?.map(|b| b.called(language).to_owned());
    Ok(Name::Withheld { building })
}

fn staff_name(
    vault: &Vault,
    row: &StaffRow,
    (viewer, purpose): (Option<&Principal>, Purpose),
) -> Result<Name, Fault> {
    let stream = contract::stream(STAFF, row.id)?;
    let told = match purpose {
        Purpose::Desk => viewer.is_some_and(|viewer| viewer.staff),
        Purpose::Own => viewer.is_some_and(|viewer| viewer.person == row.id),
        Purpose::Ranking => false,
        Purpose::Mail => true,
    };
    match open(vault, &stream, "name", row.name.as_ref())? {
        None => Ok(Name::Erased),
        Some(name) if told => Ok(Name::Known(name)),
        Some(_) => Ok(Name::Withheld { building: None }),
    }
}

fn find(db: &Connection, vault: &Vault, by: Lookup, now: chrono::DateTime<chrono::Utc>) -> Found {
    let ids = match by {
        Lookup::Email(email) => vault.by_email(&email)?,
        Lookup::Phone(phone) => vault.by_phone(&phone)?,
        Lookup::Card(code) => vault.holder(CARD, &code, now)?.into_iter().collect(),
        // Staff belong to no community, so a search within one is for residents. Who lives there
        // is known first: half a city may be called the same.
        Lookup::Name { community, begins } => {
            let here = residents::living_ids(db, &community)?;
            return Ok(vault.by_name_start(&begins, |id| here.contains(&id), FOUND_MAX)?);
        }
        Lookup::Flat { flat, among } => return in_flat(db, vault, &flat, among),
    };
    let mut found = Vec::new();
    for id in ids {
        let lives = match residents::resident(db, id)? {
            Some(row) => row.lives(),
            None => staff::member(db, id)?.is_some_and(|member| !member.gone),
        };
        if lives {
            found.push(id);
        }
        if found.len() == FOUND_MAX {
            break;
        }
    }
    Ok(found)
}

/// Those of some people who live in a flat, however its number is written.
fn in_flat(db: &Connection, vault: &Vault, flat: &str, among: Vec<Uuid>) -> Found {
    let mut found = Vec::new();
    for id in among {
        let Some(row) = residents::resident(db, id)?.filter(ResidentRow::lives) else { continue };
        let own = open(vault, &contract::stream(RESIDENT, id)?, "flat", row.flat.as_ref())?;
        if own.is_some_and(|own| same_text(&own) == same_text(flat)) {
            found.push(id);
        }
    }
    Ok(found)
}

type Found = Result<Vec<Uuid>, Fault>;

impl Directory for PeopleDirectory {
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey> {
        Box::pin(self.blocking(move |vault| vault.new_key(person)))
    }

    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        Box::pin(self.blocking(move |vault| vault.keys(&persons)))
    }

    fn names(
        &self,
        persons: Vec<Uuid>,
        viewer: Option<Principal>,
        purpose: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        Box::pin(self.look(move |db, vault| {
            let known = (viewer.as_ref(), purpose);
            let mut names = HashMap::new();
            for person in persons {
                if let Some(row) = residents::resident(db, person)? {
                    names.insert(person, resident_name(db, vault, &row, known)?);
                } else if let Some(row) = staff::member(db, person)? {
                    names.insert(person, staff_name(vault, &row, known)?);
                }
            }
            Ok(names)
        }))
    }

    fn addresses(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        Box::pin(self.look(move |db, vault| {
            let mut addresses = HashMap::new();
            for person in persons {
                if let Some(address) = address(db, vault, person, false)? {
                    addresses.insert(person, address);
                }
            }
            Ok(addresses)
        }))
    }

    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>> {
        Box::pin(async move {
            let now = self.node()?.clock.now();
            self.look(move |db, vault| find(db, vault, by, now)).await
        })
    }

    fn sign_in(&self, with: SignIn) -> Answer<'_, SignedIn> {
        match with {
            SignIn::MintLink { person } => Box::pin(self.mint(person)),
            SignIn::Link { secret } => Box::pin(self.holder(LINK, secret, true)),
            SignIn::Card { code } => Box::pin(self.holder(CARD, code, false)),
            SignIn::Feed { secret } => Box::pin(self.feed(secret)),
            SignIn::Password { email, password } => Box::pin(self.password(email, password)),
            SignIn::Session { person, epoch } => Box::pin(self.session(person, epoch)),
        }
    }

    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        Box::pin(self.blocking(move |vault| vault.erase(person)))
    }
}
