//! A vault that several nodes can take over: beside the file of each it stands on a stream of
//! JetStream, one boxed message per person.
//!
//! A change is made in the file's transaction, stored on the stream, and only then committed: what is
//! answered is stored in all copies. Each message is accepted only after the one that this node has
//! seen last of that person, so a former owner that wakes up overwrites nobody: it is overtaken, reads
//! on and does the change once more. A change of several persons is whole for each of them and not
//! for all: where it fails half-way, the file takes in what was stored, and doing it again does the
//! rest.
//!
//! Every node follows the stream into its own file, so that it can take over at once. The owner
//! erases the messages that others replace, on the servers' disks, and after the erasure of a person
//! it makes the servers rewrite their Raft logs too.

mod clear;
mod state;
mod stream;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
    time::Duration,
};

use lru::LruCache;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use tokio::sync::{Notify, watch};

pub(super) use self::state::touch_unsaid;
use self::{
    clear::Due,
    stream::{Found, NotStored, Reader, VaultStream},
};
use super::{
    CACHED_KEYS_MAX, Here, Inside, MasterKey, Place, Shared, Vault, VaultError,
    bridge::Bridge,
    erasure::ErasureList,
    in_transaction, open_file,
    passwords::Gate,
    sessions::{self, OwnKeys},
};
use crate::{entropy::Entropy, nats::Nats};

/// How often a change that was overtaken is made.
const TRIES: usize = 3;
/// How long it may take to read what the stream has.
const CATCH_UP: Duration = Duration::from_secs(45);
/// How long to wait before following again.
const PAUSE: Duration = Duration::from_secs(1);

/// The stream beneath a vault, and how far it was followed.
pub(super) struct Kept {
    stream: VaultStream,
    bridge: Bridge,
    reached: watch::Receiver<u64>,
    /// What is to be erased on the servers' disks; none on a node that doesn't own the vault.
    due: Mutex<Option<Due>>,
    more: Notify,
}

enum Tried {
    Overtaken,
    Failed(VaultError),
}

impl<E: Into<VaultError>> From<E> for Tried {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Does `work` in a transaction, stores what it touches, and commits.
fn store<T>(
    conn: &mut Connection,
    (stream, bridge): (&VaultStream, &Bridge),
    (master, entropy): (&super::Key, &Entropy),
    work: impl Fn(&Connection) -> Result<T, VaultError>,
) -> Result<(T, Due), Tried> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("DELETE FROM temp.touched", [])?;
    let result = work(&tx)?;
    let (touched, next) = state::touched(&tx, stream, master, entropy)?;
    let mut due = Due::default();
    if !next.is_empty() {
        let stream = stream.clone();
        let stored = bridge.wait(async move { Ok(stream.store(next).await) })?;
        let numbers = stored.map_err(|error| match error {
            NotStored::Overtaken => Tried::Overtaken,
            NotStored::Failed(error) => Tried::Failed(error),
        })?;
        for (one, number) in touched.iter().zip(numbers) {
            state::note(&tx, one.person, number, one.erased)?;
            due.add(one.person, one.before, one.erased);
        }
    }
    tx.commit()?;
    Ok((result, due))
}

