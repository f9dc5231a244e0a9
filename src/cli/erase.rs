//! `linli erase`: destroys the key and all clear text of a person, for ever.

use uuid::Uuid;

use super::Context;
use crate::{
    failure::Failure,
    operations::Request,
    output::{json, line},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The person's id, as it stands in the address of their page at the desk
    person: Uuid,
    /// Print one JSON object: person
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { person, json: as_json } = arguments;
    let erased = cx.ask_existing(&Request::Erase { person }).await?;
    if as_json {
        return json(&erased);
    }
    line(format_args!(
        "{person} is erased: nothing that says who this was can be read any more. Backups still \
         hold the key; the erasure list destroys it when one is restored."
    ))
}
