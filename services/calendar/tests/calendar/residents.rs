//! A directory for feeds: whoever shows the secret of a calendar address is a resident of Xiguan.

use std::collections::{BTreeSet, HashMap};

use linli_platform::{
    directory::{
        Address, Answer, Directory, DirectoryError, Lookup, Name, Principal, Purpose, SignIn,
        SignedIn,
    },
    testing::{Nobody, at},
    vault::{PersonKey, Vault},
};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

/// Those who have a calendar address in a vault.
pub struct Residents(pub Vault);

impl Residents {
    fn feed(&self, secret: &str) -> Result<SignedIn, DirectoryError> {
        // Before any renewed address ends.
        let now = at("2026-11-02T08:00:00+08:00");
        if let Some(new) = self.0.renewed("feed", secret, now).unwrap() {
            return Ok(SignedIn::Renewed { secret: new.expose_secret().to_owned() });
        }
        let person = self.0.holder("feed", secret, now).unwrap().ok_or(DirectoryError::Refused)?;
        Ok(SignedIn::As(Box::new(Principal {
            person,
            staff: false,
            community: "xiguan".into(),
            epoch: 1,
            grants: Vec::new(),
            language: "zh".into(),
            large_type: false,
            acts_for: BTreeSet::default(),
        })))
    }
}

impl Directory for Residents {
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey> {
        Nobody.new_key(person)
    }
    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        Nobody.keys(persons)
    }
    fn names(
        &self,
        persons: Vec<Uuid>,
        viewer: Option<Principal>,
        purpose: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        Nobody.names(persons, viewer, purpose)
    }
    fn addresses(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        Nobody.addresses(persons)
    }
    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>> {
        Nobody.find(by)
    }
    fn sign_in(&self, with: SignIn) -> Answer<'_, SignedIn> {
        let answer = match with {
            SignIn::Feed { secret } => self.feed(&secret),
            _ => Err(DirectoryError::Refused),
        };
        Box::pin(std::future::ready(answer))
    }
    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        Nobody.erase(person)
    }
}
