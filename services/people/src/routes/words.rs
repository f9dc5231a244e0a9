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
    pub fn w<'a>(self, key: &'a str) -> &'a str
    where
        'static: 'a,
    {
        WORDS.get(self.0, key)
    }

    /// The text at a key that is put together, as of a kind or role: `<group>_<name>`.
    pub fn of(self, group: &str, name: &str) -> String {
        let key = format!("{group}_{}", name.replace('-', "_"));
        WORDS.get(self.0, &key).to_owned()
    }

    /// The text at `key` with a number filled in for `{n}`.
    pub fn n(self, key: &str, n: impl std::fmt::Display) -> String {
        WORDS.with(self.0, key, &[("n", &format!("{n}"))])
    }
}

/// What the columns of a list are called, in both languages at once.
pub fn vocabulary() -> Vocabulary {
    let words = |language| move |key: &'static str| WORDS.get(language, key);
    Vocabulary::default().with(words(Language::Zh)).with(words(Language::En))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;
    use crate::{
        contract::{Kind, Purpose},
        deciders::unit::KINDS,
        values::roles::Role,
    };

    /// What stands in quotes after `call` in a text.
    fn named<'a>(text: &'a str, call: &str) -> Vec<&'a str> {
        text.split(call).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_word_that_a_template_names_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut keys = BTreeSet::new();
        for file in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for call in ["t.w(\"", "t.n(\""] {
                keys.extend(named(&text, call).into_iter().map(ToOwned::to_owned));
            }
        }
        assert!(keys.len() > 100, "the templates name {} words", keys.len());
        let groups = [
            ("role", Role::ALL.map(Role::code).to_vec()),
            ("place", Kind::ALL.map(Kind::code).to_vec()),
            ("consent", Purpose::ALL.map(Purpose::code).to_vec()),
            ("unit", KINDS.to_vec()),
        ];
        for (group, names) in groups {
            keys.extend(names.iter().map(|name| format!("{group}_{}", name.replace('-', "_"))));
        }
        for key in keys {
            assert_ne!(WORDS.get(Language::Zh, &key), key, "no word for {key}");
        }
    }
}
