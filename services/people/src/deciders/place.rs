//! Places. Invariants:
//!
//! - a code is given once and never changes, nor do the kind and the zone;
//! - what is smaller than a community is part of something; a community and above may stand alone,
//!   since levels may be missing;
//! - nothing is part of itself (longer circles show in the tree alone, so the edge refuses them);
//! - adding the same place again changes nothing, adding another under its code is refused.

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use super::Reason;
use crate::contract::{Kind, PLACE, Place, PlaceEvent, SERVICE};

/// Decides on places.
pub struct Places;

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Command {
    /// Write a place down.
    Add(Place),
    /// Call it otherwise, or make it part of something else.
    Change {
        /// Its name.
        name: String,
        /// Its name in English; may be empty.
        name_en: String,
        /// The code of the place it is part of; empty at the top.
        parent: String,
    },
    /// Note that the list of its residents leaves the house.
    NoteExport {
        /// How many they are.
        residents: u32,
    },
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Another place has this code.
    #[error("there is another place of this code: choose another code, or change that place")]
    CodeTaken,
    /// There is no such place.
    #[error("there is no such place: add it first")]
    Unknown,
    /// It has no name.
    #[error("the place has no name")]
    NameMissing,
    /// A compound, grid or building must be part of something.
    #[error("say which place it is part of: a compound, grid or building is never at the top")]
    ParentMissing,
    /// It would be part of itself.
    #[error("a place can't be part of itself")]
    OwnParent,
    /// No such zone.
    #[error("there is no such time zone: write its IANA name, for example Asia/Shanghai")]
    ZoneUnknown,
}

impl Reason for Rejection {
    fn key(&self) -> &'static str {
        match self {
            Self::CodeTaken => "no_code_taken",
            Self::Unknown => "no_place",
            Self::NameMissing => "no_name_missing",
            Self::ParentMissing => "no_parent_missing",
            Self::OwnParent => "no_own_parent",
            Self::ZoneUnknown => "no_zone_unknown",
        }
    }
}

fn sound(place: &Place) -> Result<(), Rejection> {
    if place.name.trim().is_empty() {
        Err(Rejection::NameMissing)
    } else if place.parent.is_empty() && place.kind > Kind::Community {
        Err(Rejection::ParentMissing)
    } else if place.parent == place.code {
        Err(Rejection::OwnParent)
    } else if !place.zone.is_empty() && place.zone.parse::<chrono_tz::Tz>().is_err() {
        Err(Rejection::ZoneUnknown)
    } else {
        Ok(())
    }
}

impl Decider for Places {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = PLACE;
    type Command = Command;
    type Event = PlaceEvent;
    type State = Option<Place>;
    type Rejection = Rejection;

    fn decide(
        state: &Option<Place>,
        command: Command,
        _: DateTime<Utc>,
    ) -> Result<Vec<PlaceEvent>, Rejection> {
        match (command, state) {
            (Command::Add(place), None) => {
                sound(&place)?;
                Ok(vec![PlaceEvent::PlaceAdded(place)])
            }
            (Command::Add(place), Some(there)) if place == *there => Ok(vec![]),
            (Command::Add(_), Some(_)) => Err(Rejection::CodeTaken),
            (Command::Change { .. } | Command::NoteExport { .. }, None) => Err(Rejection::Unknown),
            (Command::NoteExport { residents }, Some(_)) => {
                Ok(vec![PlaceEvent::ResidentsExported { residents }])
            }
            (Command::Change { name, name_en, parent }, Some(there)) => {
                let next = Place { name, name_en, parent, ..there.clone() };
                sound(&next)?;
                if next == *there {
                    return Ok(vec![]);
                }
                let Place { name, name_en, parent, .. } = next;
                Ok(vec![PlaceEvent::PlaceChanged { name, name_en, parent }])
            }
        }
    }

    fn evolve(state: Option<Place>, event: &PlaceEvent) -> Option<Place> {
        match event {
            PlaceEvent::PlaceAdded(place) => Some(place.clone()),
            PlaceEvent::PlaceChanged { name, name_en, parent } => state.map(|place| Place {
                name: name.clone(),
                name_en: name_en.clone(),
                parent: parent.clone(),
                ..place
            }),
            PlaceEvent::ResidentsExported { .. } => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;

    fn building() -> Place {
        Place {
            code: "xiguan-b03".into(),
            name: "3号楼".into(),
            kind: Kind::Building,
            parent: "xiguan-g1".into(),
            ..Place::default()
        }
    }

    fn added(place: Place) -> PlaceEvent {
        PlaceEvent::PlaceAdded(place)
    }

    fn change(name: &str, parent: &str) -> Command {
        Command::Change { name: name.into(), name_en: String::new(), parent: parent.into() }
    }

    const NOON: &str = "2026-11-02T12:00:00+08:00";

    #[test]
    fn a_place_is_added_once() {
        let add = Command::Add(building());
        given::<Places>([]).when(add.clone(), at(NOON)).then([added(building())]);
        given::<Places>([added(building())]).when(add, at(NOON)).then_nothing();
        let other = Command::Add(Place { name: "4号楼".into(), ..building() });
        given::<Places>([added(building())])
            .when(other, at(NOON))
            .then_rejected(&Rejection::CodeTaken);
    }

    #[test]
    fn a_name_changes_and_the_code_never() {
        let there = given::<Places>([added(building())]);
        there.when(change("三号楼", "xiguan-g1"), at(NOON)).then([PlaceEvent::PlaceChanged {
            name: "三号楼".into(),
            name_en: String::new(),
            parent: "xiguan-g1".into(),
        }]);
        there.when(change("3号楼", "xiguan-g1"), at(NOON)).then_nothing();
        given::<Places>([]).when(change("a", "b"), at(NOON)).then_rejected(&Rejection::Unknown);
    }

    #[test]
    fn a_building_is_part_of_something_and_a_community_need_not_be() {
        let loose = Command::Add(Place { parent: String::new(), ..building() });
        given::<Places>([]).when(loose, at(NOON)).then_rejected(&Rejection::ParentMissing);
        let there = given::<Places>([added(building())]);
        there.when(change("3号楼", ""), at(NOON)).then_rejected(&Rejection::ParentMissing);
        there.when(change("3号楼", "xiguan-b03"), at(NOON)).then_rejected(&Rejection::OwnParent);
        let tianqiao = Place {
            code: "tianqiao".into(),
            name: "天桥社区".into(),
            kind: Kind::Community,
            ..Place::default()
        };
        given::<Places>([]).when(Command::Add(tianqiao.clone()), at(NOON)).then([added(tianqiao)]);
    }

    #[test]
    fn what_has_no_name_or_no_real_zone_is_refused() {
        let nameless = Command::Add(Place { name: " ".into(), ..building() });
        given::<Places>([]).when(nameless, at(NOON)).then_rejected(&Rejection::NameMissing);
        let nowhere = Command::Add(Place { zone: "Asia/Changle".into(), ..building() });
        given::<Places>([]).when(nowhere, at(NOON)).then_rejected(&Rejection::ZoneUnknown);
    }
}
