//! `linli rebuild`: tables built anew from the log, beside the present ones.

use super::{Context, parts};
use crate::{
    failure::Failure,
    operations::Request,
    output::{json, line},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Those of this service alone
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// Print one JSON object: rebuilt
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { service, json: as_json } = arguments;
    let done = cx.ask_existing(&Request::Rebuild { service }).await?;
    if as_json {
        return json(&done);
    }
    let done: serde_json::Value = parts(&done)?;
    let names = done.get("rebuilt").and_then(serde_json::Value::as_array);
    for name in names.into_iter().flatten().filter_map(serde_json::Value::as_str) {
        line(format_args!("{name}: its tables are built anew"))?;
    }
    Ok(())
}
