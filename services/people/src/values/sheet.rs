//! A residents' list as a CSV file: read however a spreadsheet saved it, written so that it comes
//! back unharmed.

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::contact::{self, Wrong, plain};
mod columns;
mod problem;
#[cfg(test)]
mod tests;
mod write;

pub use columns::{Column, Vocabulary};
pub use problem::{Bad, FileProblem, Problem};
pub use write::{Cell, write};

use columns::folded;

/// A line that can be read; whether its building is there and who is known already comes after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a person, independent of each other")]
pub struct Line {
    /// Its number in the file, from 1, the first line counted.
    pub line: u64,
    /// The name.
    pub name: String,
    /// The building as written.
    pub building: String,
    /// The flat.
    pub flat: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// `zh` or `en`.
    pub language: String,
    /// A member of the Party.
    pub party_member: bool,
    /// A volunteer.
    pub volunteer: bool,
    /// Head of a building.
    pub building_head: bool,
    /// Not yet 14.
    pub under_14: bool,
    /// Consents to be written to.
    pub reminders: bool,
    /// Consents to be named on boards.
    pub rankings: bool,
    /// A guardian consents.
    pub guardian: bool,
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The lines that can be read.
    pub lines: Vec<Line>,
    /// Those that can't.
    pub bad: Vec<Bad>,
    /// Columns that nothing is taken from.
    pub ignored: Vec<String>,
}

/// The text of a file: UTF-8 or UTF-16 by its mark, else UTF-8, else GB18030; with the encoding's
/// name.
pub fn decode(bytes: &[u8]) -> Result<(String, &'static str), FileProblem> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(FileProblem::Workbook);
    }
    let (marked, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (Some(encoding), &bytes[mark..]),
        None => (None, bytes),
    };
    let tries = marked.map_or_else(|| vec![UTF_8, GB18030], |encoding| vec![encoding]);
    for encoding in tries {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(rest) {
            let blank = text.trim().is_empty();
            return if blank {
                Err(FileProblem::Empty)
            } else {
                Ok((text.into(), encoding.name()))
            };
        }
    }
    Err(FileProblem::Characters)
}

/// Counts lines as an editor does, blank ones too, which the reader of CSV passes over.
struct Lines<'a> {
    text: &'a str,
    upto: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record that was read from `byte` on begins; bytes only rise.
    fn at(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).max(self.upto);
        let rest = self.text.get(from..).unwrap_or_default();
        let start = self.text.len() - rest.trim_start_matches('\n').len();
        let passed = self.text.get(self.upto..start).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.upto = start;
        self.line
    }
}

/// Reads a list. The first line names the columns.
pub fn read(text: &str, words: &Vocabulary) -> Result<Sheet, FileProblem> {
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().next().unwrap_or_default();
    let count = |c: &u8| first.bytes().filter(|byte| byte == c).count();
    let delimiter = [b',', b'\t', b';'].into_iter().max_by_key(count).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut records = reader.records().map_while(Result::ok);
    let header = records.next().ok_or(FileProblem::Empty)?;
    let columns: Vec<Option<Column>> =
        header.iter().map(|name| words.columns.get(&folded(&unwrapped(name))).copied()).collect();
    for column in Column::ALL {
        let times = columns.iter().filter(|there| **there == Some(column)).count();
        match times {
            0 if matches!(column, Column::Name | Column::Building) => {
                return Err(FileProblem::Header);
            }
            0 | 1 => {}
            _ => return Err(FileProblem::ColumnTwice),
        }
    }
    let unknown = |(name, column): (&str, &Option<Column>)| column.is_none().then(|| name.into());
    let ignored = header.iter().zip(&columns).filter_map(unknown).collect();
    let mut sheet = Sheet { ignored, ..Sheet::default() };
    let mut counted = Lines { text, upto: 0, line: 1 };
    for record in records {
        let line = counted.at(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cells = Cells { record: &record, columns: &columns, words };
        match cells.line(line) {
            Ok(line) => sheet.lines.push(line),
            Err((column, text, problem)) => {
                sheet.bad.push(Bad { line, column, text, problem });
            }
        }
    }
    Ok(sheet)
}

/// What [`write`] wraps as a formula comes back as the text that it is.
fn unwrapped(cell: &str) -> String {
    let cell = cell.trim();
    let inner = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""))
}

struct Cells<'a> {
    record: &'a csv::StringRecord,
    columns: &'a [Option<Column>],
    words: &'a Vocabulary,
}

type Failed = (Option<Column>, String, Problem);

impl Cells<'_> {
    fn text(&self, column: Column) -> String {
        let at = self.columns.iter().position(|there| *there == Some(column));
        unwrapped(at.and_then(|at| self.record.get(at)).unwrap_or_default())
    }

    fn value<T>(
        &self,
        column: Column,
        read: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Result<T, Failed> {
        let text = self.text(column);
        read(&text).map_err(|wrong| (Some(column), text, Problem::Value(wrong)))
    }

    fn answer(&self, column: Column) -> Result<bool, Failed> {
        let text = self.text(column);
        let folded = folded(&text);
        match self.words.answers.get(&folded) {
            _ if folded.is_empty() => Ok(false),
            Some(answer) => Ok(*answer),
            None => Err((Some(column), text, Problem::YesOrNo)),
        }
    }

    fn shape(&self) -> Result<(), Failed> {
        let whole = |problem, text: &str| Err((None, text.to_owned(), problem));
        for (at, cell) in self.record.iter().enumerate() {
            if cell.contains('\u{fffd}') {
                return whole(Problem::Garbled, cell);
            }
            if cell.trim().contains(['\n', '\r']) {
                return whole(Problem::Quote, cell.lines().next().unwrap_or_default());
            }
            if at >= self.columns.len() && !cell.trim().is_empty() {
                return whole(Problem::Cells, cell);
            }
        }
        Ok(())
    }

    fn line(&self, line: u64) -> Result<Line, Failed> {
        self.shape()?;
        let building = plain(&self.text(Column::Building));
        if building.is_empty() {
            return Err((Some(Column::Building), building, Problem::BuildingMissing));
        }
        let language = self.text(Column::Language).to_lowercase();
        if !["", "zh", "en"].contains(&language.as_str()) {
            return Err((Some(Column::Language), language, Problem::Language));
        }
        let line = Line {
            line,
            name: self.value(Column::Name, contact::name)?,
            building,
            flat: self.value(Column::Flat, contact::flat)?,
            phone: self.value(Column::Phone, contact::phone)?,
            email: self.value(Column::Email, contact::email)?,
            language: if language.is_empty() { "zh".into() } else { language },
            party_member: self.answer(Column::PartyMember)?,
            volunteer: self.answer(Column::Volunteer)?,
            building_head: self.answer(Column::BuildingHead)?,
            under_14: self.answer(Column::Under14)?,
            reminders: self.answer(Column::Reminders)?,
            rankings: self.answer(Column::Rankings)?,
            guardian: self.answer(Column::Guardian)?,
        };
        if line.under_14 && (line.reminders || line.rankings) && !line.guardian {
            return Err((Some(Column::Guardian), String::new(), Problem::Guardian));
        }
        Ok(line)
    }
}
