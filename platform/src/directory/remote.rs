//! The directory of a node on which `people` doesn't act: it asks the one on which it does.
//!
//! Whoever can't go on without an answer (keys, addresses, a sign-in, an erasure) waits the few
//! seconds that another node takes to step in; names and searches, which a page can do without,
//! don't. Then it is [`DirectoryError::Down`].

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Address, Answer, Directory, DirectoryError, Lookup, Name, Principal, Purpose, SignIn, SignedIn,
};
use crate::{
    nats::{Nats, ask::AskError, lease::Ownership},
    vault::{KeyGiven, PersonKey, patiently},
};

/// What requests to the directory are called.
const WHAT: &str = "directory";
/// Persons in one request.
const PART: usize = 1_000;
/// Requests that are answered at the same time.
const AT_ONCE: usize = 64;

/// One question. It may hold a password or a secret, so it is never shown.
#[derive(Clone, Serialize, Deserialize)]
enum Call {
    NewKey(Uuid),
    Keys(Vec<Uuid>),
    Names(Vec<Uuid>, Option<Principal>, Purpose),
    Addresses(Vec<Uuid>),
    Find(Lookup),
    SignIn(SignIn),
    Erase(Uuid),
}

/// Asks the node on which `people` acts. A copy is the same directory.
#[derive(Clone)]
pub struct RemoteDirectory {
    nats: Nats,
}

fn down(error: &AskError) -> DirectoryError {
    DirectoryError::Down(format!("{error}; it is answered by `linli serve --only people`"))
}

fn read<A: DeserializeOwned>(answer: Result<Value, DirectoryError>) -> Result<A, DirectoryError> {
    serde_json::from_value(answer?).map_err(|_| {
        DirectoryError::Down("it answers otherwise than expected: update all nodes".to_owned())
    })
}

impl RemoteDirectory {
    /// A directory that asks over this connection.
    pub fn new(nats: &Nats) -> Self {
        Self { nats: nats.clone() }
    }

    async fn ask<A: DeserializeOwned>(&self, call: Call) -> Result<A, DirectoryError> {
        let asked = patiently(|| self.nats.ask(WHAT, &call)).await;
        read(asked.map_err(|error| down(&error))?)
    }

    async fn ask_at_once<A: DeserializeOwned>(&self, call: Call) -> Result<A, DirectoryError> {
        read(self.nats.ask(WHAT, &call).await.map_err(|error| down(&error))?)
    }
}

impl Directory for RemoteDirectory {
    fn new_key(&self, person: Uuid) -> Answer<'_, PersonKey> {
        Box::pin(async move {
            let given: KeyGiven = self.ask(Call::NewKey(person)).await?;
            given.taken().ok_or(DirectoryError::Nobody(person))
        })
    }

    fn keys(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, PersonKey>> {
        Box::pin(async move {
            let mut keys = HashMap::new();
            for part in persons.chunks(PART) {
                let given: Vec<KeyGiven> = self.ask(Call::Keys(part.to_vec())).await?;
                let taken = given.into_iter().filter_map(KeyGiven::taken);
                keys.extend(taken.map(|key| (key.person(), key)));
            }
            Ok(keys)
        })
    }

    fn names(
        &self,
        persons: Vec<Uuid>,
        viewer: Option<Principal>,
        purpose: Purpose,
    ) -> Answer<'_, HashMap<Uuid, Name>> {
        Box::pin(async move {
            let mut names = HashMap::new();
            for part in persons.chunks(PART) {
                let call = Call::Names(part.to_vec(), viewer.clone(), purpose);
                names.extend(self.ask_at_once::<HashMap<Uuid, Name>>(call).await?);
            }
            Ok(names)
        })
    }

    fn addresses(&self, persons: Vec<Uuid>) -> Answer<'_, HashMap<Uuid, Address>> {
        Box::pin(async move {
            let mut addresses = HashMap::new();
            for part in persons.chunks(PART) {
                let call = Call::Addresses(part.to_vec());
                addresses.extend(self.ask::<HashMap<Uuid, Address>>(call).await?);
            }
            Ok(addresses)
        })
    }

    fn find(&self, by: Lookup) -> Answer<'_, Vec<Uuid>> {
        Box::pin(self.ask_at_once(Call::Find(by)))
    }

    fn sign_in(&self, with: SignIn) -> Answer<'_, SignedIn> {
        Box::pin(self.ask(Call::SignIn(with)))
    }

    fn erase(&self, person: Uuid) -> Answer<'_, ()> {
        Box::pin(self.ask(Call::Erase(person)))
    }
}

fn json(answer: impl Serialize) -> Result<Value, DirectoryError> {
    serde_json::to_value(answer).map_err(|error| DirectoryError::Down(error.to_string()))
}

async fn answer(directory: &dyn Directory, call: Call) -> Result<Value, DirectoryError> {
    match call {
        Call::NewKey(person) => json(KeyGiven::of(&directory.new_key(person).await?)),
        Call::Keys(persons) => {
            let keys = directory.keys(persons).await?;
            json(keys.values().map(KeyGiven::of).collect::<Vec<_>>())
        }
        Call::Names(persons, viewer, purpose) => {
            json(directory.names(persons, viewer, purpose).await?)
        }
        Call::Addresses(persons) => json(directory.addresses(persons).await?),
        Call::Find(by) => json(directory.find(by).await?),
        Call::SignIn(with) => json(directory.sign_in(with).await?),
        Call::Erase(person) => json(directory.erase(person).await?),
    }
}

/// Answers the other nodes' requests to `directory` whenever this node owns it: of two requests that
/// show the same secret at the same moment the vault here lets in one.
pub async fn serve_directory(
    nats: &Nats,
    directory: Arc<dyn Directory>,
    ownership: &Ownership,
) -> Result<(), AskError> {
    let answered = |call: Call| {
        let directory = directory.clone();
        async move { answer(directory.as_ref(), call).await }
    };
    nats.answer_alone(WHAT, ownership, AT_ONCE, answered).await
}
