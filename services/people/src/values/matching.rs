//! Which building a line means, and whether its person is known already. A name alone never
//! decides: the flat or the telephone number does.

use std::collections::HashMap;

use linli_platform::vault::phone_digits;
use uuid::Uuid;

use super::{
    contact::plain,
    sheet::{Line, Problem},
};

/// A building of the community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Building {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
}

/// A resident with the same name as a line's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namesake {
    /// Who.
    pub person: Uuid,
    /// The building's code.
    pub building: String,
    /// The flat; empty if not known.
    pub flat: String,
    /// A telephone number; empty if not known.
    pub phone: String,
}

/// A text as it is compared: without blanks, in small letters, its digits plain.
pub fn same_text(text: &str) -> String {
    plain(text).to_lowercase().chars().filter(|c| !c.is_whitespace()).collect()
}

/// `3` for `3号楼`, `3#`, `Building 3` and `03`; none if there is not just one number.
fn number(text: &str) -> Option<u32> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let first = numbers.next()?.parse().ok()?;
    numbers.next().is_none().then_some(first)
}

/// The building that `text` means: by code or name, else by its number where that is unique.
pub fn building<'a>(buildings: &'a [Building], text: &str) -> Result<&'a str, Problem> {
    let sought = same_text(text);
    if let Some(building) = buildings.iter().find(|building| building.code == sought) {
        return Ok(&building.code);
    }
    let named = |b: &&Building| [&b.name, &b.name_en].iter().any(|name| same_text(name) == sought);
    let mut found: Vec<_> = buildings.iter().filter(named).collect();
    // A word beside the number may name another compound, so only the number alone is taken, or
    // the number with a sign or word that stands for a building.
    let bare = sought.chars().filter(|c| !c.is_ascii_digit()).count() <= 2;
    if found.is_empty() && bare {
        let sought = number(&sought);
        let same = |b: &&Building| sought.is_some() && number(&plain(&b.name)) == sought;
        found = buildings.iter().filter(same).collect();
    }
    match found[..] {
        [] => Err(Problem::BuildingUnknown),
        [one] => Ok(&one.code),
        _ => Err(Problem::BuildingAmbiguous),
    }
}

/// Lines of one file that stand for one person: each with the line that it repeats. Two of one name
/// in one flat are two people only if both have telephone numbers and those differ.
pub fn repeated(lines: &[(Line, String)]) -> HashMap<u64, u64> {
    let mut seen: HashMap<(String, &str, String), Vec<&Line>> = HashMap::new();
    let mut repeats = HashMap::new();
    for (line, building) in lines {
        let flat = same_text(line.flat.as_deref().unwrap_or_default());
        let there = seen.entry((same_text(&line.name), building.as_str(), flat)).or_default();
        let same = |other: &&&Line| match (&line.phone, &other.phone) {
            (Some(a), Some(b)) => phone_digits(a) == phone_digits(b),
            _ => true,
        };
        match there.iter().find(same) {
            Some(first) => {
                repeats.insert(line.line, first.line);
            }
            None => there.push(line),
        }
    }
    repeats
}

/// Who of the residents with the line's name is meant, or none for somebody new.
pub fn known(line: &Line, building: &str, namesakes: &[Namesake]) -> Result<Option<Uuid>, Problem> {
    let phone = line.phone.as_deref().map(phone_digits).unwrap_or_default();
    let flat = same_text(line.flat.as_deref().unwrap_or_default());
    let here = |other: &&Namesake| other.building == building;
    let differ = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && a != b;
    let fits = |other: &&Namesake| {
        let (their_flat, their_phone) = (same_text(&other.flat), phone_digits(&other.phone));
        let same_phone = !phone.is_empty() && phone == their_phone;
        let same_flat = flat == their_flat && !differ(&phone, &their_phone);
        same_phone || same_flat
    };
    let found: Vec<_> = namesakes.iter().filter(here).filter(fits).collect();
    match found[..] {
        [one] => Ok(Some(one.person)),
        [] if flat.is_empty() && phone.is_empty() && namesakes.iter().any(|n| here(&n)) => {
            Err(Problem::Undecided)
        }
        [] => Ok(None),
        _ => Err(Problem::Undecided),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(code: &str, name: &str) -> Building {
        Building { code: code.into(), name: name.into(), name_en: String::new() }
    }

    #[test]
    fn a_building_is_meant_by_code_name_or_number() {
        let all = [place("x-b03", "3号楼"), place("x-b13", "13号楼"), place("x-e", "东院")];
        for text in ["x-b03", "3号楼", "３号楼", "3", "03", "3#", "3栋", "3 号 楼"] {
            assert_eq!(building(&all, text), Ok("x-b03"), "{text}");
        }
        assert_eq!(building(&all, "东院"), Ok("x-e"));
        for text in ["4号楼", "西苑3号楼", "楼"] {
            assert_eq!(building(&all, text), Err(Problem::BuildingUnknown), "{text}");
        }
        let twice = [place("a-1", "1号楼"), place("b-1", "1号楼")];
        assert_eq!(building(&twice, "1号楼"), Err(Problem::BuildingAmbiguous));
        assert_eq!(building(&twice, "b-1"), Ok("b-1"));
    }

    fn line(n: u64, flat: &str, phone: &str) -> Line {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Line {
            line: n,
            name: "王芳".into(),
            flat: some(flat),
            phone: some(phone),
            ..Line::default()
        }
    }

    #[test]
    fn one_person_twice_in_a_file() {
        let at = |line: Line| (line, "b03".to_owned());
        let lines = [
            at(line(2, "302", "")),
            at(line(3, "302", "13800138000")),
            at(line(4, "501", "")),
            at(line(5, "601", "13800138001")),
            at(line(6, "601", "13800138002")),
            (line(7, "302", ""), "b04".to_owned()),
        ];
        assert_eq!(repeated(&lines), HashMap::from([(3, 2)]));
    }

    #[test]
    fn two_of_one_name_in_one_building_are_told_apart() {
        let sake = |n, flat: &str, phone: &str| Namesake {
            person: Uuid::from_u128(n),
            building: "b03".into(),
            flat: flat.into(),
            phone: phone.into(),
        };
        let both = [sake(1, "302", "13800138000"), sake(2, "501", "")];
        let is = |line: &Line| known(line, "b03", &both);
        assert_eq!(is(&line(2, "302", "")), Ok(Some(Uuid::from_u128(1))));
        assert_eq!(is(&line(2, "501", "")), Ok(Some(Uuid::from_u128(2))));
        assert_eq!(is(&line(2, "", "138 0013 8000")), Ok(Some(Uuid::from_u128(1))));
        assert_eq!(is(&line(2, "702", "")), Ok(None));
        assert_eq!(is(&line(2, "302", "13900139000")), Ok(None));
        assert_eq!(is(&line(2, "", "")), Err(Problem::Undecided));
        assert_eq!(known(&line(2, "302", ""), "b04", &both), Ok(None));
        assert_eq!(known(&line(2, "", ""), "b04", &both), Ok(None));
        // Somebody known by name and building alone is the same again.
        assert_eq!(
            known(&line(2, "", ""), "b03", &[sake(3, "", "")]),
            Ok(Some(Uuid::from_u128(3)))
        );
    }
}
