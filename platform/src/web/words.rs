//! The words of the interface: one flat TOML file per language and service.

use std::collections::HashMap;

use super::Language;

/// A service's words in all languages.
#[derive(Debug, Clone)]
pub struct Words {
    zh: HashMap<String, String>,
    en: HashMap<String, String>,
}

/// Why a file of words can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// It is not flat TOML of texts.
    #[error("the words can't be read: {0}")]
    Toml(String),
    /// One language lacks a word that the other has.
    #[error("'{0}' stands in one language alone")]
    Missing(String),
}

impl Words {
    /// Reads the files of both languages; both must have the same keys.
    pub fn read(zh: &str, en: &str) -> Result<Self, WordsError> {
        let read = |text: &str| -> Result<HashMap<String, String>, WordsError> {
            toml::from_str(text).map_err(|error| WordsError::Toml(error.to_string()))
        };
        let words = Self { zh: read(zh)?, en: read(en)? };
        let lacks = |a: &HashMap<String, String>, b: &HashMap<String, String>| {
            a.keys().find(|key| !b.contains_key(*key)).cloned()
        };
        match lacks(&words.zh, &words.en).or_else(|| lacks(&words.en, &words.zh)) {
            Some(key) => Err(WordsError::Missing(key)),
            None => Ok(words),
        }
    }

    /// The text at `key`; the key itself where there is none, so that it is seen and mended.
    pub fn get<'a>(&'a self, language: Language, key: &'a str) -> &'a str {
        let words = match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        };
        words.get(key).map_or(key, String::as_str)
    }

    /// The text at `key` with each `{name}` filled in.
    pub fn with(&self, language: Language, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.get(language, key), values)
    }
}

/// Fills each `{name}` of a text in.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_must_have_every_word() {
        let words = Words::read("places = '余 {n} 位'", "places = '{n} places left'").unwrap();
        assert_eq!(words.with(Language::Zh, "places", &[("n", "3")]), "余 3 位");
        assert_eq!(words.get(Language::En, "absent"), "absent");
        assert_eq!(Words::read("a = '1'", "b = '1'").unwrap_err(), WordsError::Missing("a".into()));
    }
}
