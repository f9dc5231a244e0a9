//! Names, asked of the directory in one batch per page.

use std::{collections::HashMap, time::Duration};

use linli_platform::{
    directory::{Lookup, Name, Purpose},
    web::{Refusal, Viewer},
};
use uuid::Uuid;

use super::{State, text::Text};

/// How long a page waits for names before it goes without.
const PATIENCE: Duration = Duration::from_millis(500);

/// The names of a page.
pub(super) struct Names(HashMap<Uuid, String>, Text);

impl Names {
    /// How a page calls somebody.
    pub fn get(&self, person: Uuid) -> String {
        self.0.get(&person).cloned().unwrap_or_else(|| self.1.get("somebody").to_owned())
    }
}

impl State {
    pub(super) async fn names(
        &self,
        viewer: &Viewer,
        persons: Vec<Uuid>,
        purpose: Purpose,
    ) -> Names {
        let text = Text::of(viewer);
        if persons.is_empty() {
            return Names(HashMap::new(), text);
        }
        let asked = self.platform.directory.names(persons, viewer.principal.clone(), purpose);
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
                text.with("resident_of", &[("building", &building)])
            }
            Name::Withheld { building: None } => text.get("somebody").to_owned(),
            Name::Erased => text.get("erased").to_owned(),
        };
        Names(names.into_iter().map(|(id, name)| (id, told(name))).collect(), text)
    }

    /// The residents of a community whose name begins so, or whose card has this code.
    pub(super) async fn find(&self, community: &str, typed: &str) -> Result<Vec<Uuid>, Refusal> {
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let (community, begins) = (community.to_owned(), typed.to_owned());
        let mut found = self.platform.directory.find(Lookup::Name { community, begins }).await?;
        if found.is_empty() {
            found = self.platform.directory.find(Lookup::Card(typed.to_owned())).await?;
        }
        found.dedup();
        Ok(found)
    }
}
