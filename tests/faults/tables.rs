//! The rows of all services, to compare.

use std::collections::BTreeMap;

use linli::simulate::checks::counts;
use rusqlite::types::Value;

use crate::node::Node;

/// The rows of each table, by service and table, in the rows' own order.
pub type Dump = BTreeMap<(&'static str, String), Vec<String>>;

/// All rows of all services.
pub fn dump(node: &Node) -> Dump {
    let mut all = Dump::new();
    for service in &node.services {
        let see = |table: &str, row: &rusqlite::Row<'_>| {
            if !counts(table, row)? {
                return Ok(());
            }
            let columns = 0..row.as_ref().column_count();
            let values = columns.map(|n| row.get::<_, Value>(n)).collect::<Result<Vec<_>, _>>()?;
            let rows = all.entry((service.name, table.to_owned())).or_default();
            rows.push(format!("{values:?}"));
            Ok(())
        };
        service.tables.each_row(see).unwrap();
    }
    for rows in all.values_mut() {
        rows.sort();
    }
    all
}

/// Panics at the first table that differs, with the rows that do.
pub fn assert_same(before: &Dump, after: &Dump) {
    assert!(before.keys().eq(after.keys()), "other tables");
    for (table, rows) in before {
        let fresh = &after[table];
        let only = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|row| b.binary_search(row).is_err()).take(5).cloned().collect()
        };
        let (gone, new) = (only(rows, fresh), only(fresh, rows));
        assert!(rows == fresh, "{table:?} built anew differs: without {gone:#?}, with {new:#?}");
    }
}
