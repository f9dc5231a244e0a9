//! Residents written down, changed, merged and erased. Order of a write: key, seal, event, index;
//! should the machine stop before the last step, the next start makes up for it.

use linli_platform::{
    ids::{Position, StreamId},
    stream::Meta,
    vault::{IndexEntry, PersonKey, Sealed},
};
use uuid::Uuid;

use super::{
    directory::{Fault, open},
    people::{People, PeopleError, blocking, further},
};
use crate::{
    contract::{self, Changed, Purpose, RESIDENT, Registered, STAFF},
    deciders::{resident::Command, staff as staff_decider},
    projections::residents::{self, ResidentRow},
    values::contact,
};

/// A resident in clear text, as a form or a list has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a person, independent of each other")]
pub struct NewResident {
    /// The building's code; the community follows from it.
    pub building: String,
    /// The name.
    pub name: String,
    /// A telephone number; may be empty.
    pub phone: String,
    /// An e-mail address; may be empty.
    pub email: String,
    /// The flat; may be empty.
    pub flat: String,
    /// `zh` or `en`.
    pub language: String,
    /// Reads large type.
    pub large_type: bool,
    /// A member of the Party.
    pub party_member: bool,
    /// A volunteer.
    pub volunteer: bool,
    /// Head of a building.
    pub building_head: bool,
    /// Not yet 14.
    pub under_14: bool,
    /// Made up for a demonstration.
    pub synthetic: bool,
    /// To what they consented.
    pub consents: Vec<Purpose>,
    /// How: `paper`, `page` or `import`.
    pub how: String,
}

/// What an edit form holds, changed or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// The revision that the form was opened at; none where there was no form.
    pub seen: Option<u32>,
    /// The name.
    pub name: Option<String>,
    /// A telephone number; empty for no more.
    pub phone: Option<String>,
    /// An e-mail address; empty for no more.
    pub email: Option<String>,
    /// The flat; empty for no more.
    pub flat: Option<String>,
    /// `zh` or `en`.
    pub language: Option<String>,
    /// Reads large type.
    pub large_type: Option<bool>,
    /// A member of the Party.
    pub party_member: Option<bool>,
    /// A volunteer.
    pub volunteer: Option<bool>,
    /// Head of a building.
    pub building_head: Option<bool>,
    /// Not yet 14.
    pub under_14: Option<bool>,
}

/// A resident's own values in clear text.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Clear {
    pub name: String,
    pub phone: String,
    pub email: String,
    pub flat: String,
}

pub(crate) fn clear(
    vault: &linli_platform::vault::Vault,
    row: &ResidentRow,
) -> Result<Clear, Fault> {
    let stream = contract::stream(RESIDENT, row.id)?;
    let open = |field: &str, sealed: Option<&Sealed>| {
        open(vault, &stream, field, sealed).map(Option::unwrap_or_default)
    };
    Ok(Clear {
        name: open("name", row.name.as_ref())?,
        phone: open("phone", row.phone.as_ref())?,
        email: open("email", row.email.as_ref())?,
        flat: open("flat", row.flat.as_ref())?,
    })
}

/// What the index keeps of somebody.
pub(crate) fn entry(kind: &str, clear: Clear, language: &str) -> IndexEntry {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    IndexEntry {
        name: clear.name,
        phone: some(clear.phone),
        email: some(clear.email),
        flat: some(clear.flat),
        card: None,
        kind: kind.to_owned(),
        language: language.to_owned(),
    }
}

/// Seals the fields of one person's events.
pub(crate) struct Sealer<'a> {
    pub key: &'a PersonKey,
    pub stream: &'a StreamId,
    pub entropy: &'a linli_platform::entropy::Entropy,
}

impl Sealer<'_> {
    pub fn seal(&self, field: &str, text: &str) -> Result<Sealed, PeopleError> {
        let sealed = self.key.seal(self.stream, field, text, self.entropy);
        Ok(sealed.map_err(linli_platform::vault::VaultError::from)?)
    }

    /// None for an empty text.
    fn some(&self, field: &str, text: &str) -> Result<Option<Sealed>, PeopleError> {
        if text.is_empty() { Ok(None) } else { self.seal(field, text).map(Some) }
    }

    /// None where nothing is new.
    pub fn news(
        &self,
        field: &str,
        new: Option<&str>,
        now: &str,
    ) -> Result<Option<Sealed>, PeopleError> {
        new.filter(|new| *new != now).map(|new| self.seal(field, new)).transpose()
    }
}

impl NewResident {
    /// With names, numbers and addresses tidied.
    pub(crate) fn checked(mut self) -> Result<Self, PeopleError> {
        self.name = contact::name(&self.name)?;
        self.phone = contact::phone(&self.phone)?.unwrap_or_default();
        self.email = contact::email(&self.email)?.unwrap_or_default();
        self.flat = contact::flat(&self.flat)?.unwrap_or_default();
        Ok(self)
    }

    pub(crate) fn clear(&self) -> Clear {
        let Self { name, phone, email, flat, .. } = self.clone();
        Clear { name, phone, email, flat }
    }

    pub(crate) fn command(
        &self,
        community: String,
        sealer: &Sealer<'_>,
    ) -> Result<Command, PeopleError> {
        let who = Registered {
            community,
            building: self.building.clone(),
            name: sealer.seal("name", &self.name)?,
            phone: sealer.some("phone", &self.phone)?,
            email: sealer.some("email", &self.email)?,
            flat: sealer.some("flat", &self.flat)?,
            language: self.language.clone(),
            large_type: self.large_type,
            party_member: self.party_member,
            volunteer: self.volunteer,
            building_head: self.building_head,
            under_14: self.under_14,
            synthetic: self.synthetic,
        };
        let (consents, how) = (self.consents.clone(), self.how.clone());
        Ok(Command::Register { who: Box::new(who), consents, how })
    }
}

