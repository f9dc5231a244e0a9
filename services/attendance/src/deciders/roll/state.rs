//! What a roll remembers to decide on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use uuid::Uuid;

use super::{DOORS_BEFORE, MINUTES_MAX, PROMOTED_BEFORE};
use crate::contract::{Attendance, Rating, RollEvent, Way};

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
    /// How that is known.
    pub way: Way,
    /// When they left, if that is known.
    pub left: Option<DateTime<Utc>>,
    /// Minutes credited, once they are.
    pub minutes: Option<u32>,
}

/// What became of the words that somebody wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Comment {
    /// They wrote none.
    #[default]
    None,
    /// Nobody has read it yet.
    Given,
    /// It is shown.
    Shown,
    /// It is not shown.
    Withheld,
}

#[derive(Debug, Clone, Default)]
struct Person {
    standing: Standing,
    presence: Option<Presence>,
    /// Whether they are on the list of those expected.
    listed: bool,
    rating: Option<Rating>,
    comment: Comment,
    /// What they wrote, as it was sealed.
    words: Option<Box<Sealed>>,
}

impl Person {
    /// Whether they should come: listed, or with a place, also one given back with an excuse.
    fn expected(&self) -> bool {
        self.listed || matches!(self.standing, Standing::Registered | Standing::Excused)
    }
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

    /// Whether somebody is on the list of those expected.
    pub fn listed(&self, resident: Uuid) -> bool {
        self.people.get(&resident).is_some_and(|person| person.listed)
    }

    /// What somebody has said of it.
    pub fn rating(&self, resident: Uuid) -> Option<Rating> {
        self.people.get(&resident).and_then(|person| person.rating)
    }

    /// What somebody wrote, as it was sealed.
    pub fn words(&self, resident: Uuid) -> Option<&Sealed> {
        self.people.get(&resident)?.words.as_deref()
    }

    /// What became of somebody's comment.
    pub fn comment(&self, resident: Uuid) -> Comment {
        self.people.get(&resident).map_or(Comment::None, |person| person.comment)
    }

    /// How many are expected.
    pub fn expected(&self) -> usize {
        self.people.values().filter(|person| person.expected()).count()
    }

    /// How many let know that they don't come.
    pub fn excused(&self) -> usize {
        self.people.values().filter(|person| person.standing == Standing::Excused).count()
    }

    /// Those expected who neither came nor are excused.
    pub fn missing(&self) -> impl Iterator<Item = Uuid> {
        let missing = |person: &Person| {
            let excused = person.standing == Standing::Excused;
            person.expected() && !excused && person.presence.is_none()
        };
        self.people.iter().filter_map(move |(&id, person)| missing(person).then_some(id))
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
            E::Excused { resident, .. } => self.stand(*resident, Standing::Excused),
            E::CheckedIn { resident, way, at, .. } => self.come(*resident, *way, *at),
            E::CheckedOut { resident, at, minutes } => {
                if let Some(presence) = self.presence_mut(*resident) {
                    (presence.left, presence.minutes) = (Some(*at), Some(*minutes));
                }
            }
            E::HoursCorrected { resident, minutes, .. } => {
                if let Some(presence) = self.presence_mut(*resident) {
                    presence.minutes = Some(*minutes);
                }
            }
            E::CheckInReversed { resident, .. } => self.go(*resident),
            E::HeadcountGiven { people } => self.headcount = Some(*people),
            E::RollClosed { .. } => self.phase = Phase::Closed,
            E::Expected { residents, .. } => {
                for resident in residents {
                    self.people.entry(*resident).or_default().listed = true;
                }
            }
            E::ExpectationDropped { resident } => {
                self.people.entry(*resident).or_default().listed = false;
            }
            E::Rated { .. }
            | E::RatingReversed { .. }
            | E::CommentApproved { .. }
            | E::CommentWithheld { .. } => self.rated(event),
        }
    }

    fn rated(&mut self, event: &RollEvent) {
        use RollEvent as E;
        let (resident, rating, comment) = match event {
            E::Rated { resident, rating, comment } => {
                let comment = comment.as_ref().map_or(Comment::None, |_| Comment::Given);
                (resident, Some(*rating), comment)
            }
            E::RatingReversed { resident } => (resident, None, Comment::None),
            E::CommentApproved { resident } => (resident, self.rating(*resident), Comment::Shown),
            E::CommentWithheld { resident } => {
                (resident, self.rating(*resident), Comment::Withheld)
            }
            _ => return,
        };
        let person = self.people.entry(*resident).or_default();
        (person.rating, person.comment) = (rating, comment);
        match event {
            E::Rated { comment, .. } => person.words = comment.clone().map(Box::new),
            E::RatingReversed { .. } => person.words = None,
            _ => {}
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

    fn come(&mut self, resident: Uuid, way: Way, at: DateTime<Utc>) {
        // Whoever is in the room waits no more, and has come after all.
        if matches!(self.standing(resident), Standing::Waiting | Standing::Excused) {
            self.stand(resident, Standing::None);
        }
        let person = self.people.entry(resident).or_default();
        person.presence = Some(Presence { at, way, left: None, minutes: None });
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

/// A roll while one decision makes several events, each on the state that those before it make.
pub(super) struct Draft {
    pub state: RollState,
    pub events: Vec<RollEvent>,
}

impl Draft {
    pub fn of(state: &RollState) -> Self {
        Self { state: state.clone(), events: Vec::new() }
    }

    pub fn push(&mut self, event: RollEvent) {
        self.state.take(&event);
        self.events.push(event);
    }

    pub fn extend(&mut self, events: Vec<RollEvent>) {
        for event in events {
            self.push(event);
        }
    }
}
