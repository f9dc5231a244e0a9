//! What a roll remembers to decide on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{DOORS_BEFORE, MINUTES_MAX, PROMOTED_BEFORE};
use crate::contract::{Attendance, RollEvent};

/// Where in its life a roll is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// There is no occurrence yet.
    #[default]
    Unopened,
    /// People register and come.
    Open,
    /// The occurrence does not take place.
    Cancelled,
    /// It is over; late entries come from paper or are corrections.
    Closed,
}

/// What somebody has said about coming.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, or they took it back.
    #[default]
    None,
    /// They have a place.
    Registered,
    /// They are in the line, which keeps their order.
    Waiting,
    /// They don't come.
    Excused,
}

/// Somebody who is or was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// When they came.
    pub at: DateTime<Utc>,
    /// Minutes credited, once they are.
    pub minutes: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Person {
    standing: Standing,
    presence: Option<Presence>,
}

/// The state of a roll.
#[derive(Debug, Clone, Default)]
pub struct RollState {
    /// Where in its life it is.
    pub phase: Phase,
    /// The occurrence's revision that it knows.
    pub revision: u32,
    /// When the occurrence begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Places; 0 is no limit.
    pub capacity: u32,
    /// How people are recorded.
    pub attendance: Attendance,
    /// Whether those under 14 need a guardian's consent.
    pub guardian_consent: bool,
    /// How many have a place.
    pub registered: u32,
    /// How many are present by name.
    pub present: u32,
    /// How many of them have no place.
    pub walk_ins: u32,
    /// How many were counted, once they were.
    pub headcount: Option<u32>,
    people: BTreeMap<Uuid, Person>,
    waiting: Vec<Uuid>,
}

impl RollState {
    /// What somebody has said about coming.
    pub fn standing(&self, resident: Uuid) -> Standing {
        self.people.get(&resident).map_or(Standing::None, |person| person.standing)
    }

    /// Whether and since when somebody is there.
    pub fn presence(&self, resident: Uuid) -> Option<Presence> {
        self.people.get(&resident).and_then(|person| person.presence)
    }

    /// Those in the line, the first first.
    pub fn waiting(&self) -> &[Uuid] {
        &self.waiting
    }

    /// Everybody who is present by name.
    pub fn all_present(&self) -> impl Iterator<Item = (Uuid, Presence)> {
        self.people.iter().filter_map(|(&id, person)| Some((id, person.presence?)))
    }

    /// How many people the roll has an entry of.
    pub(super) fn names(&self) -> usize {
        self.people.len()
    }

    /// How many more may register; none is without limit.
    pub fn free(&self) -> Option<u32> {
        (self.capacity > 0).then(|| self.capacity.saturating_sub(self.registered))
    }

    /// The first instant at which people are checked in.
    pub(super) fn doors(&self) -> DateTime<Utc> {
        self.start - DOORS_BEFORE
    }

    /// Minutes that the occurrence lasts; none credits anybody more.
    pub(super) fn length(&self) -> u32 {
        u32::try_from((self.end - self.start).num_minutes()).unwrap_or(0)
    }

    /// Minutes for somebody of whom nobody knows when they left: the whole length, but nothing where
    /// the occurrence lasts longer than anybody stays.
    pub(super) fn minutes_unless_told(&self) -> u32 {
        let length = self.length();
        if length <= MINUTES_MAX { length } else { 0 }
    }

    /// Whether a free place still goes to the first in line by itself.
    pub(super) fn promotes(&self, now: DateTime<Utc>) -> bool {
        now <= self.start - PROMOTED_BEFORE
    }

    /// Takes one event in.
    pub(super) fn take(&mut self, event: &RollEvent) {
        use RollEvent as E;
        match event {
            E::RollOpened { start, end, capacity, attendance, guardian_consent, .. } => {
                self.phase = Phase::Open;
                (self.start, self.end, self.capacity) = (*start, *end, *capacity);
                (self.attendance, self.guardian_consent) = (*attendance, *guardian_consent);
            }
            E::RollMoved { revision, start, end } => {
                self.phase = Phase::Open;
                (self.revision, self.start, self.end) = (*revision, *start, *end);
            }
            E::RollCancelled { revision } => {
                (self.phase, self.revision) = (Phase::Cancelled, *revision);
            }
            E::CapacitySet { capacity } => self.capacity = *capacity,
            E::Registered { resident, .. } | E::Promoted { resident } => {
                self.stand(*resident, Standing::Registered);
            }
            E::Waitlisted { resident, instead_of, .. } => {
                self.stand(*resident, Standing::Waiting);
                self.take_place(*resident, *instead_of);
            }
            E::Withdrawn { resident } => self.stand(*resident, Standing::None),
            E::Excused { resident } => self.stand(*resident, Standing::Excused),
            E::CheckedIn { resident, at, .. } => self.come(*resident, *at),
            E::CheckedOut { resident, minutes, .. }
            | E::HoursCorrected { resident, minutes, .. } => {
                if let Some(presence) = self.presence_mut(*resident) {
                    presence.minutes = Some(*minutes);
                }
            }
            E::CheckInReversed { resident } => self.go(*resident),
            E::HeadcountGiven { people } => self.headcount = Some(*people),
            E::RollClosed { .. } => self.phase = Phase::Closed,
        }
    }

    fn presence_mut(&mut self, resident: Uuid) -> Option<&mut Presence> {
        self.people.get_mut(&resident)?.presence.as_mut()
    }

    fn stand(&mut self, resident: Uuid, standing: Standing) {
        let person = self.people.entry(resident).or_default();
        let before = std::mem::replace(&mut person.standing, standing);
        match before {
            Standing::Registered => self.registered -= 1,
            Standing::Waiting => self.waiting.retain(|other| *other != resident),
            Standing::None | Standing::Excused => {}
        }
        match standing {
            Standing::Registered => self.registered += 1,
            Standing::Waiting => self.waiting.push(resident),
            Standing::None | Standing::Excused => {}
        }
    }

    /// Moves somebody who waits from the end of the line before another who does.
    fn take_place(&mut self, resident: Uuid, of: Option<Uuid>) {
        let place = of.and_then(|of| self.waiting.iter().position(|other| *other == of));
        if let Some(place) = place {
            self.waiting.pop();
            self.waiting.insert(place, resident);
        }
    }

    fn come(&mut self, resident: Uuid, at: DateTime<Utc>) {
        // Whoever is in the room waits no more, and has come after all.
        if matches!(self.standing(resident), Standing::Waiting | Standing::Excused) {
            self.stand(resident, Standing::None);
        }
        let person = self.people.entry(resident).or_default();
        person.presence = Some(Presence { at, minutes: None });
        self.present += 1;
        self.walk_ins += u32::from(person.standing != Standing::Registered);
    }

    fn go(&mut self, resident: Uuid) {
        if let Some(person) = self.people.get_mut(&resident)
            && person.presence.take().is_some()
        {
            self.present -= 1;
            self.walk_ins -= u32::from(person.standing != Standing::Registered);
        }
    }
}
