//! Places and communities as rules in TOML: read ([`read`]), made into commands ([`commands`]) and
//! given to the streams ([`load`]). The grammar stands in `seeds/README.md`.
//!
//! An id is made from community and key, a command's id from its stream and the content it came
//! from. So what is there already is found again, and what was edited since is seen.

pub mod commands;
mod described;
pub mod embedded;
pub mod load;
pub mod read;
pub mod text;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// One file of seeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path, for messages.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

impl File {
    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// Whether it lies in a folder of this name.
    pub fn lies_in(&self, folder: &str) -> bool {
        self.path.rsplit(['/', '\\']).nth(1) == Some(folder)
    }
}

/// Where in the files something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file's path.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What stands there, such as `activity 'party-day'`.
    pub what: String,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.what)
    }
}
