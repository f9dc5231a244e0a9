//! How a command ends when it does not end well, and where in a file something stands.

use std::{error::Error, ops::Range, path::Path};

use serde::{Deserialize, Serialize};

/// Why a command did not do what was asked; the text names the place and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// It was asked in a way that can't be done: exit code 2.
    Usage(String),
    /// It could not be done: exit code 1.
    Failed(String),
    /// It has been told already: exit code 1.
    Told,
    /// Whoever reads the output has gone away, as `head` does: exit code 0.
    Closed,
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Many errors print their cause by themselves.
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        Self::Failed(text)
    }
}

impl Failure {
    /// A failure with a text.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    /// A wrong usage with a text.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// A file that can't be read or written.
    pub fn file(path: &Path, what: &str, error: &std::io::Error) -> Self {
        Self::Failed(format!("{} can't be {what}: {error}", path.display()))
    }

    /// The process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) | Self::Told => 1,
            Self::Closed => 0,
        }
    }

    /// The text, if there is any left to be told.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Usage(text) | Self::Failed(text) => Some(text),
            Self::Told | Self::Closed => None,
        }
    }
}

/// The number of the line, from 1, in which a byte of a text stands.
pub fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

/// What is wrong in a TOML file: the file, the line, the problem and the line itself.
pub fn toml_problem(file: &str, text: &str, error: &toml::de::Error) -> String {
    let Range { start, .. } = error.span().unwrap_or_default();
    let line = line_of(text, start);
    let shown = text.lines().nth(line - 1).unwrap_or_default().trim();
    let problem = error.message().lines().collect::<Vec<_>>().join("; ");
    format!("{file}, line {line}: {problem}\n  {line} | {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one() {
        assert_eq!(line_of("a\nb\n", 0), 1);
        assert_eq!(line_of("a\nb\n", 1), 1);
        assert_eq!(line_of("a\nb\n", 2), 2);
    }

    #[test]
    fn a_toml_problem_names_file_line_and_text() {
        let text = "a = 1\nb = = 2\n";
        let error = toml::from_str::<toml::Table>(text).unwrap_err();
        let told = toml_problem("x.toml", text, &error);
        assert!(told.starts_with("x.toml, line 2: "), "{told}");
        assert!(told.ends_with("2 | b = = 2"), "{told}");
    }
}
