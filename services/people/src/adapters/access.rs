//! Who is let in, with what they may do; invitations and links.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    directory::{Grant, Principal},
    ids::{Actor, EVERYWHERE},
    stream::Meta,
    vault::{PasswordError, Terms, Vault, judge_password},
};
use rusqlite::Connection;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::{
    directory::Fault,
    people::{People, PeopleError, blocking},
    staff::NewStaff,
};
use crate::{
    contract::{self, RESIDENT, STAFF},
    deciders::{resident, staff as staff_decider},
    projections::{
        places,
        residents::{self, ResidentRow},
        staff::{self, StaffRow},
    },
    values::roles::Role,
};

/// The kind of secret in a mailed link.
pub(crate) const LINK: &str = "link";
/// The kind of secret on a printed card.
pub(crate) const CARD: &str = "card";
/// The kind of secret in a person's calendar address.
pub const FEED: &str = "feed";
/// Days for which a renewed calendar address leads to the new one.
const RENEWED_DAYS: i64 = 90;
/// The kind of secret in an invitation.
const INVITE: &str = "invite";
/// How long an invitation is good.
const INVITE_DAYS: i64 = 7;
/// At most this many people of one address are sent links at once: a family shares one.
const FAMILY_MAX: usize = 8;

/// An invitation was made.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Who is invited.
    pub person: Uuid,
    /// The address to open.
    pub link: String,
    /// When it ends.
    pub until: DateTime<Utc>,
}

/// What somebody holds who has opened an invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caught {
    /// Their name so far.
    pub name: String,
    /// Their e-mail address so far; they need one to sign in again.
    pub email: String,
}

fn grants(db: &Connection, row: &StaffRow) -> rusqlite::Result<Vec<Grant>> {
    let mut all = BTreeSet::new();
    for (role, place) in &row.roles {
        let Some(role) = Role::of(role) else { continue };
        let scope = if place == "*" { vec![place.clone()] } else { places::scope(db, place)? };
        for community in scope {
            all.extend(role.permissions().map(|permission| (permission, community.clone())));
        }
    }
    let grant = |(permission, community): (&str, String)| Grant {
        permission: permission.to_owned(),
        community,
    };
    Ok(all.into_iter().map(grant).collect())
}

/// Who somebody is when signed in; none for one who was merged, has left or is erased.
pub(crate) fn principal(
    db: &Connection,
    vault: &Vault,
    person: Uuid,
) -> Result<Option<Principal>, Fault> {
    if vault.erased(person)? {
        return Ok(None);
    }
    let epoch = vault.session_epoch(person)?;
    if let Some(row) = residents::resident(db, person)?.filter(ResidentRow::lives) {
        let acts_for = residents::acts_for(db, person)?.into_iter().collect();
        let ResidentRow { community, language, large_type, .. } = row;
        let grants = Vec::new();
        let staff = false;
        let who =
            Principal { person, staff, community, epoch, grants, language, large_type, acts_for };
        return Ok(Some(who));
    }
    let Some(row) = staff::member(db, person)?.filter(|row| !row.gone) else { return Ok(None) };
    let places: BTreeSet<_> = row.roles.iter().map(|(_, place)| place).collect();
    let community = match places.into_iter().collect::<Vec<_>>()[..] {
        [place] if place != "*" => place.clone(),
        _ => EVERYWHERE.to_owned(),
    };
    Ok(Some(Principal {
        person,
        staff: true,
        community,
        epoch,
        grants: grants(db, &row)?,
        language: row.language,
        large_type: false,
        acts_for: BTreeSet::new(),
    }))
}

