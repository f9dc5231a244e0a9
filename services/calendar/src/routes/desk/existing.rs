//! What an activity is already, beside its form: its rules in words, its next occurrences.

use chrono::Days;
use linli_platform::web::Refusal;
use uuid::Uuid;

use super::{ask::Desk, plan, rule_words};
use crate::{
    projections::agenda,
    values::{
        agenda::{Activity, State},
        segment::Segment,
    },
};

/// Occurrences that the page of an activity lists.
const NEXT: usize = 12;
/// How far ahead they are looked for, in days.
const NEXT_DAYS: u64 = 400;

/// What an activity is already, beside its form.
pub(super) struct Existing {
    pub id: Uuid,
    pub published: bool,
    pub badge: &'static str,
    pub public: String,
    pub segments: Vec<String>,
    pub next: Vec<Next>,
    pub cmds: [Uuid; 2],
    pub today: String,
    pub may_publish: bool,
}

/// One of its next occurrences.
pub(super) struct Next {
    pub path: String,
    pub when: String,
    pub badge: &'static str,
}

/// Reads it.
pub(super) async fn existing(desk: &Desk, activity: Activity) -> Result<Existing, Refusal> {
    let (today, now) = (desk.today(), desk.now);
    let window = today..=today.checked_add_days(Days::new(NEXT_DAYS)).unwrap_or(today);
    let read = activity.clone();
    let entries = desk.read(move |db| agenda::of_one(db, read, &window, now)).await?;
    let next = entries.iter().filter(|entry| entry.end > now).take(NEXT).map(|entry| Next {
        path: desk.at(format_args!("change/{}/{}", entry.activity.id, entry.id)),
        when: desk.t.entry_when(entry),
        badge: badge(entry.state),
    });
    let segment = |segment: &Segment| {
        format!("{} · {}", desk.t.date(segment.from), rule_words::rule(desk.t, segment))
    };
    Ok(Existing {
        id: activity.id,
        published: activity.published,
        badge: plan::state(&activity, today),
        public: format!("/c/{}", desk.code()),
        segments: activity.segments.iter().map(segment).collect(),
        next: next.collect(),
        cmds: [desk.fresh(), desk.fresh()],
        today: today.to_string(),
        may_publish: desk.viewer.may("activity.publish", desk.code()),
    })
}

/// The badge of a state.
pub(super) fn badge(state: State) -> &'static str {
    match state {
        State::Draft => "draft",
        State::Computed => "computed",
        State::Opened => "opened",
        State::Moved => "moved",
        State::Cancelled => "cancelled",
        State::Held => "held",
    }
}
