//! One person who was written down twice becomes one: what they agreed to, where they belong, who
//! acts for them and what they sign in with goes over to the entry that stays.

use linli_platform::{ids::Position, stream::Meta};
use uuid::Uuid;

use super::{
    access::{CARD, FEED, LINK},
    people::{People, PeopleError, blocking, further},
    registry::{Clear, Edit},
};
use crate::{
    deciders::resident::{Command, Taken},
    projections::residents::{self, ResidentRow},
};

/// What the entry that stays lacks and the other has. What both have stays as it is.
fn lacking(stays: (&ResidentRow, &Clear), goes: (&ResidentRow, &Clear)) -> Edit {
    let text = |stays: &String, goes: &String| {
        (stays.is_empty() && !goes.is_empty()).then(|| goes.clone())
    };
    let mark = |stays: bool, goes: bool| (goes && !stays).then_some(true);
    let one_house = stays.0.building == goes.0.building;
    Edit {
        phone: text(&stays.1.phone, &goes.1.phone),
        email: text(&stays.1.email, &goes.1.email),
        flat: text(&stays.1.flat, &goes.1.flat).filter(|_| one_house),
        large_type: mark(stays.0.large_type, goes.0.large_type),
        party_member: mark(stays.0.party_member, goes.0.party_member),
        volunteer: mark(stays.0.volunteer, goes.0.volunteer),
        building_head: mark(stays.0.building_head, goes.0.building_head),
        ..Edit::default()
    }
}

impl People {
    /// Two entries are one person: the first stands for nobody any more. Every step can be repeated,
    /// so doing it again finishes what was cut off.
    pub async fn merge(&self, meta: Meta, id: Uuid, into: Uuid) -> Result<Position, PeopleError> {
        let (row, clear) = self.known(id).await?;
        let (other, other_clear) = self.known(into).await?;
        if !other.lives() {
            return Err(PeopleError::nobody());
        }
        let around = self.tables.read(move |db| {
            let teams = residents::teams_of(db, id)?;
            Ok((teams, residents::proxies_of(db, id)?, residents::acts_for(db, id)?))
        });
        let (teams, proxies, acts_for) = around.await?;
        let taken = Taken { double: id, consents: row.consents.clone(), teams, proxies };
        let take = Command::TakeOver(Box::new(taken));
        self.resident(further(&meta, "take over"), into, take).await?;
        let merged = self.resident(meta.clone(), id, Command::MergeInto(into)).await?;
        for whom in acts_for {
            self.act_instead(&meta, whom, (id, into)).await?;
        }
        let edit = lacking((&other, &other_clear), (&row, &clear));
        let position = if edit == Edit::default() {
            merged
        } else {
            self.change(further(&meta, "fill in"), into, edit).await?.max(merged)
        };
        blocking(&self.platform.vault, move |vault| {
            vault.remove(id)?;
            // The card in their pocket and the calendar on their phone go on working.
            vault.hand_over(CARD, id, into)?;
            vault.hand_over(FEED, id, into)?;
            vault.revoke(LINK, id)?;
            vault.revoke_sessions(id)
        })
        .await?;
        Ok(position)
    }

    /// Whoever acted for somebody under the double's id does so under the one that stays.
    async fn act_instead(
        &self,
        meta: &Meta,
        whom: Uuid,
        (double, stays): (Uuid, Uuid),
    ) -> Result<(), PeopleError> {
        let mut commands = vec![Command::EndProxy(double)];
        // Somebody who acted for their own double needs nobody's leave.
        if whom != stays {
            commands.insert(0, Command::AllowProxy(stays));
        }
        for command in commands {
            let meta = further(meta, &format!("{whom} {command:?}"));
            match self.resident(meta, whom, command).await {
                // They were erased or merged meanwhile: nobody acts for them any more.
                Ok(_) | Err(PeopleError::No { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}
