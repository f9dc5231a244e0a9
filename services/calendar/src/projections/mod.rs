//! What pages, feeds and the command line look up. Each projection has its tables, named after it;
//! [`agenda`] and [`desk`] ask several of them.

pub mod activities;
pub mod agenda;
pub mod cadences;
pub mod desk;
pub mod feeds;
pub mod holidays;
pub mod mine;
pub mod neighbours;
pub mod occurrences;
pub mod venues;

use std::{error::Error, str::FromStr};

use chrono::{DateTime, Utc};
use rusqlite::{Row, types::Type};
use serde::de::DeserializeOwned;

/// Instants stand in the tables as microseconds since 1970.
fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<DateTime<Utc>> {
    Ok(DateTime::from_timestamp_micros(row.get(column)?).unwrap_or_default())
}

fn failed(column: usize, error: impl Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// A text of the tables as what it names.
fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    row.get_ref(column)?.as_str()?.parse().map_err(|error| failed(column, error))
}

/// A JSON text of the tables as what it describes.
fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| failed(column, error))
}
