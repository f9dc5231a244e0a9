//! Somebody who is no more, or who was written down twice.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Comment, Phase, Presence, Rejection, RollState, Standing,
    booking::{before_start, leaving},
    state::Draft,
};
use crate::contract::RollEvent;

type Decision = Result<Vec<RollEvent>, Rejection>;

/// Frees the place of somebody who is no more; all that one who was written down twice has on this
/// roll goes to the other entry.
pub(super) fn hand_over(
    state: &RollState,
    resident: Uuid,
    into: Option<Uuid>,
    now: DateTime<Utc>,
) -> Decision {
    match into {
        Some(into) if into == resident => Ok(Vec::new()),
        Some(into) => Ok(merge(state, resident, into, now)),
        None => gone(state, resident, now),
    }
}

/// A count stays true: whoever was there has been there, whatever became of them.
fn gone(state: &RollState, resident: Uuid, now: DateTime<Utc>) -> Decision {
    let (standing, listed) = (state.standing(resident), state.listed(resident));
    let placed = matches!(standing, Standing::Registered | Standing::Waiting);
    if !placed && !listed {
        return Ok(Vec::new());
    }
    before_start(state, now)?;
    if state.presence(resident).is_some() {
        return Err(Rejection::Present);
    }
    let dropped = listed.then_some(RollEvent::ExpectationDropped { resident });
    let mut events: Vec<_> = dropped.into_iter().collect();
    if placed {
        events.extend(leaving(state, standing, RollEvent::Withdrawn { resident }, now));
    }
    Ok(events)
}

fn merge(state: &RollState, resident: Uuid, into: Uuid, now: DateTime<Utc>) -> Vec<RollEvent> {
    let mut draft = Draft::of(state);
    let (presence, rating) = (state.presence(resident), state.rating(resident));
    if let Some(Presence { minutes, .. }) = presence {
        let minutes_before = minutes.unwrap_or(0);
        draft.push(RollEvent::CheckInReversed { resident, minutes_before, into: Some(into) });
    }
    // Of a closed or cancelled roll nobody's place matters any more.
    if state.phase == Phase::Open {
        expectation(&mut draft, resident, into);
        let events = place(&draft.state, resident, into, now);
        draft.extend(events);
    }
    if let Some(presence) = presence {
        arrival(&mut draft, (resident, presence), into, now);
    }
    if let Some(rating) = rating {
        draft.push(RollEvent::RatingReversed { resident });
        if draft.state.rating(into).is_none() {
            // What they wrote stays sealed under the key of the entry that goes: it says whose it is.
            let (comment, shown) = (state.words(resident).cloned(), state.comment(resident));
            draft.push(RollEvent::Rated { resident: into, rating, comment });
            match shown {
                Comment::Shown => draft.push(RollEvent::CommentApproved { resident: into }),
                Comment::Withheld => draft.push(RollEvent::CommentWithheld { resident: into }),
                Comment::None | Comment::Given => {}
            }
        }
    }
    draft.events
}

fn expectation(draft: &mut Draft, resident: Uuid, into: Uuid) {
    if draft.state.listed(resident) {
        draft.push(RollEvent::ExpectationDropped { resident });
        if !draft.state.listed(into) {
            draft.push(RollEvent::Expected { residents: vec![into], by: String::new() });
        }
    }
}

/// A place goes to the other entry, in the line too, unless that one has a place or came already.
fn place(state: &RollState, resident: Uuid, into: Uuid, now: DateTime<Utc>) -> Vec<RollEvent> {
    let (standing, gone) = (state.standing(resident), RollEvent::Withdrawn { resident });
    if state.presence(into).is_some() {
        return match standing {
            Standing::None => Vec::new(),
            _ => leaving(state, standing, gone, now),
        };
    }
    match (standing, state.standing(into)) {
        (Standing::None, _) => Vec::new(),
        (Standing::Registered, Standing::None | Standing::Excused) => {
            vec![gone, RollEvent::Registered { resident: into, proxy: None }]
        }
        (Standing::Registered, Standing::Waiting) => {
            vec![gone, RollEvent::Promoted { resident: into }]
        }
        (Standing::Waiting, Standing::None | Standing::Excused) => {
            // Into the line before the other leaves it, so that the place is still known.
            let instead_of = Some(resident);
            vec![RollEvent::Waitlisted { resident: into, proxy: None, instead_of }, gone]
        }
        (Standing::Excused, Standing::None) => {
            vec![gone, RollEvent::Excused { resident: into, remark: None, proxy: None }]
        }
        _ => leaving(state, standing, gone, now),
    }
}

/// One check-in and one time for both: the longer one, where both have been credited.
fn arrival(
    draft: &mut Draft,
    (resident, double): (Uuid, Presence),
    into: Uuid,
    now: DateTime<Utc>,
) {
    let Presence { at, way, left, minutes } = double;
    let own = draft.state.presence(into);
    if own.is_none() {
        let merged = Some(resident);
        draft.push(RollEvent::CheckedIn { resident: into, way, at, proxy: None, merged });
    }
    match (own.and_then(|own| own.minutes), minutes) {
        (None, Some(minutes)) => {
            let at = left.unwrap_or_else(|| draft.state.end.min(now));
            draft.push(RollEvent::CheckedOut { resident: into, at, minutes });
        }
        (Some(minutes_before), Some(minutes)) if minutes > minutes_before => {
            let remark = None;
            draft.push(RollEvent::HoursCorrected {
                resident: into,
                minutes_before,
                minutes,
                remark,
            });
        }
        _ => {}
    }
}
