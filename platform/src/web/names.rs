//! The names on a page, asked of the directory in one batch.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::{Viewer, Words};
use crate::directory::{Directory, Name, Purpose};

/// How long a page waits for names before it goes without.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// How a page calls people.
#[derive(Debug)]
pub struct Names {
    known: HashMap<Uuid, String>,
    somebody: String,
}

impl Names {
    /// Asks how `viewer` may know people. The words are `resident_of` with its `{building}`,
    /// `somebody`, also for all where no answer comes within [`PATIENCE`], and `erased`.
    pub async fn ask(
        directory: &dyn Directory,
        persons: Vec<Uuid>,
        viewer: &Viewer,
        purpose: Purpose,
        words: &Words,
    ) -> Self {
        let word = |key| words.get(viewer.language, key).to_owned();
        let somebody = word("somebody");
        if persons.is_empty() {
            return Self { known: HashMap::new(), somebody };
        }
        let asked = directory.names(persons, viewer.principal.clone(), purpose);
        let names = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(names)) => names,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a page goes without names");
                HashMap::new()
            }
            Err(_) => {
                tracing::warn!("the directory is slow; a page goes without names");
                HashMap::new()
            }
        };
        let told = |name| match name {
            Name::Known(name) => name,
            Name::Withheld { building: Some(building) } => {
                words.with(viewer.language, "resident_of", &[("building", &building)])
            }
            Name::Withheld { building: None } => somebody.clone(),
            Name::Erased => word("erased"),
        };
        let known = names.into_iter().map(|(id, name)| (id, told(name))).collect();
        Self { known, somebody }
    }

    /// How the page calls somebody.
    pub fn get(&self, person: Uuid) -> String {
        self.known.get(&person).unwrap_or(&self.somebody).clone()
    }
}
