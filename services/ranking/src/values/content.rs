//! What a bulletin holds, and its one and only bytes.

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Count, Series, StatPeriod};

/// The figures of one line.
pub type Measures = BTreeMap<Count, i64>;

/// A bulletin's content: ids, names of places and teams, no person's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// The format: 1.
    pub v: u32,
    /// The code of the place that it is of.
    pub place: String,
    /// The place's name then.
    pub place_name: String,
    /// The same in English.
    pub place_name_en: String,
    /// Which series.
    pub series: Series,
    /// Which of the series.
    pub number: u32,
    /// Which week or month.
    pub period: StatPeriod,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
    /// When the figures were taken.
    pub cut_off: DateTime<Utc>,
    /// Groups of fewer residents are not ranked.
    pub base_min: u32,
    /// The total, and the groups.
    pub lines: Vec<Group>,
    /// Each occurrence.
    pub occurrences: Vec<Listed>,
    /// Those with the most points.
    pub residents: Vec<Best>,
    /// What earlier bulletins said otherwise.
    pub corrections: Vec<Correction>,
}

/// The total, or a group's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its line: `total`, `kind/议事`, `building/xiguan-3`.
    pub line: String,
    /// What it was called then; empty for the total.
    pub name: String,
    /// Its figures.
    pub measures: Measures,
}

/// An occurrence's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its line: `occurrence/<community>/<activity>/<recurrence id>`.
    pub line: String,
    /// Its title; empty where it is not for all to see.
    pub title: String,
    /// The same in English; may be empty.
    pub title_en: String,
    /// The day of its local start.
    pub on: NaiveDate,
    /// The codes of those who host: the lead first.
    pub hosts: Vec<String>,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// Whether everybody may see it.
    pub public: bool,
    /// Its figures.
    pub measures: Measures,
    /// Up to which version of its roll, its tally and its activity's stream it was read.
    pub read: BTreeMap<String, u64>,
}

/// A resident with many points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Best {
    /// Who.
    pub resident: Uuid,
    /// The name of the building where they live.
    pub building: String,
    /// Attendances.
    pub present: i64,
    /// Person-minutes.
    pub minutes: i64,
    /// Points.
    pub points: i64,
}

/// A figure of an earlier bulletin that is another now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// The number of the bulletin of that period.
    pub bulletin: u32,
    /// That period.
    pub period: StatPeriod,
    /// The line.
    pub line: String,
    /// What it is called; empty where it is not for all to see.
    pub name: String,
    /// Whether everybody may see it.
    pub public: bool,
    /// The measure.
    pub measure: Count,
    /// What was said; none: it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<i64>,
    /// What is so; none: it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<i64>,
    /// The event that changed the line last.
    pub cause: String,
}

impl Content {
    /// The bytes that it always has: JSON with sorted keys, without spaces, whole numbers alone
    /// (RFC 8785).
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        let mut text = String::new();
        write(&serde_json::to_value(self)?, &mut text)?;
        Ok(text)
    }

    /// The figures of a line.
    pub fn measures(&self, line: &str) -> Option<&Measures> {
        self.lines.iter().find(|group| group.line == line).map(|group| &group.measures)
    }
}

fn write(value: &Value, to: &mut String) -> Result<(), serde_json::Error> {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            to.push('{');
            for (n, (key, value)) in sorted.into_iter().enumerate() {
                to.push_str(if n == 0 { "" } else { "," });
                to.push_str(&serde_json::to_string(key)?);
                to.push(':');
                write(value, to)?;
            }
            to.push('}');
        }
        Value::Array(items) => {
            to.push('[');
            for (n, value) in items.iter().enumerate() {
                to.push_str(if n == 0 { "" } else { "," });
                write(value, to)?;
            }
            to.push(']');
        }
        plain => to.push_str(&serde_json::to_string(plain)?),
    }
    Ok(())
}

/// SHA-256 of a text in hexadecimal digits.
pub fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Cuts a text into pieces of at most so many bytes, between characters.
pub fn pieces(text: &str, bytes_max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(bytes_max.max(4)));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_its_keys_and_has_no_spaces() {
        let value = serde_json::json!({"b": [1, null], "a": {"d": "\u{7f}邻\"", "c": true}});
        let mut text = String::new();
        write(&value, &mut text).unwrap();
        assert_eq!(text, "{\"a\":{\"c\":true,\"d\":\"\u{7f}邻\\\"\"},\"b\":[1,null]}");
    }

    #[test]
    fn a_checksum_is_that_of_the_bytes() {
        // The digest of no bytes is known to all.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(checksum(""), empty);
        assert_ne!(checksum("a"), checksum("b"));
    }

    #[test]
    fn pieces_come_together_again_and_cut_no_character() {
        let text = "邻里之间，一千零一夜。".repeat(7);
        let cut = pieces(&text, 10);
        assert!(cut.iter().all(|piece| piece.len() <= 10 && !piece.is_empty()));
        assert_eq!(cut.concat(), text);
        assert!(pieces("", 10).is_empty());
    }
}
