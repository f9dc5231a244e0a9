//! From the rule as written to the rule as checked.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

use super::base::{Base, LAST, Weekly};
use super::month::{Fields, MonthPattern, MonthRule};
use super::text::{DateText, RuleText};
use super::{Rule, RuleError, cron};
use crate::holidays::HolidayTable;

/// A year and a day: far enough for "a year before", near enough for the tables.
const OFFSET_DAYS_MAX: i64 = 366;
const EVERY_WEEKS_MAX: i64 = 520;

pub(super) const FIRST_DAY: NaiveDate = year_end(*crate::YEARS.start(), 1, 1);
pub(super) const LAST_DAY: NaiveDate = year_end(*crate::YEARS.end(), 12, 31);

const fn year_end(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

impl TryFrom<RuleText> for Rule {
    type Error = RuleError;

    fn try_from(text: RuleText) -> Result<Self, RuleError> {
        check_kind(&text)?;
        let from = in_years("from", text.from)?;
        let until = in_years("until", text.until)?;
        let mut except = dates_in_years("except", &text.except)?;
        except.sort_unstable();
        if text.count.is_some() && from.is_none() && text.dates.is_none() {
            return Err(RuleError::CountWithoutFrom(text.count.unwrap_or(0)));
        }
        let offset = text.offset_days.unwrap_or(0);
        let offset_days = number("offset_days", offset, -OFFSET_DAYS_MAX, OFFSET_DAYS_MAX)?;
        let span = (from.unwrap_or(FIRST_DAY), until.unwrap_or(LAST_DAY));
        let (base, times) = base_and_times(&text, plus(span.0, -offset_days))?;
        let mut rule = Self {
            base,
            times,
            offset_days,
            policy: text.holiday.unwrap_or_default(),
            span,
            count: text.count,
            except,
            origin: None,
            text,
        };
        if !matches!(rule.base, Base::Workday(_)) {
            rule.origin = Some(rule.origin(&HolidayTable::new()));
        }
        rule.check_occurs()?;
        Ok(rule)
    }
}

/// `date` moved by some days; stays where it is at the end of time.
pub(super) fn plus(date: NaiveDate, days: i32) -> NaiveDate {
    let distance = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) }
        .unwrap_or(date)
}

fn check_kind(text: &RuleText) -> Result<(), RuleError> {
    let kinds: Vec<&'static str> = [
        ("cron", text.cron.is_some()),
        ("weekday", text.weekday.is_some()),
        ("month_day", text.month_day.is_some()),
        ("workday", text.workday.is_some()),
        ("lunar", text.lunar.is_some()),
        ("solar_term", text.solar_term.is_some()),
        ("dates", text.dates.is_some()),
    ]
    .into_iter()
    .filter_map(|(kind, given)| given.then_some(kind))
    .collect();
    match kinds.len() {
        0 => return Err(RuleError::NoKind),
        1 => {}
        _ => return Err(RuleError::SeveralKinds(kinds)),
    }
    if let (Some(_), Some(at)) = (&text.cron, text.at) {
        return Err(RuleError::AtBesideCron(at.text()));
    }
    match text.every_weeks {
        Some(weeks) if text.cron.is_none() => Err(RuleError::EveryWeeks(weeks)),
        _ => Ok(()),
    }
}

/// `first` is the first date of the kind, before the offset, that may occur.
fn base_and_times(text: &RuleText, first: NaiveDate) -> Result<(Base, Vec<NaiveTime>), RuleError> {
    if let Some(expression) = &text.cron {
        let (fields, times) = cron::parse(expression)?;
        let base = match text.every_weeks {
            None | Some(1) => month(MonthRule::Cron(fields)),
            Some(weeks) => Base::Weekly(weekly(fields, weeks, first)?),
        };
        if text.every_weeks == Some(1) {
            weekly(fields, 1, first)?;
        }
        return Ok((base, times));
    }
    let base = if let Some(weekday) = &text.weekday {
        let nth = nonzero("weekday.nth", weekday.nth, 5, "1 to 5, or -1 (the last) to -5")?;
        let name = weekday.day.trim();
        let day: Weekday = name.parse().map_err(|_| RuleError::Weekday(name.to_owned()))?;
        month(MonthRule::Nth(nth, day))
    } else if let Some(day) = text.month_day {
        let allowed = "1 to 31, or -1 (the last day) to -31";
        month(MonthRule::Day(nonzero("month_day", day, 31, allowed)?))
    } else if let Some(nth) = text.workday {
        Base::Workday(nonzero("workday", nth, 23, "1 to 23, or -1 (the last) to -23")?)
    } else if let Some(lunar) = text.lunar {
        let month = number("lunar.month", lunar.month, 1, 12)?;
        let day = if lunar.day == LAST.into() {
            LAST.into()
        } else {
            number("lunar.day", lunar.day, 1, 30)?
        };
        Base::Lunar(u8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0))
    } else if let Some(name) = &text.solar_term {
        Base::Term(name.parse()?)
    } else {
        let mut dates = dates_in_years("dates", text.dates.as_deref().unwrap_or_default())?;
        dates.sort_unstable();
        dates.dedup();
        Base::Dates(dates)
    };
    Ok((base, text.at.iter().map(|at| at.0).collect()))
}

