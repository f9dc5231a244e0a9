//! A calendar feed: the agenda as iCalendar text that clients show on its true dates.
//!
//! A plain rule (`Rule::plain_rrule`) without rotation in a zone without daylight saving is one
//! `RRULE` with its exceptions; everything else is one `VEVENT` per date, because clients get
//! `RSCALE` and `RDATE` wrong without saying so. Nothing here is "now" but the window: the same
//! agenda gives the same bytes at each fetch. What hangs on holidays that are not known yet is
//! `TENTATIVE`: in a series, each such date by an override of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Days, NaiveDateTime, Offset as _, Utc};
use chrono_tz::{OffsetName as _, Tz};
use linli_almanac::{HolidayPolicy, PlainRrule, RecurrenceId, Start};
use uuid::Uuid;

use super::{
    agenda::{Fact, Glance, Papers, State, Story, VenueName},
    ics::Ics,
    midnight, plan,
    segment::{Segment, span},
};

mod frame;
mod mine;
mod vevent;

use frame::CANCELLED_DAYS;
pub use frame::{DAYS_AHEAD, DAYS_BACK, Frame, Sources, Span};
pub use mine::{Marks, Mine, Part, Standing};

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
    /// Those of them that hang on holidays which are not known.
    unsettled: BTreeSet<RecurrenceId>,
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

