//! Words and times as a page's reader has them.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_platform::web::{Language, Viewer, Words, fill};

#[expect(clippy::expect_used, reason = "the files are part of the program; a test reads them")]
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("../../locales/zh.toml"), include_str!("../../locales/en.toml"))
        .expect("both languages have every word")
});

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text(pub Language);

impl Text {
    pub fn of(viewer: &Viewer) -> Self {
        Self(viewer.language)
    }

    /// The text at `key`.
    pub fn get(self, key: &str) -> &str {
        WORDS.get(self.0, key)
    }

    /// The text at `key` with each `{name}` filled in.
    pub fn with(self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.get(key), values)
    }

    /// The text at `key` with its `{n}`.
    pub fn n(self, key: &str, n: impl std::fmt::Display) -> String {
        self.with(key, &[("n", &n.to_string())])
    }

    /// A rejection's words.
    pub fn no(self, key: &str, values: &[(&'static str, String)]) -> String {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.with(key, &values)
    }

    /// An instant's day and time.
    pub fn when(self, at: DateTime<Utc>, zone: Tz) -> String {
        at.with_timezone(&zone).format(self.get("date_and_time")).to_string()
    }

    /// From when to when; the day once if it is the same.
    pub fn span(self, from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
        let same = from.with_timezone(&zone).date_naive() == to.with_timezone(&zone).date_naive();
        let to = if same { self.clock(to, zone) } else { self.when(to, zone) };
        format!("{} – {to}", self.when(from, zone))
    }

    /// A day.
    pub fn day(self, on: NaiveDate) -> String {
        on.format(self.get("date")).to_string()
    }

    /// An instant's time of day.
    pub fn clock(self, at: DateTime<Utc>, zone: Tz) -> String {
        at.with_timezone(&zone).format(self.get("time_of_day")).to_string()
    }

    /// Minutes as hours with one decimal place.
    pub fn hours(self, minutes: u64) -> String {
        // Rounded to a tenth of an hour, which is six minutes.
        let tenths = (minutes + 3) / 6;
        self.n("hours_n", format_args!("{}.{}", tenths / 10, tenths % 10))
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::at;

    use super::*;

    #[test]
    fn times_are_told_by_the_wall_clock_of_the_place() {
        let (start, end) = (at("2026-11-05T01:00:00Z"), at("2026-11-05T03:30:00Z"));
        let zone = Tz::Asia__Shanghai;
        assert_eq!(Text(Language::En).span(start, end, zone), "5 Nov 2026, 09:00 – 11:30");
        assert_eq!(Text(Language::Zh).when(start, zone), "2026年11月5日 09:00");
        assert_eq!(Text(Language::En).hours(150), "2.5 hours");
    }

    /// The keys that a text asks for, or names as a reason for saying no.
    fn asked(text: &str) -> impl Iterator<Item = String> {
        let calls =
            [("get(\"", ""), (".n(\"", ""), ("with(\"", ""), ("\"no_", "no_"), ("\"do_", "do_")];
        calls.into_iter().flat_map(|(call, kept)| {
            let after = text.split(call).skip(1);
            after.filter_map(move |rest| Some(format!("{kept}{}", rest.split('"').next()?)))
        })
    }

    #[test]
    fn every_word_that_a_page_asks_for_is_there() {
        let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut asked_for = 0;
        for folder in [
            "templates",
            "src/routes",
            "src/deciders",
            "src/deciders/roll",
            "src/deciders/duty",
            "src/deciders/standing",
        ] {
            for file in std::fs::read_dir(home.join(folder)).unwrap().map(Result::unwrap) {
                if file.path().is_dir() {
                    continue;
                }
                let text = std::fs::read_to_string(file.path()).unwrap();
                let text = text.split("#[cfg(test)]\nmod").next().unwrap();
                for key in asked(text).filter(|key| !key.contains('/')) {
                    assert!(WORDS.get(Language::En, &key) != key, "no word for {key}");
                    asked_for += 1;
                }
            }
        }
        assert!(asked_for > 100, "{asked_for}");
    }
}
