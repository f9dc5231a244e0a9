//! Public holidays and make-up working days, as the State Council announces them year by year.
//!
//! A year's paper may name days of its neighbours (the last days of December before a New Year
//! holiday); so days are looked up over all adopted papers, and where two papers speak of the same
//! day that of the later year decides. The newest adoption of a year replaces the older one whole.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// Whether a named day is free or worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HolidayKind {
    /// A public holiday, weekends inside it included.
    Off,
    /// A Saturday or Sunday worked to make up for a holiday.
    Work,
}

/// One day that a holiday paper names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Holiday {
    /// The day; in TOML quoted or bare.
    #[serde(deserialize_with = "crate::loose::date")]
    pub date: NaiveDate,
    /// The holiday it belongs to: 国庆节.
    pub name: String,
    /// Free or worked.
    pub kind: HolidayKind,
}

/// The holiday paper of one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayYear {
    /// The year that the paper is for.
    pub year: i32,
    /// Where it was published.
    pub source: String,
    /// The days it names.
    pub days: Vec<Holiday>,
}

/// Why a year's holidays can't be adopted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HolidayError {
    /// The year is outside the almanac's range.
    #[error("holidays of {0}: only the years 1901 to 2099 can be adopted")]
    Year(i32),
    /// The paper names no day.
    #[error("holidays of {0}: no day is named; give at least one, or don't adopt the year")]
    Empty(i32),
    /// A day that lies too far from the year.
    #[error(
        "holidays of {year}: {date} lies outside; a paper names days of its year, of the December \
         before and of the January after"
    )]
    Outside {
        /// The paper's year.
        year: i32,
        /// The offending day.
        date: NaiveDate,
    },
    /// A day that stands twice.
    #[error("holidays of {year}: {date} stands twice; keep one of the two lines")]
    Twice {
        /// The paper's year.
        year: i32,
        /// The repeated day.
        date: NaiveDate,
    },
    /// A make-up working day on a day that is worked anyway.
    #[error(
        "holidays of {year}: {date} is marked as a make-up working day but isn't a Saturday or \
         Sunday"
    )]
    WorkOnWeekday {
        /// The paper's year.
        year: i32,
        /// The offending day.
        date: NaiveDate,
    },
}

impl HolidayYear {
    /// Checks that the paper can be adopted.
    pub fn check(&self) -> Result<(), HolidayError> {
        let year = self.year;
        if !crate::YEARS.contains(&year) {
            return Err(HolidayError::Year(year));
        }
        if self.days.is_empty() {
            return Err(HolidayError::Empty(year));
        }
        let mut seen = std::collections::BTreeSet::new();
        for Holiday { date, kind, .. } in &self.days {
            let date = *date;
            let near = (date.year() == year - 1 && date.month() == 12)
                || (date.year() == year + 1 && date.month() == 1);
            if date.year() != year && !near {
                return Err(HolidayError::Outside { year, date });
            }
            if !seen.insert(date) {
                return Err(HolidayError::Twice { year, date });
            }
            if *kind == HolidayKind::Work && !is_weekend(date) {
                return Err(HolidayError::WorkOnWeekday { year, date });
            }
        }
        Ok(())
    }
}

/// The adopted holiday papers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<HolidayYear>", into = "Vec<HolidayYear>")]
pub struct HolidayTable {
    years: BTreeMap<i32, HolidayYear>,
    /// Every named day over all papers, that of the later paper where two name it.
    days: BTreeMap<NaiveDate, Holiday>,
}

impl HolidayTable {
    /// A table without any year: every policy computes as `keep`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adopts a year's paper in place of an older one.
    pub fn adopt(&mut self, paper: HolidayYear) -> Result<(), HolidayError> {
        paper.check()?;
        self.years.insert(paper.year, paper);
        // Ascending years: a later paper overwrites what an earlier one said of the same day.
        self.days = self
            .years
            .values()
            .flat_map(|paper| paper.days.iter().map(|day| (day.date, day.clone())))
            .collect();
        Ok(())
    }

    /// Whether the paper of that year was adopted.
    pub fn has_year(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// The paper of a year, if it was adopted.
    pub fn paper(&self, year: i32) -> Option<&HolidayYear> {
        self.years.get(&year)
    }

    /// The adopted papers, by year.
    pub fn papers(&self) -> impl Iterator<Item = &HolidayYear> {
        self.years.values()
    }

    /// The entry for a day, if any paper names it.
    pub fn on(&self, date: NaiveDate) -> Option<&Holiday> {
        self.days.get(&date)
    }

    /// The named days of a civil year over all papers, in order.
    pub fn of_year(&self, year: i32) -> impl Iterator<Item = &Holiday> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX);
        self.days.range(first..).map(|(_, day)| day).take_while(move |day| day.date.year() == year)
    }

    /// Whether a day is a public holiday; `None` when no paper names it and that of its year is
    /// missing. An ordinary weekend is not a holiday.
    pub fn is_holiday(&self, date: NaiveDate) -> Option<bool> {
        match self.days.get(&date) {
            Some(day) => Some(day.kind == HolidayKind::Off),
            None => self.has_year(date.year()).then_some(false),
        }
    }

    /// Whether a day is worked: Monday to Friday without the holidays, and the make-up days;
    /// `None` when no paper names the day and that of its year is missing.
    pub fn is_working_day(&self, date: NaiveDate) -> Option<bool> {
        match self.days.get(&date) {
            Some(day) => Some(day.kind == HolidayKind::Work),
            None => self.has_year(date.year()).then(|| !is_weekend(date)),
        }
    }

    /// As [`is_working_day`](Self::is_working_day), with Monday to Friday where the paper is
    /// missing.
    pub fn is_likely_working_day(&self, date: NaiveDate) -> bool {
        self.is_working_day(date).unwrap_or_else(|| !is_weekend(date))
    }

    /// The first working day after `date`; `None` when a day on the way is not known.
    pub fn next_working_day(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.first_working_day(date.iter_days().skip(1))
    }

    /// The last working day before `date`; `None` when a day on the way is not known.
    pub fn previous_working_day(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.first_working_day(date.iter_days().rev().skip(1))
    }

    fn first_working_day(&self, mut days: impl Iterator<Item = NaiveDate>) -> Option<NaiveDate> {
        days.find_map(|day| match self.is_working_day(day) {
            Some(true) => Some(Some(day)),
            Some(false) => None,
            None => Some(None),
        })
        .flatten()
    }
}

impl TryFrom<Vec<HolidayYear>> for HolidayTable {
    type Error = HolidayError;

    fn try_from(papers: Vec<HolidayYear>) -> Result<Self, HolidayError> {
        let mut table = Self::new();
        papers.into_iter().try_for_each(|paper| table.adopt(paper))?;
        Ok(table)
    }
}

impl From<HolidayTable> for Vec<HolidayYear> {
    fn from(table: HolidayTable) -> Self {
        table.years.into_values().collect()
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}
