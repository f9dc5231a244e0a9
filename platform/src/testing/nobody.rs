//! A directory without anybody in it.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    directory::{
        Address, Answer, Directory, DirectoryError, Lookup, Name, Principal, Purpose, SignIn,
        SignedIn,
    },
    vault::PersonKey,
};

/// Knows nobody, for the tests of services that ask for nobody.
pub struct Nobody;

fn nobody<T: Send + 'static>(person: Uuid) -> Answer<'static, T> {
    Box::pin(std::future::ready(Err(DirectoryError::Nobody(person))))
}

impl Directory for Nobody {
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey> {
        nobody(person)
    }
    fn keys(&self, _: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        nobody(Uuid::nil())
    }
    fn names(
        &self,
        _: Vec<Uuid>,
        _: Option<Principal>,
        _: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        nobody(Uuid::nil())
    }
    fn addresses(&self, _: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        nobody(Uuid::nil())
    }
    fn find(&self, _: Lookup) -> Answer<'_, Vec<Uuid>> {
        nobody(Uuid::nil())
    }
    fn sign_in(&self, _: SignIn) -> Answer<'_, SignedIn> {
        nobody(Uuid::nil())
    }
    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        nobody(person)
    }
}
