//! `linli invite`: a link by which a member of staff chooses a password.

use serde_json::Value;

use super::{Context, parts};
use crate::{
    failure::Failure,
    operations::Request,
    output::{json, line},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Their name
    #[arg(long)]
    name: String,
    /// Their e-mail address; they can give it themselves
    #[arg(long, default_value = "")]
    email: String,
    /// administrator, organiser, roll-keeper or viewer
    #[arg(long, default_value = "administrator")]
    role: String,
    /// The place where the role holds, by its code; * for all
    #[arg(long, default_value = "*", value_name = "CODE")]
    community: String,
    /// zh or en
    #[arg(long, default_value = "zh", value_parser = ["zh", "en"])]
    language: String,
    /// Print one JSON object: person, link, until
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { name, email, role, community, language, json: as_json } = arguments;
    let request = Request::Invite { name, email, language, role, community };
    let invited = cx.ask(&request).await?;
    if as_json {
        return json(&invited);
    }
    let invited: Value = parts(&invited)?;
    let text = |key: &str| invited.get(key).and_then(Value::as_str).unwrap_or_default();
    line(text("link"))?;
    crate::output::tell(format_args!("Good once, until {}.", text("until")));
    Ok(())
}
