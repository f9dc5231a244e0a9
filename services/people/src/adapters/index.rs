//! Makes the vault's index whole again: should the machine have stopped between an event and its
//! row in the index, or an older vault have been restored, the log knows what belongs there.

use linli_platform::{hand::taken_up, nats::lease::Ownership};
use uuid::Uuid;

use super::{
    people::{People, PeopleError, blocking},
    registry::{clear, entry},
};
use crate::{contract::RESIDENT, projections::residents};

/// How many residents are compared at a time.
const PAGE: u32 = 500;

impl People {
    /// Mends the index whenever this node's turn to act begins.
    pub(crate) async fn mend_index_each_turn(self, turn: Ownership) {
        loop {
            match taken_up(&turn, &self.tables).await {
                Ok(_) => self.mend_and_tell().await,
                Err(error) => tracing::error!(%error, "the index of people can't be looked at"),
            }
            turn.lost().await;
        }
    }

    async fn mend_and_tell(&self) {
        match self.mend_index().await {
            Ok(0) => {}
            Ok(mended) => tracing::info!(mended, "the index of people was made whole"),
            Err(error) => tracing::error!(%error, "the index of people can't be made whole"),
        }
    }

    /// Compares all residents with the index and writes what is missing or differs; how many did.
    pub async fn mend_index(&self) -> Result<usize, PeopleError> {
        let (mut at, mut mended) = (Uuid::nil(), 0);
        loop {
            let rows = self.tables.read(move |db| residents::after(db, at, PAGE)).await?;
            let Some(last) = rows.last() else { return Ok(mended) };
            at = last.id;
            mended += blocking(&self.platform.vault, move |vault| {
                let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
                let there = vault.entries(&ids)?;
                let mut missing = Vec::new();
                for row in &rows {
                    // What can't be opened is somebody erased: nothing of theirs belongs there.
                    let Ok(clear) = clear(vault, row) else { continue };
                    if clear.name.is_empty() {
                        continue;
                    }
                    let entry = entry(RESIDENT, clear, &row.language);
                    if there.get(&row.id) != Some(&entry) {
                        missing.push((row.id, entry));
                    }
                }
                vault.put_all(&missing)?;
                Ok(missing.len())
            })
            .await?;
        }
    }
}
