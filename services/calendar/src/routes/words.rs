//! The words of these pages, and how dates are told in them.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_almanac::lunar;
use linli_platform::web::{Language, Words};

use crate::values::agenda::Entry;

/// All words of this service, in both languages.
#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
pub static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("../../locales/zh.toml"), include_str!("../../locales/en.toml"))
        .expect("both files of words are whole")
});

/// The words in one language, as templates use them.
#[derive(Debug, Clone, Copy)]
pub struct Text(pub Language);

impl Text {
    /// The text at `key`.
    pub fn w<'a>(&self, key: &'a str) -> &'a str
    where
        'static: 'a,
    {
        WORDS.get(self.0, key)
    }

    /// The text at a key that is put together: `<group>_<name>`.
    pub fn of(&self, group: &str, name: &str) -> String {
        WORDS.get(self.0, &format!("{group}_{name}")).to_owned()
    }

    /// The text at `key` with a number filled in for `{n}`.
    pub fn n(&self, key: &str, n: impl std::fmt::Display + Copy) -> String {
        WORDS.with(self.0, key, &[("n", &n.to_string())])
    }

    /// The text at `key` with values filled in.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        WORDS.with(self.0, key, values)
    }

    /// Whether English words are wanted.
    pub fn is_english(self) -> bool {
        self.0 == Language::En
    }

    /// A day of the week, Monday 0.
    pub fn weekday(self, n: u32) -> String {
        self.of("weekday", &n.to_string())
    }

    /// A civil date with its day of the week.
    pub fn date(self, date: NaiveDate) -> String {
        let month = self.of("month", &date.month().to_string());
        let weekday = self.weekday(date.weekday().num_days_from_monday());
        let (year, day) = (date.year().to_string(), date.day().to_string());
        let values = [("y", &*year), ("m", &*month), ("d", &*day), ("w", &*weekday)];
        self.with("date", &values)
    }

    /// Month and year.
    pub fn month(self, date: NaiveDate) -> String {
        let month = self.of("month", &date.month().to_string());
        self.with("month_of_year", &[("y", &date.year().to_string()), ("m", &month)])
    }

    /// The lunar date of a day: 农历九月廿六.
    pub fn lunar(self, date: NaiveDate) -> String {
        lunar::text(date).map_or_else(String::new, |text| self.with("lunar", &[("text", &text)]))
    }

    /// From when to when, with the lunar date.
    pub fn when(self, start: DateTime<Utc>, end: DateTime<Utc>, all_day: bool, zone: Tz) -> String {
        let (start, end) = (start.with_timezone(&zone), end.with_timezone(&zone));
        let first = start.date_naive();
        let date = format!("{} {}", self.date(first), self.lunar(first));
        if all_day {
            let last = end.date_naive().pred_opt().unwrap_or(first);
            return if last > first { format!("{date} – {}", self.date(last)) } else { date };
        }
        let (from, mut to) = (start.format("%H:%M"), end.format("%H:%M").to_string());
        if end.date_naive() > first {
            to = format!("{} {to}", self.date(end.date_naive()));
        }
        format!("{date} {from}–{to}")
    }

    /// When an occurrence is.
    pub fn entry_when(self, entry: &Entry) -> String {
        self.when(entry.start, entry.end, entry.all_day, entry.zone)
    }

    /// What a venue is called.
    pub fn venue(self, entry: &Entry) -> String {
        let name = entry.venue_name.as_ref();
        name.map_or_else(String::new, |venue| venue.called(self.is_english()).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key that a template or a page names stands in the files of words.
    #[test]
    fn every_word_that_is_asked_for_is_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = ["templates", "src/routes"].into_iter().flat_map(|dir| {
            let dir = std::fs::read_dir(root.join(dir)).unwrap();
            dir.map(|file| file.unwrap().path()).filter(|path| path.is_file())
        });
        let mut asked = 0;
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for call in ["t.w(\"", "t.n(\"", "t.with(\"", "line(\"", "words(\""] {
                for key in text.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                    let found = WORDS.get(Language::Zh, key);
                    assert!(found != key, "{} asks for '{key}'", file.display());
                    asked += 1;
                }
            }
        }
        assert!(asked > 50, "{asked} words are asked for");
    }
}
