//! The rule as it is written: TOML or JSON with the same keys.

use chrono::{NaiveDate, NaiveTime, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RuleError;
use crate::loose;

/// What happens to an occurrence whose nominal date is a public holiday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HolidayPolicy {
    /// It stays.
    #[default]
    Keep,
    /// It is left out.
    Skip,
    /// It moves to the last working day before.
    Before,
    /// It moves to the first working day after.
    After,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NthWeekday {
    pub(super) nth: i64,
    pub(super) day: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LunarDay {
    pub(super) month: i64,
    pub(super) day: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RuleText {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cron: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weekday: Option<NthWeekday>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) month_day: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workday: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lunar: Option<LunarDay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) solar_term: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dates: Option<Vec<DateText>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<TimeText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) every_weeks: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) holiday: Option<HolidayPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<DateText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<DateText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) except: Vec<DateText>,
}

impl RuleText {
    /// Reads lines of keys, or the same as one inline table in braces.
    pub(super) fn parse(text: &str) -> Result<Self, RuleError> {
        #[derive(Deserialize)]
        struct Inline {
            rule: RuleText,
        }
        let parsed = if text.trim_start().starts_with('{') {
            toml::from_str(&format!("rule = {}", text.trim())).map(|inline: Inline| inline.rule)
        } else {
            toml::from_str(text)
        };
        parsed.map_err(|error| RuleError::Toml(error.to_string().trim_end().to_owned()))
    }

    /// One key a line, tables inline.
    pub(super) fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let except = Some(&self.except).filter(|dates| !dates.is_empty());
        let lines = [
            line("cron", self.cron.as_ref())?,
            line("weekday", self.weekday.as_ref())?,
            line("month_day", self.month_day.as_ref())?,
            line("workday", self.workday.as_ref())?,
            line("lunar", self.lunar.as_ref())?,
            line("solar_term", self.solar_term.as_ref())?,
            line("dates", self.dates.as_ref())?,
            line("at", self.at.as_ref())?,
            line("every_weeks", self.every_weeks.as_ref())?,
            line("offset_days", self.offset_days.as_ref())?,
            line("holiday", self.holiday.as_ref())?,
            line("from", self.from.as_ref())?,
            line("until", self.until.as_ref())?,
            line("count", self.count.as_ref())?,
            line("except", except)?,
        ];
        Ok(lines.concat())
    }
}

/// A key with its value; nothing for a key that isn't given.
fn line<T: Serialize>(key: &str, value: Option<&T>) -> Result<String, toml::ser::Error> {
    let Some(value) = value else { return Ok(String::new()) };
    let mut text = format!("{key} = ");
    value.serialize(toml::ser::ValueSerializer::new(&mut text))?;
    text.push('\n');
    Ok(text)
}

/// A date, written `"2026-03-05"` or as a bare TOML date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DateText(pub(super) NaiveDate);

/// A time of day, written `"19:00"`, `"19:00:30"` or as a bare TOML time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeText(pub(super) NaiveTime);

impl TimeText {
    pub(super) fn text(self) -> String {
        let pattern = if self.0.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        self.0.format(pattern).to_string()
    }
}

impl<'de> Deserialize<'de> for DateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        loose::date(deserializer).map(Self)
    }
}

impl Serialize for DateText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%d"))
    }
}

impl<'de> Deserialize<'de> for TimeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        loose::time(deserializer).map(Self)
    }
}

impl Serialize for TimeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}
