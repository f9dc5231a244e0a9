//! Dates and times in TOML, quoted or bare; in JSON always quoted.

use chrono::{NaiveDate, NaiveTime, Timelike};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged, expecting = "a date such as \"2026-03-05\" or a time such as \"19:00\"")]
enum TextOrToml {
    Text(String),
    Toml(toml::value::Datetime),
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match TextOrToml::deserialize(deserializer)? {
        TextOrToml::Text(text) => text,
        TextOrToml::Toml(value) => value.to_string(),
    })
}

/// Reads `"2026-03-05"` or a bare TOML date.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = text(deserializer)?;
    NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .map_err(|_| D::Error::custom(format!("{text:?} is not a date: write \"2026-03-05\"")))
}

/// Reads `"19:00"`, `"19:00:30"` or a bare TOML time.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = text(deserializer)?;
    ["%H:%M", "%H:%M:%S"]
        .into_iter()
        .find_map(|pattern| NaiveTime::parse_from_str(&text, pattern).ok())
        // chrono takes 23:59:60 for a leap second, which no wall clock here shows.
        .filter(|time| time.nanosecond() == 0)
        .ok_or_else(|| D::Error::custom(format!("{text:?} is not a time: write \"19:00\"")))
}