impl Kept {
    /// Does `work` as [`Vault::change`] does, and once more if another node was faster.
    pub(super) fn change<T>(
        &self,
        here: &Here,
        entropy: &Entropy,
        work: impl Fn(&Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        for _ in 0..TRIES {
            let tried = {
                let mut inside = here.inside.lock().unwrap_or_else(PoisonError::into_inner);
                let ways = (&self.stream, &self.bridge);
                store(&mut inside.conn, ways, (&here.master, entropy), &work)
            };
            match tried {
                Ok((result, due)) => {
                    self.erase_later(due);
                    return Ok(result);
                }
                Err(Tried::Failed(error)) => return Err(error),
                Err(Tried::Overtaken) => {
                    let (stream, reached) = (self.stream.clone(), self.reached.clone());
                    self.bridge.wait(async move { caught_up(&stream, reached).await })?;
                }
            }
        }
        Err(VaultError::Overtaken)
    }

    /// Takes what the stream says into file and memory.
    fn take_in(&self, shared: &Shared, here: &Here, found: &[Found]) -> Result<(), VaultError> {
        let mut inside = here.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = in_transaction(&mut inside.conn, |conn| {
            state::take_in(conn, &self.stream, &here.master, found)
        })?;
        for person in &taken.persons {
            inside.cached.pop(person);
        }
        if taken.own
            && let Some(own) = sessions::read_own(&inside.conn, &here.master)?
        {
            *here.codes.write().unwrap_or_else(PoisonError::into_inner) = own.codes;
            *shared.cookies.write().unwrap_or_else(PoisonError::into_inner) = Some(own.cookies);
        }
        if !taken.erased.is_empty() {
            here.erasures.append(&taken.erased)?;
            match inside.scrub() {
                Err(VaultError::InUse) => tracing::warn!("erased bytes go at the next start"),
                done => done?,
            }
        }
        let mut due = Due::default();
        for (person, number) in taken.replaced {
            due.add(person, number, taken.erased.contains(&person));
        }
        self.erase_later(due);
        Ok(())
    }
}

/// Waits until the file holds all that the stream's leader has now.
async fn caught_up(
    stream: &VaultStream,
    mut reached: watch::Receiver<u64>,
) -> Result<(), VaultError> {
    let last = stream.last().await?;
    let behind = || VaultError::Unreachable(format!("{} is followed too slowly", stream.name()));
    let waited = tokio::time::timeout(CATCH_UP, reached.wait_for(|reached| *reached >= last)).await;
    waited.map_err(|_| behind())?.map_err(|_| behind()).map(drop)
}

/// Follows the stream as long as the vault is there.
async fn follow(mut reader: Reader, shared: Weak<Shared>, reached: watch::Sender<u64>) {
    loop {
        let seen = reader.seen;
        let taken = match reader.next().await {
            Ok(found) => {
                let shared = shared.clone();
                let work = move || match shared.upgrade() {
                    Some(shared) => shared.take_in(&found),
                    None => Ok(()),
                };
                tokio::task::spawn_blocking(work).await.unwrap_or(Ok(()))
            }
            Err(error) => Err(error),
        };
        match taken {
            Ok(()) => {
                reached.send_replace(reader.seen);
            }
            Err(error) => {
                tracing::warn!(%error, "the vault's stream is not followed at the moment");
                reader.back_to(seen);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Shared {
    fn take_in(&self, found: &[Found]) -> Result<(), VaultError> {
        match &self.place {
            Place::Here(here) => match &here.kept {
                Some(kept) => kept.take_in(self, here, found),
                None => Ok(()),
            },
            Place::There(_) => Ok(()),
        }
    }
}

/// The file and stream of a vault while it is being opened.
struct Opening<'a> {
    conn: Connection,
    stream: VaultStream,
    bridge: Bridge,
    master: &'a MasterKey,
    reader: Reader,
}

impl<'a> Opening<'a> {
    fn new(nats: &Nats, conn: Connection, master: &'a MasterKey) -> Result<Self, VaultError> {
        conn.execute_batch(state::TABLES)?;
        state::watch(&conn)?;
        let bridge = Bridge::new()?;
        let connection = nats.clone();
        let stream = bridge.wait(async move { VaultStream::open(&connection).await })?;
        let sql = "SELECT made, upto FROM followed";
        let before = conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let upto: i64 = match before {
            Some((made, upto)) if stream.made == String::as_str(&made) => upto,
            Some(_) => {
                return Err(VaultError::Stream(format!(
                    "the vault in this folder was taken from another stream {}, which was removed \
                     or restored since: if people are missing, stop all and import the newest \
                     export; then remove vault.db of each node, and it is made anew",
                    stream.name()
                )));
            }
            None if conn.prepare("SELECT 1 FROM secrets")?.exists([])? => {
                return Err(VaultError::Stream(
                    "the vault in this folder is that of an office without NATS: take it over with \
                     `linli export` and `linli import`, and give this node another folder"
                        .to_owned(),
                ));
            }
            None => {
                let sql = "INSERT INTO followed (made, upto) VALUES (?1, 0)";
                conn.execute(sql, [&stream.made])?;
                0
            }
        };
        let reader = stream.read(upto.cast_unsigned());
        Ok(Self { conn, stream, bridge, master, reader })
    }

    /// Reads until the file holds all that the stream has.
    fn catch_up(mut self) -> Result<Self, VaultError> {
        let stream = self.stream.clone();
        let last = self.bridge.wait(async move { stream.last().await })?;
        while self.reader.seen < last {
            let mut reader = self.reader;
            let (reader, found) = self.bridge.wait(async move {
                let found = reader.next().await?;
                Ok((reader, found))
            })?;
            self.reader = reader;
            let (stream, master) = (&self.stream, &self.master.key);
            in_transaction(&mut self.conn, |conn| state::take_in(conn, stream, master, &found))?;
        }
        Ok(self)
    }

    /// The vault's own secrets; made if the stream has none.
    fn own(mut self, entropy: &Entropy) -> Result<(Self, OwnKeys), VaultError> {
        let wrong = || VaultError::WrongMasterKey { path: self.master.path().to_owned() };
        let stream = self.stream.clone();
        let there = self.bridge.wait(async move { stream.own().await })?;
        if let Some(found) = there {
            // Before anything is read that another master key can't open.
            self.master.key.unwrap(&found.subject, &found.payload).map_err(|_| wrong())?;
        }
        for _ in 0..TRIES {
            self = self.catch_up()?;
            if let Some(own) = sessions::read_own(&self.conn, &self.master.key)? {
                return Ok((self, own));
            }
            let keys = (&self.master.key, entropy);
            let made = store(&mut self.conn, (&self.stream, &self.bridge), keys, |conn| {
                sessions::make_own(conn, &self.master.key, entropy)
            });
            match made {
                Ok(_) | Err(Tried::Overtaken) => {}
                Err(Tried::Failed(error)) => return Err(error),
            }
        }
        Err(VaultError::Overtaken)
    }
}

impl Vault {
    /// Makes the stream that a vault of this log will stand on, unless it is there: whoever may is
    /// another role than the one that keeps the vault.
    pub async fn make_stream(nats: &Nats) -> Result<(), VaultError> {
        VaultStream::open(nats).await?;
        Ok(())
    }

    /// Opens the vault that stands on the stream of this log, which is made at the first opening,
    /// and follows it in `data_dir` from now on. All nodes that do so have the same master key.
    /// Whoever `erasure_list` names is erased before this returns, as with [`Vault::open`].
    pub async fn on_nats(
        nats: &Nats,
        data_dir: &Path,
        master: &MasterKey,
        erasure_list: &Path,
        entropy: Entropy,
    ) -> Result<Self, VaultError> {
        let (nats, data_dir, master) = (nats.clone(), data_dir.to_owned(), master.clone());
        let erasure_list = erasure_list.to_owned();
        let open = move || Self::opened_on(&nats, &data_dir, &master, &erasure_list, entropy);
        let opened = tokio::task::spawn_blocking(open).await;
        opened.map_err(|error| VaultError::There(error.to_string()))?
    }

    fn opened_on(
        nats: &Nats,
        data_dir: &Path,
        master: &MasterKey,
        erasure_list: &Path,
        entropy: Entropy,
    ) -> Result<Self, VaultError> {
        let conn = open_file(data_dir, erasure_list)?;
        let (opening, own) = Opening::new(nats, conn, master)?.own(&entropy)?;
        let Opening { conn, stream, bridge, reader, .. } = opening;
        let (reach, reached) = watch::channel(reader.seen);
        let (due, more) = (Mutex::default(), Notify::new());
        let here = Here {
            inside: Mutex::new(Inside { conn, cached: LruCache::new(CACHED_KEYS_MAX) }),
            codes: RwLock::new(own.codes),
            lasting: own.lasting,
            hashing: Gate::default(),
            master: master.key.clone(),
            erasures: ErasureList::new(erasure_list),
            kept: Some(Kept { stream, bridge, reached, due, more }),
        };
        let cookies = Arc::new(RwLock::new(Some(own.cookies)));
        let shared = Arc::new(Shared { entropy, cookies, place: Place::Here(Box::new(here)) });
        let vault = Self(shared.clone());
        if let Some(kept) = &vault.here()?.kept {
            kept.bridge.spawn(follow(reader, Arc::downgrade(&shared), reach));
        }
        vault.replay_erasures()?;
        Ok(vault)
    }

    /// Waits until this node's vault holds all that others stored: what a new owner does first.
    pub async fn caught_up(&self) -> Result<(), VaultError> {
        match self.here().ok().and_then(|here| here.kept.as_ref()) {
            Some(kept) => caught_up(&kept.stream, kept.reached.clone()).await,
            None => Ok(()),
        }
    }
}
