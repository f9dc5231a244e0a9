//! As many communities as are asked for: some of the seeds' own, or more of the same kind.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::{
    failure::{Failure, toml_problem},
    seeds::File,
};

/// The files of `wanted` communities where people live; all that the seeds have, the subdistricts
/// that plan included, where no number is given. Beyond those of the seeds come copies of them,
/// `xiguan-2` after `xiguan`, at the same place above.
pub fn files(all: &[File], wanted: Option<usize>) -> Result<Vec<File>, Failure> {
    let Some(wanted) = wanted else { return Ok(all.to_vec()) };
    if wanted == 0 {
        return Err(Failure::usage(
            "--communities 0: there is nothing to simulate; write 1 or more",
        ));
    }
    let (mut kept, mut communities) = (Vec::new(), Vec::new());
    let mut places = Vec::new();
    for file in all {
        let table: Table = toml::from_str(&file.text)
            .map_err(|error| Failure::Failed(toml_problem(&file.path, &file.text, &error)))?;
        if let Some(code) = table.get("community").and_then(Value::as_str) {
            communities.push((code.to_owned(), file, table));
        } else {
            kept.push(file.clone());
            places.extend(table.get("place").and_then(Value::as_array).cloned());
        }
    }
    let places: Vec<Table> = places.into_iter().flatten().filter_map(table).collect();
    let homes = homes(&places);
    communities.retain(|(code, ..)| homes.contains(code));
    if communities.is_empty() {
        return Err(Failure::failed("no community of the seeds has a building: add some"));
    }
    let mut more = Vec::new();
    for n in 0..wanted {
        let (code, file, community) = &communities[n % communities.len()];
        let copy = n / communities.len();
        if copy == 0 {
            kept.push((*file).clone());
            continue;
        }
        let copy = format!("{code}-{}", copy + 1);
        let mut community = community.clone();
        community.insert("community".to_owned(), copy.clone().into());
        let text = toml::to_string(&community)?;
        kept.push(File { path: format!("{copy}.toml"), text });
        more.extend(copied(code, &places, &copy));
    }
    if let Some(file) = kept.iter_mut().find(|file| file.name() == "places.toml") {
        file.text = with(&file.text, more)?;
    }
    Ok(kept)
}

fn table(value: Value) -> Option<Table> {
    match value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

fn text<'a>(place: &'a Table, key: &str) -> &'a str {
    place.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The communities that have buildings of their own, which are named after them.
fn homes(places: &[Table]) -> BTreeSet<String> {
    let mut homes = BTreeSet::new();
    for building in places.iter().filter(|place| text(place, "kind") == "building") {
        let mut at = building;
        while let Some(above) = places.iter().find(|p| text(p, "code") == text(at, "parent")) {
            at = above;
            if text(at, "kind") == "community" {
                homes.insert(text(at, "code").to_owned());
                break;
            }
        }
    }
    homes
}

/// The file of places, with more.
fn with(text: &str, more: Vec<Value>) -> Result<String, Failure> {
    let mut table: Table = toml::from_str(text)?;
    if let Some(Value::Array(places)) = table.get_mut("place") {
        places.extend(more);
    }
    Ok(toml::to_string(&table)?)
}

/// A community like another, with grids and buildings of its own.
fn copied(code: &str, places: &[Table], copy: &str) -> Vec<Value> {
    let prefix = format!("{code}-");
    let anew = |old: &str| match old.strip_prefix(&prefix) {
        Some(rest) => format!("{copy}-{rest}"),
        None if old == code => copy.to_owned(),
        None => old.to_owned(),
    };
    let own = |place: &&Table| {
        let at = text(place, "code");
        at == code || at.starts_with(&prefix)
    };
    let made = places.iter().filter(own).map(|place| {
        let mut place = place.clone();
        for key in ["code", "parent"] {
            let changed = anew(text(&place, key));
            place.insert(key.to_owned(), changed.into());
        }
        place.insert("synthetic".to_owned(), true.into());
        Value::Table(place)
    });
    made.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::{embedded, read::read};

    fn codes(wanted: Option<usize>) -> Vec<String> {
        let seeds = read(&files(embedded::files(), wanted).unwrap()).unwrap();
        seeds.communities.iter().map(|community| community.code.it.clone()).collect()
    }

    #[test]
    fn few_communities_are_those_where_people_live() {
        assert_eq!(codes(Some(2)), ["guanyuan", "junhe"]);
        assert_eq!(codes(None).len(), 7);
    }

    #[test]
    fn more_than_the_seeds_have_are_like_them_with_buildings_of_their_own() {
        let many = files(embedded::files(), Some(13)).unwrap();
        let seeds = read(&many).unwrap();
        assert_eq!(seeds.communities.len(), 13);
        assert_eq!(codes(Some(13))[12], "guanyuan-3");
        let buildings = |code: &str| {
            let prefix = format!("{code}-b");
            seeds.places.iter().filter(|place| place.it.code.starts_with(&prefix)).count()
        };
        assert!(buildings("xiguan-2") > 0);
        assert_eq!(buildings("xiguan"), buildings("xiguan-2"));
    }

    #[test]
    fn no_community_is_a_wrong_usage() {
        assert_eq!(files(embedded::files(), Some(0)).unwrap_err().code(), 2);
    }
}
