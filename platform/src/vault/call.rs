//! What may be asked of the vault from another node, and what it answers.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    IndexEntry, PasswordError, PersonKey, Terms, Vault, VaultError, crypt::Key, index::By,
    seal::as_base64,
};

/// One question. It may hold a password or a secret, so it is never shown.
#[derive(Serialize, Deserialize)]
pub(super) enum Call {
    NewKeys(Vec<Uuid>),
    Keys(Vec<Uuid>),
    Erased(Uuid),
    Erase(Uuid),
    Put(Vec<(Uuid, IndexEntry)>),
    Remove(Uuid),
    Entries(Vec<Uuid>),
    By(By, String),
    Namesakes(Vec<String>),
    /// How names begin, how many of those persons are known already, and how many are wanted.
    NameStart(String, usize, usize),
    SetPassword(Uuid, String),
    VerifyPassword(Option<Uuid>, String),
    RemovePassword(Uuid),
    Mint(String, Uuid, Terms),
    Lasting(String, Uuid),
    Rotate(String, Uuid),
    Renew(String, Uuid, DateTime<Utc>),
    Renewed(String, String, DateTime<Utc>),
    MintCard(String, Uuid, Uuid),
    HandOver(String, Uuid, Uuid),
    Holder(String, String, DateTime<Utc>),
    Redeem(String, String, DateTime<Utc>),
    Revoke(String, Uuid),
    PurgeExpired(DateTime<Utc>),
    SessionEpoch(Uuid),
    RevokeSessions(Uuid),
    CookieKeys,
    RotateSessionKey,
}

impl Call {
    /// Whether doing it twice is no more than doing it once. A secret that was made or used up is
    /// not for whoever did not hear the answer.
    pub(super) fn may_be_repeated(&self) -> bool {
        !matches!(
            self,
            Self::Mint(..)
                | Self::Rotate(..)
                | Self::Renew(..)
                | Self::HandOver(..)
                | Self::Redeem(..)
                | Self::Revoke(..)
                | Self::RevokeSessions(..)
                | Self::RotateSessionKey
        )
    }
}

/// A key on its way to a node that may have it.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyGiven {
    person: Uuid,
    #[serde(with = "as_base64")]
    key: Zeroizing<Vec<u8>>,
}

impl KeyGiven {
    pub(crate) fn of(key: &PersonKey) -> Self {
        Self { person: key.person, key: key.key.bytes().to_vec().into() }
    }

    pub(crate) fn taken(self) -> Option<PersonKey> {
        Some(PersonKey { person: self.person, key: Key::from_bytes(&self.key)? })
    }
}

/// Why the answer is none. What a caller tells apart keeps its kind.
#[derive(Serialize, Deserialize)]
pub(super) enum Wrong {
    Erased(Uuid),
    NoKey(Uuid),
    PasswordTooShort,
    PasswordTooLong,
    TooMuch,
    Other(String),
}

impl From<VaultError> for Wrong {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Erased(person) => Self::Erased(person),
            VaultError::NoKey(person) => Self::NoKey(person),
            VaultError::Password(PasswordError::TooShort) => Self::PasswordTooShort,
            VaultError::Password(PasswordError::TooLong) => Self::PasswordTooLong,
            VaultError::TooMuch => Self::TooMuch,
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<Wrong> for VaultError {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Erased(person) => Self::Erased(person),
            Wrong::NoKey(person) => Self::NoKey(person),
            Wrong::PasswordTooShort => PasswordError::TooShort.into(),
            Wrong::PasswordTooLong => PasswordError::TooLong.into(),
            Wrong::TooMuch => Self::TooMuch,
            Wrong::Other(told) => Self::There(told),
        }
    }
}

fn json(answer: impl Serialize) -> Result<Value, VaultError> {
    serde_json::to_value(answer).map_err(|error| VaultError::There(error.to_string()))
}

/// What an answer says.
pub(super) fn read<A: DeserializeOwned>(answer: Value) -> Result<A, VaultError> {
    serde_json::from_value(answer).map_err(|_| {
        let told = "the node that keeps the vault answers otherwise than expected: update both";
        VaultError::There(told.to_owned())
    })
}

/// Does here what another node asked for.
pub(super) fn answer(vault: &Vault, call: Call) -> Result<Value, VaultError> {
    let shown = |secret: secrecy::SecretString| secret.expose_secret().to_owned();
    match call {
        Call::NewKeys(persons) => json(vault.new_keys(&persons)?),
        Call::Keys(persons) => {
            json(vault.keys(&persons)?.values().map(KeyGiven::of).collect::<Vec<_>>())
        }
        Call::Erased(person) => json(vault.erased(person)?),
        Call::Erase(person) => json(vault.erase(person)?),
        Call::Put(entries) => json(vault.put_all(&entries)?),
        Call::Remove(person) => json(vault.remove(person)?),
        Call::Entries(persons) => json(vault.entries(&persons)?),
        Call::By(by, text) => json(vault.by(by, &text)?),
        Call::Namesakes(names) => json(vault.namesakes(names.iter().map(String::as_str))?),
        Call::NameStart(start, skip, count) => json(vault.named(&start, skip, count)?),
        Call::SetPassword(person, password) => json(vault.set_password(person, &password.into())?),
        Call::VerifyPassword(person, password) => {
            json(vault.verify_password(person, &password.into())?)
        }
        Call::RemovePassword(person) => json(vault.remove_password(person)?),
        Call::Mint(kind, person, terms) => json(shown(vault.mint(&kind, person, terms)?)),
        Call::Lasting(kind, person) => json(shown(vault.lasting(&kind, person)?)),
        Call::Rotate(kind, person) => json(shown(vault.rotate(&kind, person)?)),
        Call::Renew(kind, person, until) => json(shown(vault.renew(&kind, person, until)?)),
        Call::Renewed(kind, text, now) => json(vault.renewed(&kind, &text, now)?.map(shown)),
        Call::MintCard(kind, person, order) => {
            let card = vault.mint_card(&kind, person, order)?;
            json((shown(card.code), shown(card.scanned)))
        }
        Call::HandOver(kind, from, to) => json(vault.hand_over(&kind, from, to)?),
        Call::Holder(kind, text, now) => json(vault.holder(&kind, &text, now)?),
        Call::Redeem(kind, text, now) => json(vault.redeem(&kind, &text, now)?),
        Call::Revoke(kind, person) => json(vault.revoke(&kind, person)?),
        Call::PurgeExpired(now) => json(vault.purge_expired(now)?),
        Call::SessionEpoch(person) => json(vault.session_epoch(person)?),
        Call::RevokeSessions(person) => json(vault.revoke_sessions(person)?),
        Call::CookieKeys => json(vault.cookie_keys_given()?),
        Call::RotateSessionKey => json(vault.rotate_session_key()?),
    }
}
