//! Occurrences that are otherwise than their rule and activity say: own words for all of them, an
//! opening of its own for one at another time or place.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use linli_almanac::{HolidayTable, RecurrenceId, zoned};
use linli_calendar::{
    contract::{Description, Opening, SegmentAdded, Words},
    deciders::activity::Command,
    values::{plan, segment::Segment},
};
use toml::Spanned;

use super::{
    commands::id_of,
    read::{Community, Item},
    text,
};

/// What the described occurrences of an activity ask.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Own words, also before the activity is published.
    pub words: Vec<Command>,
    /// Own times and places, of a published activity.
    pub openings: Vec<Command>,
}

/// What the described occurrences of an activity ask, or the first that its rules don't have.
pub(super) fn commands(
    community: &Community,
    item: &Item<text::Activity>,
    description: &Description,
    zone: &str,
    holidays: &HolidayTable,
) -> Result<Own, String> {
    let segments = segments(&item.it, zone);
    let segments = segments.map_err(|error| format!("{}: {error}", item.origin))?;
    let mut own = Own::default();
    let mut seen = BTreeSet::new();
    for one in &item.it.described {
        let one = one.as_ref();
        let problem = |what: String| community.origin(&one.id, what).to_string();
        let id: RecurrenceId =
            one.id.as_ref().parse().map_err(|error| problem(format!("{error}")))?;
        if !seen.insert(id) {
            return Err(problem(format!("{id} is described twice; put both into one")));
        }
        let window = plan::around(id.date);
        let planned = plan::planned(&segments, None, description, &window, holidays);
        let Some(planned) = planned.iter().find(|planned| planned.id == id) else {
            let key = &item.it.key;
            return Err(problem(format!("the rules of activity '{key}' have no occurrence {id}")));
        };
        if let Some(words) = words(id, one) {
            own.words.push(Command::DescribeOccurrence { seen: None, words });
        }
        if one.venue.is_some() || one.start.is_some() || one.minutes.is_some() {
            let opening = opening(&community.code.it, one, planned, description);
            let opening = opening.map_err(|what| problem(what.to_owned()))?;
            own.openings.push(Command::Open { opening, own: true });
        }
    }
    Ok(own)
}

fn segments(
    it: &text::Activity,
    zone: &str,
) -> Result<Vec<Segment>, linli_calendar::values::segment::SegmentError> {
    let segments = (1..).zip(it.segment.iter().map(Spanned::as_ref)).map(|(segment, written)| {
        Segment::parse(&SegmentAdded {
            segment,
            from: written.from,
            until: written.until,
            rule: written.rule.as_ref().clone(),
            zone: zone.to_owned(),
        })
    });
    segments.collect()
}

fn words(id: RecurrenceId, one: &text::Described) -> Option<Words> {
    let mut words = Words::none(id);
    words.title.clone_from(&one.title);
    words.text.clone_from(&one.text);
    words.kinds.clone_from(&one.kinds);
    (words != Words::none(id)).then_some(words)
}

fn opening(
    community: &str,
    one: &text::Described,
    planned: &plan::Planned,
    description: &Description,
) -> Result<Opening, &'static str> {
    let mut opening = planned.opening(description);
    if one.venue.is_some() {
        opening.venue = id_of(community, one.venue.as_ref());
    }
    if planned.all_day && (one.start.is_some() || one.minutes.is_some()) {
        return Err("it is all day: leave out `start` and `minutes`");
    }
    if let Some(start) = one.start {
        let day = planned.start.with_timezone(&planned.zone).date_naive();
        opening.start = at(planned, day.and_time(start));
        opening.end = opening.start + (planned.end - planned.start);
    }
    if let Some(minutes) = one.minutes {
        opening.end = opening.start + TimeDelta::minutes(minutes.into());
    }
    Ok(opening)
}

fn at(planned: &plan::Planned, local: chrono::NaiveDateTime) -> chrono::DateTime<chrono::Utc> {
    zoned::resolve(planned.zone, local).to_utc()
}
