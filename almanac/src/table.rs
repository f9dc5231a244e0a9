//! The packed tables of lunar months and solar terms.
//!
//! Both CSV files under `data/` are parsed by the compiler: a malformed or discontinuous row is a
//! compile error, and a look-up at run time is an index into a static array.

/// First lunar year of the table.
pub(crate) const FIRST_LUNAR_YEAR: i32 = 1900;
/// First civil year of the solar terms.
pub(crate) const FIRST_TERM_YEAR: i32 = 1900;

const LUNAR_YEARS: usize = 200;
const TERM_YEARS: usize = 201;

/// One lunar year: where it begins and how long its months are.
#[derive(Clone, Copy)]
pub(crate) struct LunarYear {
    /// Day of the civil year on which lunar month 1 begins, from 0.
    pub(crate) new_year: u16,
    /// Number of the month that is repeated, 0 for none.
    pub(crate) leap: u8,
    /// How many months the year has: 12 or 13.
    pub(crate) months: u8,
    /// Days before each month, in order; the entry after the last is the length of the year.
    pub(crate) starts: [u16; 14],
}

impl LunarYear {
    /// Days in the whole year.
    pub(crate) const fn days(&self) -> u16 {
        self.starts[self.months as usize]
    }

    /// Days in the month at `index` (from 0, the leap month counted in its place): 29 or 30.
    pub(crate) const fn month_days(&self, index: usize) -> u16 {
        self.starts[index + 1] - self.starts[index]
    }
}

static LUNAR: [LunarYear; LUNAR_YEARS] =
    parse_lunar(include_bytes!("../data/lunar_months_1900_2100.csv"));

/// Day of the month of each term; term `i` always falls in civil month `i / 2 + 1`.
static TERMS: [[u8; 24]; TERM_YEARS] =
    parse_terms(include_bytes!("../data/solar_terms_1900_2100.csv"));

/// The row of a lunar year, if the table has it.
pub(crate) fn lunar_year(year: i32) -> Option<&'static LunarYear> {
    LUNAR.get(usize::try_from(year - FIRST_LUNAR_YEAR).ok()?)
}

/// The days of the month on which the 24 terms of a civil year fall, if the table has it.
pub(crate) fn term_days(year: i32) -> Option<&'static [u8; 24]> {
    TERMS.get(usize::try_from(year - FIRST_TERM_YEAR).ok()?)
}

pub(crate) const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) const fn days_in_year(year: i32) -> u16 {
    if is_leap_year(year) { 366 } else { 365 }
}

/// Days of a civil month (1 to 12).
pub(crate) const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "`TryFrom` is not const; the assertions bound every value at compile time"
)]
const fn parse_lunar(csv: &[u8]) -> [LunarYear; LUNAR_YEARS] {
    const EMPTY: LunarYear = LunarYear { new_year: 0, leap: 0, months: 0, starts: [0; 14] };
    let mut rows = [EMPTY; LUNAR_YEARS];
    let mut at = after_line(csv, 0);
    let mut index = 0;
    while index < LUNAR_YEARS {
        let year = FIRST_LUNAR_YEAR + index as i32;
        // The row reads `1900,1900-01-31,8,0100101101101`.
        assert!(number(csv, at, 4) == year as u16 && number(csv, at + 5, 4) == year as u16);
        let (month, day) = (number(csv, at + 10, 2), number(csv, at + 13, 2));
        assert!(month == 1 || month == 2, "a lunar year begins in January or February");
        let new_year = (month - 1) * 31 + day - 1;
        at += 16;
        let leap_digits = if csv[at + 1] == b',' { 1 } else { 2 };
        let leap = number(csv, at, leap_digits) as u8;
        at += leap_digits + 1;
        let mut starts = [0_u16; 14];
        let mut months = 0;
        while at < csv.len() && (csv[at] == b'0' || csv[at] == b'1') {
            starts[months + 1] = starts[months] + 29 + (csv[at] - b'0') as u16;
            months += 1;
            at += 1;
        }
        assert!(months == if leap == 0 { 12 } else { 13 }, "a leap month makes 13");
        rows[index] = LunarYear { new_year, leap, months: months as u8, starts };
        if index > 0 {
            let before = rows[index - 1];
            assert!(
                before.new_year + before.days() == days_in_year(year - 1) + new_year,
                "each lunar year begins on the day after the last one"
            );
        }
        at = after_line(csv, at);
        index += 1;
    }
    assert!(at >= csv.len(), "no row is left over");
    rows
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "`TryFrom` is not const; the assertions bound every value at compile time"
)]
const fn parse_terms(csv: &[u8]) -> [[u8; 24]; TERM_YEARS] {
    let mut rows = [[0_u8; 24]; TERM_YEARS];
    let mut at = after_line(csv, 0);
    let mut index = 0;
    while index < TERM_YEARS {
        let year = FIRST_TERM_YEAR + index as i32;
        assert!(number(csv, at, 4) == year as u16, "the years follow each other");
        at += 4;
        let mut term = 0;
        while term < 24 {
            // Each field reads `,01-06`.
            assert!(number(csv, at + 1, 2) as usize == term / 2 + 1, "two terms in each month");
            rows[index][term] = number(csv, at + 4, 2) as u8;
            at += 6;
            term += 1;
        }
        at = after_line(csv, at);
        index += 1;
    }
    assert!(at >= csv.len(), "no row is left over");
    rows
}

/// The position behind the next line feed.
const fn after_line(csv: &[u8], mut at: usize) -> usize {
    while at < csv.len() && csv[at] != b'\n' {
        at += 1;
    }
    at + 1
}

/// The decimal number in `digits` bytes.
const fn number(csv: &[u8], at: usize, digits: usize) -> u16 {
    let mut value = 0;
    let mut offset = 0;
    while offset < digits {
        let digit = csv[at + offset];
        assert!(digit.is_ascii_digit(), "a digit was expected");
        value = value * 10 + (digit - b'0') as u16;
        offset += 1;
    }
    value
}
