//! The one door to what only the vault knows: who stands behind an id.
//!
//! `people` answers: by a call where all services share a process, by request and reply over NATS
//! where they don't. Consent is applied there and nowhere else. No other service keeps a name.

use std::collections::{BTreeSet, HashMap};

mod remote;

pub use remote::{RemoteDirectory, serve_directory};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::vault::PersonKey;

/// Why the directory gives no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum DirectoryError {
    /// It can't be reached, or its file can't be read or written.
    #[error("the directory of people can't be reached: {0}")]
    Down(String),
    /// The person was erased, or never was.
    #[error("there is no person {0}")]
    Nobody(Uuid),
    /// What was given to sign in with is wrong, used up or expired.
    #[error("this does not let you in: it is wrong, used or expired")]
    Refused,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Principal {
    /// Their id.
    pub person: Uuid,
    /// Whether they are staff; else a resident.
    pub staff: bool,
    /// The community they belong to; `_` for one of no community.
    pub community: String,
    /// Rises when their sign-ins are revoked.
    pub epoch: u32,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
    /// `zh` or `en`.
    pub language: String,
    /// Whether they read large type.
    pub large_type: bool,
    /// Residents they may act for, themselves not among them.
    pub acts_for: BTreeSet<Uuid>,
}

/// One permission within one place and all below it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Grant {
    /// The permission's name, for example `activity.plan`.
    pub permission: String,
    /// The communities it holds in; `*` for all.
    pub community: String,
}

impl Principal {
    /// Whether they may do something in a community.
    pub fn may(&self, permission: &str, community: &str) -> bool {
        let holds = |g: &Grant| {
            g.permission == permission && (g.community == "*" || g.community == community)
        };
        self.grants.iter().any(holds)
    }
}

/// What names are wanted for; consent depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Purpose {
    /// A page of the desk, a roll, a call list: for staff who may see people there.
    Desk,
    /// One's own page: oneself and those one acts for.
    Own,
    /// A board that others see.
    Ranking,
    /// A mail to the person.
    Mail,
}

/// A person's name, as far as the viewer may know it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Name {
    /// The name itself.
    Known(String),
    /// A resident of a building, whose name is not for this viewer.
    Withheld {
        /// The building's name.
        building: Option<String>,
    },
    /// The person was erased.
    Erased,
}

/// How somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Address {
    /// How to call them.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// `zh` or `en`.
    pub language: String,
}

/// How to look somebody up.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Lookup {
    /// By e-mail address.
    Email(String),
    /// By telephone number.
    Phone(String),
    /// By the beginning of a name, within a community.
    Name {
        /// The community's code.
        community: String,
        /// How the name begins.
        begins: String,
    },
    /// By a printed card's code.
    Card(String),
    /// By the flat, among people who are called the same: a name alone decides nothing.
    Flat {
        /// The flat's number, as somebody writes it.
        flat: String,
        /// Those who may be meant.
        among: Vec<Uuid>,
    },
}

/// What somebody shows to sign in, or what is made for them to show.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SignIn {
    /// Make a link's secret, good once and for a quarter of an hour.
    MintLink {
        /// For whom.
        person: Uuid,
    },
    /// A link's secret.
    Link {
        /// The secret.
        secret: String,
    },
    /// A printed card's code.
    Card {
        /// The code.
        code: String,
    },
    /// A member of staff's e-mail address and password.
    Password {
        /// The address.
        email: String,
        /// The password.
        password: String,
    },
    /// The long-lived secret of a person's calendar address.
    Feed {
        /// The secret.
        secret: String,
    },
    /// Who this is now, for a session that is not too old.
    Session {
        /// The person.
        person: Uuid,
        /// The epoch that the session was made in.
        epoch: u32,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SignedIn {
    /// Somebody is let in.
    As(Box<Principal>),
    /// The secret of a calendar address was renewed: whoever shows the old one is sent to this.
    Renewed {
        /// The new secret.
        secret: String,
    },
    /// A secret was made.
    Minted {
        /// The secret, to be shown or sent once.
        secret: String,
        /// When it ends.
        until: DateTime<Utc>,
        /// Where to send it: whoever asks for a link is written to, whatever else they consent to.
        to: Address,
    },
}

/// An answer that may take a moment.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, DirectoryError>>;

/// Who stands behind an id.
pub trait Directory: Send + Sync {
    /// Makes a person's key, stored before it returns; the one there is if there is one.
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey>;
    /// The keys of those who have one; who is missing was erased.
    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>>;
    /// The names of people, as far as `viewer` may know them.
    fn names(
        &self,
        persons: Vec<Uuid>,
        viewer: Option<Principal>,
        purpose: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>>;
    /// How people are reached: those who consented, for sending to them alone.
    fn addresses(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>>;
    /// The ids that fit.
    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>>;
    /// Lets somebody in, or makes what will.
    fn sign_in(&self, with: SignIn) -> Answer<'_, SignedIn>;
    /// Destroys all that the vault knows of a person.
    fn erase(&self, person: Uuid) -> Answer<'_, ()>;
}
