//! The rows of all services, to compare.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::Value};

use crate::node::Node;

/// The rows of each table, by service and table, in the rows' own order.
pub type Dump = BTreeMap<(&'static str, String), Vec<String>>;

/// All rows of all services.
pub fn dump(node: &Node) -> Dump {
    let mut all = Dump::new();
    for service in &node.services {
        let tables = service.tables.read_now(rows).unwrap();
        all.extend(tables.into_iter().map(|(table, rows)| ((service.name, table), rows)));
    }
    all
}

fn rows(db: &Connection) -> rusqlite::Result<Vec<(String, Vec<String>)>> {
    let mut names = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         ORDER BY name",
    )?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for name in names {
        // What a process notes for the very input at hand is of no more use after it, and whether
        // something was asked for in vain hangs on whether a timer or an event of its very
        // instant came first.
        let but = match name.as_str() {
            "process_row" => "WHERE key NOT IN ('out', 'ripe') AND value <> '4294967295'",
            _ => "",
        };
        let mut select = db.prepare(&format!("SELECT * FROM {name} {but}"))?;
        let columns = select.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            (0..columns).map(|n| row.get::<_, Value>(n)).collect::<Result<Vec<_>, _>>()
        };
        let rows = select.query_map([], row)?.map(|row| row.map(|values| format!("{values:?}")));
        let mut rows: Vec<String> = rows.collect::<Result<_, _>>()?;
        rows.sort();
        all.push((name, rows));
    }
    Ok(all)
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
