//! The words of these pages.

use std::sync::LazyLock;

use linli_platform::web::{Language, Words};

use crate::values::sheet::Vocabulary;

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

    /// The text at a key that is put together, as of a kind or role: `<group>_<name>`.
    pub fn of(&self, group: &str, name: &str) -> String {
        let key = format!("{group}_{}", name.replace('-', "_"));
        WORDS.get(self.0, &key).to_owned()
    }

    /// The text at `key` with a number filled in for `{n}`.
    pub fn n(&self, key: &str, n: impl ToString) -> String {
        WORDS.with(self.0, key, &[("n", &n.to_string())])
    }
}

/// What the columns of a list are called, in both languages at once.
pub fn vocabulary() -> Vocabulary {
    let words = |language| move |key: &'static str| WORDS.get(language, key);
    Vocabulary::default().with(words(Language::Zh)).with(words(Language::En))
}
