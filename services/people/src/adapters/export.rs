//! The residents' list as a CSV file, in the columns that an import takes.

use std::collections::HashMap;

use linli_platform::{stream::Meta, web::Language};

use super::{
    people::{People, PeopleError},
    registry::{Clear, clear},
};
use crate::{
    contract::{self, PLACE, Purpose},
    deciders::place,
    projections::{
        places,
        residents::{self, ResidentRow},
    },
    routes::WORDS,
    values::sheet::{Cell, Column, write},
};

fn cell(column: Column, row: &ResidentRow, clear: &Clear, building: &str, yes: &str) -> Cell {
    let answer = |is: bool| Cell::Text(if is { yes.to_owned() } else { String::new() });
    match column {
        Column::Name => Cell::Text(clear.name.clone()),
        Column::Building => Cell::Text(building.to_owned()),
        Column::Flat => Cell::Digits(clear.flat.clone()),
        Column::Phone => Cell::Digits(clear.phone.clone()),
        Column::Email => Cell::Text(clear.email.clone()),
        Column::Language => Cell::Text(row.language.clone()),
        Column::PartyMember => answer(row.party_member),
        Column::Volunteer => answer(row.volunteer),
        Column::BuildingHead => answer(row.building_head),
        Column::Under14 => answer(row.under_14),
        Column::Reminders => answer(row.consents.contains(&Purpose::Reminders)),
        Column::Rankings => answer(row.consents.contains(&Purpose::Rankings)),
        Column::Guardian => answer(row.consents.contains(&Purpose::Guardian)),
    }
}

impl People {
    /// All residents of a place as CSV: UTF-8 with its mark, numbers as text. Before anybody gets it,
    /// the log notes who took how many.
    pub async fn export_csv(
        &self,
        meta: Meta,
        place: &str,
        language: Language,
    ) -> Result<Vec<u8>, PeopleError> {
        let stream = contract::stream(PLACE, place)?;
        let (place, vault) = (place.to_owned(), self.platform.vault.clone());
        let first = |key| WORDS.get(language, key).split('|').next().unwrap_or_default();
        let (header, yes) = (Column::ALL.map(|column| first(column.key())), first("csv_yes"));
        let rows = self.tables.read(move |db| {
            let buildings = places::within(db, &place)?;
            // Where two are called the same, the code says which.
            let mut named: HashMap<&str, usize> = HashMap::new();
            for building in &buildings {
                *named.entry(&building.name).or_default() += 1;
            }
            let called: HashMap<_, _> = buildings
                .iter()
                .map(|b| {
                    (b.code.as_str(), if named[b.name.as_str()] > 1 { &b.code } else { &b.name })
                })
                .collect();
            let (rows, _) = residents::living(db, &place, (0, u32::MAX))?;
            Ok(rows
                .iter()
                .map(|row| {
                    let clear = clear(&vault, row)?;
                    let building = called.get(row.building.as_str()).copied();
                    let building = building.unwrap_or(&row.building);
                    let cells = Column::ALL.map(|c| cell(c, row, &clear, building, yes));
                    Ok(cells.to_vec())
                })
                .collect::<Result<Vec<_>, super::directory::Fault>>())
        });
        let rows = rows.await?.map_err(|fault| PeopleError::Log(fault.to_string()))?;
        let residents = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let note = place::Command::NoteExport { residents };
        self.execute::<place::Places>(&stream, meta, note).await?;
        write(&header, &rows).map_err(|error| PeopleError::Log(error.to_string()))
    }
}
