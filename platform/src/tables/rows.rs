//! The state of a process: an ordered map of text to JSON values.

use std::{any::Any, cell::RefCell, collections::BTreeMap};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};

/// The rows of one process. To the process a plain ordered map; a failure beneath is remembered,
/// and whoever runs the process undoes its step and reports it.
pub struct Rows<'t> {
    store: Store<'t>,
    left: RefCell<Option<Box<dyn Any + Send>>>,
    failure: RefCell<Option<String>>,
}

enum Store<'t> {
    Table { tx: &'t Connection, process: &'static str },
    Memory(BTreeMap<String, String>),
}

/// The table beneath.
pub(super) const TABLE: &str = "CREATE TABLE process_row (
    process TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (process, key)
) STRICT, WITHOUT ROWID;";

impl Default for Rows<'static> {
    /// Rows without a database, to test a process alone.
    fn default() -> Self {
        Self::over(Store::Memory(BTreeMap::new()))
    }
}

impl<'t> Rows<'t> {
    pub(super) fn of(tx: &'t Connection, process: &'static str) -> Self {
        Self::over(Store::Table { tx, process })
    }

    fn over(store: Store<'t>) -> Self {
        Self { store, left: RefCell::default(), failure: RefCell::default() }
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.borrow_mut().take()
    }

    fn ok<T, E: std::fmt::Display>(&self, result: Result<T, E>) -> Option<T> {
        result
            .map_err(|error| {
                self.failure.borrow_mut().get_or_insert_with(|| error.to_string());
            })
            .ok()
    }

    /// The value at `key`, if there is one.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let text = match &self.store {
            Store::Memory(map) => map.get(key).cloned(),
            Store::Table { tx, process } => {
                let found = tx
                    .prepare_cached("SELECT value FROM process_row WHERE process = ? AND key = ?")
                    .and_then(|mut s| s.query_row(params![process, key], |r| r.get(0)).optional());
                self.ok(found).flatten()
            }
        };
        text.and_then(|text: String| self.ok(serde_json::from_str(&text)))
    }

    /// Sets the value at `key`.
    pub fn put(&mut self, key: &str, value: &impl Serialize) {
        let Some(text) = self.ok(serde_json::to_string(value)) else { return };
        match &mut self.store {
            Store::Memory(map) => {
                map.insert(key.to_owned(), text);
            }
            Store::Table { tx, process } => {
                let done = tx
                    .prepare_cached("INSERT OR REPLACE INTO process_row VALUES (?, ?, ?)")
                    .and_then(|mut s| s.execute(params![*process, key, text]));
                self.ok(done);
            }
        }
    }

    /// Leaves what an input brings about for the reaction to that very input. It is no row: nothing
    /// of it is kept.
    pub fn leave<T: Send + 'static>(&mut self, what: T) {
        *self.left.get_mut() = Some(Box::new(what));
    }

    /// Takes what was left.
    pub fn left<T: 'static>(&self) -> Option<T> {
        self.left.borrow_mut().take()?.downcast().ok().map(|what| *what)
    }

    /// Removes `key`.
    pub fn remove(&mut self, key: &str) {
        match &mut self.store {
            Store::Memory(map) => {
                map.remove(key);
            }
            Store::Table { tx, process } => {
                let done = tx
                    .prepare_cached("DELETE FROM process_row WHERE process = ? AND key = ?")
                    .and_then(|mut s| s.execute(params![*process, key]));
                self.ok(done);
            }
        }
    }

    /// All whose key begins with `prefix`, in order of the key.
    pub fn scan<T: DeserializeOwned>(&self, prefix: &str) -> Vec<(String, T)> {
        let found: Vec<(String, String)> = match &self.store {
            Store::Memory(map) => map
                .range(prefix.to_owned()..)
                .take_while(|(key, _)| key.starts_with(prefix))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            Store::Table { tx, process } => self
                .ok(tx
                    .prepare_cached(
                        "SELECT key, value FROM process_row
                         WHERE process = ?1 AND key >= ?2 AND key < ?2 || char(0x10FFFF)
                         ORDER BY key",
                    )
                    .and_then(|mut s| {
                        s.query_map(params![process, prefix], |r| Ok((r.get(0)?, r.get(1)?)))?
                            .collect()
                    }))
                .unwrap_or_default(),
        };
        let read = |(key, text): (String, String)| {
            self.ok(serde_json::from_str(&text)).map(|value| (key, value))
        };
        found.into_iter().filter_map(read).collect()
    }
}
