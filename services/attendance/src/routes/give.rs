//! From a link to an occurrence, and from a form to a command.

use chrono_tz::Tz;
use linli_platform::{
    decider::Decider,
    directory::Purpose,
    ids::{CommandId, Position, StreamId},
    stream::{Accepted, ExecuteError, Meta},
    tables::TablesError,
    web::{Refusal, Viewer},
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{State, ask::Ask, text::Text};
use crate::{
    contract::{Way, heard::Visibility},
    deciders::{
        duty::{self, Duty},
        roll::{self, Arrival, Roll},
        standing::{self, Standing},
    },
    projections::{
        activities::{self, Named},
        residents::{self, Resident},
        rolls,
    },
    values::StandingKey,
};

impl State {
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, TablesError> {
        self.tables.read(query).await
    }

    /// The occurrence that the path names.
    pub(super) async fn occurrence(&self, ask: &Ask) -> Result<Named, Refusal> {
        let part = |name| ask.part(name).to_owned();
        self.linked(part("community"), part("activity"), part("recurrence_id")).await
    }

    pub(super) async fn linked(
        &self,
        community: String,
        activity: String,
        recurrence_id: String,
    ) -> Result<Named, Refusal> {
        let found = self
            .read(move |db| activities::by_link(db, &community, &activity, &recurrence_id))
            .await?;
        found.ok_or_else(Refusal::missing)
    }

    /// Somebody whom a form names, if they are known.
    pub(super) async fn resident(&self, id: Uuid, text: Text) -> Result<Resident, Refusal> {
        let found = self.read(move |db| residents::find(db, id)).await?;
        found.filter(|found| !found.merged).ok_or_else(|| Refusal::invalid(text.get("no_resident")))
    }

    /// Somebody whom a form names, if they may come: the occurrence is for them, they are expected
    /// already, or staff who take the roll ask for them.
    pub(super) async fn guest(&self, ask: &Ask, of: &Named, id: Uuid) -> Result<Resident, Refusal> {
        let known = self.resident(id, ask.text()).await?;
        if welcome(of, &known) || ask.viewer.may("roll.take", &of.key.community) {
            return Ok(known);
        }
        let key = of.key.clone();
        let row = self.read(move |db| rolls::person_of(db, &key, id)).await?;
        let expected = |row: rolls::Person| {
            let placed =
                matches!(row.standing, rolls::Standing::Registered | rolls::Standing::Waiting(_));
            row.listed || placed
        };
        row.is_some_and(expected).then_some(known).ok_or_else(Refusal::forbidden)
    }

    /// A command to the occurrence's roll.
    pub(super) async fn roll(
        &self,
        viewer: &Viewer,
        of: &Named,
        cmd: CommandId,
        command: roll::Command,
    ) -> Result<Position, Refusal> {
        let stream = of.key.roll().map_err(|_| Refusal::missing())?;
        let no = |text: Text, rejection: &roll::Rejection| {
            let values = rejection.values(&|at| text.when(at, of.zone));
            text.no(rejection.key(), &values)
        };
        self.give::<Roll>(viewer, &stream, cmd, command, no).await.map(|done| done.position)
    }

    /// Checks several in, all or none; whoever can't come in is named.
    pub(super) async fn all_in(
        &self,
        (viewer, purpose): (&Viewer, Purpose),
        of: &Named,
        cmd: CommandId,
        arrivals: Vec<Arrival>,
    ) -> Result<Position, Refusal> {
        let stream = of.key.roll().map_err(|_| Refusal::missing())?;
        let (meta, t) = (Meta::by(viewer.actor(), cmd), Text::of(viewer));
        let command = roll::Command::CheckInAll { arrivals };
        let no = |why: &roll::Rejection| t.no(why.key(), &why.values(&|at| t.when(at, of.zone)));
        match self.platform.streams.execute::<Roll>(&stream, meta, command).await {
            Ok(done) => Ok(done.position),
            Err(ExecuteError::Rejected(roll::Rejection::OneOf { resident, why })) => {
                let called = self.names(viewer, vec![resident], purpose).await;
                let who = called.get(resident);
                Err(Refusal::no(t.with("nobody_came_in", &[("who", &who), ("why", &no(&why))])))
            }
            Err(ExecuteError::Rejected(why)) => Err(Refusal::no(no(&why))),
            Err(other) => Err(Refusal::failed(other)),
        }
    }

    /// Checks in whoever a code stands for. It does so once: shown again it is refused, so that
    /// nobody takes a picture of it for the person.
    pub(super) async fn by_code(
        &self,
        viewer: &Viewer,
        of: &Named,
        cmd: CommandId,
        (resident, way): (Uuid, Way),
    ) -> Result<Position, Refusal> {
        let stream = of.key.roll().map_err(|_| Refusal::missing())?;
        let command = roll::Command::CheckIn { resident, way, at: None, proxy: None, staff: true };
        let no = |text: Text, rejection: &roll::Rejection| {
            let values = rejection.values(&|at| text.when(at, of.zone));
            text.no(rejection.key(), &values)
        };
        let done = self.give::<Roll>(viewer, &stream, cmd, command, no).await?;
        if done.events.is_empty() && !done.repeated {
            let called = self.names(viewer, vec![resident], Purpose::Desk).await;
            let t = Text::of(viewer);
            return Err(Refusal::no(t.with("no_code_again", &[("name", &called.get(resident))])));
        }
        Ok(done.position)
    }

    /// A command to the occurrence's duties.
    pub(super) async fn duty(
        &self,
        viewer: &Viewer,
        of: &Named,
        cmd: CommandId,
        command: duty::Command,
    ) -> Result<Position, Refusal> {
        let stream = of.key.duty().map_err(|_| Refusal::missing())?;
        let no = |text: Text, rejection: &duty::Rejection| {
            let values = rejection.values(&|at| text.when(at, of.zone));
            text.no(rejection.key(), &values)
        };
        self.give::<Duty>(viewer, &stream, cmd, command, no).await.map(|done| done.position)
    }

    /// A command to a standing duty.
    pub(super) async fn standing(
        &self,
        viewer: &Viewer,
        key: &StandingKey,
        cmd: CommandId,
        command: standing::Command,
    ) -> Result<Position, Refusal> {
        let stream = key.stream().map_err(|_| Refusal::missing())?;
        let no = |text: Text, rejection: &standing::Rejection| {
            text.no(rejection.key(), &rejection.values(&|on| text.day(on)))
        };
        self.give::<Standing>(viewer, &stream, cmd, command, no).await.map(|done| done.position)
    }

    async fn give<D: Decider>(
        &self,
        viewer: &Viewer,
        stream: &StreamId,
        cmd: CommandId,
        command: D::Command,
        no: impl Fn(Text, &D::Rejection) -> String,
    ) -> Result<Accepted<D::Event>, Refusal> {
        let meta = Meta::by(viewer.actor(), cmd);
        let answer = self.platform.streams.execute::<D>(stream, meta, command).await;
        answer.map_err(|error| match error {
            ExecuteError::Rejected(rejection) => Refusal::no(no(Text::of(viewer), &rejection)),
            other => Refusal::failed(other),
        })
    }
}

/// Whether somebody may come to an occurrence.
pub(super) fn welcome(of: &Named, resident: &Resident) -> bool {
    match of.visibility {
        Visibility::Public => true,
        Visibility::Team => resident.teams.iter().any(|team| of.teams.contains(team)),
        Visibility::Staff => false,
    }
}

/// Where residents see the occurrence.
pub(super) fn path(of: &Named) -> String {
    format!("/c/{}/{}/{}", of.key.community, of.slug, of.key.recurrence_id)
}

/// Where the desk sees its roll.
pub(super) fn desk_path(of: &Named) -> String {
    format!("/desk/{}/roll/{}/{}", of.key.community, of.slug, of.key.recurrence_id)
}

/// A wall-clock time of the occurrence's day, as `09:30`, as an instant.
pub(super) fn on_the_day(
    clock: &str,
    start: chrono::DateTime<chrono::Utc>,
    zone: Tz,
) -> Option<chrono::DateTime<chrono::Utc>> {
    let clock = chrono::NaiveTime::parse_from_str(clock, "%H:%M").ok()?;
    let day = start.with_timezone(&zone).date_naive();
    day.and_time(clock).and_local_timezone(zone).earliest().map(|at| at.to_utc())
}
