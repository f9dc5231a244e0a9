//! A sealed value: what stands in an event in place of a name, a phone number or a remark.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PersonKey, Vault, VaultError, crypt::NONCE_BYTES};
use crate::{entropy::Entropy, ids::StreamId};

/// The only form of sealing so far; another cipher gets another number.
const FORM: u32 = 1;

/// A text under one person's key. Once that key is destroyed it says nothing to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sealed {
    /// Whose key opens it.
    pub person: Uuid,
    /// The form of sealing: 1 is AES-256-GCM-SIV.
    pub v: u32,
    /// 12 random bytes, never used twice; base64 in JSON.
    #[serde(with = "as_base64")]
    pub nonce: Vec<u8>,
    /// The encrypted text and its 16-byte tag; base64 in JSON.
    #[serde(rename = "box", with = "as_base64")]
    pub boxed: Vec<u8>,
}

/// Why a value could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text is longer than the cipher takes (64 GiB).
    #[error("the text is too long to be sealed")]
    TooLong,
    /// A byte was changed, or the value was moved from another stream, field or person.
    #[error("the sealed value was altered, or does not belong where it stands")]
    Altered,
    /// The key offered is another person's.
    #[error("the value is sealed for {sealed_for}, the key is that of {key_of}")]
    OtherPerson {
        /// Whom the value is sealed for.
        sealed_for: Uuid,
        /// Whose key was used.
        key_of: Uuid,
    },
    /// A newer program has sealed it.
    #[error(
        "the value is sealed in form {0}, which this version of Linli does not know: update it"
    )]
    Form(u32),
    /// The node that keeps the vault has not answered since this one started.
    #[error("the node that keeps the vault was not heard yet: see that people runs")]
    NotHeard,
}

/// One value to open, with the place where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The stream of the event that the value was read from.
    pub stream: &'a StreamId,
    /// The field's name in that event, as in JSON.
    pub field: &'a str,
    /// The value.
    pub sealed: &'a Sealed,
}

/// What a seal is bound to: the person's 16 bytes, the stream's name, a line feed (which no stream's
/// name contains) and the field's name.
fn place(person: Uuid, stream: &StreamId, field: &str) -> Vec<u8> {
    [person.as_bytes(), stream.as_str().as_bytes(), b"\n", field.as_bytes()].concat()
}

impl PersonKey {
    /// Seals `text` for the field of that name in an event on `stream`.
    pub fn seal(
        &self,
        stream: &StreamId,
        field: &str,
        text: &str,
        entropy: &Entropy,
    ) -> Result<Sealed, SealError> {
        let nonce: [u8; NONCE_BYTES] = entropy.bytes();
        let bound_to = place(self.person(), stream, field);
        let boxed = self.key.encrypt(nonce, &bound_to, text.as_bytes())?;
        Ok(Sealed { person: self.person(), v: FORM, nonce: nonce.to_vec(), boxed })
    }

    /// Opens a value that was sealed with this key for the same stream and field.
    pub fn open(&self, placed: Placed<'_>) -> Result<SecretString, SealError> {
        let Placed { stream, field, sealed } = placed;
        if sealed.v != FORM {
            return Err(SealError::Form(sealed.v));
        }
        if sealed.person != self.person() {
            let (sealed_for, key_of) = (sealed.person, self.person());
            return Err(SealError::OtherPerson { sealed_for, key_of });
        }
        let bound_to = place(self.person(), stream, field);
        let plain = self.key.decrypt(&sealed.nonce, &bound_to, &sealed.boxed)?;
        // What was sealed was text, so anything else cannot have passed the tag.
        str::from_utf8(&plain).map(SecretString::from).map_err(|_| SealError::Altered)
    }
}

impl Vault {
    /// Seals `text` under the key of `person`, which must be there already: a key is stored before
    /// the first event that is sealed with it.
    pub fn seal(
        &self,
        person: Uuid,
        stream: &StreamId,
        field: &str,
        text: &str,
    ) -> Result<Sealed, VaultError> {
        let key = self.key(person)?.ok_or(VaultError::NoKey(person))?;
        Ok(key.seal(stream, field, text, self.entropy())?)
    }

    /// Opens one value. [`VaultError::Erased`] if its person was erased.
    pub fn open_sealed(&self, placed: Placed<'_>) -> Result<SecretString, VaultError> {
        let person = placed.sealed.person;
        match self.key(person)? {
            Some(key) => Ok(key.open(placed)?),
            None if self.erased(person)? => Err(VaultError::Erased(person)),
            None => Err(VaultError::NoKey(person)),
        }
    }

    /// Opens many values, for a page or a batch: one answer for each, in the same order. A single
    /// value that can't be opened does not spoil the others.
    pub fn open_all(&self, values: &[Placed<'_>]) -> Vec<Result<SecretString, VaultError>> {
        values.iter().map(|placed| self.open_sealed(*placed)).collect()
    }
}

/// Bytes as standard padded base64, which is how proto3 JSON writes `bytes`.
pub(super) mod as_base64 {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, B: From<Vec<u8>>>(
        from: D,
    ) -> Result<B, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        STANDARD.decode(text.as_bytes()).map(B::from).map_err(D::Error::custom)
    }
}
