//! What can be wrong with a list, each with the way out.

use super::Column;
use crate::{deciders::Reason, values::contact::Wrong};

/// Why a file can't be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// There is nothing in it.
    #[error("the file is empty: save the sheet as CSV again")]
    Empty,
    /// It is a workbook.
    #[error("this is a workbook, not CSV: choose `save as`, then `CSV UTF-8`")]
    Workbook,
    /// Neither UTF-8 nor GB18030.
    #[error("the file's characters can't be read: save it as `CSV UTF-8`")]
    Characters,
    /// The first line doesn't name the columns that are needed.
    #[error("the first line must name the columns, the name and the building at least")]
    Header,
    /// Two columns mean the same.
    #[error("two columns of the first line mean the same: remove one")]
    ColumnTwice,
}

impl Reason for FileProblem {
    fn key(&self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::Workbook => "file_workbook",
            Self::Characters => "file_characters",
            Self::Header => "file_header",
            Self::ColumnTwice => "file_column_twice",
        }
    }
}

/// Why a line can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value is wrong.
    #[error(transparent)]
    Value(#[from] Wrong),
    /// The building is missing.
    #[error("the building is missing")]
    BuildingMissing,
    /// There is no such building in the community.
    #[error("there is no such building here: add it under places, or correct its name")]
    BuildingUnknown,
    /// Several buildings are called so.
    #[error("several buildings here are called so: write the building's code")]
    BuildingAmbiguous,
    /// Neither yes nor no.
    #[error("write yes or no")]
    YesOrNo,
    /// Neither of the two languages.
    #[error("the language is zh or en")]
    Language,
    /// Under 14 with consents, but none of a guardian.
    #[error("under 14 a guardian's consent comes first: fill that column in")]
    Guardian,
    /// Replaced characters.
    #[error("some characters were lost when the file was saved: type them again, save it as UTF-8")]
    Garbled,
    /// More cells than columns.
    #[error("the line has more cells than the first one: put commas within a cell in quotes")]
    Cells,
    /// A line break within a cell.
    #[error("a quotation mark on this line is not closed")]
    Quote,
    /// The same person twice in the file.
    #[error("the same name and flat stand on line {0} already: remove one, or add flat or phone")]
    Twice(u64),
    /// Several residents of that name, and nothing to tell them apart.
    #[error("several residents have this name there: add the flat or the phone number")]
    Undecided,
}

impl Reason for Problem {
    fn key(&self) -> &'static str {
        match self {
            Self::Value(wrong) => wrong.key(),
            Self::BuildingMissing => "line_building_missing",
            Self::BuildingUnknown => "line_building_unknown",
            Self::BuildingAmbiguous => "line_building_ambiguous",
            Self::YesOrNo => "line_yes_or_no",
            Self::Language => "no_language",
            Self::Guardian => "no_guardian",
            Self::Garbled => "line_garbled",
            Self::Cells => "line_cells",
            Self::Quote => "line_quote",
            Self::Twice(_) => "line_twice",
            Self::Undecided => "line_undecided",
        }
    }
}

/// A line that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Its number in the file, from 1, the first line counted.
    pub line: u64,
    /// The column, where it is one alone.
    pub column: Option<Column>,
    /// What stands there.
    pub text: String,
    /// What is wrong.
    pub problem: Problem,
}
