//! The words of these pages.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use linli_calendar::values::agenda::{Entry, State};
use linli_platform::web::{Language, Words};

/// All words of the gateway, in both languages.
#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("../../locales/zh.toml"), include_str!("../../locales/en.toml"))
        .expect("both files of words are whole")
});

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What an occurrence's badge is called in the style sheet.
pub(super) fn badge(state: State) -> &'static str {
    match state {
        State::Draft => "draft",
        State::Computed => "computed",
        State::Opened => "opened",
        State::Moved => "moved",
        State::Cancelled => "cancelled",
        State::Held => "held",
    }
}

/// The words in one language, as templates use them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text(pub Language);

impl Text {
    /// The text at `key`.
    pub fn w(self, key: &str) -> &str {
        WORDS.get(self.0, key)
    }

    /// The text at `key` with one value filled in for `{it}`.
    pub fn of(self, key: &str, it: impl std::fmt::Display) -> String {
        WORDS.with(self.0, key, &[("it", &it.to_string())])
    }

    /// That this computer's clock is behind the log.
    pub fn clock_behind(self, now: &str, last: &str) -> String {
        WORDS.with(self.0, "clock_behind", &[("now", now), ("last", last)])
    }

    /// Whether English names are read where there are some.
    pub fn english(self) -> bool {
        self.0 == Language::En
    }

    /// A civil date with its day of the week.
    pub fn day(self, date: NaiveDate) -> String {
        let weekday = self.w(WEEKDAYS[date.weekday().num_days_from_monday() as usize]);
        date.format(self.w("format_day")).to_string().replace("{weekday}", weekday)
    }

    /// When an occurrence is, without its day.
    pub fn times(self, entry: &Entry) -> String {
        if entry.all_day {
            return self.w("all_day").to_owned();
        }
        let clock = |at: DateTime<Utc>| at.with_timezone(&entry.zone).format("%H:%M").to_string();
        format!("{}–{}", clock(entry.start), clock(entry.end))
    }

    /// What becomes of an occurrence.
    pub fn state(self, entry: &Entry) -> &str {
        self.w(match entry.state {
            State::Draft => "state_draft",
            State::Computed => "state_computed",
            State::Opened => "state_opened",
            State::Moved => "state_moved",
            State::Cancelled => "state_cancelled",
            State::Held => "state_held",
        })
    }

    /// The language as HTML names it.
    pub fn html(self) -> &'static str {
        match self.0 {
            Language::Zh => "zh-Hans-CN",
            Language::En => "en",
        }
    }
}
