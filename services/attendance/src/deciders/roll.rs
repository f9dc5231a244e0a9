//! `roll`: who wants to come to one occurrence, who may, who came, and for how long.
//!
//! What always holds:
//! - At most `capacity` people are registered (0 is no limit), and it is never lowered below them.
//! - Nobody is registered and waiting at once; a repeated wish changes nothing.
//! - Places go to those who wait in the order they came, in the decision that frees the place,
//!   until two hours before the start. After that a free place goes to whoever asks for it.
//! - Whoever was written down twice keeps one place, one check-in and one time: the better of the
//!   two entries'. What the other had earned is reversed.
//! - Nobody is checked in twice, and never for another day; several at once all or none.
//! - Expected are those on the list and those registered; whoever of them is neither there nor
//!   excused at the closing is absent.
//! - Only who is checked in rates, once; with the check-in goes the rating.
//! - Credited time is at most the occurrence's length, a correction at most [`MINUTES_MAX`].
//! - A headcount is never below the people present by name.
//! - After the end, or the closing by hand, late entries come from paper or are corrections.

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{decider::Decider, vault::Sealed};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    SERVICE,
    contract::{Attendance, Rating, RollEvent, Way},
};

mod attending;
mod booking;
mod expecting;
mod merging;
mod rating;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use attending::Arrival;
pub use rejection::Rejection;
pub use state::{Comment, Phase, Presence, RollState, Standing};

/// How long before the start a free place still goes to the first in line by itself.
pub const PROMOTED_BEFORE: TimeDelta = TimeDelta::hours(2);
/// How long before the start people are checked in.
pub const DOORS_BEFORE: TimeDelta = TimeDelta::minutes(60);
/// How long after the end an organiser may still tick, and when the roll closes by itself.
pub const CLOSED_AFTER: TimeDelta = TimeDelta::hours(24);
/// The most minutes that one occurrence credits to one person: twelve hours.
pub const MINUTES_MAX: u32 = 12 * 60;
/// The most names on one roll, so that its closing fits into one record of the log.
pub const NAMES_MAX: usize = 6_000;
/// How long after the end people may rate.
pub const RATED_AFTER: TimeDelta = TimeDelta::days(30);
/// The largest headcount that is not taken for a slip of the finger.
pub const HEADCOUNT_MAX: u32 = 100_000;

/// What can be asked of a roll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Open it, as the occurrence is.
    Open {
        /// The activity.
        activity: Uuid,
        /// Which occurrence of it.
        recurrence_id: String,
        /// When it begins.
        start: DateTime<Utc>,
        /// When it ends.
        end: DateTime<Utc>,
        /// Places; 0 is no limit.
        capacity: u32,
        /// How people are recorded.
        attendance: Attendance,
        /// Whether those under 14 need a guardian's consent.
        guardian_consent: bool,
    },
    /// The occurrence was moved.
    Move {
        /// Its revision since.
        revision: u32,
        /// When it begins now.
        start: DateTime<Utc>,
        /// When it ends now.
        end: DateTime<Utc>,
    },
    /// The occurrence was cancelled.
    Cancel {
        /// Its revision since.
        revision: u32,
    },
    /// Change the number of places.
    SetCapacity {
        /// Places; 0 is no limit.
        capacity: u32,
    },
    /// Give somebody a place, or a place in the line.
    Register {
        /// Who.
        resident: Uuid,
        /// Who asks for them, if somebody else does.
        proxy: Option<Uuid>,
        /// Whether they are 14 or older, or a guardian has consented.
        guardian_ok: bool,
    },
    /// Take somebody's place, or place in the line, back.
    Withdraw {
        /// Who.
        resident: Uuid,
    },
    /// Take the place of somebody who is no more back, or give it to the entry that they are.
    HandOver {
        /// Who.
        resident: Uuid,
        /// The other entry of the same person, if there is one.
        into: Option<Uuid>,
    },
    /// Note that somebody lets know they don't come.
    Excuse {
        /// Who.
        resident: Uuid,
        /// Why, sealed under the resident's key.
        remark: Option<Sealed>,
        /// Who excuses them, if another resident does.
        proxy: Option<Uuid>,
    },
    /// Put people on the list of those expected.
    Expect {
        /// Who.
        residents: Vec<Uuid>,
        /// Why: `team:<uuid>`, `role:<role>`, or empty for those picked one by one.
        by: String,
    },
    /// Take somebody off that list.
    DropExpected {
        /// Who.
        resident: Uuid,
    },
    /// Note that several are there, all or none of them.
    CheckInAll {
        /// Who, and how it is known.
        arrivals: Vec<Arrival>,
    },
    /// Say how it was.
    Rate {
        /// Who says it.
        resident: Uuid,
        /// In one of five words.
        rating: Rating,
        /// In their own words, sealed under their key.
        comment: Option<Sealed>,
    },
    /// Show somebody's comment, or show it no more.
    ShowComment {
        /// Whose.
        resident: Uuid,
        /// Whether it is shown.
        shown: bool,
    },
    /// Note that somebody is there.
    CheckIn {
        /// Who.
        resident: Uuid,
        /// How it is known.
        way: Way,
        /// When they came, where the paper says so.
        at: Option<DateTime<Utc>>,
        /// Who checks them in from their own phone, if somebody else does.
        proxy: Option<Uuid>,
        /// Whether a member of staff does it, who sees the room and lets people in.
        staff: bool,
    },
    /// Note that somebody has left.
    CheckOut {
        /// Who.
        resident: Uuid,
        /// When; now if it isn't said.
        at: Option<DateTime<Utc>>,
        /// Minutes to credit; those since the check-in if it isn't said.
        minutes: Option<u32>,
    },
    /// Correct somebody's credited time.
    CorrectHours {
        /// Whose.
        resident: Uuid,
        /// Minutes to credit.
        minutes: u32,
        /// Why, sealed under the resident's key.
        remark: Option<Sealed>,
    },
    /// Note that somebody was not there after all.
    ReverseCheckIn {
        /// Who.
        resident: Uuid,
    },
    /// Note how many were counted in all.
    GiveHeadcount {
        /// How many.
        people: u32,
    },
    /// Close it.
    Close,
}

