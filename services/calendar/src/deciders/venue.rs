//! One venue and its bookings. Invariants:
//!
//! - A request for it is never rejected: it is booked, or it clashes, and both stand on the log.
//! - Of two that overlap, the one that was there first has it.
//! - What is closed is not booked: closing turns the bookings of that time into clashes.
//! - When a booking or a closure goes, the clashes that nothing stands against any more are booked,
//!   the oldest first.

use chrono::{DateTime, Utc};
use linli_platform::{decider::Decider, ids::Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reason;
use crate::contract::{Booking, Clash, Closure, SERVICE, VenueDescription, VenueEvent as Event};

#[cfg(test)]
mod tests;

/// The decider of the category `venue`.
pub enum Venues {}

/// What can be asked of a venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Let it be used.
    Add(VenueDescription),
    /// Describe it anew.
    Change {
        /// The version that the form was opened at; none from a program.
        seen: Option<Version>,
        /// What it is.
        description: VenueDescription,
    },
    /// Let it not be used for a time.
    Close(Closure),
    /// End a closure.
    Reopen {
        /// Which.
        closure: Uuid,
    },
    /// An occurrence needs it; in place of what the occurrence asked for before.
    Book(Booking),
    /// An occurrence needs it no more.
    Release {
        /// `<community>/<activity uuid>/<recurrence id>`.
        occurrence: String,
    },
}

/// What is remembered of a venue.
#[derive(Debug, Clone, Default)]
pub struct Venue {
    description: Option<VenueDescription>,
    version: Version,
    /// The version of the last event that described it.
    described: Version,
    closures: Vec<Closure>,
    /// In the order they were asked for; `with` is empty where it is booked.
    asked: Vec<Clash>,
}

/// Why a command about a venue is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Rejection {
    /// Nothing has been added under this id.
    #[error("there is no such venue")]
    Unknown,
    /// It is there already, and otherwise.
    #[error("'{0}' is there already, with other content: change it at the desk")]
    AlreadyAdded(String),
    /// No name.
    #[error("the venue's name is missing")]
    NameMissing,
    /// It would open before it closes.
    #[error("it must open again after it closes")]
    EndsBeforeStart,
    /// An edit form was opened before it was last described.
    #[error("it was changed while the form was open (version {seen}, now {current})")]
    StaleForm {
        /// The version that the form was opened at.
        seen: Version,
        /// The version of the last change.
        current: Version,
        /// What it is now.
        now: VenueDescription,
    },
    /// Why?
    #[error("say why it is closed, in a few words and without names")]
    ReasonMissing,
}

impl Decider for Venues {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "venue";
    type Command = Command;
    type Event = Event;
    type State = Venue;
    type Rejection = Rejection;

    fn decide(
        state: &Venue,
        command: Command,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        match (command, &state.description) {
            (Command::Add(description), Some(now)) if *now != description => {
                Err(Rejection::AlreadyAdded(description.name))
            }
            (Command::Add(_), Some(_)) => Ok(Vec::new()),
            (Command::Add(description), None) => {
                named(&description)?;
                Ok(vec![Event::VenueAdded { description }])
            }
            // A request comes from a process that has heard of the venue; it is never rejected.
            (Command::Book(booking), _) => Ok(state.book(booking)),
            (_, None) => Err(Rejection::Unknown),
            (Command::Change { description, .. }, Some(now)) if *now == description => {
                Ok(Vec::new())
            }
            (Command::Change { seen, description }, Some(now)) => {
                if let Some(seen) = seen.filter(|seen| *seen != state.described) {
                    let (current, now) = (state.described, now.clone());
                    return Err(Rejection::StaleForm { seen, current, now });
                }
                named(&description)?;
                Ok(vec![Event::VenueChanged { description }])
            }
            (Command::Close(closure), Some(_)) => state.close(closure),
            (Command::Reopen { closure }, Some(_)) => Ok(state.reopen(closure)),
            (Command::Release { occurrence }, Some(_)) => Ok(state.release(occurrence)),
        }
    }

    fn evolve(mut state: Venue, event: &Event) -> Venue {
        state.version = state.version.plus(1);
        match event {
            Event::VenueAdded { description } | Event::VenueChanged { description } => {
                state.described = state.version;
                state.description = Some(description.clone());
            }
            Event::VenueClosed(closure) => {
                state.closures.retain(|other| other.closure != closure.closure);
                state.closures.push(closure.clone());
            }
            Event::VenueReopened { closure } => {
                state.closures.retain(|other| other.closure != *closure);
            }
            Event::VenueBooked(booking) => {
                state.put(Clash { booking: booking.clone(), with: Vec::new() });
            }
            Event::VenueClashed(clash) => state.put(clash.clone()),
            Event::VenueReleased { occurrence } => {
                state.asked.retain(|asked| asked.booking.occurrence != *occurrence);
            }
        }
        state
    }
}

