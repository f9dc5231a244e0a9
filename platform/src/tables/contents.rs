//! All rows of a service's tables, to compare with those of tables built anew.

use std::collections::BTreeMap;

use blake2::{Blake2b, Digest as _, digest::consts::U16};
use rusqlite::{Row, types::ValueRef};

use super::{Tables, TablesError};

/// A mark of all rows of one table, whatever their order: equal rows give an equal mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// How many rows there are.
    pub rows: u64,
    sum: u128,
}

impl Tables {
    /// Shows each row of each table, one table after the other in the order of their names.
    pub fn each_row(
        &self,
        mut see: impl FnMut(&str, &Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), TablesError> {
        self.read_now(|db| {
            let mut names = db.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                 ORDER BY name",
            )?;
            let names = names.query_map([], |row| row.get(0))?;
            for name in names.collect::<Result<Vec<String>, _>>()? {
                let mut select = db.prepare(&format!("SELECT * FROM {name}"))?;
                let mut rows = select.query([])?;
                while let Some(row) = rows.next()? {
                    see(&name, row)?;
                }
            }
            Ok(())
        })
    }

    /// The marks of all tables that have rows, of the rows that count.
    pub fn marks(
        &self,
        counts: impl Fn(&str, &Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<BTreeMap<String, Mark>, TablesError> {
        let mut marks: BTreeMap<String, Mark> = BTreeMap::new();
        self.each_row(|table, row| {
            if !counts(table, row)? {
                return Ok(());
            }
            let sum = of(row)?;
            if !marks.contains_key(table) {
                marks.insert(table.to_owned(), Mark::default());
            }
            if let Some(mark) = marks.get_mut(table) {
                mark.rows += 1;
                mark.sum = mark.sum.wrapping_add(sum);
            }
            Ok(())
        })?;
        Ok(marks)
    }
}

fn of(row: &Row<'_>) -> rusqlite::Result<u128> {
    let mut hash = Blake2b::<U16>::new();
    for column in 0..row.as_ref().column_count() {
        let (kind, bytes): (u8, &[u8]) = match row.get_ref(column)? {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => (1, &number.to_le_bytes()),
            ValueRef::Real(number) => (2, &number.to_le_bytes()),
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(u128::from_le_bytes(hash.finalize().into()))
}