impl People {
    /// Somebody asks for a sign-in link under an address. For each person of that address
    /// `SignInAsked` goes on the log, from which the mail follows; for an unknown one nothing
    /// happens, and whoever asks is told the same.
    pub async fn ask_link(&self, email: &str) -> Result<(), PeopleError> {
        let email = email.to_owned();
        let found = blocking(&self.platform.vault, move |vault| vault.by_email(&email)).await?;
        for person in found.into_iter().take(FAMILY_MAX) {
            let meta = Meta::by(Actor::Visitor, self.platform.entropy.command());
            let asked = match self.kind_of(person).await? {
                Some(RESIDENT) => {
                    self.resident(meta, person, resident::Command::AskSignIn).await.map(drop)
                }
                Some(_) => {
                    self.staff(meta, person, staff_decider::Command::AskSignIn).await.map(drop)
                }
                None => Ok(()),
            };
            // That somebody asks too often is nobody else's business.
            match asked {
                Ok(()) | Err(PeopleError::No { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// [`RESIDENT`] or [`STAFF`], as the tables know somebody; none for a stranger.
    pub(crate) async fn kind_of(&self, person: Uuid) -> Result<Option<&'static str>, PeopleError> {
        let found = self.tables.read(move |db| {
            Ok(match residents::resident(db, person)? {
                Some(_) => Some(RESIDENT),
                None => staff::member(db, person)?.map(|_| STAFF),
            })
        });
        Ok(found.await?)
    }

    /// Writes a member of staff down with a role, unless the address is known, and makes the link
    /// by which they choose their password. For whoever may give anybody a password.
    pub async fn invite(&self, meta: Meta, who: NewStaff) -> Result<Invited, PeopleError> {
        let (person, _) = self.join(meta, who).await?;
        self.invite_again(person).await
    }

    /// Another invitation for somebody who works here; earlier ones are void.
    pub async fn invite_again(&self, person: Uuid) -> Result<Invited, PeopleError> {
        let until = self.platform.clock.now() + TimeDelta::days(INVITE_DAYS);
        let secret = blocking(&self.platform.vault, move |vault| {
            vault.revoke(INVITE, person)?;
            vault.mint(INVITE, person, Terms::once_until(until))
        })
        .await?;
        let link = format!("{}/invite/{}", self.platform.public_url, secret.expose_secret());
        Ok(Invited { person, link, until })
    }

    /// A link that signs somebody in once, good for `valid`: for a demonstration, or for somebody
    /// who stands at the desk.
    pub async fn one_time_link(
        &self,
        person: Uuid,
        valid: TimeDelta,
    ) -> Result<String, PeopleError> {
        let terms = Terms::once_until(self.platform.clock.now() + valid);
        let secret =
            blocking(&self.platform.vault, move |vault| vault.mint(LINK, person, terms)).await?;
        let secret = secret.expose_secret();
        Ok(format!("{}/sign-in/link?secret={secret}", self.platform.public_url))
    }

    /// The lasting secret of a person's calendar address.
    pub async fn feed_secret(&self, person: Uuid) -> Result<String, PeopleError> {
        let secret =
            blocking(&self.platform.vault, move |vault| vault.lasting(FEED, person)).await?;
        Ok(secret.expose_secret().to_owned())
    }

    /// Another secret for a person's calendar address. The old one leads to it for a while, unless
    /// it is `known` to others: then it is void at once.
    pub async fn renew_feed(&self, person: Uuid, known: bool) -> Result<String, PeopleError> {
        let until = self.platform.clock.now() + TimeDelta::days(RENEWED_DAYS);
        let secret = blocking(&self.platform.vault, move |vault| {
            if known { vault.rotate(FEED, person) } else { vault.renew(FEED, person, until) }
        })
        .await?;
        Ok(secret.expose_secret().to_owned())
    }

    /// Whom an invitation is for, without using it up.
    pub async fn invitation(&self, secret: &str) -> Result<Option<(Uuid, Caught)>, PeopleError> {
        let (secret, now) = (secret.to_owned(), self.platform.clock.now());
        let person =
            blocking(&self.platform.vault, move |vault| vault.holder(INVITE, &secret, now)).await?;
        let Some(person) = person else { return Ok(None) };
        let (name, email) = self.staff_in_clear(person).await?;
        Ok(Some((person, Caught { name, email })))
    }

    /// Accepts an invitation: name and address as given, and a password. It is used up by this.
    pub async fn accept(
        &self,
        secret: &str,
        given: Caught,
        password: SecretString,
    ) -> Result<Uuid, PeopleError> {
        let wrong = PeopleError::invitation_void;
        let (person, _) = self.invitation(secret).await?.ok_or_else(wrong)?;
        // Before the invitation is used up: what is refused here can be mended and sent again.
        judge_password(&password).map_err(|wrong| match wrong {
            PasswordError::TooLong => PeopleError::password_long(),
            PasswordError::TooShort => PeopleError::password_short(),
            PasswordError::Hashing(_) => PeopleError::Log(wrong.to_string()),
        })?;
        if given.email.trim().is_empty() {
            return Err(crate::values::contact::Wrong::EmailWrong.into());
        }
        let meta = Meta::by(Actor::Staff(person), self.platform.entropy.command());
        self.change_staff(meta, person, given).await?;
        let (secret, now) = (secret.to_owned(), self.platform.clock.now());
        let vault = &self.platform.vault;
        // Whoever else holds the link finds it used, even if they came at the same moment.
        let redeemed = blocking(vault, move |vault| vault.redeem(INVITE, &secret, now)).await?;
        let person = redeemed.ok_or_else(wrong)?;
        blocking(vault, move |vault| {
            vault.set_password(person, &password)?;
            vault.revoke_sessions(person)
        })
        .await?;
        Ok(person)
    }

    /// Signs somebody out on every device.
    pub async fn sign_out_everywhere(&self, person: Uuid) -> Result<(), PeopleError> {
        blocking(&self.platform.vault, move |vault| vault.revoke_sessions(person)).await?;
        Ok(())
    }

    pub(crate) fn staff_stream(id: Uuid) -> Result<linli_platform::ids::StreamId, PeopleError> {
        Ok(contract::stream(STAFF, id)?)
    }
}