fn month(rule: MonthRule) -> Base {
    Base::Month(MonthPattern::new(rule))
}

fn weekly(fields: Fields, weeks: i64, first: NaiveDate) -> Result<Weekly, RuleError> {
    let is_weekly = fields.months == Fields::ALL_MONTHS
        && fields.days == Fields::ALL_DAYS
        && fields.weekdays != Fields::ALL_WEEKDAYS;
    if !is_weekly || !(1..=EVERY_WEEKS_MAX).contains(&weeks) {
        return Err(RuleError::EveryWeeks(weeks));
    }
    Ok(Weekly {
        weekdays: fields.weekdays,
        every: u32::try_from(weeks).unwrap_or(1),
        anchor: first.week(Weekday::Mon).first_day(),
    })
}

fn number(key: &'static str, value: i64, least: i64, most: i64) -> Result<i32, RuleError> {
    let allowed = match key {
        "lunar.month" => "the lunar year has the months 1 to 12; a leap month takes no rule",
        "lunar.day" => "a lunar month has the days 1 to 30; -1 is its last day",
        _ => "at most 366 days before (negative) or after",
    };
    i32::try_from(value).ok().filter(|_| (least..=most).contains(&value)).ok_or(RuleError::Number {
        key,
        value,
        allowed,
    })
}

/// A number counted from the beginning, or from the end when negative.
fn nonzero(
    key: &'static str,
    value: i64,
    most: i64,
    allowed: &'static str,
) -> Result<i32, RuleError> {
    i32::try_from(value)
        .ok()
        .filter(|_| value != 0 && (-most..=most).contains(&value))
        .ok_or(RuleError::Number { key, value, allowed })
}

fn in_years(key: &'static str, date: Option<DateText>) -> Result<Option<NaiveDate>, RuleError> {
    date.map(|date| check_year(key, date.0)).transpose()
}

fn dates_in_years(key: &'static str, dates: &[DateText]) -> Result<Vec<NaiveDate>, RuleError> {
    dates.iter().map(|date| check_year(key, date.0)).collect()
}

pub(super) fn check_year(key: &'static str, date: NaiveDate) -> Result<NaiveDate, RuleError> {
    if crate::YEARS.contains(&date.year()) { Ok(date) } else { Err(RuleError::Year { key, date }) }
}

impl Rule {
    /// Refuses a rule without a single nominal date, with the first cause that applies.
    fn check_occurs(&self) -> Result<(), RuleError> {
        let never = |reason: String| Err(RuleError::Never(reason));
        let (first, last) = self.span;
        if self.text.dates.as_ref().is_some_and(Vec::is_empty) {
            return never("dates is empty; give at least one date".to_owned());
        }
        if first > last {
            return never(format!("until = {last} lies before from = {first}; exchange them"));
        }
        if self.count == Some(0) {
            return never("count = 0; leave it out for no limit".to_owned());
        }
        if self.first_nominal(true).is_some() {
            return Ok(());
        }
        if self.first_nominal(false).is_some() {
            return never("except names every date that it has; take one out".to_owned());
        }
        if (first, last) == (FIRST_DAY, LAST_DAY) {
            return never("no such day exists from 1901 to 2099; check day and month".to_owned());
        }
        never(format!("it has no date from {first} to {last}; widen from and until"))
    }
}