impl Edit {
    fn checked(mut self) -> Result<Self, PeopleError> {
        self.name = self.name.as_deref().map(contact::name).transpose()?;
        let or_none = |text: Option<String>| Some(text.unwrap_or_default());
        if let Some(phone) = &self.phone {
            self.phone = or_none(contact::phone(phone)?);
        }
        if let Some(email) = &self.email {
            self.email = or_none(contact::email(email)?);
        }
        if let Some(flat) = &self.flat {
            self.flat = or_none(contact::flat(flat)?);
        }
        Ok(self)
    }
}

impl People {
    /// Writes a resident down. The id follows from the command's, so the same form sent twice
    /// makes one; it can't be guessed from name or address.
    pub async fn register(
        &self,
        meta: Meta,
        new: NewResident,
    ) -> Result<(Uuid, Position), PeopleError> {
        let new = new.checked()?;
        let community = self.community_of(&new.building, None).await?;
        let id = further(&meta, "resident").cmd.0;
        let stream = contract::stream(RESIDENT, id)?;
        let key = self.platform.directory.new_key(id).await?;
        let sealer = Sealer { key: &key, stream: &stream, entropy: &self.platform.entropy };
        let command = new.command(community, &sealer)?;
        let position = self.resident(meta, id, command).await?;
        let entry = entry(RESIDENT, new.clear(), &new.language);
        blocking(&self.platform.vault, move |vault| vault.put(id, &entry)).await?;
        Ok((id, position))
    }

    /// A resident who is here, with their values in clear text.
    pub(crate) async fn known(&self, id: Uuid) -> Result<(ResidentRow, Clear), PeopleError> {
        let vault = self.platform.vault.clone();
        let found = self.tables.read(move |db| {
            let Some(row) = residents::resident(db, id)? else { return Ok(Ok(None)) };
            Ok(clear(&vault, &row).map(|clear| Some((row, clear))))
        });
        let found = found.await?.map_err(|fault| PeopleError::Log(fault.to_string()))?;
        found.ok_or_else(PeopleError::nobody)
    }

    /// Changes what is known of a resident; fields that say what is so already are left out.
    pub async fn change(&self, meta: Meta, id: Uuid, edit: Edit) -> Result<Position, PeopleError> {
        let edit = edit.checked()?;
        let (row, now) = self.known(id).await?;
        let stream = contract::stream(RESIDENT, id)?;
        let key = self.platform.directory.keys(vec![id]).await?.remove(&id);
        let key = key.ok_or(linli_platform::vault::VaultError::Erased(id))?;
        let sealer = Sealer { key: &key, stream: &stream, entropy: &self.platform.entropy };
        let change = Changed {
            name: sealer.news("name", edit.name.as_deref(), &now.name)?,
            phone: sealer.news("phone", edit.phone.as_deref(), &now.phone)?,
            email: sealer.news("email", edit.email.as_deref(), &now.email)?,
            flat: sealer.news("flat", edit.flat.as_deref(), &now.flat)?,
            language: edit.language.clone(),
            large_type: edit.large_type,
            party_member: edit.party_member,
            volunteer: edit.volunteer,
            building_head: edit.building_head,
            under_14: edit.under_14,
        };
        let command = Command::Change { seen: edit.seen, change: Box::new(change) };
        let position = self.resident(meta, id, command).await?;
        let new = Clear {
            name: edit.name.unwrap_or(now.name),
            phone: edit.phone.unwrap_or(now.phone),
            email: edit.email.unwrap_or(now.email),
            flat: edit.flat.unwrap_or(now.flat),
        };
        let entered = entry(RESIDENT, new, &edit.language.unwrap_or(row.language));
        self.index_as_logged(id, position, entered).await?;
        Ok(position)
    }

    /// The index follows the log, not the form: a command that comes again late, or beside another,
    /// must not put back what has changed since. Only where the tables are behind does it take what
    /// was entered.
    async fn index_as_logged(
        &self,
        id: Uuid,
        position: Position,
        mut entered: IndexEntry,
    ) -> Result<(), PeopleError> {
        if self.tables.reach(position).await {
            let (row, clear) = self.known(id).await?;
            if !row.lives() {
                return Ok(());
            }
            entered = entry(RESIDENT, clear, &row.language);
        }
        blocking(&self.platform.vault, move |vault| vault.put(id, &entered)).await
    }

    /// A resident lives elsewhere from now on.
    pub async fn relocate(
        &self,
        meta: Meta,
        id: Uuid,
        building: &str,
    ) -> Result<Position, PeopleError> {
        let community = self.community_of(building, None).await?;
        let building = building.to_owned();
        self.resident(meta, id, Command::Move { community, building }).await
    }

    /// Destroys all that says who a resident or member of staff was, for ever. The key goes first:
    /// if the machine stops in between, doing it again finishes it. Entries that were merged into a
    /// resident are the same person and go first.
    pub async fn erase(&self, meta: Meta, person: Uuid) -> Result<Position, PeopleError> {
        let kind = self.kind_of(person).await?.ok_or_else(PeopleError::nobody)?;
        let doubles = self.tables.read(move |db| residents::doubles_of(db, person)).await?;
        for double in doubles {
            self.platform.directory.erase(double).await?;
            let meta = further(&meta, &format!("erase {double}"));
            self.resident(meta, double, Command::Erase).await?;
        }
        self.platform.directory.erase(person).await?;
        let meta = further(&meta, "erase");
        if kind == STAFF {
            self.staff(meta, person, staff_decider::Command::Erase).await
        } else {
            self.resident(meta, person, Command::Erase).await
        }
    }
}
