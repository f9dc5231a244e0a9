//! The Chinese lunar calendar as a table look-up, and its dates as text.
//!
//! The table holds the lunar years 1900 to 2099, that is the civil days 1900-01-31 to 2100-02-08;
//! outside of it every function answers `None`. The 11th and 12th months are written 冬月 and 腊月,
//! as calendars on the wall do.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::table::{self, LunarYear};

const MONTHS: [&str; 12] = [
    "正月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "冬月", "腊月",
];
const DAYS: [&str; 30] = [
    "初一", "初二", "初三", "初四", "初五", "初六", "初七", "初八", "初九", "初十", "十一", "十二",
    "十三", "十四", "十五", "十六", "十七", "十八", "十九", "二十", "廿一", "廿二", "廿三", "廿四",
    "廿五", "廿六", "廿七", "廿八", "廿九", "三十",
];
const STEMS: [&str; 10] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
const BRANCHES: [&str; 12] =
    ["子", "丑", "寅", "卯", "辰", "巳", "午", "未", "申", "酉", "戌", "亥"];
const ANIMALS: [&str; 12] =
    ["鼠", "牛", "虎", "兔", "龙", "蛇", "马", "羊", "猴", "鸡", "狗", "猪"];

/// A day of the lunar calendar. Days order as they follow each other: a leap month comes after the
/// month whose number it repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LunarDate {
    /// The civil year in which the lunar year begins.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// Whether this is the repeated month of that number.
    pub leap: bool,
    /// 1 to 30.
    pub day: u8,
}

impl LunarDate {
    /// The day alone: 初一, 十五, 廿九.
    pub fn day_text(&self) -> &'static str {
        usize::from(self.day).checked_sub(1).and_then(|day| DAYS.get(day)).copied().unwrap_or("")
    }

    /// The month alone: 正月, 闰六月, 冬月, 腊月.
    pub fn month_text(&self) -> String {
        let month = usize::from(self.month).checked_sub(1).and_then(|month| MONTHS.get(month));
        format!("{}{}", if self.leap { "闰" } else { "" }, month.copied().unwrap_or(""))
    }

    /// Month and day: 八月十五, 闰六月初三; the eve of the new year as the date it is, 腊月廿九.
    pub fn text(&self) -> String {
        format!("{}{}", self.month_text(), self.day_text())
    }

    /// What a cell of a month page shows: the month on its first day, else the day.
    pub fn cell_text(&self) -> String {
        if self.day == 1 { self.month_text() } else { self.day_text().to_owned() }
    }

    /// The year by stem, branch and animal: 丙午马年.
    pub fn year_text(&self) -> String {
        let stem = cycle(self.year, &STEMS);
        let branch = cycle(self.year, &BRANCHES);
        format!("{stem}{branch}{}年", cycle(self.year, &ANIMALS))
    }
}

impl fmt::Display for LunarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The name of a year in a cycle that began with the year 4.
fn cycle(year: i32, names: &[&'static str]) -> &'static str {
    let length = i32::try_from(names.len()).unwrap_or(1);
    usize::try_from((year - 4).rem_euclid(length)).map_or("", |index| names[index])
}

/// The lunar date of a civil day; `None` outside the table.
pub fn to_lunar(date: NaiveDate) -> Option<LunarDate> {
    let (year, row, offset) = locate(date)?;
    // No month is longer than 30 days, so this is at most one month too early per 30 months.
    let mut index = usize::from(offset / 30);
    while row.starts[index + 1] <= offset {
        index += 1;
    }
    let day = u8::try_from(offset - row.starts[index] + 1).ok()?;
    let number = u8::try_from(index).ok()?;
    let (month, leap) = match row.leap {
        0 => (number + 1, false),
        leap if number < leap => (number + 1, false),
        leap => (number, number == leap),
    };
    Some(LunarDate { year, month, leap, day })
}

/// The civil day of a lunar date; `None` when the table has no such day: an impossible month, a
/// leap month that this year lacks, a 30th in a month of 29 days.
pub fn to_civil(date: LunarDate) -> Option<NaiveDate> {
    let row = table::lunar_year(date.year)?;
    let index = month_index(row, date.month, date.leap)?;
    let day = u16::from(date.day);
    if day == 0 || day > row.month_days(index) {
        return None;
    }
    civil_day(date.year, row, row.starts[index] + day - 1)
}

/// The last day of a (not repeated) lunar month; `None` outside the table.
pub fn last_day_of_month(year: i32, month: u8) -> Option<NaiveDate> {
    let row = table::lunar_year(year)?;
    let index = month_index(row, month, false)?;
    civil_day(year, row, row.starts[index + 1] - 1)
}

/// The first day of lunar month 1 of that year, 春节.
pub fn new_year(year: i32) -> Option<NaiveDate> {
    to_civil(LunarDate { year, month: 1, leap: false, day: 1 })
}

/// The number of the month that the lunar year repeats; `None` for none or outside the table.
pub fn leap_month(year: i32) -> Option<u8> {
    table::lunar_year(year).map(|row| row.leap).filter(|leap| *leap > 0)
}

/// Month and day of a civil day as text; `None` outside the table.
pub fn text(date: NaiveDate) -> Option<String> {
    to_lunar(date).map(|lunar| lunar.text())
}

/// The lunar year that holds a civil day, and the days of it that have passed.
fn locate(date: NaiveDate) -> Option<(i32, &'static LunarYear, u16)> {
    let (year, ordinal) = (date.year(), u16::try_from(date.ordinal0()).ok()?);
    if let Some(row) = table::lunar_year(year)
        && ordinal >= row.new_year
    {
        return Some((year, row, ordinal - row.new_year));
    }
    let row = table::lunar_year(year - 1)?;
    let offset = table::days_in_year(year - 1) - row.new_year + ordinal;
    (offset < row.days()).then_some((year - 1, row, offset))
}

fn month_index(row: &LunarYear, month: u8, leap: bool) -> Option<usize> {
    if !(1..=12).contains(&month) || (leap && month != row.leap) {
        return None;
    }
    let after_leap = leap || (row.leap != 0 && month > row.leap);
    Some(usize::from(if after_leap { month } else { month - 1 }))
}

fn civil_day(year: i32, row: &LunarYear, offset: u16) -> Option<NaiveDate> {
    let (ordinal, days) = (row.new_year + offset, table::days_in_year(year));
    if ordinal < days {
        NaiveDate::from_yo_opt(year, u32::from(ordinal) + 1)
    } else {
        NaiveDate::from_yo_opt(year + 1, u32::from(ordinal - days) + 1)
    }
}
