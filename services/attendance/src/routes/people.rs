//! Names, asked of the directory in one batch per page.

use std::collections::HashMap;

use linli_platform::{
    directory::{Lookup, Purpose},
    web::{Names, Refusal, Viewer},
};
use uuid::Uuid;

use super::{
    State,
    text::{Text, WORDS},
};
use crate::projections::{places, residents};

impl State {
    /// How the viewer may know people.
    pub(super) async fn names(
        &self,
        viewer: &Viewer,
        persons: Vec<Uuid>,
        purpose: Purpose,
    ) -> Names {
        let directory = self.platform.directory.as_ref();
        Names::ask(directory, persons, viewer, purpose, &WORDS).await
    }

    /// What people's buildings are called, which tells those of one name apart.
    pub(super) async fn buildings(
        &self,
        community: &str,
        persons: Vec<Uuid>,
        text: Text,
    ) -> Result<HashMap<Uuid, String>, Refusal> {
        let community = community.to_owned();
        let found = self.read(move |db| {
            let mut called: HashMap<String, String> = HashMap::new();
            let mut buildings = HashMap::new();
            for id in persons {
                let Some(found) = residents::find(db, id)? else { continue };
                let name = match called.get(&found.building) {
                    Some(name) => name.clone(),
                    None => places::name(db, &found.building, &community, text.0)?,
                };
                called.insert(found.building, name.clone());
                buildings.insert(id, name);
            }
            Ok(buildings)
        });
        Ok(found.await?)
    }

    /// The residents of a community whose name begins so, or whose card has this code.
    pub(super) async fn find(&self, community: &str, typed: &str) -> Result<Vec<Uuid>, Refusal> {
        let (community, begins) = (community.to_owned(), typed.to_owned());
        let mut found = self.platform.directory.find(Lookup::Name { community, begins }).await?;
        if found.is_empty() {
            found = self.platform.directory.find(Lookup::Card(typed.to_owned())).await?;
        }
        found.dedup();
        Ok(found)
    }
}
