//! Names, asked of the directory in one batch per page.

use linli_platform::{
    directory::{Lookup, Purpose},
    web::{Names, Refusal, Viewer},
};
use uuid::Uuid;

use super::{State, text::WORDS};

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