fn named(description: &VenueDescription) -> Result<(), Rejection> {
    if description.name.trim().is_empty() { Err(Rejection::NameMissing) } else { Ok(()) }
}

fn overlap(a: (DateTime<Utc>, DateTime<Utc>), b: (DateTime<Utc>, DateTime<Utc>)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

impl Venue {
    fn put(&mut self, clash: Clash) {
        let same = |asked: &Clash| asked.booking.occurrence == clash.booking.occurrence;
        match self.asked.iter_mut().find(|asked| same(asked)) {
            Some(asked) => *asked = clash,
            None => self.asked.push(clash),
        }
    }

    fn find(&self, occurrence: &str) -> Option<&Clash> {
        self.asked.iter().find(|asked| asked.booking.occurrence == occurrence)
    }

    fn closed(&self, booking: &Booking) -> impl Iterator<Item = String> {
        let during = (booking.start, booking.end);
        let over = self.closures.iter().filter(move |c| overlap(during, (c.from, c.until)));
        over.map(|closure| format!("closure/{}", closure.closure))
    }

    /// What stands against a booking: others that have the venue, and closures.
    fn against(&self, booking: &Booking) -> Vec<String> {
        let during = (booking.start, booking.end);
        let booked = self.asked.iter().filter(|asked| {
            asked.with.is_empty()
                && asked.booking.occurrence != booking.occurrence
                && overlap(during, (asked.booking.start, asked.booking.end))
        });
        booked.map(|asked| asked.booking.occurrence.clone()).chain(self.closed(booking)).collect()
    }

    fn book(&self, booking: Booking) -> Vec<Event> {
        let before = self.find(&booking.occurrence);
        if before.is_some_and(|asked| asked.booking.revision > booking.revision) {
            return Vec::new();
        }
        if before.is_some_and(|asked| asked.booking == booking) {
            return Vec::new();
        }
        let freed = before.is_some_and(|asked| asked.with.is_empty());
        let first = self.request(booking);
        if freed { self.and_then(vec![first]) } else { vec![first] }
    }

    fn request(&self, booking: Booking) -> Event {
        let with = self.against(&booking);
        if with.is_empty() {
            Event::VenueBooked(booking)
        } else {
            Event::VenueClashed(Clash { booking, with })
        }
    }

    fn release(&self, occurrence: String) -> Vec<Event> {
        if self.find(&occurrence).is_none() {
            return Vec::new();
        }
        self.and_then(vec![Event::VenueReleased { occurrence }])
    }

    fn close(&self, mut closure: Closure) -> Result<Vec<Event>, Rejection> {
        if self.closures.contains(&closure) {
            return Ok(Vec::new());
        }
        if closure.until <= closure.from {
            return Err(Rejection::EndsBeforeStart);
        }
        closure.reason = reason(&closure.reason).ok_or(Rejection::ReasonMissing)?;
        let closed = Event::VenueClosed(closure);
        let after = Venues::evolve(self.clone(), &closed);
        let hit = after.asked.iter().filter(|asked| asked.with.is_empty()).filter_map(|asked| {
            let with: Vec<_> = after.closed(&asked.booking).collect();
            let clash = Clash { booking: asked.booking.clone(), with };
            (!clash.with.is_empty()).then_some(Event::VenueClashed(clash))
        });
        let hit: Vec<_> = hit.collect();
        Ok([closed].into_iter().chain(hit).collect())
    }

    fn reopen(&self, closure: Uuid) -> Vec<Event> {
        if !self.closures.iter().any(|other| other.closure == closure) {
            return Vec::new();
        }
        self.and_then(vec![Event::VenueReopened { closure }])
    }

    /// These events, and the bookings that they make possible.
    fn and_then(&self, mut events: Vec<Event>) -> Vec<Event> {
        let mut after = events.iter().fold(self.clone(), Venues::evolve);
        for asked in after.asked.clone() {
            if asked.with.is_empty() {
                continue;
            }
            let event = after.request(asked.booking);
            if matches!(event, Event::VenueBooked(_)) {
                after = Venues::evolve(after, &event);
                events.push(event);
            }
        }
        events
    }
}
