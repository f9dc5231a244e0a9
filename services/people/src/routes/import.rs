//! A residents' list is taken in: first looked at, every bad line named, then written down.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path, multipart::MultipartError},
};
use linli_platform::web::{Page, Refusal, Viewer};
use uuid::Uuid;

use super::{Shared, Text, WORDS, community, meta, or, page};
use crate::adapters::{ImportLine, ImportReport};

#[derive(Template)]
#[template(path = "import.html")]
struct Import<'a> {
    t: Text,
    community: &'a str,
    report: Option<&'a ImportReport>,
    /// The list as it was read, to be sent again without choosing the file once more.
    text: &'a str,
    cmd: Uuid,
}

impl Import<'_> {
    fn column(&self, key: Option<&'static str>) -> &'static str {
        let names = key.map_or("", |key| WORDS.get(self.t.0, key));
        names.split('|').next().unwrap_or_default()
    }

    fn problem(&self, bad: &ImportLine) -> String {
        let first = bad.first.map(|line| line.to_string()).unwrap_or_default();
        WORDS.with(self.t.0, bad.key, &[("n", &first)])
    }
}

pub(super) async fn form(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
) -> Result<Page, Refusal> {
    community(&people, &code).await?;
    let t = Text(viewer.language);
    let cmd = people.platform.entropy.uuid();
    let form = Import { t, community: &code, report: None, text: "", cmd };
    Ok(page(t.w("import_title"), &form)?.of(&code))
}

#[derive(Default)]
struct Sent {
    cmd: Option<Uuid>,
    list: Vec<u8>,
    commit: bool,
}

async fn sent(mut form: Multipart) -> Result<Sent, MultipartError> {
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default() {
            "cmd" => sent.cmd = field.text().await?.parse().ok(),
            "commit" => sent.commit = !field.text().await?.is_empty(),
            "list" => {
                let bytes = field.bytes().await?;
                if !bytes.is_empty() {
                    sent.list = bytes.to_vec();
                }
            }
            _ => {}
        }
    }
    Ok(sent)
}

pub(super) async fn take(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    form: Multipart,
) -> Result<Page, Refusal> {
    community(&people, &code).await?;
    let t = Text(viewer.language);
    let sent = sent(form).await.map_err(|_| Refusal::invalid(t.w("wrong_upload")))?;
    let cmd = sent.cmd.ok_or_else(|| Refusal::invalid(t.w("wrong_upload")))?;
    let done = people.import_csv(&meta(&viewer, cmd), &code, &sent.list, sent.commit).await;
    let report = done.map_err(or(&viewer))?;
    let whole = report.bad.is_empty() && !report.done;
    let text = match crate::values::sheet::decode(&sent.list) {
        Ok((text, _)) if whole => text,
        _ => String::new(),
    };
    if let Some(position) = report.position {
        people.tables.reach(position).await;
    }
    let cmd = people.platform.entropy.uuid();
    let shown = Import { t, community: &code, report: Some(&report), text: &text, cmd };
    Ok(page(t.w("import_title"), &shown)?.of(&code))
}
