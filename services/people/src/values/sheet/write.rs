//! A list written so that a spreadsheet shows it as it is.
//!
//! UTF-8 with its mark, or Excel takes it for the machine's own encoding. Whatever a spreadsheet
//! would turn into a number, a date or a formula stands as `="…"`: of all ways this is the one
//! that Excel, WPS and LibreOffice all show as the bare text, so that no telephone number becomes
//! 1.38E+10; [`read`](super::read) takes the wrapping off again.

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words, wrapped only where they would run as a formula.
    Text(String),
    /// Digits that are not a number: a telephone number, a flat, a card.
    Digits(String),
}

fn wrapped(text: &str) -> String {
    format!("=\"{}\"", text.replace('"', "\"\""))
}

impl Cell {
    fn written(&self) -> String {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => wrapped(text),
            Self::Digits(text) if !text.is_empty() => wrapped(text),
            Self::Text(text) | Self::Digits(text) => text.clone(),
        }
    }
}

/// The bytes of a CSV file with one line for the columns' names and one for each row.
pub fn write(header: &[&str], rows: &[Vec<Cell>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.iter().map(Cell::written))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}
