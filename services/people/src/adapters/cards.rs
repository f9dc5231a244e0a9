//! Printed cards: a code to type and a QR code to scan, for those without a mailbox.

use linli_platform::{ids::Position, stream::Meta};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{
    access::CARD,
    people::{People, PeopleError, blocking, further},
};
use crate::{
    contract::{self, RESIDENT},
    deciders::resident::{Command, Residents},
};

/// One card, to be printed now: its secrets are kept nowhere.
#[derive(Debug, Clone)]
pub struct PrintedCard {
    /// Whose.
    pub person: Uuid,
    /// The name to print.
    pub name: String,
    /// The building's code.
    pub building: String,
    /// The code to type.
    pub code: String,
    /// The address in the QR code.
    pub address: String,
}

impl People {
    /// Makes new cards; earlier ones of the same people are void at once. The same command again
    /// gives the same cards, so that a button pressed twice voids nothing; but not once others have
    /// been made since.
    pub async fn issue_cards(
        &self,
        meta: &Meta,
        persons: &[Uuid],
    ) -> Result<(Vec<PrintedCard>, Option<Position>), PeopleError> {
        let (mut cards, mut last) = (Vec::with_capacity(persons.len()), None);
        for &person in persons {
            let (row, clear) = self.known(person).await?;
            let command = further(meta, &format!("card {person}"));
            let order = command.cmd.0;
            let position = self.resident(command, person, Command::IssueCard(order)).await?;
            last = last.max(Some(position));
            if self.card_of(person).await? != Some(order) {
                return Err(PeopleError::card_replaced());
            }
            let card =
                blocking(&self.platform.vault, move |vault| vault.mint_card(CARD, person, order));
            let card = card.await?;
            let scanned = card.scanned.expose_secret();
            cards.push(PrintedCard {
                person,
                name: clear.name,
                building: row.building,
                code: card.code.expose_secret().to_owned(),
                address: format!("{}/sign-in/card/{scanned}", self.platform.public_url),
            });
        }
        Ok((cards, last))
    }

    /// What the card that is good was ordered by, as the log has it.
    async fn card_of(&self, person: Uuid) -> Result<Option<Uuid>, PeopleError> {
        let stream = contract::stream(RESIDENT, person)?;
        let state = self.platform.streams.state::<Residents>(&stream).await;
        Ok(state.map_err(PeopleError::from)?.0.card)
    }
}