/// The decider of category `roll`.
pub enum Roll {}

impl Decider for Roll {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "roll";
    type Command = Command;
    type Event = RollEvent;
    type State = RollState;
    type Rejection = Rejection;

    fn decide(
        state: &RollState,
        command: Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<RollEvent>, Rejection> {
        use Command as C;
        if !matches!(command, C::Open { .. }) && state.phase == Phase::Unopened {
            return Err(Rejection::NotOpened);
        }
        match command {
            C::Open { .. } => Ok(booking::open(state, command)),
            C::Move { revision, start, end } => {
                booking::relocate(state, revision, (start, end), now)
            }
            C::Cancel { revision } => booking::cancel(state, revision),
            C::SetCapacity { capacity } => booking::set_capacity(state, capacity, now),
            C::Register { resident, proxy, guardian_ok } => {
                booking::register(state, resident, proxy, guardian_ok, now)
            }
            C::Withdraw { resident } => booking::withdraw(state, resident, now),
            C::HandOver { resident, into } => merging::hand_over(state, resident, into, now),
            C::Excuse { resident, remark, proxy } => booking::excuse(
                state,
                resident,
                RollEvent::Excused { resident, remark, proxy },
                now,
            ),
            C::Expect { residents, by } => expecting::expect(state, residents, by),
            C::DropExpected { resident } => expecting::drop_expected(state, resident),
            C::CheckInAll { arrivals } => attending::check_in_all(state, &arrivals, now),
            C::Rate { resident, rating, comment } => {
                rating::rate(state, resident, rating, comment, now)
            }
            C::ShowComment { resident, shown } => rating::show(state, resident, shown),
            C::CheckIn { resident, way, at, proxy, staff } => {
                let arrival = Arrival { resident, way, at, proxy, staff };
                attending::check_in(state, &arrival, now)
            }
            C::CheckOut { resident, at, minutes } => {
                attending::check_out(state, resident, at, minutes, now)
            }
            C::CorrectHours { resident, minutes, remark } => {
                attending::correct_hours(state, resident, minutes, remark)
            }
            C::ReverseCheckIn { resident } => Ok(attending::reverse(state, resident)),
            C::GiveHeadcount { people } => attending::headcount(state, people, now),
            C::Close => attending::close(state, now),
        }
    }

    fn evolve(mut state: RollState, event: &RollEvent) -> RollState {
        state.take(event);
        state
    }
}
