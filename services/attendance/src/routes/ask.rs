//! What a page is asked, taken apart once for all of them.

use std::collections::HashMap;

use axum::{
    Form, Json,
    extract::{
        FromRequest, FromRequestParts as _, Multipart, Path, Query, Request,
        multipart::MultipartError,
    },
    http::{Method, header},
};
use linli_platform::{
    ids::CommandId,
    web::{Refusal, Viewer},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::text::Text;

/// A request: who asks, where, and with which fields.
pub(super) struct Ask {
    pub viewer: Viewer,
    path: HashMap<String, String>,
    /// The fields of the form that was sent, or of the address.
    fields: Vec<(String, String)>,
    json: Value,
}

impl<S: Send + Sync> FromRequest<S> for Ask {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let wrong = |error: &dyn std::fmt::Display| Refusal::invalid(error.to_string());
        let (mut parts, body) = request.into_parts();
        let Ok(viewer) = Viewer::from_request_parts(&mut parts, state).await;
        let path = Path::from_request_parts(&mut parts, state).await;
        let Path(path) = path.map_err(|error| wrong(&error))?;
        let query = Query::<Vec<(String, String)>>::from_request_parts(&mut parts, state).await;
        let Query(mut fields) = query.map_err(|error| wrong(&error))?;
        let mut json = Value::Null;
        if parts.method == Method::POST {
            let kind = parts.headers.get(header::CONTENT_TYPE);
            let begins = |with: &[u8]| kind.is_some_and(|kind| kind.as_bytes().starts_with(with));
            let (is_json, has_files) =
                (begins(b"application/json"), begins(b"multipart/form-data"));
            let request = Request::from_parts(parts, body);
            if is_json {
                let sent = Json::from_request(request, state).await;
                json = sent.map_err(|error| wrong(&error))?.0;
            } else if has_files {
                let sent = Multipart::from_request(request, state).await;
                let sent = sent.map_err(|error| wrong(&error))?;
                fields = parts_of(sent).await.map_err(|error| wrong(&error))?;
            } else {
                let sent = Form::<Vec<(String, String)>>::from_request(request, state).await;
                fields = sent.map_err(|error| wrong(&error))?.0;
            }
        }
        Ok(Self { viewer, path, fields, json })
    }
}

/// The fields of a form with files. A file is text: UTF-8, or GB18030, as spreadsheets save it.
async fn parts_of(mut form: Multipart) -> Result<Vec<(String, String)>, MultipartError> {
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await?;
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
        };
        fields.push((name, text));
    }
    Ok(fields)
}

impl Ask {
    /// The words of the page.
    pub fn text(&self) -> Text {
        Text::of(&self.viewer)
    }

    /// A part of the path; empty where the route has none of that name.
    pub fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A field, trimmed; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        let named = self.fields.iter().find(|(key, _)| key == name);
        named.map_or("", |(_, value)| value.trim())
    }

    /// All fields of a name, trimmed.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.trim())
    }

    /// A field as a number or an id, if it is one.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, Refusal> {
        self.field(name).parse().map_err(|_| {
            let (field, value) = (("field", name), ("value", self.field(name)));
            Refusal::invalid(self.text().with("bad_field", &[field, value]))
        })
    }

    /// The JSON body.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.json.clone()).map_err(|e| Refusal::invalid(e.to_string()))
    }

    /// The command's id, which the form bears so that sending it twice does it once.
    pub fn command(&self) -> Result<CommandId, Refusal> {
        self.parsed::<Uuid>("cmd").map(CommandId)
    }
}
