//! iCalendar text (RFC 5545): escaped, folded at 75 octets without cutting a character, CRLF.
//!
//! Formatted here and not by the crate `icalendar`, which is an order of magnitude slower and stamps
//! the present time on what has to be the same bytes at each fetch; the tests read the text back
//! with that crate's parser and with two others.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _, Utc};
use linli_almanac::RecurrenceId;

/// The longest line in octets, its end not counted.
const LINE_MAX: usize = 75;

/// A growing iCalendar text.
#[derive(Debug, Default)]
pub struct Ics {
    text: String,
    /// Octets on the line so far.
    column: usize,
}

impl Ics {
    /// An empty text with room for `octets`.
    pub fn with_room(octets: usize) -> Self {
        Self { text: String::with_capacity(octets), column: 0 }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// A whole line whose value needs no escaping, such as `BEGIN:VEVENT`.
    pub fn line(&mut self, parts: &[&str]) {
        for part in parts {
            self.put(part);
        }
        self.end();
    }

    /// A property with a text value; its parts follow each other.
    pub fn text(&mut self, name: &str, parts: &[&str]) {
        self.put(name);
        self.put(":");
        for part in parts {
            self.escaped(part);
        }
        self.end();
    }

    /// A property with a text value of several lines; the parts of each follow each other.
    pub fn paragraphs<'a>(&mut self, name: &str, lines: impl IntoIterator<Item = [&'a str; 2]>) {
        self.put(name);
        self.put(":");
        for (n, parts) in lines.into_iter().enumerate() {
            if n > 0 {
                self.escaped("\n");
            }
            for part in parts {
                self.escaped(part);
            }
        }
        self.end();
    }

    /// A property with a number.
    pub fn number(&mut self, name: &str, number: u32) {
        if number == 0 {
            self.line(&[name, ":0"]);
        } else {
            self.line(&[name, ":", &number.to_string()]);
        }
    }

    /// A property with a list of texts.
    pub fn list<'a>(&mut self, name: &str, texts: impl IntoIterator<Item = &'a str>) {
        self.put(name);
        for (n, text) in texts.into_iter().enumerate() {
            self.put(if n == 0 { ":" } else { "," });
            self.escaped(text);
        }
        self.end();
    }

    /// A property with an instant, as UTC.
    pub fn instant(&mut self, name: &str, at: DateTime<Utc>) {
        let stamp = stamp(at.naive_utc());
        self.line(&[name, ":", digits(&stamp), "Z"]);
    }

    /// A property with a civil date.
    pub fn date(&mut self, name: &str, date: NaiveDate) {
        let stamp = stamp(date.and_time(chrono::NaiveTime::MIN));
        self.line(&[name, ";VALUE=DATE:", &digits(&stamp)[..8]]);
    }

    /// A property with wall-clock times in a zone.
    pub fn local(
        &mut self,
        name: &str,
        zone: &str,
        times: impl IntoIterator<Item = NaiveDateTime>,
    ) {
        self.put(name);
        self.put(";TZID=");
        self.put(zone);
        for (n, time) in times.into_iter().enumerate() {
            self.put(if n == 0 { ":" } else { "," });
            self.put(digits(&stamp(time)));
        }
        self.end();
    }

    fn end(&mut self) {
        self.text.push_str("\r\n");
        self.column = 0;
    }

    /// Adds text that needs no escaping, folding where the line is full.
    fn put(&mut self, mut text: &str) {
        while self.column + text.len() > LINE_MAX {
            let room = LINE_MAX.saturating_sub(self.column);
            let cut = text.floor_char_boundary(room);
            let (now, later) = text.split_at(cut);
            self.text.push_str(now);
            self.text.push_str("\r\n ");
            self.column = 1;
            text = later;
        }
        self.text.push_str(text);
        self.column += text.len();
    }

    fn escaped(&mut self, mut text: &str) {
        let special = |c: u8| matches!(c, b'\\' | b';' | b',' | 0..=31 | 127);
        while let Some(at) = text.bytes().position(special) {
            let (plain, rest) = text.split_at(at);
            self.put(plain);
            let length = if rest.starts_with("\r\n") { 2 } else { 1 };
            // An escape is never cut in two, and other control characters have no place here.
            let escape = match rest.as_bytes().first() {
                Some(b'\\') => "\\\\",
                Some(b';') => "\\;",
                Some(b',') => "\\,",
                Some(b'\n' | b'\r') => "\\n",
                Some(b'\t') => "\t",
                _ => "",
            };
            if self.column + escape.len() > LINE_MAX {
                self.text.push_str("\r\n ");
                self.column = 1;
            }
            self.put(escape);
            text = &rest[length..];
        }
        self.put(text);
    }
}

