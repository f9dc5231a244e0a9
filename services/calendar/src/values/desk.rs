//! What the desk is asked: opened occurrences that the rule would now have elsewhere, and what
//! publishing a month would do.

use std::{ops::RangeInclusive, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    agenda::{Activity, Fact, Papers, Story},
    plan::{self, Planned},
};
use crate::contract::Opening;

/// An opened occurrence that the present rule, holidays or venue would have elsewhere: keep it,
/// move it or cancel it.
#[derive(Debug, Clone)]
pub struct Affected {
    /// The activity.
    pub activity: Arc<Activity>,
    /// The occurrence as it stands.
    pub fact: Fact,
    /// Where it would be; none if the rule has nothing on its nominal date any more.
    pub now: Option<Planned>,
}

/// What publishing a month does to one activity.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The activity.
    pub activity: Arc<Activity>,
    /// Whether it is a draft, and is published with it.
    pub publishes: bool,
    /// The occurrences that it opens.
    pub openings: Vec<Opening>,
}

/// The opened occurrences of an activity about which the desk has to decide.
pub fn affected(story: &Story, papers: &Papers, now: DateTime<Utc>) -> Vec<Affected> {
    let ahead = story.facts.values().filter(|fact| !fact.cancelled && fact.now.start > now);
    let asked = ahead.filter_map(|fact| {
        let computed = computed_for(story, fact, papers);
        is_asked(story, fact, computed.as_ref(), papers).then(|| Affected {
            activity: story.activity.clone(),
            fact: fact.clone(),
            now: computed,
        })
    });
    asked.collect()
}

/// What the present rule computes where a fact stands: the same id, else what a later segment has
/// on its nominal date.
fn computed_for(story: &Story, fact: &Fact, papers: &Papers) -> Option<Planned> {
    let id = fact.now.recurrence_id;
    let planned = story.planned(&plan::around(id.date), papers);
    let same = planned.iter().find(|planned| planned.id == id);
    let later =
        |planned: &&Planned| planned.id.date == id.date && planned.segment > fact.now.segment;
    same.or_else(|| planned.iter().find(later)).cloned()
}

fn is_asked(story: &Story, fact: &Fact, computed: Option<&Planned>, papers: &Papers) -> bool {
    let ruled = story.activity.ruled;
    let adopted = papers.newest(fact.now.recurrence_id.date).map_or(ruled, |(_, at)| at);
    let Some(planned) = computed else { return ruled.max(adopted) > fact.settled };
    let opened = &fact.now;
    let other_time = (planned.start, planned.all_day) != (opened.start, opened.all_day);
    let length = planned.end - planned.start;
    let other_place = (planned.venue, length) != (opened.venue, opened.end - opened.start);
    (other_time && ruled.max(adopted) > fact.settled)
        || (other_place && ruled.max(story.activity.placed) > fact.settled)
}

/// What publishing a month does to an activity; none where it does nothing.
pub fn publication(
    story: &Story,
    month: &RangeInclusive<NaiveDate>,
    papers: &Papers,
    now: DateTime<Utc>,
) -> Option<Publication> {
    let activity = story.activity.clone();
    let planned = plan::open_ended(story.planned(month, papers), &story.ids());
    let ahead = planned.iter().filter(|planned| planned.start > now);
    let openings: Vec<_> = ahead.map(|planned| planned.opening(&activity.description)).collect();
    let publishes = !activity.published;
    (!openings.is_empty()).then_some(Publication { activity, publishes, openings })
}
