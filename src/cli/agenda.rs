//! `linli agenda`: what takes place in a community, drafts and what staff alone see included.

use chrono::NaiveDate;
use serde_json::Value;

use super::{Context, in_order, parts};
use crate::{
    failure::Failure,
    operations::Request,
    output::{json, line},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The community's code
    #[arg(long, value_name = "CODE")]
    community: String,
    /// The first date
    #[arg(long)]
    from: NaiveDate,
    /// The last date
    #[arg(long)]
    to: NaiveDate,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { community, from, to, json: as_json } = arguments;
    in_order(from, to)?;
    let entries = cx.ask_existing(&Request::Agenda { community, from, to }).await?;
    if as_json {
        return json(&entries);
    }
    let entries: Value = parts(&entries)?;
    for entry in entries.as_array().into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let (start, state, title) = (text("start"), text("state"), text("title"));
        line(format_args!("{start:<25}  {state:<9}  {title}  {}", text("venue")))?;
    }
    Ok(())
}
