//! Who belongs to which group: a team, or those of one community with a role.

use std::{collections::BTreeSet, fmt};

use linli_platform::process::Rows;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contract::heard::{PlaceEvent, ResidentEvent},
    values::{Audience, Role},
};

/// A group by its name in rows: `team:<uuid>`, or `role:<role>@<community>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Group(String);

impl Group {
    pub fn of(audience: Audience, community: &str) -> Self {
        match audience {
            Audience::Team(_) => Self(audience.to_string()),
            Audience::Role(_) => Self(format!("{audience}@{community}")),
        }
    }

    /// The group as events name it, who know their community.
    pub fn audience(&self) -> String {
        self.0.split('@').next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody, under `lives/<resident>`. `before` is what they belonged to until the last event.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Lives {
    community: String,
    roles: BTreeSet<String>,
    teams: BTreeSet<Uuid>,
    before: BTreeSet<Group>,
}

impl Lives {
    /// Their teams, and their roles in their community and in every place that is in.
    fn groups(&self, rows: &Rows<'_>) -> BTreeSet<Group> {
        let places = above(rows, &self.community);
        let role = |name: &String| {
            let of = |place: &String| Group(format!("role:{name}@{place}"));
            places.iter().map(of).collect::<Vec<_>>()
        };
        let teams = self.teams.iter().map(|team| Group(Audience::Team(*team).to_string()));
        self.roles.iter().flat_map(role).chain(teams).collect()
    }

    fn has(&mut self, role: Role, now: Option<bool>) {
        match now {
            Some(true) => drop(self.roles.insert(role.name().to_owned())),
            Some(false) => drop(self.roles.remove(role.name())),
            None => {}
        }
    }
}

/// Where a place is, under `place/<code>`.
pub(super) fn placed(rows: &mut Rows<'_>, code: &str, event: &PlaceEvent) {
    let (PlaceEvent::PlaceAdded { parent, .. } | PlaceEvent::PlaceChanged { parent, .. }) = event;
    rows.put(&format!("place/{code}"), parent);
}

/// The most places that stand above each other; a circle of them ends here.
const LEVELS_MAX: usize = 16;

/// A place and all that it is in.
fn above(rows: &Rows<'_>, code: &str) -> Vec<String> {
    let mut places = vec![code.to_owned()];
    while places.len() < LEVELS_MAX {
        let last = places.last().map_or("", String::as_str);
        match rows.get::<String>(&format!("place/{last}")) {
            Some(parent) if !parent.is_empty() => places.push(parent),
            _ => break,
        }
    }
    places
}

fn row(resident: Uuid) -> String {
    format!("lives/{resident}")
}

pub(super) fn learn(rows: &mut Rows<'_>, resident: Uuid, event: &ResidentEvent) {
    use ResidentEvent as E;
    // Most events by far, and of no matter here.
    if matches!(event, E::ConsentGiven { .. } | E::ConsentWithdrawn { .. }) {
        return;
    }
    let mut lives = rows.get::<Lives>(&row(resident)).unwrap_or_default();
    lives.before = lives.groups(rows);
    match event {
        E::ResidentRegistered { community, party_member, volunteer, building_head, .. } => {
            lives.community.clone_from(community);
            lives.has(Role::PartyMember, Some(*party_member));
            lives.has(Role::Volunteer, Some(*volunteer));
            lives.has(Role::BuildingHead, Some(*building_head));
        }
        E::ResidentChanged { party_member, volunteer, building_head, .. } => {
            lives.has(Role::PartyMember, *party_member);
            lives.has(Role::Volunteer, *volunteer);
            lives.has(Role::BuildingHead, *building_head);
        }
        E::ResidentMoved { community, .. } => lives.community.clone_from(community),
        E::TeamJoined { team } => drop(lives.teams.insert(*team)),
        E::TeamLeft { team } => drop(lives.teams.remove(team)),
        // Their places are handed over by the process for leavers.
        E::ResidentMerged { .. } | E::ResidentErased {} => {
            for group in lives.groups(rows) {
                rows.remove(&format!("in/{group}/{resident}"));
            }
            rows.remove(&row(resident));
            return;
        }
        E::ConsentGiven { .. } | E::ConsentWithdrawn { .. } => return,
    }
    let now = lives.groups(rows);
    for group in lives.before.difference(&now) {
        rows.remove(&format!("in/{group}/{resident}"));
    }
    for group in now.difference(&lives.before) {
        rows.put(&format!("in/{group}/{resident}"), &resident);
    }
    rows.put(&row(resident), &lives);
}

/// The groups that somebody joined with this event, and those they left.
pub(super) fn changed(
    rows: &Rows<'_>,
    resident: Uuid,
    event: &ResidentEvent,
) -> (Vec<Group>, Vec<Group>) {
    if matches!(event, ResidentEvent::ConsentGiven { .. } | ResidentEvent::ConsentWithdrawn { .. })
    {
        return (Vec::new(), Vec::new());
    }
    let Some(lives) = rows.get::<Lives>(&row(resident)) else { return (Vec::new(), Vec::new()) };
    let now = lives.groups(rows);
    let joined = now.difference(&lives.before).cloned().collect();
    (joined, lives.before.difference(&now).cloned().collect())
}

pub(super) fn members(rows: &Rows<'_>, group: &Group) -> Vec<Uuid> {
    rows.scan(&format!("in/{group}/")).into_iter().map(|(_, resident)| resident).collect()
}

pub(super) fn in_it(rows: &Rows<'_>, group: &Group, resident: Uuid) -> bool {
    rows.get::<Uuid>(&format!("in/{group}/{resident}")).is_some()
}