/// What a series repeats, what it leaves out, what is otherwise.
struct Repeated<'a> {
    master: Glance<'a>,
    exdates: Vec<RecurrenceId>,
    others: Vec<Glance<'a>>,
    changed_at: DateTime<Utc>,
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
        let alone = self.frame.mine.alone.contains(&activity.id);
        let rotates = !activity.description.rotation.is_empty();
        if rotates || alone || !self.frame.kind.iter().all(has) {
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
        let unsettled = computed.iter().filter(|one| one.unsettled).map(|one| one.id).collect();
        let until = ids.last()?.date;
        Some(Series {
            segment,
            rrule: PlainRrule { until: Some(until), count: None, ..plain.clone() }
                .text(segment.zone),
            is_cut: first < *years.start() || last > *years.end(),
            ids,
            left_out,
            unsettled,
            first: plain.first,
            offset_seconds: offset.local_minus_utc(),
            zone_short: zone_short.unwrap_or_default().to_owned(),
        })
    }

    /// A series: its rule, what does not take place, what is otherwise.
    fn series(&mut self, story: &'a Story, series: &Series<'_>) {
        let Repeated { master, exdates, others, changed_at } = self.repeated(story, series);
        if exdates.len() < series.ids.len() {
            self.vevent(&master, &Head::Series { series, exdates, changed_at });
            for other in &others {
                self.vevent(other, &Head::Override(series));
            }
        }
    }

    fn repeated(&self, story: &'a Story, series: &Series<'_>) -> Repeated<'a> {
        let master = self.master(story, series);
        let facts = story.ids();
        let mut it =
            Repeated { changed_at: master.changed_at, master, exdates: vec![], others: vec![] };
        if series.is_cut {
            it.changed_at = it.changed_at.max(self.frame.span.changed_at);
        }
        if series.segment.rule.holiday_policy() == HolidayPolicy::Skip {
            let adopted = self.papers.adopted.values().map(|(at, _)| *at);
            it.changed_at = adopted.fold(it.changed_at, Ord::max);
        }
        for id in &series.ids {
            let glance = match story.facts.get(id) {
                Some(fact) if fact.now.segment == series.segment.number => {
                    it.changed_at = it.changed_at.max(fact.changed_at);
                    if fact.cancelled && self.frame.span.drops(fact.changed_at) {
                        it.changed_at = it.changed_at.max(self.dropped_at(fact));
                        it.exdates.push(*id);
                        continue;
                    }
                    story.fact(fact, self.papers, self.venues, self.now)
                }
                _ if plan::stands_for(&facts, *id, series.segment.number).is_some()
                    || series.left_out.contains(id) =>
                {
                    it.exdates.push(*id);
                    continue;
                }
                _ if !story.words.contains_key(id)
                    && series.unsettled.contains(id) == master.unsettled =>
                {
                    continue;
                }
                _ => self.computed(story, &master, *id, series),
            };
            let part = self.frame.mine.part(&glance);
            let changed = part.map_or(glance.changed_at, |part| part.at.max(glance.changed_at));
            it.changed_at = it.changed_at.max(changed);
            if !self.takes(&glance) {
                it.exdates.push(*id);
            } else if !is_same(&master, &glance) || part.is_some_and(|part| !part.is_over()) {
                it.others.push(glance);
            }
        }
        it
    }

    /// Whether it is of the kind that the feed is for.
    fn takes(&self, it: &Glance<'_>) -> bool {
        self.frame.kind.iter().all(|kind| it.kinds.contains(kind))
    }

    /// The occurrence that a series repeats.
    fn master(&self, story: &'a Story, series: &Series<'_>) -> Glance<'a> {
        let description = &story.activity.description;
        let start = super::zoned::resolve(series.segment.zone, series.first).to_utc();
        let id = RecurrenceId::at(series.first.date(), series.first.time());
        let glance = Glance {
            segment: series.segment.number,
            start,
            end: start + chrono::TimeDelta::minutes(description.minutes.into()),
            zone: series.segment.zone,
            venue: description.venue,
            // A series has one status; where it is not the same for all, overrides say so.
            unsettled: series.unsettled.len() + series.left_out.len() == series.ids.len()
                && !series.unsettled.is_empty(),
            ..story.bare(id)
        };
        Story::placed(glance, self.venues)
    }

    /// A computed occurrence of a series that is not as the series has it.
    fn computed(
        &self,
        story: &'a Story,
        master: &Glance<'a>,
        id: RecurrenceId,
        series: &Series<'_>,
    ) -> Glance<'a> {
        let start = super::zoned::resolve(series.segment.zone, local(id)).to_utc();
        let unsettled = series.unsettled.contains(&id);
        let end = start + (master.end - master.start);
        let changed_at = story.activity.changed_at;
        story.worded(Glance { id, start, end, unsettled, changed_at, ..*master }, self.venues)
    }

    /// The midnight at which a cancelled occurrence left the feed.
    fn dropped_at(&self, fact: &Fact) -> DateTime<Utc> {
        let zone = self.frame.zone;
        let on = fact.changed_at.with_timezone(&zone).date_naive();
        midnight(zone, on.checked_add_days(Days::new(CANCELLED_DAYS + 1)).unwrap_or(on))
    }

    /// What no series holds.
    fn singles(&mut self, story: &'a Story, all_series: &[Series<'_>]) {
        let window = &self.frame.span.window;
        let mine = &self.frame.mine;
        let alone = mine.alone.contains(&story.activity.id);
        let mut glances = story.glances(window, self.papers, self.venues, self.now);
        glances.retain(|it| {
            let holds = |series: &Series<'_>| {
                series.segment.number == it.segment && series.ids.contains(&it.id)
            };
            let cancelled = story.facts.get(&it.id).filter(|fact| fact.cancelled);
            self.takes(it)
                && !all_series.iter().any(holds)
                && !cancelled.is_some_and(|fact| self.frame.span.drops(fact.changed_at))
                && (!alone || mine.part(it).is_some_and(|part| !part.is_over()))
        });
        glances.sort_by_key(|it| (it.start, it.id));
        for glance in &glances {
            self.vevent(glance, &Head::Single);
        }
    }
}

fn local(id: RecurrenceId) -> NaiveDateTime {
    id.date.and_time(id.time.unwrap_or_default())
}

/// Whether a series shows an occurrence as it is.
fn is_same(master: &Glance<'_>, it: &Glance<'_>) -> bool {
    let shown = |g: &Glance<'_>| {
        (g.all_day, g.end - g.start, g.venue, g.state == State::Cancelled, g.unsettled)
    };
    let titles = |g: &Glance<'_>| (g.title, g.title_en) == (master.title, master.title_en);
    let texts = |g: &Glance<'_>| (g.text, g.text_en) == (master.text, master.text_en);
    shown(master) == shown(it)
        && it.start.with_timezone(&master.zone).naive_local() == local(it.id)
        && it.reason.is_none()
        && master.kinds == it.kinds
        && titles(it)
        && texts(it)
}
