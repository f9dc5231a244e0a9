//! A directory by hand.

use std::{collections::HashMap, sync::Mutex};

use linli_platform::{
    directory::{
        Address, Answer, Directory, DirectoryError, Lookup, Name, Principal, Purpose, SignIn,
        SignedIn,
    },
    testing::at,
    vault::{PersonKey, Vault},
};
use tokio::sync::watch;
use uuid::Uuid;

/// Addresses by hand; can be closed, so that whoever asks waits, or be out of order.
pub struct People {
    addresses: Mutex<HashMap<Uuid, Address>>,
    open: watch::Sender<bool>,
    pub asked: watch::Sender<u32>,
    down: Mutex<bool>,
    vault: Mutex<Option<Vault>>,
}

impl Default for People {
    fn default() -> Self {
        Self {
            addresses: Mutex::default(),
            open: watch::Sender::new(true),
            asked: watch::Sender::new(0),
            down: Mutex::default(),
            vault: Mutex::default(),
        }
    }
}

impl People {
    /// The vault of the node that starts now.
    pub fn keep(&self, vault: &Vault) {
        self.vault.lock().unwrap().replace(vault.clone());
    }

    pub fn close(&self) {
        self.open.send_replace(false);
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }

    pub fn set_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    pub fn forget(&self, n: u128) {
        self.addresses.lock().unwrap().remove(&Uuid::from_u128(n));
    }

    pub fn reached(&self, n: u128, email: Option<&str>, language: &str) {
        let address = Address {
            name: format!("测试居民{n}"),
            email: email.map(str::to_owned),
            phone: Some("000-0000".into()),
            language: language.into(),
        };
        self.addresses.lock().unwrap().insert(Uuid::from_u128(n), address);
    }
}

fn nobody<T>() -> Result<T, DirectoryError> {
    Err(DirectoryError::Nobody(Uuid::nil()))
}

impl Directory for People {
    fn new_key(&self, _: Uuid) -> Answer<'_, PersonKey> {
        Box::pin(async { nobody() })
    }

    /// Whoever has an address has a key.
    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        let known = self.addresses.lock().unwrap().clone();
        let vault = self.vault.lock().unwrap().clone().unwrap();
        let down = *self.down.lock().unwrap();
        Box::pin(async move {
            if down {
                return Err(DirectoryError::Down("test".into()));
            }
            let living = persons.into_iter().filter(|person| known.contains_key(person));
            Ok(living.map(|person| (person, vault.new_key(person).unwrap())).collect())
        })
    }

    fn names(
        &self,
        persons: Vec<Uuid>,
        _: Option<Principal>,
        _: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        let known = self.addresses.lock().unwrap().clone();
        let name = move |id: Uuid| Some((id, Name::Known(known.get(&id)?.name.clone())));
        Box::pin(async move { Ok(persons.into_iter().filter_map(name).collect()) })
    }

    fn addresses(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        Box::pin(async move {
            self.asked.send_modify(|n| *n += 1);
            self.open.subscribe().wait_for(|open| *open).await.unwrap();
            if *self.down.lock().unwrap() {
                return Err(DirectoryError::Down("test".into()));
            }
            let mut known = self.addresses.lock().unwrap().clone();
            known.retain(|id, _| persons.contains(id));
            Ok(known)
        })
    }

    fn find(&self, _: Lookup) -> Answer<'_, Vec<Uuid>> {
        Box::pin(async { nobody() })
    }

    fn erase(&self, _: Uuid) -> Answer<'_, ()> {
        Box::pin(async { nobody() })
    }

    fn sign_in(&self, with: SignIn) -> Answer<'_, SignedIn> {
        let SignIn::MintLink { person } = with else { return Box::pin(async { nobody() }) };
        let to = self.addresses.lock().unwrap().get(&person).cloned();
        Box::pin(async move {
            let to = to.ok_or(DirectoryError::Nobody(person))?;
            let until = at("2026-11-02T08:15:00+08:00");
            Ok(SignedIn::Minted { secret: "one-time-secret".into(), until, to })
        })
    }
}
