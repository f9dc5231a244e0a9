//! What the columns of a list are called.

use std::collections::HashMap;

use crate::values::contact::plain;

/// A column of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// The name.
    Name,
    /// The building, by name or code.
    Building,
    /// The flat.
    Flat,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// `zh` or `en`.
    Language,
    /// A member of the Party.
    PartyMember,
    /// A volunteer.
    Volunteer,
    /// Head of a building.
    BuildingHead,
    /// Not yet 14.
    Under14,
    /// Consents to be written to.
    Reminders,
    /// Consents to be named on boards.
    Rankings,
    /// A guardian consents.
    Guardian,
}

impl Column {
    /// All columns, in the order in which they are written.
    pub const ALL: [Self; 13] = [
        Self::Name,
        Self::Building,
        Self::Flat,
        Self::Phone,
        Self::Email,
        Self::Language,
        Self::PartyMember,
        Self::Volunteer,
        Self::BuildingHead,
        Self::Under14,
        Self::Reminders,
        Self::Rankings,
        Self::Guardian,
    ];

    /// The key in `locales/` of its names, the first the one to write, all of them understood.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "csv_name",
            Self::Building => "csv_building",
            Self::Flat => "csv_flat",
            Self::Phone => "csv_phone",
            Self::Email => "csv_email",
            Self::Language => "csv_language",
            Self::PartyMember => "csv_party_member",
            Self::Volunteer => "csv_volunteer",
            Self::BuildingHead => "csv_building_head",
            Self::Under14 => "csv_under_14",
            Self::Reminders => "csv_reminders",
            Self::Rankings => "csv_rankings",
            Self::Guardian => "csv_guardian",
        }
    }
}

/// What columns and answers are called in all languages.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    pub(super) columns: HashMap<String, Column>,
    pub(super) answers: HashMap<String, bool>,
}

/// Names as they are compared: without blanks, brackets and case.
pub(super) fn folded(text: &str) -> String {
    let text = plain(text).to_lowercase();
    text.chars().filter(|c| !c.is_whitespace() && !"_-*:.".contains(*c)).collect()
}

impl Vocabulary {
    /// Adds a language: `text` gives the names at a key, parted by `|`.
    #[must_use]
    pub fn with<'a>(mut self, text: impl Fn(&'static str) -> &'a str) -> Self {
        for column in Column::ALL {
            self.columns.extend(text(column.key()).split('|').map(|name| (folded(name), column)));
        }
        for (key, answer) in [("csv_yes", true), ("csv_no", false)] {
            self.answers.extend(text(key).split('|').map(|word| (folded(word), answer)));
        }
        self
    }
}
