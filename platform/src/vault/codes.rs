//! A card's two secrets, and the marks that secrets are kept under.

use std::sync::PoisonError;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Vault, VaultError, tokens::mark_of_secret};

/// What a code is written with: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V, which people mistake for each
/// other, on paper and aloud.
const ALPHABET: &[u8] = b"34679ACDEFGHJKMNPQRTWXY";
/// Letters and digits in a card's code, written in two groups of five.
pub const CODE_CHARS: usize = 10;

/// The letters of a code as typed by hand, if it can be one: blanks, hyphens and case don't matter.
fn typed_code(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = plain.len() == CODE_CHARS && plain.bytes().all(|c| ALPHABET.contains(&c));
    fits.then_some(plain)
}

impl Vault {
    /// The `n`th block of 16 bytes that follows from what a card is made for and from a key of the
    /// vault: nobody else can tell it, and the vault itself comes to the same again.
    fn block(&self, made_for: &str, n: u32) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.here()?.codes.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.first().ok_or_else(|| VaultError::Damaged("no key of codes".into()))?;
        Ok(Zeroizing::new(key.mark(&format!("card/{made_for}/{n}"))?))
    }

    pub(super) fn scanned(&self, made_for: &str) -> Result<SecretString, VaultError> {
        let mut bytes = self.block(made_for, 0)?;
        bytes.extend_from_slice(&self.block(made_for, 1)?);
        Ok(URL_SAFE_NO_PAD.encode(&bytes[..18]).into())
    }

    /// The `try`th code that a card may have.
    pub(super) fn code(
        &self,
        made_for: &str,
        attempt: u32,
    ) -> Result<Zeroizing<String>, VaultError> {
        let fair = u8::MAX - u8::MAX % u8::try_from(ALPHABET.len()).unwrap_or(u8::MAX);
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS));
        for block in 2.. {
            for &byte in self.block(&format!("{made_for}/{attempt}"), block)?.iter() {
                // A byte beyond the last full round of the alphabet would favour its first letters.
                if byte < fair && code.len() < CODE_CHARS {
                    code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
                }
            }
            if code.len() == CODE_CHARS {
                break;
            }
        }
        Ok(code)
    }

    /// All marks that `text` may be kept under: one for a long secret; for a code one under each of
    /// the vault's keys, of which an import may have added some.
    pub(super) fn marks(&self, text: &str) -> Result<Vec<Vec<u8>>, VaultError> {
        match typed_code(text) {
            None => Ok(vec![mark_of_secret(text.trim())]),
            Some(code) => {
                let keys = self.here()?.codes.read().unwrap_or_else(PoisonError::into_inner);
                Ok(keys.iter().map(|key| key.mark(&code)).collect::<Result<_, _>>()?)
            }
        }
    }
}