/// `20260925T190000`, digit by digit: a general formatter takes most of a feed's time.
fn stamp(time: NaiveDateTime) -> [u8; 15] {
    let mut text = *b"00000000T000000";
    let mut put = |end: usize, digits: usize, mut number: u32| {
        for place in text[end - digits..end].iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    };
    put(4, 4, u32::try_from(time.year()).unwrap_or_default());
    put(6, 2, time.month());
    put(8, 2, time.day());
    put(11, 2, time.hour());
    put(13, 2, time.minute());
    put(15, 2, time.second());
    text
}

/// The text of a recurrence id.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    stamp: [u8; 15],
    length: usize,
}

impl Named {
    /// As it stands in links and UIDs.
    pub fn text(&self) -> &str {
        &digits(&self.stamp)[..self.length]
    }
}

/// An id as its `Display` has it, without a general formatter.
pub fn stamp_of(id: RecurrenceId) -> Named {
    let stamp = stamp(id.date.and_time(id.time.unwrap_or_default()));
    Named { stamp, length: if id.time.is_some() { 15 } else { 8 } }
}

fn digits(stamp: &[u8; 15]) -> &str {
    str::from_utf8(stamp).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_chinese_is_folded_between_characters() {
        let mut ics = Ics::default();
        ics.text("SUMMARY", &[&"楼道堆物与车辆停放议事，".repeat(9)]);
        let text = ics.into_text();
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_MAX));
        let unfolded = text.replace("\r\n ", "");
        assert_eq!(unfolded, format!("SUMMARY:{}\r\n", "楼道堆物与车辆停放议事，".repeat(9)));
    }

    #[test]
    fn what_has_a_meaning_is_escaped_and_never_cut() {
        for before in 50..80 {
            let mut ics = Ics::default();
            ics.text("X", &[&"a".repeat(before), "\\;,\r\nb\u{7}\tc"]);
            let text = ics.into_text();
            assert!(
                text.split("\r\n").all(|line| line.len() <= LINE_MAX && !line.ends_with('\\')
                    || line.ends_with("\\\\"))
            );
            let expected = format!("X:{}\\\\\\;\\,\\nb\tc\r\n", "a".repeat(before));
            assert_eq!(text.replace("\r\n ", ""), expected);
        }
    }

    proptest::proptest! {
        /// That parser takes an escaped backslash before `n` for a new line, so texts with
        /// backslashes are read by another, in `tests/calendar/`.
        #[test]
        fn another_parser_reads_any_text_back(text in r"[ -\[\]-~居民；，\r\n\t\x01🎉é]{0,300}") {
            let mut ics = Ics::default();
            ics.line(&["BEGIN:VCALENDAR"]);
            ics.line(&["BEGIN:VEVENT"]);
            ics.text("SUMMARY", &[&text]);
            ics.line(&["END:VEVENT"]);
            ics.line(&["END:VCALENDAR"]);
            let written = ics.into_text();
            proptest::prop_assert!(written.split("\r\n").all(|line| line.len() <= LINE_MAX));
            let unfolded = icalendar::parser::unfold(&written);
            let read = icalendar::parser::read_calendar(&unfolded).unwrap();
            let found = read.components[0].find_prop("SUMMARY").unwrap();
            let found = found.val.clone().unescape_text().as_str().to_owned();
            let plain = text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{1}', "");
            proptest::prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn an_id_is_written_as_it_is_displayed() {
        for id in ["20261112T193000", "19010101", "20991231T000000"] {
            assert_eq!(stamp_of(id.parse().unwrap()).text(), id);
        }
    }

    #[test]
    fn times_are_written_digit_by_digit() {
        let at = linli_platform::testing::at("2026-09-05T01:02:03Z");
        let mut ics = Ics::default();
        ics.instant("DTSTAMP", at);
        ics.date("DTSTART", at.date_naive());
        ics.local("EXDATE", "Asia/Shanghai", [at.naive_utc(), at.naive_utc()]);
        assert_eq!(
            ics.into_text(),
            "DTSTAMP:20260905T010203Z\r\nDTSTART;VALUE=DATE:20260905\r\n\
             EXDATE;TZID=Asia/Shanghai:20260905T010203,20260905T010203\r\n"
        );
    }
}
