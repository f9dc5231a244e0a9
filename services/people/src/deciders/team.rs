//! Volunteer teams. Invariants: a team is founded once, has a name, is not part of itself, and
//! nothing changes it once it has ended.

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;
use uuid::Uuid;

use super::Reason;
use crate::contract::{SERVICE, TEAM, TeamEvent};

/// Decides on teams.
pub struct Teams;

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Command {
    /// Found it.
    Found {
        /// The community's code.
        community: String,
        /// Its name.
        name: String,
        /// The team it is part of.
        parent: Option<Uuid>,
        /// What it does.
        about: String,
    },
    /// Call it otherwise.
    Rename {
        /// The new name.
        name: String,
    },
    /// End it.
    End,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The id is another team's.
    #[error("there is another team of this id")]
    Taken,
    /// There is no such team.
    #[error("there is no such team")]
    Unknown,
    /// It has no name.
    #[error("the team has no name")]
    NameMissing,
    /// It has ended.
    #[error("the team has ended: found a new one")]
    Ended,
}

impl Reason for Rejection {
    fn key(&self) -> &'static str {
        match self {
            Self::Taken => "no_taken",
            Self::Unknown => "no_team",
            Self::NameMissing => "no_name_missing",
            Self::Ended => "no_ended",
        }
    }
}

/// What is remembered of a team.
#[derive(Debug, Clone, Default)]
pub struct Team {
    name: Option<String>,
    founding: Option<TeamEvent>,
    ended: bool,
}

impl Decider for Teams {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = TEAM;
    type Command = Command;
    type Event = TeamEvent;
    type State = Team;
    type Rejection = Rejection;

    fn decide(
        team: &Team,
        command: Command,
        _: DateTime<Utc>,
    ) -> Result<Vec<TeamEvent>, Rejection> {
        if let Command::Found { community, name, parent, about } = command {
            if name.trim().is_empty() {
                return Err(Rejection::NameMissing);
            }
            let founded = TeamEvent::TeamFounded { community, name, parent, about };
            return match &team.founding {
                None => Ok(vec![founded]),
                Some(there) if *there == founded => Ok(vec![]),
                Some(_) => Err(Rejection::Taken),
            };
        }
        let name_now = team.name.as_ref().ok_or(Rejection::Unknown)?;
        match command {
            Command::End if team.ended => Ok(vec![]),
            _ if team.ended => Err(Rejection::Ended),
            Command::End => Ok(vec![TeamEvent::TeamEnded {}]),
            Command::Rename { name } if name.trim().is_empty() => Err(Rejection::NameMissing),
            Command::Rename { name } if name == *name_now => Ok(vec![]),
            Command::Rename { name } => Ok(vec![TeamEvent::TeamRenamed { name }]),
            Command::Found { .. } => Err(Rejection::Taken),
        }
    }

    fn evolve(mut team: Team, event: &TeamEvent) -> Team {
        match event {
            TeamEvent::TeamFounded { name, .. } => {
                team.name = Some(name.clone());
                team.founding = Some(event.clone());
            }
            TeamEvent::TeamRenamed { name } => team.name = Some(name.clone()),
            TeamEvent::TeamEnded {} => team.ended = true,
        }
        team
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;

    const NOON: &str = "2026-11-02T12:00:00+08:00";

    fn found(name: &str) -> Command {
        let (name, about) = (name.to_owned(), String::new());
        Command::Found { community: "xiguan".into(), name, parent: None, about }
    }

    fn founded(name: &str) -> TeamEvent {
        let (name, about) = (name.to_owned(), String::new());
        TeamEvent::TeamFounded { community: "xiguan".into(), name, parent: None, about }
    }

    #[test]
    fn a_team_lives_and_ends() {
        given::<Teams>([]).when(found("手拉手"), at(NOON)).then([founded("手拉手")]);
        given::<Teams>([]).when(Command::End, at(NOON)).then_rejected(&Rejection::Unknown);
        given::<Teams>([]).when(found(" "), at(NOON)).then_rejected(&Rejection::NameMissing);
        let there = given::<Teams>([founded("手拉手")]);
        there.when(found("手拉手"), at(NOON)).then_nothing();
        there.when(found("七彩虹"), at(NOON)).then_rejected(&Rejection::Taken);
        let rename = |name: &str| Command::Rename { name: name.into() };
        there.when(rename("手拉手"), at(NOON)).then_nothing();
        there
            .when(rename("睦邻"), at(NOON))
            .then([TeamEvent::TeamRenamed { name: "睦邻".into() }]);
        there.when(Command::End, at(NOON)).then([TeamEvent::TeamEnded {}]);
        let gone = given::<Teams>([founded("手拉手"), TeamEvent::TeamEnded {}]);
        gone.when(rename("睦邻"), at(NOON)).then_rejected(&Rejection::Ended);
        gone.when(Command::End, at(NOON)).then_nothing();
    }
}
