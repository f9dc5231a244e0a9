//! Members of staff. Invariants:
//!
//! - somebody joins once, and whoever has left or was erased is not written about again, except
//!   that one who left can still be erased;
//! - a role is one of the table's, and is given and taken once for a place;
//! - sealed values are under their own key and never compared.
//!
//! That one administrator always remains spans several streams: the edge looks after it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use linli_platform::{decider::Decider, vault::Sealed};
use uuid::Uuid;

use super::{Asked, Reason};
use crate::{
    contract::{SERVICE, STAFF, StaffEvent as Event},
    values::roles::Role,
};

#[cfg(test)]
mod tests;

/// Decides on staff.
pub struct Staff;

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Command {
    /// Somebody works here from now on.
    Join {
        /// The name.
        name: Sealed,
        /// The e-mail address.
        email: Option<Sealed>,
        /// `zh` or `en`.
        language: String,
    },
    /// What is known of them changes.
    Change {
        /// The name.
        name: Option<Sealed>,
        /// The e-mail address.
        email: Option<Sealed>,
        /// `zh` or `en`.
        language: Option<String>,
    },
    /// They get a role in a place and all below it.
    GiveRole {
        /// The role's name.
        role: String,
        /// The place's code, `*` for all.
        community: String,
    },
    /// They lose it.
    TakeRole {
        /// The role's name.
        role: String,
        /// The place's code, `*` for all.
        community: String,
    },
    /// They work here no more.
    Leave,
    /// Their key is destroyed.
    Erase,
    /// A sign-in link is asked for under their address.
    AskSignIn,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nobody joined under this id.
    #[error("there is no such member of staff")]
    Unknown,
    /// Somebody did already.
    #[error("somebody has joined under this id already")]
    Taken,
    /// They have left.
    #[error("they have left: invite them anew")]
    Left,
    /// They were erased.
    #[error("they were erased: nothing can be written about them any more")]
    Erased,
    /// No such role.
    #[error("there is no such role: administrator, organiser, roll-keeper or viewer")]
    RoleUnknown,
    /// The place is missing.
    #[error("a role holds in a place: name its code, or * for all")]
    PlaceMissing,
    /// The language is neither of the two.
    #[error("the language is zh or en")]
    LanguageUnknown,
    /// A sealed value is under another person's key.
    #[error("a value is sealed for somebody else")]
    SealedForAnother,
    /// Too many links in an hour.
    #[error("too many sign-in links were asked for within an hour")]
    AskedTooOften,
}

impl Reason for Rejection {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "no_staff",
            Self::Taken => "no_taken",
            Self::Left => "no_left",
            Self::Erased => "no_erased",
            Self::RoleUnknown => "no_role",
            Self::PlaceMissing => "no_role_place",
            Self::LanguageUnknown => "no_language",
            Self::SealedForAnother => "no_sealed_for_another",
            Self::AskedTooOften => "no_asked_too_often",
        }
    }
}

/// What is remembered of a member of staff.
#[derive(Debug, Clone, Default)]
pub struct Member {
    person: Option<Uuid>,
    left: bool,
    erased: bool,
    language: String,
    roles: BTreeSet<(String, String)>,
    asked: Asked,
}

fn language_known(language: &str) -> Result<(), Rejection> {
    if ["zh", "en"].contains(&language) { Ok(()) } else { Err(Rejection::LanguageUnknown) }
}

fn own(person: Uuid, values: [Option<&Sealed>; 2]) -> Result<(), Rejection> {
    let own = values.into_iter().flatten().all(|sealed| sealed.person == person);
    if own { Ok(()) } else { Err(Rejection::SealedForAnother) }
}

type Decided = Result<Vec<Event>, Rejection>;

impl Member {
    fn give(&self, role: String, community: String) -> Decided {
        if Role::of(&role).is_none() {
            return Err(Rejection::RoleUnknown);
        }
        if community.is_empty() {
            return Err(Rejection::PlaceMissing);
        }
        let has = self.roles.contains(&(role.clone(), community.clone()));
        Ok(if has { vec![] } else { vec![Event::RoleGiven { role, community }] })
    }

    fn working(&self, person: Uuid, command: Command, now: DateTime<Utc>) -> Decided {
        match command {
            Command::Join { .. } => Err(Rejection::Taken),
            Command::Change { name, email, language } => {
                own(person, [name.as_ref(), email.as_ref()])?;
                language.as_deref().map_or(Ok(()), language_known)?;
                let language = language.filter(|language| *language != self.language);
                let nothing = name.is_none() && email.is_none() && language.is_none();
                let changed = Event::StaffChanged { name, email, language };
                Ok(if nothing { vec![] } else { vec![changed] })
            }
            Command::GiveRole { role, community } => self.give(role, community),
            Command::TakeRole { role, community } => {
                let has = self.roles.contains(&(role.clone(), community.clone()));
                Ok(if has { vec![Event::RoleTaken { role, community }] } else { vec![] })
            }
            Command::Leave => Ok(vec![Event::StaffLeft {}]),
            Command::Erase => Ok(vec![Event::StaffErased {}]),
            Command::AskSignIn if self.asked.may(now) => {
                Ok(vec![Event::StaffSignInAsked { n: self.asked.n + 1, at: now }])
            }
            Command::AskSignIn => Err(Rejection::AskedTooOften),
        }
    }
}

impl Decider for Staff {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = STAFF;
    type Command = Command;
    type Event = Event;
    type State = Member;
    type Rejection = Rejection;

    fn decide(member: &Member, command: Command, now: DateTime<Utc>) -> Decided {
        match (member.person, command) {
            (None, Command::Join { name, email, language }) => {
                language_known(&language)?;
                own(name.person, [email.as_ref(), None])?;
                Ok(vec![Event::StaffJoined { name, email, language }])
            }
            (None, _) => Err(Rejection::Unknown),
            (Some(_), Command::Erase) if member.erased => Ok(vec![]),
            (Some(_), _) if member.erased => Err(Rejection::Erased),
            (Some(_), Command::Erase) => Ok(vec![Event::StaffErased {}]),
            (Some(_), Command::Leave) if member.left => Ok(vec![]),
            (Some(_), _) if member.left => Err(Rejection::Left),
            (Some(person), command) => member.working(person, command, now),
        }
    }

    fn evolve(mut member: Member, event: &Event) -> Member {
        match event {
            Event::StaffJoined { name, language, .. } => {
                member.person = Some(name.person);
                member.language.clone_from(language);
            }
            Event::StaffChanged { language, .. } => {
                if let Some(language) = language {
                    member.language.clone_from(language);
                }
            }
            Event::RoleGiven { role, community } => {
                member.roles.insert((role.clone(), community.clone()));
            }
            Event::RoleTaken { role, community } => {
                member.roles.remove(&(role.clone(), community.clone()));
            }
            Event::StaffLeft {} => {
                member.left = true;
                member.roles.clear();
            }
            Event::StaffErased {} => {
                member.erased = true;
                member.roles.clear();
            }
            Event::StaffSignInAsked { n, at } => member.asked = member.asked.and(*n, *at),
        }
        member
    }
}
