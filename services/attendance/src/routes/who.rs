//! Whom a name on paper means. A name alone never decides between two: the building, the flat or
//! the number of a card does.

use linli_platform::{
    directory::{Lookup, Purpose},
    web::{Language, Refusal},
};
use uuid::Uuid;

use super::{State, ask::Ask};
use crate::projections::{places, residents};

/// Somebody as paper has them; all but the name may be empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written<'a> {
    pub name: &'a str,
    pub building: &'a str,
    /// The flat's number, or a card's.
    pub flat: &'a str,
}

impl State {
    /// All who may be meant: one if it is clear, nobody if nobody is called so. A name that only
    /// begins so is another name.
    pub(super) async fn meant(
        &self,
        ask: &Ask,
        community: &str,
        written: Written<'_>,
    ) -> Result<Vec<Uuid>, Refusal> {
        let found = self.find(community, written.name).await?;
        let called = self.names(&ask.viewer, found.clone(), Purpose::Desk).await;
        let mut named: Vec<_> =
            found.into_iter().filter(|id| called.get(*id) == written.name).collect();
        if named.is_empty() {
            named = self.platform.directory.find(Lookup::Card(written.name.to_owned())).await?;
        }
        let here = self.in_building(community, named, written.building).await?;
        if written.flat.is_empty() || here.is_empty() {
            return Ok(here);
        }
        let card = self.platform.directory.find(Lookup::Card(written.flat.to_owned())).await?;
        if let Some(holder) = card.first() {
            return Ok(here.into_iter().filter(|id| id == holder).collect());
        }
        let lookup = Lookup::Flat { flat: written.flat.to_owned(), among: here };
        Ok(self.platform.directory.find(lookup).await?)
    }

    /// Those of some people who live in a building; all of them if none is named.
    async fn in_building(
        &self,
        community: &str,
        people: Vec<Uuid>,
        building: &str,
    ) -> Result<Vec<Uuid>, Refusal> {
        if building.is_empty() {
            return Ok(people);
        }
        let (community, typed) = (community.to_owned(), building.to_owned());
        let found = self.read(move |db| {
            let mut here = Vec::new();
            for id in people {
                let Some(resident) = residents::find(db, id)? else { continue };
                let code = &resident.building;
                let called = |in_| places::names(db, code, &community, in_);
                let both = [called(Language::Zh)?, called(Language::En)?];
                if both.iter().any(|name| means(code, name, &typed)) {
                    here.push(id);
                }
            }
            Ok(here)
        });
        Ok(found.await?)
    }
}

/// Whether what somebody wrote means a building: its code, its name with or without the place it is
/// in, or its number alone.
fn means(code: &str, (name, above): &(String, Option<String>), typed: &str) -> bool {
    let same = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    let whole = format!("{}{name}", above.as_deref().unwrap_or_default());
    let (typed, name) = (same(typed), same(name));
    // A word beside the number may name another place, so little more than the number is taken.
    let bare = typed.chars().filter(|c| !c.is_ascii_digit()).count() <= 2;
    let numbered = bare && number(&typed).is_some() && number(&typed) == number(&name);
    typed == code || typed == same(&whole) || typed == name || numbered
}

/// `3` for `3号楼`, `3#` and `03`; none if there is not just one number.
fn number(text: &str) -> Option<u32> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let first = numbers.next()?.parse().ok()?;
    numbers.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_building_is_known_by_code_name_or_number_and_never_by_another_s() {
        let name = ("3号楼".to_owned(), Some("第一网格".to_owned()));
        for typed in ["xg-b03", "第一网格 3号楼", "3号楼", "3", "03", "3#", " 3 号楼 "] {
            assert!(means("xg-b03", &name, typed), "{typed}");
        }
        for typed in ["13号楼", "13", "第二网格 3号楼", "", "号楼", "3号楼2单元"] {
            assert!(!means("xg-b03", &name, typed), "{typed}");
        }
    }
}
