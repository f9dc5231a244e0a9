//! A calendar feed: the agenda as iCalendar text that clients show on its true dates.
//!
//! A plain rule (`Rule::plain_rrule`) without rotation in a zone without daylight saving is one
//! `RRULE` with its exceptions; everything else is one `VEVENT` per date, because clients get
//! `RSCALE` and `RDATE` wrong without saying so. Nothing here is "now" but the window: the same
//! agenda gives the same bytes at each fetch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Days, NaiveDateTime, Offset as _, Utc};
use chrono_tz::{OffsetName as _, Tz};
use linli_almanac::{HolidayPolicy, PlainRrule, RecurrenceId, Start};
use uuid::Uuid;

use super::{
    agenda::{Entry, Fact, Papers, State, Story, VenueName, state_of},
    ics::Ics,
    midnight, plan,
    segment::{Segment, span},
};
use crate::contract::Opening;
use linli_platform::ids::Version;

mod frame;
mod vevent;

use frame::CANCELLED_DAYS;
pub use frame::{DAYS_AHEAD, DAYS_BACK, Frame, Sources, Span};

/// The feed as text.
pub fn render(frame: &Frame, sources: &Sources, now: DateTime<Utc>) -> String {
    let Sources { stories, papers, venues } = sources;
    let mut feed = Feed { frame, papers, venues, now, ics: Ics::with_room(128 * 1024) };
    let lanes: Vec<_> = stories.iter().map(|story| (story, feed.all_series(story))).collect();
    let zones = lanes.iter().flat_map(|(_, series)| series).map(|s| (s.segment.zone.name(), s));
    feed.head();
    for (_, series) in zones.collect::<BTreeMap<_, _>>() {
        feed.zone(series);
    }
    for (story, all_series) in &lanes {
        for series in all_series {
            feed.series(story, series);
        }
        feed.singles(story, all_series);
    }
    feed.ics.line(&["END:VCALENDAR"]);
    feed.ics.into_text()
}

/// A segment of an activity that is given as one `RRULE`.
struct Series<'a> {
    segment: &'a Segment,
    rrule: String,
    /// All dates of the `RRULE`.
    ids: BTreeSet<RecurrenceId>,
    /// Those of them that do not take place.
    left_out: BTreeSet<RecurrenceId>,
    first: NaiveDateTime,
    offset_seconds: i32,
    zone_short: String,
    /// Whether the years of the span cut it short.
    is_cut: bool,
}

/// What stands at the head of a `VEVENT`.
enum Head<'a> {
    Single,
    Series { series: &'a Series<'a>, exdates: Vec<RecurrenceId>, changed_at: DateTime<Utc> },
    Override(&'a Series<'a>),
}

struct Feed<'a> {
    frame: &'a Frame,
    papers: &'a Papers,
    venues: &'a BTreeMap<Uuid, Arc<VenueName>>,
    now: DateTime<Utc>,
    ics: Ics,
}

impl<'a> Feed<'a> {
    fn head(&mut self) {
        let Frame { name, about, page, source, zone, .. } = self.frame;
        let ics = &mut self.ics;
        ics.line(&["BEGIN:VCALENDAR"]);
        ics.line(&["VERSION:2.0"]);
        ics.line(&["PRODID:-//Linli//Linli ", env!("CARGO_PKG_VERSION"), "//ZH"]);
        ics.line(&["CALSCALE:GREGORIAN"]);
        ics.text("NAME", &[name]);
        ics.text("X-WR-CALNAME", &[name]);
        ics.text("DESCRIPTION", &[about]);
        ics.text("X-WR-CALDESC", &[about]);
        ics.line(&["X-WR-TIMEZONE:", zone.name()]);
        ics.line(&["REFRESH-INTERVAL;VALUE=DURATION:PT1H"]);
        ics.line(&["X-PUBLISHED-TTL:PT1H"]);
        ics.line(&["COLOR:firebrick"]);
        if !source.is_empty() {
            ics.line(&["SOURCE;VALUE=URI:", source]);
        }
        ics.line(&["URL:", page]);
    }

