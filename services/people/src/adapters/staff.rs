//! Members of staff written down and changed.

use linli_platform::{ids::Position, stream::Meta};
use uuid::Uuid;

use super::{
    access::Caught,
    directory::open,
    people::{People, PeopleError, blocking, further},
    registry::{Clear, Sealer, entry},
};
use crate::{
    contract::STAFF,
    deciders::staff::Command,
    projections::staff,
    values::{contact, roles::Role},
};

/// A member of staff in clear text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewStaff {
    /// The name.
    pub name: String,
    /// The e-mail address; may be empty until they accept the invitation.
    pub email: String,
    /// `zh` or `en`.
    pub language: String,
    /// A role's code.
    pub role: String,
    /// The place it holds in, `*` for all.
    pub community: String,
}

impl People {
    /// Writes somebody down with a role; whoever has that address already gets the role. Whether
    /// they are new stands beside their id.
    pub(crate) async fn join(
        &self,
        meta: Meta,
        who: NewStaff,
    ) -> Result<(Uuid, bool), PeopleError> {
        let name = contact::name(&who.name)?;
        let email = contact::email(&who.email)?.unwrap_or_default();
        let (id, new) = match self.staff_by_email(&email).await? {
            Some(id) => (id, false),
            None => (self.write_down(&meta, name, email, &who.language).await?, true),
        };
        let (role, community) = (who.role, who.community);
        let give = Command::GiveRole { role, community };
        self.staff(further(&meta, "role"), id, give).await?;
        Ok((id, new))
    }

    async fn write_down(
        &self,
        meta: &Meta,
        name: String,
        email: String,
        language: &str,
    ) -> Result<Uuid, PeopleError> {
        let id = further(meta, "staff").cmd.0;
        let stream = Self::staff_stream(id)?;
        let key = self.platform.directory.new_key(id).await?;
        let sealer = Sealer { key: &key, stream: &stream, entropy: &self.platform.entropy };
        let sealed_email = sealer.news("email", Some(&email), "")?;
        let (name_sealed, language) = (sealer.seal("name", &name)?, language.to_owned());
        let join =
            Command::Join { name: name_sealed, email: sealed_email, language: language.clone() };
        self.staff(meta.clone(), id, join).await?;
        let clear = Clear { name, email, ..Clear::default() };
        let entry = entry(STAFF, clear, &language);
        blocking(&self.platform.vault, move |vault| vault.put(id, &entry)).await?;
        Ok(id)
    }

    pub(crate) async fn staff_by_email(&self, email: &str) -> Result<Option<Uuid>, PeopleError> {
        let email = email.to_owned();
        let found = blocking(&self.platform.vault, move |vault| vault.by_email(&email)).await?;
        let working = self.tables.read(move |db| {
            for id in found {
                if staff::member(db, id)?.is_some_and(|member| !member.gone) {
                    return Ok(Some(id));
                }
            }
            Ok(None)
        });
        Ok(working.await?)
    }

    /// Name and e-mail address of a member of staff.
    pub(crate) async fn staff_in_clear(&self, id: Uuid) -> Result<(String, String), PeopleError> {
        let row = self.tables.read(move |db| staff::member(db, id)).await?;
        let Some(row) = row else { return Err(PeopleError::nobody()) };
        let stream = Self::staff_stream(id)?;
        blocking(&self.platform.vault, move |vault| {
            let name = open(vault, &stream, "name", row.name.as_ref())?;
            let email = open(vault, &stream, "email", row.email.as_ref())?;
            Ok((name.unwrap_or_default(), email.unwrap_or_default()))
        })
        .await
    }

    /// Changes name and address of a member of staff.
    pub(crate) async fn change_staff(
        &self,
        meta: Meta,
        id: Uuid,
        given: Caught,
    ) -> Result<Position, PeopleError> {
        let name = contact::name(&given.name)?;
        let email = contact::email(&given.email)?.unwrap_or_default();
        // Two of one address could not both sign in.
        if self.staff_by_email(&email).await?.is_some_and(|other| other != id) {
            return Err(PeopleError::email_taken());
        }
        let (name_now, email_now) = self.staff_in_clear(id).await?;
        let stream = Self::staff_stream(id)?;
        let key = self.platform.directory.new_key(id).await?;
        let sealer = Sealer { key: &key, stream: &stream, entropy: &self.platform.entropy };
        let change = Command::Change {
            name: sealer.news("name", Some(&name), &name_now)?,
            email: sealer.news("email", Some(&email), &email_now)?,
            language: None,
        };
        let position = self.staff(meta, id, change).await?;
        let row = self.tables.read(move |db| staff::member(db, id)).await?;
        let language = row.map_or_else(|| "zh".to_owned(), |row| row.language);
        let entry = entry(STAFF, Clear { name, email, ..Clear::default() }, &language);
        blocking(&self.platform.vault, move |vault| vault.put(id, &entry)).await?;
        Ok(position)
    }

    /// Takes a role away, but not the last administrator's.
    pub async fn take_role(
        &self,
        meta: Meta,
        id: Uuid,
        role: &str,
        community: &str,
    ) -> Result<Position, PeopleError> {
        if Role::of(role) == Some(Role::Administrator) && community == "*" {
            return self.dismiss(meta, id).await;
        }
        let (role, community) = (role.to_owned(), community.to_owned());
        self.staff(meta, id, Command::TakeRole { role, community }).await
    }

    /// Takes the administrator's role for all from somebody, but not from the last one. Two who
    /// dismiss each other at the same moment can't be told apart by a look beforehand, so it is
    /// looked at once more when the log is read up to what was done: whoever was last to write sees
    /// both, and gives the role back.
    async fn dismiss(&self, meta: Meta, id: Uuid) -> Result<Position, PeopleError> {
        self.another_administrator(id).await?;
        let (role, community) = (Role::Administrator.code().to_owned(), "*".to_owned());
        let take = Command::TakeRole { role: role.clone(), community: community.clone() };
        let position = self.staff(meta.clone(), id, take).await?;
        let seen = self.tables.reach(position).await;
        if seen && self.tables.read(staff::administrators).await? > 0 {
            return Ok(position);
        }
        let give = Command::GiveRole { role, community };
        self.staff(further(&meta, "back"), id, give).await?;
        Err(PeopleError::last_administrator())
    }

    /// Somebody works here no more: their sign-ins end at once.
    pub async fn leave(&self, meta: Meta, id: Uuid) -> Result<Position, PeopleError> {
        if self.administers(id).await? {
            self.dismiss(further(&meta, "dismiss"), id).await?;
        }
        let position = self.staff(meta, id, Command::Leave).await?;
        blocking(&self.platform.vault, move |vault| {
            vault.remove_password(id)?;
            vault.remove(id)?;
            vault.revoke_sessions(id)
        })
        .await?;
        Ok(position)
    }

    /// Whether somebody is an administrator of everything.
    async fn administers(&self, id: Uuid) -> Result<bool, PeopleError> {
        let row = self.tables.read(move |db| staff::member(db, id)).await?;
        let all =
            |(role, place): &(String, String)| role == Role::Administrator.code() && place == "*";
        Ok(row.is_some_and(|row| row.roles.iter().any(all)))
    }

    async fn another_administrator(&self, id: Uuid) -> Result<(), PeopleError> {
        let last = self.tables.read(staff::administrators).await? <= 1;
        if last && self.administers(id).await? {
            return Err(PeopleError::last_administrator());
        }
        Ok(())
    }
}
