//! One occurrence, or one series, as a `VEVENT`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{Feed, Frame, Head, Part, local};
use crate::values::{
    agenda::{Glance, State},
    ics::stamp_of,
};

/// Nothing goes before the text itself.
const NONE: String = String::new();

impl Feed<'_> {
    /// Writes it under the head that says what it is.
    pub(super) fn vevent(&mut self, it: &Glance<'_>, head: &Head<'_>) {
        let mut buffer = Uuid::encode_buffer();
        let activity: &str = it.activity.id.hyphenated().encode_lower(&mut buffer);
        let id = stamp_of(it.id);
        let part = self.frame.mine.part(it);
        let (host, ics) = (&self.frame.host, &mut self.ics);
        let mut changed_at = part.map_or(it.changed_at, |part| part.at.max(it.changed_at));
        let mut sequence = it.revision;
        ics.line(&["BEGIN:VEVENT"]);
        match head {
            Head::Single => ics.line(&["UID:", activity, "-", id.text(), "@", host]),
            Head::Series { series, changed_at: changed, .. } => {
                ics.line(&["UID:", activity, "-", &series.segment.number.to_string(), "@", host]);
                changed_at = *changed;
                // A series has no revision of its own, and clients ignore what does not rise.
                sequence = u32::try_from(changed_at.timestamp() / 60).unwrap_or_default();
            }
            Head::Override(series) => {
                ics.line(&["UID:", activity, "-", &series.segment.number.to_string(), "@", host]);
                ics.local("RECURRENCE-ID", series.segment.zone.name(), [local(it.id)]);
            }
        }
        ics.instant("DTSTAMP", changed_at);
        ics.instant("LAST-MODIFIED", changed_at);
        ics.number("SEQUENCE", sequence);
        self.times(it, head);
        let part = part.filter(|_| !matches!(head, Head::Series { .. }));
        self.words(it, matches!(head, Head::Series { .. }), part);
        self.alarm(it, part);
        self.ics.line(&["END:VEVENT"]);
    }

    /// Its calendar program says when it is time: to whoever is expected there, in their own feed.
    fn alarm(&mut self, it: &Glance<'_>, part: Option<&Part>) {
        let Some(minutes) = self.frame.mine.alarm(it, part) else { return };
        let ics = &mut self.ics;
        ics.line(&["BEGIN:VALARM"]);
        ics.line(&["ACTION:DISPLAY"]);
        ics.text("DESCRIPTION", &[it.called(self.frame.english)]);
        ics.line(&["TRIGGER:-PT", &minutes.to_string(), "M"]);
        ics.line(&["END:VALARM"]);
    }

    fn times(&mut self, it: &Glance<'_>, head: &Head<'_>) {
        let ics = &mut self.ics;
        let (name, zone, wall) = match head {
            _ if it.all_day => {
                for (name, at) in [("DTSTART", it.start), ("DTEND", it.end)] {
                    ics.date(name, at.with_timezone(&it.zone).date_naive());
                }
                return;
            }
            Head::Single => {
                ics.instant("DTSTART", it.start);
                ics.instant("DTEND", it.end);
                return;
            }
            Head::Series { series, .. } | Head::Override(series) => {
                let zone = series.segment.zone;
                (zone.name(), zone, |at: DateTime<Utc>, zone: Tz| {
                    at.with_timezone(&zone).naive_local()
                })
            }
        };
        ics.local("DTSTART", name, [wall(it.start, zone)]);
        ics.local("DTEND", name, [wall(it.end, zone)]);
        if let Head::Series { series, exdates, .. } = head {
            ics.line(&["RRULE:", &series.rrule]);
            if !exdates.is_empty() {
                ics.local("EXDATE", name, exdates.iter().map(|id| local(*id)));
            }
        }
    }

    fn words(&mut self, it: &Glance<'_>, is_series: bool, part: Option<&Part>) {
        let Frame { english, cancelled, reason, audience, public_url, page, mine, .. } = self.frame;
        let ics = &mut self.ics;
        let is_off = it.state == State::Cancelled;
        let mark = if is_off { cancelled } else { mine.mark(part) };
        ics.text("SUMMARY", &[mark, it.called(*english)]);
        let why = it.reason.unwrap_or_default();
        let (text, whom) = (it.told(*english), &it.activity.description.audience);
        let duties = part.map(|part| part.duties.join("、")).unwrap_or_default();
        let lines = [(&mine.marks.duties, duties.as_str()), (reason, why), (&NONE, text)];
        let lines = lines.into_iter().chain([(audience, whom.as_str())]);
        let mut lines = lines.filter(|(_, said)| !said.is_empty()).peekable();
        if lines.peek().is_some() {
            ics.paragraphs("DESCRIPTION", lines.map(|(label, said)| [label.as_str(), said]));
        }
        if let Some(venue) = it.venue_name {
            ics.text("LOCATION", &[venue.called(*english)]);
        }
        if !it.kinds.is_empty() {
            ics.list("CATEGORIES", it.kinds.iter().map(String::as_str));
        }
        ics.line(&match (is_off, it.unsettled) {
            (true, _) => ["STATUS:CANCELLED"],
            (false, true) => ["STATUS:TENTATIVE"],
            (false, false) => ["STATUS:CONFIRMED"],
        });
        if is_series {
            ics.line(&["URL:", page]);
        } else {
            let (host, slug) = (&it.activity.community, &it.activity.slug);
            let id = stamp_of(it.id);
            ics.line(&["URL:", public_url, "/c/", host, "/", slug, "/", id.text()]);
        }
    }
}