    /// A zone without daylight saving: clients that know it better than its own name are misled.
    fn zone(&mut self, series: &Series<'_>) {
        let seconds = series.offset_seconds;
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        let offset = format!("{sign}{:02}{:02}", minutes / 60, minutes % 60);
        let ics = &mut self.ics;
        ics.line(&["BEGIN:VTIMEZONE"]);
        ics.line(&["TZID:", series.segment.zone.name()]);
        ics.line(&["BEGIN:STANDARD"]);
        ics.line(&["DTSTART:19700101T000000"]);
        ics.line(&["TZOFFSETFROM:", &offset]);
        ics.line(&["TZOFFSETTO:", &offset]);
        ics.line(&["TZNAME:", &series.zone_short]);
        ics.line(&["END:STANDARD"]);
        ics.line(&["END:VTIMEZONE"]);
    }

    fn all_series(&self, story: &'a Story) -> Vec<Series<'a>> {
        let count = story.activity.segments.len();
        (0..count).filter_map(|n| self.one_series(story, n)).collect()
    }

    fn one_series(&self, story: &'a Story, n: usize) -> Option<Series<'a>> {
        let activity = &story.activity;
        let has = |kind: &String| activity.description.kinds.contains(kind);
        if !activity.description.rotation.is_empty() || !self.frame.kind.iter().all(has) {
            return None;
        }
        let segment = activity.segments.get(n)?;
        let (first, last) = span(&activity.segments, n)?;
        let before_end = activity.retired_from.and_then(|end| end.pred_opt());
        let last = before_end.map_or(last, |end| end.min(last));
        let years = &self.frame.span.years;
        let (from, to) = (first.max(*years.start()), last.min(*years.end()));
        if from > to {
            return None;
        }
        let plain = segment.rule.plain_rrule(from)?;
        if plain.first.date() > to {
            return None;
        }
        let window = plain.first.date()..=to;
        let computed =
            segment.rule.occurrences(window.clone(), segment.zone, &self.papers.table).ok()?;
        let left_out = segment.rule.left_out(window, &self.papers.table).ok()?;
        let left_out: BTreeSet<_> = left_out.into_iter().collect();
        let starts = computed.iter().filter_map(|one| match one.start {
            Start::At(start) => Some((one.id, start)),
            Start::AllDay(_) => None,
        });
        let (_, start) = starts.clone().next()?;
        let (offset, zone_short) = (start.offset().fix(), start.offset().abbreviation());
        let steady = |(id, start): (RecurrenceId, DateTime<Tz>)| {
            start.offset().fix() == offset && local(id) == start.naive_local()
        };
        if !starts.clone().all(steady) {
            return None;
        }
        let ids: BTreeSet<_> = starts.map(|(id, _)| id).chain(left_out.iter().copied()).collect();
        let until = ids.last()?.date;
        Some(Series {
            segment,
            rrule: PlainRrule { until: Some(until), count: None, ..plain.clone() }
                .text(segment.zone),
            is_cut: first < *years.start() || last > *years.end(),
            ids,
            left_out,
            first: plain.first,
            offset_seconds: offset.local_minus_utc(),
            zone_short: zone_short.unwrap_or_default().to_owned(),
        })
    }

    /// A series: its rule, what does not take place, what is otherwise.
    fn series(&mut self, story: &Story, series: &Series<'_>) {
        let master = self.master(story, series);
        let facts = story.ids();
        let (mut exdates, mut others) = (Vec::new(), Vec::new());
        let mut changed_at = master.changed_at;
        if series.is_cut {
            changed_at = changed_at.max(self.frame.span.changed_at);
        }
        if series.segment.rule.holiday_policy() == HolidayPolicy::Skip {
            let adopted = self.papers.adopted.values().map(|(at, _)| *at);
            changed_at = adopted.fold(changed_at, Ord::max);
        }
        for id in &series.ids {
            let entry = match story.facts.get(id) {
                Some(fact) if fact.now.segment == series.segment.number => {
                    changed_at = changed_at.max(fact.changed_at);
                    if fact.cancelled && self.frame.span.drops(fact.changed_at) {
                        changed_at = changed_at.max(self.dropped_at(fact));
                        exdates.push(*id);
                        continue;
                    }
                    story.entry(fact, state_of(fact, self.now), self.venues)
                }
                _ if plan::stands_for(&facts, *id, series.segment.number).is_some()
                    || series.left_out.contains(id) =>
                {
                    exdates.push(*id);
                    continue;
                }
                _ if !story.words.contains_key(id) => continue,
                _ => {
                    let fact = computed(&master, *id, series.segment.zone);
                    story.entry(&fact, State::Computed, self.venues)
                }
            };
            changed_at = changed_at.max(entry.changed_at);
            if !self.takes(&entry) {
                exdates.push(*id);
            } else if !is_same(&master, &entry) {
                others.push(entry);
            }
        }
        if exdates.len() < series.ids.len() {
            self.vevent(&master, &Head::Series { series, exdates, changed_at });
            for entry in &others {
                self.vevent(entry, &Head::Override(series));
            }
        }
    }

    /// Whether it is of the kind that the feed is for.
    fn takes(&self, entry: &Entry) -> bool {
        self.frame.kind.iter().all(|kind| entry.kinds.contains(kind))
    }

    /// The occurrence that a series repeats.
    fn master(&self, story: &Story, series: &Series<'_>) -> Entry {
        let activity = &story.activity;
        let minutes = chrono::TimeDelta::minutes(activity.description.minutes.into());
        let start = super::zoned::resolve(series.segment.zone, series.first).to_utc();
        let opening = Opening {
            recurrence_id: RecurrenceId::at(series.first.date(), series.first.time()),
            segment: series.segment.number,
            start,
            end: start + minutes,
            all_day: false,
            zone: series.segment.zone.name().to_owned(),
            venue: activity.description.venue,
            capacity: activity.description.capacity,
            attendance: activity.description.attendance,
            unsettled: false,
        };
        let fact = Fact::opened(&opening, Version(0), activity.changed_at);
        story.worded(&fact, None, State::Computed, self.venues)
    }

    /// The midnight at which a cancelled occurrence left the feed.
    fn dropped_at(&self, fact: &Fact) -> DateTime<Utc> {
        let zone = self.frame.zone;
        let on = fact.changed_at.with_timezone(&zone).date_naive();
        midnight(zone, on.checked_add_days(Days::new(CANCELLED_DAYS + 1)).unwrap_or(on))
    }

    /// What no series holds.
    fn singles(&mut self, story: &Story, all_series: &[Series<'_>]) {
        let window = &self.frame.span.window;
        let mut entries = story.entries(window, self.papers, self.venues, self.now);
        entries.retain(|entry| {
            let holds = |series: &Series<'_>| {
                series.segment.number == entry.segment && series.ids.contains(&entry.id)
            };
            let cancelled = story.facts.get(&entry.id).filter(|fact| fact.cancelled);
            self.takes(entry)
                && !all_series.iter().any(holds)
                && !cancelled.is_some_and(|fact| self.frame.span.drops(fact.changed_at))
        });
        entries.sort_by_key(|entry| (entry.start, entry.id));
        for entry in &entries {
            self.vevent(entry, &Head::Single);
        }
    }
}

fn local(id: RecurrenceId) -> NaiveDateTime {
    id.date.and_time(id.time.unwrap_or_default())
}

/// A computed occurrence of a series that has words of its own.
fn computed(master: &Entry, id: RecurrenceId, zone: Tz) -> Fact {
    let start = super::zoned::resolve(zone, local(id)).to_utc();
    let end = start + (master.end - master.start);
    let opening = Opening { recurrence_id: id, start, end, ..master.opening() };
    Fact::opened(&opening, Version(0), master.activity.changed_at)
}

/// Whether a series shows an occurrence as it is.
fn is_same(master: &Entry, entry: &Entry) -> bool {
    let shown = |e: &Entry| (e.all_day, e.end - e.start, e.venue, e.state == State::Cancelled);
    let words = |e: &Entry| [&e.title, &e.title_en, &e.text, &e.text_en].map(Clone::clone);
    shown(master) == shown(entry)
        && entry.start.with_timezone(&master.zone).naive_local() == local(entry.id)
        && entry.reason.is_none()
        && master.kinds == entry.kinds
        && words(master) == words(entry)
}
