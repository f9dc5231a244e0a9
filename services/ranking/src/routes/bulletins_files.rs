//! A bulletin as a file: CSV and XLSX.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use linli_platform::web::Refusal;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::bulletins_sheets::{Cell, Sheet};

/// A spreadsheet takes a file for UTF-8 when it begins so.
const BOM: &str = "\u{feff}";
/// What makes a spreadsheet take a text for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// A worksheet's name has at most so many characters.
const SHEET_NAME_MAX: usize = 31;
/// The widest and the narrowest column, in characters.
const WIDTHS: (usize, usize) = (6, 40);

/// One table after the other: a line with its title, its columns, its lines, an empty line.
pub(super) fn csv(head: &[String], sheets: &[Sheet]) -> Result<Vec<u8>, Refusal> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(BOM.as_bytes().to_vec());
    let mut write = |row: &mut dyn Iterator<Item = String>| {
        writer.write_record(row.map(|text| tame(&text))).map_err(Refusal::failed)
    };
    for line in head {
        write(&mut std::iter::once(line.clone()))?;
    }
    for sheet in sheets {
        write(&mut std::iter::once(String::new()))?;
        write(&mut std::iter::once(sheet.title.clone()))?;
        write(&mut sheet.columns.iter().cloned())?;
        for row in &sheet.rows {
            write(&mut row.iter().map(machine))?;
        }
    }
    writer.into_inner().map_err(|error| Refusal::failed(error.to_string()))
}

/// What is not known is left empty: a dash is no number.
fn machine(cell: &Cell) -> String {
    if *cell == Cell::Unknown { String::new() } else { cell.shown() }
}

/// A text that no spreadsheet takes for a formula.
fn tame(text: &str) -> String {
    let number = text.parse::<f64>().is_ok();
    if !number && text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

/// One worksheet per table.
pub(super) fn xlsx(head: &[String], sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The same bulletin is the same file.
    let long_ago = rust_xlsxwriter::ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&long_ago));
    let bold = Format::new().set_bold();
    for (n, sheet) in sheets.iter().enumerate() {
        let page = book.add_worksheet();
        let name = |c: char| if "[]:*?/\\'".contains(c) { ' ' } else { c };
        page.set_name(sheet.title.chars().map(name).take(SHEET_NAME_MAX).collect::<String>())?;
        let mut row = 0;
        if n == 0 {
            for line in head {
                page.write_string_with_format(row, 0, line, &bold)?;
                row += 1;
            }
            row += 1;
        }
        fill(page, row, sheet)?;
    }
    book.save_to_buffer()
}

fn fill(page: &mut Worksheet, first: u32, sheet: &Sheet) -> Result<(), XlsxError> {
    let headed = Format::new().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    let one = Format::new().set_num_format("0.0");
    let two = Format::new().set_num_format("0.00");
    for (n, title) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(first, n, title, &headed)?;
        let widest = sheet.rows.iter().filter_map(|row| row.get(usize::from(n)));
        let widest = widest.map(|cell| width(&cell.shown())).max().unwrap_or(0);
        let (least, most) = WIDTHS;
        let width = widest.max(width(title).min(12)).clamp(least, most);
        page.set_column_width(n, f64::from(u32::try_from(width + 2).unwrap_or(8)))?;
    }
    for (y, row) in (first + 1..).zip(&sheet.rows) {
        for (x, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(text) => page.write_string(y, x, text)?,
                Cell::Number(n) => page.write_number(y, x, exact(*n))?,
                // To a tenth of an hour, as everywhere.
                Cell::Hours(m) => {
                    page.write_number_with_format(y, x, exact((m + 3) / 6) / 10.0, &one)?
                }
                Cell::Hundredths(n) => {
                    page.write_number_with_format(y, x, exact(*n) / 100.0, &two)?
                }
                Cell::Unknown => page,
            };
        }
    }
    page.set_freeze_panes(first + 1, 1)?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no count of a month comes near 2^53")]
fn exact(n: i64) -> f64 {
    n as f64
}

/// How wide a text is: a Chinese character is as wide as two letters.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// A file to be kept.
pub(super) fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let kept = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    if let Ok(kept) = kept {
        headers.insert(header::CONTENT_DISPOSITION, kept);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let text = |text: &str| Cell::Text(text.into());
        Sheet {
            title: "按类别: a/b".into(),
            columns: vec!["类别".into(), "人次".into(), "服务时长".into(), "人均".into()],
            rows: vec![
                vec![text("=1+1"), Cell::Number(-3), Cell::Hours(95), Cell::Hundredths(250)],
                vec![text("议事, \"夜谈\""), Cell::Unknown, Cell::Hours(0), Cell::Unknown],
            ],
            note: String::new(),
        }
    }

    #[test]
    fn a_csv_file_is_read_by_a_spreadsheet_and_holds_no_formula() {
        let text = String::from_utf8(csv(&["西关".into()], &[sheet()]).unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "\u{feff}西关");
        assert_eq!(lines[3], "类别,人次,服务时长,人均");
        assert_eq!(lines[4], "'=1+1,-3,1.6,2.50");
        assert_eq!(lines[5], "\"议事, \"\"夜谈\"\"\",,0.0,");
    }

    #[test]
    fn an_xlsx_file_is_a_zip_and_the_same_again_for_the_same_tables() {
        let once = xlsx(&["西关".into()], &[sheet()]).unwrap();
        assert!(once.starts_with(b"PK\x03\x04"));
        assert_eq!(xlsx(&["西关".into()], &[sheet()]).unwrap(), once);
    }
}
