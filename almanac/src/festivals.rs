//! The seven traditional festivals, 腊八 and 除夕, by civil year.
//!
//! A festival never falls in a leap month, and 除夕 is the day before the first day of the first
//! lunar month: the twelfth month often has no 30th.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::lunar::{self, LunarDate};
use crate::terms::{self, SolarTerm};

/// One festival of a civil year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Festival {
    /// The day it falls on.
    pub date: NaiveDate,
    /// Its name: 春节, 元宵, 清明, 端午, 七夕, 中秋, 重阳, 腊八 or 除夕.
    pub name: &'static str,
}

const LUNAR_FESTIVALS: [(&str, u8, u8); 7] = [
    ("春节", 1, 1),
    ("元宵", 1, 15),
    ("端午", 5, 5),
    ("七夕", 7, 7),
    ("中秋", 8, 15),
    ("重阳", 9, 9),
    ("腊八", 12, 8),
];
const QINGMING: &str = "清明";
const EVE: &str = "除夕";

/// The festivals that fall in a civil year, in order; empty outside 1901 to 2099. A civil year
/// holds 腊八 once, twice or not at all, since it lies close to the turn of the year.
pub fn festivals(year: i32) -> Vec<Festival> {
    if !crate::YEARS.contains(&year) {
        return Vec::new();
    }
    let mut found: Vec<Festival> = [year - 1, year]
        .into_iter()
        .flat_map(|lunar_year| {
            LUNAR_FESTIVALS.into_iter().filter_map(move |(name, month, day)| {
                let date =
                    lunar::to_civil(LunarDate { year: lunar_year, month, leap: false, day })?;
                Some(Festival { date, name })
            })
        })
        .filter(|festival| festival.date.year() == year)
        .collect();
    let eve = lunar::new_year(year).and_then(|day| day.pred_opt());
    found.extend(eve.map(|date| Festival { date, name: EVE }));
    let qingming = terms::term_date(year, SolarTerm::Qingming);
    found.extend(qingming.map(|date| Festival { date, name: QINGMING }));
    found.sort_unstable();
    found
}

/// The name of the festival on a day, if there is one (1901 to 2099).
pub fn festival_on(date: NaiveDate) -> Option<&'static str> {
    if !crate::YEARS.contains(&date.year()) {
        return None;
    }
    if terms::term_on(date) == Some(SolarTerm::Qingming) {
        return Some(QINGMING);
    }
    let day = lunar::to_lunar(date)?;
    let named = LUNAR_FESTIVALS
        .iter()
        .find(|(_, month, number)| !day.leap && day.month == *month && day.day == *number);
    match named {
        Some((name, ..)) => Some(name),
        None if day.month == 12 && lunar::new_year(day.year + 1) == date.succ_opt() => Some(EVE),
        None => None,
    }
}
