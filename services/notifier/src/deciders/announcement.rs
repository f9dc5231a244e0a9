//! What a community tells, and where notices were put up by hand.
//!
//! Invariants:
//! - An announcement has a title of at most 80 characters and a text of at most 2,000, and is to all
//!   of the community, a team, or those who subscribed to a kind.
//! - It is made once: what went out is not changed, another is made.
//! - Of each medium there is one number of places, at most 1,000, which a later one replaces.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use crate::contract::{AnnouncementEvent, Medium, What};

/// The most characters of a title.
pub const TITLE_MAX: usize = 80;
/// The most characters of a text.
pub const TEXT_MAX: usize = 2_000;
/// The most places of one medium.
pub const PLACES_MAX: u32 = 1_000;

/// The decider of `announcement`.
pub enum Announcement {}

/// What can be asked.
#[derive(Debug, Clone)]
pub enum AnnouncementCommand {
    /// Tell it.
    Announce {
        /// In one line.
        title: String,
        /// The rest.
        text: String,
        /// To whom.
        what: What,
        /// Which team or kind; empty for all.
        of: String,
    },
    /// It was put up in so many places, all told.
    Post {
        /// What sort of places.
        medium: Medium,
        /// How many.
        places: u32,
    },
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsaid {
    /// No title, or no text.
    #[error("write a title and a text")]
    Empty,
    /// Too long.
    #[error("at most {TITLE_MAX} characters of title and {TEXT_MAX} of text")]
    TooLong,
    /// Nobody it could be to.
    #[error("choose whom it is for: all, a team, or a kind of activity")]
    Audience,
    /// Another was made under this id.
    #[error("this has gone out already: make another announcement")]
    Made,
    /// Too many places.
    #[error("at most {PLACES_MAX} places")]
    Places,
}

/// What is remembered of one.
#[derive(Debug, Clone, Default)]
pub struct State {
    made: Option<AnnouncementEvent>,
    posted: BTreeMap<Medium, u32>,
}

impl Decider for Announcement {
    const SERVICE: &'static str = "notifier";
    const CATEGORY: &'static str = "announcement";
    type Command = AnnouncementCommand;
    type Event = AnnouncementEvent;
    type State = State;
    type Rejection = Unsaid;

    fn decide(
        state: &State,
        command: AnnouncementCommand,
        _now: DateTime<Utc>,
    ) -> Result<Vec<AnnouncementEvent>, Unsaid> {
        match command {
            AnnouncementCommand::Announce { title, text, what, of } => {
                let [title, text, of] = [title, text, of].map(|text| text.trim().to_owned());
                if title.is_empty() || text.is_empty() {
                    return Err(Unsaid::Empty);
                }
                if title.chars().count() > TITLE_MAX || text.chars().count() > TEXT_MAX {
                    return Err(Unsaid::TooLong);
                }
                let fits = matches!(what, What::All | What::Team | What::Kind);
                if !fits || (what == What::All) != of.is_empty() {
                    return Err(Unsaid::Audience);
                }
                let wanted = AnnouncementEvent::Announced { title, text, what, of };
                match &state.made {
                    None => Ok(vec![wanted]),
                    Some(made) if *made == wanted => Ok(vec![]),
                    Some(_) => Err(Unsaid::Made),
                }
            }
            AnnouncementCommand::Post { places, .. } if places > PLACES_MAX => Err(Unsaid::Places),
            AnnouncementCommand::Post { medium, places } => {
                let before = state.posted.get(&medium).copied().unwrap_or_default();
                let same = before == places;
                Ok(if same { vec![] } else { vec![AnnouncementEvent::Posted { medium, places }] })
            }
        }
    }

    fn evolve(mut state: State, event: &AnnouncementEvent) -> State {
        match event {
            AnnouncementEvent::Announced { .. } => state.made = Some(event.clone()),
            AnnouncementEvent::Posted { medium, places } => {
                state.posted.insert(*medium, *places);
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;

    fn say(title: &str, text: &str, what: What, of: &str) -> AnnouncementCommand {
        let [title, text, of] = [title, text, of].map(str::to_owned);
        AnnouncementCommand::Announce { title, text, what, of }
    }

    #[test]
    fn it_is_made_once_and_says_something_to_somebody() {
        let now = at("2026-11-02T08:00:00+08:00");
        let made = AnnouncementEvent::Announced {
            title: "停水".into(),
            text: "明天停水".into(),
            what: What::All,
            of: String::new(),
        };
        let fresh = given::<Announcement>([]);
        fresh.when(say(" 停水", "明天停水 ", What::All, ""), now).then([made.clone()]);
        let there = given::<Announcement>([made]);
        there.when(say("停水", "明天停水", What::All, ""), now).then_nothing();
        there.when(say("停水", "后天停水", What::All, ""), now).then_rejected(&Unsaid::Made);
        fresh.when(say("", "x", What::All, ""), now).then_rejected(&Unsaid::Empty);
        fresh.when(say("x", " ", What::All, ""), now).then_rejected(&Unsaid::Empty);
        let long = "水".repeat(TITLE_MAX + 1);
        fresh.when(say(&long, "x", What::All, ""), now).then_rejected(&Unsaid::TooLong);
        for (what, of) in [(What::Team, ""), (What::All, "x"), (What::Venue, "x")] {
            fresh.when(say("x", "x", what, of), now).then_rejected(&Unsaid::Audience);
        }
    }

    #[test]
    fn places_are_counted_by_medium_and_corrected() {
        let now = at("2026-11-02T08:00:00+08:00");
        let post = |places| AnnouncementCommand::Post { medium: Medium::Board, places };
        let posted = |places| AnnouncementEvent::Posted { medium: Medium::Board, places };
        let fresh = given::<Announcement>([]);
        fresh.when(post(0), now).then_nothing();
        fresh.when(post(3), now).then([posted(3)]);
        fresh.when(post(1001), now).then_rejected(&Unsaid::Places);
        let there = given::<Announcement>([posted(3)]);
        there.when(post(3), now).then_nothing();
        there.when(post(2), now).then([posted(2)]);
    }
}
