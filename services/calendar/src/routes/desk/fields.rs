//! The fields of a form: as they were sent, or as a page is first filled in.

use std::fmt::Display;

use uuid::Uuid;

/// Names and values in their order; a name may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The trimmed value of a field; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// All values of a name that are not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether a field has this among its values: a box is ticked, an option chosen.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|one| one == value)
    }

    /// The same for a value that is an id.
    pub fn names(&self, name: &str, id: &Uuid) -> bool {
        self.all(name).any(|one| one.parse() == Ok(*id))
    }

    /// The same for the n-th value alone, from 0.
    pub fn nth_names(&self, name: &str, n: usize, id: &Uuid) -> bool {
        self.all(name).nth(n).is_some_and(|one| one.parse() == Ok(*id))
    }

    /// The same for a value that is a number.
    pub fn is(&self, name: &str, n: i32) -> bool {
        self.all(name).any(|one| one.parse() == Ok(n))
    }

    /// Gives a field one value in place of those it had.
    pub fn set(&mut self, name: &str, value: impl Display) {
        self.0.retain(|(key, _)| key != name);
        self.add(name, value);
    }

    /// Gives a field one more value.
    pub fn add(&mut self, name: &str, value: impl Display) {
        self.0.push((name.to_owned(), format!("{value}")));
    }
}

/// The parts of a list as people write one: commas of both scripts, 、, blanks or lines between.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；');
    text.split(between).filter(|part| !part.is_empty())
}
