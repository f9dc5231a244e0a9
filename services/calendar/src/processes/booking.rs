//! Asks venues for the times of opened occurrences: books when one is opened or moved, releases
//! when it is cancelled or goes elsewhere.

use linli_platform::{
    ids::StreamId,
    process::{Action, Input, Process, Rows},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contract::{ActivityEvent as Event, Booking as Asked, Heard, SERVICE},
    deciders::venue::Command,
    values::key::OccurrenceKey,
};

/// The process.
pub enum Booking {}

/// What is asked for an occurrence, and where it was before: key `place/<occurrence>`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Place {
    venue: Option<Uuid>,
    before: Option<Uuid>,
}

impl Process<Heard> for Booking {
    const NAME: &'static str = "booking";
    const VERSION: u32 = 1;
    type Command = Command;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        let stream = &fact.source.stream;
        match &fact.event {
            // Its stream stands under the community whose venue it is.
            Heard::Venue(_) if fact.source.version.0 == 1 => {
                rows.put(&venue_key(stream.id()), &stream.community());
            }
            Heard::Activity(event) => {
                let Some((key, asked)) = asked(stream, event) else { return };
                let key = format!("place/{key}");
                let before = rows.get::<Place>(&key).unwrap_or_default().venue;
                rows.put(&key, &Place { venue: asked.and_then(|(venue, _)| venue), before });
            }
            _ => {}
        }
    }

    fn react(
        rows: &Rows<'_>,
        input: &Input<'_, Heard>,
        _now: chrono::DateTime<chrono::Utc>,
    ) -> Vec<Action<Command>> {
        let Input::Event(fact) = input else { return Vec::new() };
        let Heard::Activity(event) = &fact.event else { return Vec::new() };
        let Some((key, asked)) = asked(&fact.source.stream, event) else { return Vec::new() };
        let place: Place = rows.get(&format!("place/{key}")).unwrap_or_default();
        let left = place.before.filter(|before| Some(*before) != place.venue);
        let release = left.and_then(|venue| {
            let command = Command::Release { occurrence: key.to_string() };
            Some(Action::Command { to: stream_of(rows, venue)?, command })
        });
        let book = asked.and_then(|(venue, booking)| {
            Some(Action::Command { to: stream_of(rows, venue?)?, command: Command::Book(booking) })
        });
        release.into_iter().chain(book).collect()
    }
}

fn venue_key(id: &str) -> String {
    format!("venue/{id}")
}

/// The stream of a venue that has been added.
fn stream_of(rows: &Rows<'_>, venue: Uuid) -> Option<StreamId> {
    let community: String = rows.get(&venue_key(&venue.to_string()))?;
    StreamId::new(&community, SERVICE, "venue", venue).ok()
}

/// A venue, if any, and what to ask of it.
type Wish = (Option<Uuid>, Asked);

/// The occurrence that an event puts somewhere, and what to ask for it: nothing when cancelled.
fn asked(stream: &StreamId, event: &Event) -> Option<(OccurrenceKey, Option<Wish>)> {
    let activity = stream.uuid()?;
    let key = |id| OccurrenceKey { community: stream.community().to_owned(), activity, id };
    Some(match event {
        Event::OccurrenceOpened(opening) => {
            let (key, start, end) = (key(opening.recurrence_id), opening.start, opening.end);
            let asked = Asked { occurrence: key.to_string(), revision: 0, start, end };
            (key, Some((opening.venue, asked)))
        }
        Event::OccurrenceMoved(moved) => {
            let (key, revision) = (key(moved.recurrence_id), moved.revision);
            let (start, end) = (moved.start, moved.end);
            let asked = Asked { occurrence: key.to_string(), revision, start, end };
            (key, Some((moved.venue, asked)))
        }
        Event::OccurrenceCancelled { recurrence_id, .. } => (key(*recurrence_id), None),
        Event::ActivityDrafted { .. }
        | Event::ActivityDescribed { .. }
        | Event::SegmentAdded(_)
        | Event::ActivityPublished {}
        | Event::ActivityRetired { .. }
        | Event::OccurrenceDescribed(_)
        | Event::OccurrenceKept { .. } => return None,
    })
}
