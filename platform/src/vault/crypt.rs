//! The one cipher of the vault, AES-256-GCM-SIV, and the keys it is used with.

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use super::SealError;
use crate::entropy::Entropy;

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 12;

/// A 256-bit key. Its bytes are wiped when it goes and never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn random(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new((&*self.0).into())
    }

    pub(super) fn encrypt(
        &self,
        nonce: [u8; NONCE_BYTES],
        bound_to: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let payload = Payload { msg: plain, aad: bound_to };
        self.cipher().encrypt(&nonce.into(), payload).map_err(|_| SealError::TooLong)
    }

    pub(super) fn decrypt(
        &self,
        nonce: &[u8],
        bound_to: &[u8],
        boxed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| SealError::Altered)?;
        let payload = Payload { msg: boxed, aad: bound_to };
        let plain = self.cipher().decrypt(&nonce.into(), payload);
        plain.map(Zeroizing::new).map_err(|_| SealError::Altered)
    }

    /// Nonce and box in one piece, for what only the vault itself reads.
    pub(super) fn wrap(
        &self,
        bound_to: &str,
        plain: &[u8],
        entropy: &Entropy,
    ) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_BYTES] = entropy.bytes();
        let mut wrapped = nonce.to_vec();
        wrapped.extend(self.encrypt(nonce, bound_to.as_bytes(), plain)?);
        Ok(wrapped)
    }

    /// What [`Key::wrap`] was given, if it was this key and the same `bound_to`.
    pub(super) fn unwrap(
        &self,
        bound_to: &str,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, boxed) = wrapped.split_at_checked(NONCE_BYTES).ok_or(SealError::Altered)?;
        self.decrypt(nonce, bound_to.as_bytes(), boxed)
    }

    /// A keyed mark of `text`: the same for the same text, and nobody without the key can try texts
    /// against it. It is the authentication tag over an empty message under a constant nonce, which
    /// this cipher, other than plain GCM, is made to bear.
    pub(super) fn mark(&self, text: &str) -> Result<Vec<u8>, SealError> {
        self.encrypt([0; NONCE_BYTES], text.as_bytes(), &[])
    }
}
