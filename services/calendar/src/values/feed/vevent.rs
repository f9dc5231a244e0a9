//! One occurrence, or one series, as a `VEVENT`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{Feed, Frame, Head, local};
use crate::values::agenda::{Entry, State};

impl Feed<'_> {
    /// Writes it under the head that says what it is.
    pub(super) fn vevent(&mut self, entry: &Entry, head: &Head<'_>) {
        let mut buffer = Uuid::encode_buffer();
        let activity: &str = entry.activity.id.hyphenated().encode_lower(&mut buffer);
        let (id, ics) = (entry.id.to_string(), &mut self.ics);
        let host = &self.frame.host;
        let mut changed_at = entry.changed_at;
        let mut sequence = entry.revision;
        ics.line(&["BEGIN:VEVENT"]);
        match head {
            Head::Single => ics.line(&["UID:", activity, "-", &id, "@", host]),
            Head::Series { series, changed_at: changed, .. } => {
                ics.line(&["UID:", activity, "-", &series.segment.number.to_string(), "@", host]);
                changed_at = *changed;
                // A series has no revision of its own, and clients ignore what does not rise.
                sequence = u32::try_from(changed_at.timestamp() / 60).unwrap_or_default();
            }
            Head::Override(series) => {
                ics.line(&["UID:", activity, "-", &series.segment.number.to_string(), "@", host]);
                ics.local("RECURRENCE-ID", series.segment.zone.name(), [local(entry.id)]);
            }
        }
        ics.instant("DTSTAMP", changed_at);
        ics.instant("LAST-MODIFIED", changed_at);
        ics.line(&["SEQUENCE:", &sequence.to_string()]);
        self.times(entry, head);
        self.words(entry, matches!(head, Head::Series { .. }));
        self.ics.line(&["END:VEVENT"]);
    }

    fn times(&mut self, entry: &Entry, head: &Head<'_>) {
        let ics = &mut self.ics;
        let (name, zone, wall) = match head {
            _ if entry.all_day => {
                for (name, at) in [("DTSTART", entry.start), ("DTEND", entry.end)] {
                    ics.date(name, at.with_timezone(&entry.zone).date_naive());
                }
                return;
            }
            Head::Single => {
                ics.instant("DTSTART", entry.start);
                ics.instant("DTEND", entry.end);
                return;
            }
            Head::Series { series, .. } | Head::Override(series) => {
                let zone = series.segment.zone;
                (zone.name(), zone, |at: DateTime<Utc>, zone: Tz| {
                    at.with_timezone(&zone).naive_local()
                })
            }
        };
        ics.local("DTSTART", name, [wall(entry.start, zone)]);
        ics.local("DTEND", name, [wall(entry.end, zone)]);
        if let Head::Series { series, exdates, .. } = head {
            ics.line(&["RRULE:", &series.rrule]);
            if !exdates.is_empty() {
                ics.local("EXDATE", name, exdates.iter().map(|id| local(*id)));
            }
        }
    }

    fn words(&mut self, entry: &Entry, is_series: bool) {
        let Frame { english, cancelled, reason, audience, public_url, page, .. } = self.frame;
        let ics = &mut self.ics;
        let is_off = entry.state == State::Cancelled;
        let title = entry.called(*english);
        ics.text("SUMMARY", &[if is_off { cancelled } else { "" }, title]);
        let why = entry.reason.as_deref().unwrap_or_default();
        let text = if *english && !entry.text_en.is_empty() { &entry.text_en } else { &entry.text };
        let whom = &entry.activity.description.audience;
        let parts: [&[&str]; 3] = [
            if why.is_empty() { &[] } else { &[reason, why, "\n"] },
            if text.is_empty() { &[] } else { &[text, "\n"] },
            if whom.is_empty() { &[] } else { &[audience, whom, "\n"] },
        ];
        let parts = parts.concat();
        // The last line needs no end.
        if let Some((_, parts)) = parts.split_last() {
            ics.text("DESCRIPTION", parts);
        }
        if let Some(venue) = &entry.venue_name {
            ics.text("LOCATION", &[venue.called(*english)]);
        }
        if !entry.kinds.is_empty() {
            ics.list("CATEGORIES", entry.kinds.iter().map(String::as_str));
        }
        // 放假安排未公布 is told by pages alone: a series has one status for all its dates.
        ics.line(&["STATUS:", if is_off { "CANCELLED" } else { "CONFIRMED" }]);
        if is_series {
            ics.line(&["URL:", page]);
        } else {
            ics.line(&["URL:", public_url, &entry.path()]);
        }
    }
}
