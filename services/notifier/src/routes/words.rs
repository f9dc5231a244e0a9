//! The notifier's words in both languages, and how dates, lead times and purposes are told.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::{Asia::Shanghai, Tz};
use linli_almanac::lunar;
use linli_platform::web::{Language, Words};

use crate::{projections::occurrences::Occurrence, values::Purpose};

#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (zh, en) = (include_str!("../../locales/zh.toml"), include_str!("../../locales/en.toml"));
    Words::read(zh, en).expect("the notifier's words")
});

/// The words of one language, for templates.
#[derive(Debug, Clone, Copy)]
pub struct Tongue(pub Language);

impl Tongue {
    /// The text at a key.
    pub fn t(self, key: &str) -> String {
        WORDS.get(self.0, key).to_owned()
    }

    /// The text at a key, filled in.
    pub fn with(self, key: &str, values: &[(&str, &str)]) -> String {
        WORDS.with(self.0, key, values)
    }

    /// A date with its weekday and lunar date.
    pub fn date(self, date: NaiveDate) -> String {
        let weekday = self.t(&format!("weekday_{}", date.weekday().number_from_monday()));
        let month = self.t(&format!("month_{}", date.month()));
        let (year, day) = (date.year().to_string(), date.day().to_string());
        let values = [("year", &*year), ("month", &month), ("day", &day), ("weekday", &weekday)];
        let civil = self.with("date", &values);
        match self.lunar(date) {
            Some(lunar) => self.with("date_lunar", &[("date", &civil), ("lunar", &lunar)]),
            None => civil,
        }
    }

    fn lunar(self, date: NaiveDate) -> Option<String> {
        let day = lunar::to_lunar(date)?;
        let leap = if day.leap { self.t("lunar_leap") } else { String::new() };
        let (month, number) = (day.month.to_string(), day.day.to_string());
        let values = [("text", &*day.text()), ("leap", &leap), ("month", &month), ("day", &number)];
        Some(self.with("lunar", &values))
    }

    /// When an occurrence takes place.
    pub fn when(self, occ: &Occurrence) -> String {
        let start = occ.start.with_timezone(&occ.zone);
        let date = self.date(start.date_naive());
        if occ.all_day {
            return self.with("when_all_day", &[("date", &date)]);
        }
        let end = occ.end.with_timezone(&occ.zone);
        let time = |instant: DateTime<Tz>| instant.format("%H:%M").to_string();
        let end = if end.date_naive() == start.date_naive() {
            time(end)
        } else {
            format!("{} {}", end.format("%m-%d"), time(end))
        };
        self.with("when", &[("date", &date), ("start", &time(start)), ("end", &end)])
    }

    /// How long before the start.
    pub fn lead(self, minutes: u32) -> String {
        let (key, n) = match minutes {
            m if m % 10_080 == 0 => ("lead_weeks", m / 10_080),
            m if m % 1440 == 0 => ("lead_days", m / 1440),
            m if m % 60 == 0 => ("lead_hours", m / 60),
            m => ("lead_minutes", m),
        };
        self.with(key, &[("n", &n.to_string())])
    }

    /// What a delivery is for.
    pub fn purpose(self, purpose: Purpose) -> String {
        match purpose {
            Purpose::Lead(minutes) => self.with("purpose_lead", &[("lead", &self.lead(minutes))]),
            Purpose::Changed => self.t("purpose_changed"),
            Purpose::Promoted => self.t("purpose_promoted"),
            Purpose::Digest => self.t("purpose_digest"),
            Purpose::Announcement => self.t("purpose_announcement"),
            Purpose::Unfilled => self.t("purpose_unfilled"),
            Purpose::SignIn(_) => self.t("purpose_sign_in"),
        }
    }
}

/// An instant, briefly, on the wall clock of most readers.
pub fn instant(at: &DateTime<Utc>) -> String {
    at.with_timezone(&Shanghai).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_with_its_lunar_date_in_both_languages() {
        let date = NaiveDate::from_ymd_opt(2026, 9, 25).unwrap();
        assert_eq!(Tongue(Language::Zh).date(date), "2026年9月25日 星期五（农历八月十五）");
        let en = "Friday, 25 September 2026 (day 15 of lunar month 8)";
        assert_eq!(Tongue(Language::En).date(date), en);
        let leap = NaiveDate::from_ymd_opt(2025, 7, 25).unwrap();
        assert!(Tongue(Language::En).date(leap).ends_with("(day 1 of leap lunar month 6)"));
    }

    #[test]
    fn lead_times_are_told_in_their_largest_unit() {
        let zh = Tongue(Language::Zh);
        let told = [10_080, 1440, 120, 90].map(|minutes| zh.lead(minutes));
        assert_eq!(told, ["提前1周", "提前1天", "提前2小时", "提前90分钟"]);
    }
}
