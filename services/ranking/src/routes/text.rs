//! Words and numbers as a page's reader has them.

use std::sync::LazyLock;

use linli_platform::web::{Language, Viewer, Words, fill};

#[expect(clippy::expect_used, reason = "the files are part of the program; a test reads them")]
static WORDS: LazyLock<Words> = LazyLock::new(|| {
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

    /// A date.
    pub fn day(self, day: chrono::NaiveDate) -> String {
        day.format(self.get("date")).to_string()
    }
}

/// Minutes as hours with one decimal, rounded to a tenth of an hour, which is six minutes.
pub(super) fn hours(minutes: i64) -> String {
    let tenths = (minutes.unsigned_abs() + 3) / 6;
    let sign = if minutes < 0 && tenths > 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}
