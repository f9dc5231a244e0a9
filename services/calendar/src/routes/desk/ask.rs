//! A request at the desk, taken apart once for all pages.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Extension, Form,
    extract::{FromRequest, FromRequestParts as _, Path, Query, Request},
    http::Method,
    response::Response,
};
use chrono::{DateTime, NaiveDate, Utc};
use linli_platform::{
    decider::Decider,
    directory::{Name, Purpose},
    entropy::derived,
    ids::{CommandId, Position, StreamId},
    stream::{ExecuteError, Meta},
    web::{Page, Refusal, Viewer, see},
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    fields::Fields,
    told::{Told, say},
};
use crate::{
    contract::SERVICE,
    projections::{
        activities,
        neighbours::{self, Place},
    },
    routes::{Calendar, Text},
    values::agenda::Activity,
};

/// Who asks for what, in which community.
pub(super) struct Desk {
    pub calendar: Calendar,
    pub viewer: Viewer,
    pub t: Text,
    pub place: Place,
    pub now: DateTime<Utc>,
    pub fields: Fields,
    path: HashMap<String, String>,
}

impl<S: Send + Sync> FromRequest<S> for Desk {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let wrong = |error: &dyn std::fmt::Display| Refusal::invalid(error.to_string());
        let (mut parts, body) = request.into_parts();
        let Ok(viewer) = Viewer::from_request_parts(&mut parts, state).await;
        let shared = Extension::<Calendar>::from_request_parts(&mut parts, state).await;
        let Extension(calendar) = shared.map_err(Refusal::failed)?;
        let path = Path::<HashMap<String, String>>::from_request_parts(&mut parts, state).await;
        let Path(path) = path.map_err(|error| wrong(&error))?;
        let query = Query::<Vec<(String, String)>>::from_request_parts(&mut parts, state).await;
        let Query(mut fields) = query.map_err(|error| wrong(&error))?;
        if parts.method == Method::POST {
            let request = Request::from_parts(parts, body);
            let sent = Form::<Vec<(String, String)>>::from_request(request, state).await;
            fields = sent.map_err(|error| wrong(&error))?.0;
        }
        let code = path.get("community").cloned().unwrap_or_default();
        let place = calendar.tables.read(move |db| neighbours::place(db, &code)).await?;
        let place = place.ok_or_else(Refusal::missing)?;
        let now = calendar.platform.clock.now();
        let t = Text(viewer.language);
        Ok(Self { calendar, viewer, t, place, now, fields: Fields(fields), path })
    }
}

impl Desk {
    /// The code of the community.
    pub fn code(&self) -> &str {
        &self.place.code
    }

    /// A page of this desk.
    pub fn at(&self, rest: impl std::fmt::Display) -> String {
        format!("/desk/{}/{rest}", self.place.code)
    }

    /// A part of the path; empty where the route has none of that name.
    pub fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// Today here.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.place.zone).date_naive()
    }

    /// Asks the tables.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        Ok(self.calendar.tables.read(query).await?)
    }

    /// Those who work for this community, by name; those whose name can't be told are left out.
    pub async fn staff(&self) -> Result<Vec<(Uuid, String)>, Refusal> {
        let code = self.code().to_owned();
        let ids = self.read(move |db| neighbours::staff(db, &code)).await?;
        let mut named = self.names(ids).await;
        named.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(named)
    }

    /// The names that may be told here of these people.
    pub async fn names(&self, ids: Vec<Uuid>) -> Vec<(Uuid, String)> {
        let (viewer, directory) =
            (self.viewer.principal.clone(), &self.calendar.platform.directory);
        // Without the directory the desk works on, without names.
        let names = directory.names(ids, viewer, Purpose::Desk).await.unwrap_or_default();
        let known = names.into_iter().filter_map(|(id, name)| match name {
            Name::Known(name) => Some((id, name)),
            Name::Withheld { .. } | Name::Erased => None,
        });
        known.collect()
    }

    /// The community's own activity that the path names, by id or slug.
    pub async fn activity(&self) -> Result<Activity, Refusal> {
        let (code, name) = (self.code().to_owned(), self.part("activity").to_owned());
        let found = self.read(move |db| match name.parse() {
            Ok(id) => activities::by_id(db, id),
            Err(_) => activities::by_slug(db, &code, &name),
        });
        let own = |activity: &Activity| activity.community == self.code();
        found.await?.filter(own).ok_or_else(Refusal::missing)
    }

    /// A page about this community.
    pub fn page(&self, title: &str, template: &impl Template) -> Result<Page, Refusal> {
        Ok(Page::new(title, template.render().map_err(Refusal::failed)?).of(self.code()))
    }

    /// A fresh id for a form.
    pub fn fresh(&self) -> Uuid {
        self.calendar.platform.entropy.uuid()
    }

    /// The id that the form carries, so that sent twice it is done once.
    pub fn cmd(&self) -> Result<CommandId, Refusal> {
        let cmd = self.fields.get("cmd").parse();
        cmd.map(CommandId).map_err(|_| Refusal::invalid(self.t.w("desk-no-cmd")))
    }

    /// The id of one of several commands that a form makes.
    pub fn cmd_for(&self, what: impl std::fmt::Display) -> Result<CommandId, Refusal> {
        Ok(CommandId(derived(&self.cmd()?.0.to_string(), &what.to_string())))
    }

    /// Gives a command to a stream of this community.
    pub async fn give<D: Decider>(
        &self,
        id: Uuid,
        cmd: CommandId,
        command: D::Command,
    ) -> Result<Position, ExecuteError<D::Rejection>> {
        match StreamId::new(self.code(), SERVICE, D::CATEGORY, id) {
            Ok(stream) => self.give_to::<D>(&stream, cmd, command).await,
            // The code of a place that exists always fits.
            Err(_) => Ok(Position(0)),
        }
    }

    /// Gives a command to any stream.
    pub async fn give_to<D: Decider>(
        &self,
        stream: &StreamId,
        cmd: CommandId,
        command: D::Command,
    ) -> Result<Position, ExecuteError<D::Rejection>> {
        let meta = Meta::by(self.viewer.actor(), cmd);
        let done = self.calendar.platform.streams.execute::<D>(stream, meta, command).await;
        done.map(|accepted| accepted.position)
    }

    /// A command's refusal as the page's.
    pub fn no<R: Told>(&self, error: ExecuteError<R>) -> Refusal {
        match error {
            ExecuteError::Rejected(rejection) => Refusal::no(say(self.t, &rejection)),
            other => Refusal::failed(other),
        }
    }

    /// Where to look after a write.
    pub fn see(&self, rest: impl std::fmt::Display, position: Position) -> Response {
        see(&self.at(rest), position)
    }
}
