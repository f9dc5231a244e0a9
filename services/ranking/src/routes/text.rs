//! Words and numbers as a page's reader has them.

use std::sync::LazyLock;

use linli_platform::web::{Language, Viewer, Words, fill};

use crate::values::{Measure, Period, Span};

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

    /// The text at the key that is made of a prefix and a code.
    pub fn code(self, prefix: &str, code: &str) -> String {
        let key = format!("{prefix}_{code}");
        WORDS.get(self.0, &key).to_owned()
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
    pub fn no(self, (key, values): &(&'static str, Vec<(&'static str, String)>)) -> String {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.with(key, &values)
    }

    /// The name that fits the language, of a Chinese and an English one.
    pub fn name<'a>(self, (zh, en): (&'a str, &'a str)) -> &'a str {
        if self.0 == Language::En && !en.is_empty() { en } else { zh }
    }

    /// A period in words.
    pub fn period(self, period: Period) -> String {
        let (first, last) = (self.day(period.first), self.day(period.last()));
        match period.span {
            Span::Week => self.with(
                "period_week",
                &[("week", &period.to_string()), ("first", &first), ("last", &last)],
            ),
            Span::Month => period.first.format(self.get("period_month")).to_string(),
            Span::Year => period.first.format(self.get("period_year")).to_string(),
        }
    }

    /// A date.
    pub fn day(self, day: chrono::NaiveDate) -> String {
        day.format(self.get("date")).to_string()
    }
}

/// A value in the unit of its measure; times in hours with one decimal.
pub(super) fn value(measure: Measure, value: i64) -> String {
    if measure.is_time() { hours(value) } else { value.to_string() }
}

/// Hundredths of a value per head, with two decimals; of times in hours.
pub(super) fn per_head(measure: Measure, hundredths: u64) -> String {
    let hundredths = if measure.is_time() { hundredths / 60 } else { hundredths };
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Minutes as hours with one decimal, rounded to a tenth of an hour, which is six minutes.
pub(super) fn hours(minutes: i64) -> String {
    let tenths = (minutes.unsigned_abs() + 3) / 6;
    let sign = if minutes < 0 && tenths > 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_hours_and_periods_by_name() {
        assert_eq!([0, 2, 3, 60, 95, -90].map(hours), ["0.0", "0.0", "0.1", "1.0", "1.6", "-1.5"]);
        let (zh, en) = (Text(Language::Zh), Text(Language::En));
        assert_eq!(per_head(Measure::Minutes, 12_345), "2.05");
        assert_eq!(per_head(Measure::Points, 333), "3.33");
        let month: Period = "2026-11".parse().unwrap();
        assert_eq!(
            (zh.period(month).as_str(), en.period(month).as_str()),
            ("2026年11月", "November 2026")
        );
        let week = en.period("2026-W45".parse().unwrap());
        assert_eq!(week, "2026-W45 (2 Nov 2026 – 8 Nov 2026)");
    }

    /// The keys that a text asks for.
    fn asked(text: &str) -> impl Iterator<Item = String> {
        let calls = ["t.get(\"", ".n(\"", "with(\"", "(\"no_"];
        calls.into_iter().flat_map(|call| {
            let kept = if call.ends_with("no_") { "no_" } else { "" };
            let after = text.split(call).skip(1);
            after.filter_map(move |rest| Some(format!("{kept}{}", rest.split('"').next()?)))
        })
    }

    #[test]
    fn every_word_that_a_page_asks_for_is_there() {
        let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut asked_for = 0;
        for folder in ["templates", "src/routes", "src/deciders"] {
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
        assert!(asked_for > 80, "{asked_for}");
    }
}
