//! The words of these pages.

use std::sync::LazyLock;

use linli_platform::web::{Language, Words};

/// All words of the gateway, in both languages.
#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("../../locales/zh.toml"), include_str!("../../locales/en.toml"))
        .expect("both files of words are whole")
});

/// The words in one language, as templates use them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text(pub Language);

impl Text {
    /// The text at `key`.
    pub fn w<'a>(&self, key: &'a str) -> &'a str {
        WORDS.get(self.0, key)
    }

    /// The text at `key` with one value filled in for `{it}`.
    pub fn of(&self, key: &str, it: impl std::fmt::Display) -> String {
        WORDS.with(self.0, key, &[("it", &it.to_string())])
    }

    /// Which of two names is read in this language: the English one where there is one.
    pub fn name<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.0 == Language::En && !en.is_empty() { en } else { zh }
    }

    /// The language as HTML names it.
    pub fn html(&self) -> &'static str {
        match self.0 {
            Language::Zh => "zh-Hans-CN",
            Language::En => "en",
        }
    }
}
