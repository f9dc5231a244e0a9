//! A rule by clicking: the fields of a form as the TOML that the almanac reads, and back.

use std::fmt::{Display, Write as _};

use chrono::{NaiveDate, NaiveTime, Timelike as _};
use linli_almanac::SolarTerm;
use toml::{Table, Value};

use super::{
    fields::{Fields, parts},
    told::{Reason, one},
};

/// The ways to say when, in the order of the form.
#[cfg(test)]
pub(super) const KINDS: [&str; 10] = [
    "month_day",
    "weekdays",
    "nth",
    "last_day",
    "workday",
    "lunar",
    "festival",
    "solar_term",
    "dates",
    "toml",
];
/// The days of a week as rules name them, Monday first.
pub(super) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// What happens on public holidays.
pub(super) const POLICIES: [&str; 4] = ["keep", "skip", "before", "after"];
/// The festivals of the quick choice: name, lunar month and day, days to add. The eve is the day
/// before the new year, which is not always a 30th; Qingming is a solar term.
pub(super) const FESTIVALS: [(&str, u8, u8, i64); 9] = [
    ("spring", 1, 1, 0),
    ("lantern", 1, 15, 0),
    ("qingming", 0, 0, 0),
    ("dragon_boat", 5, 5, 0),
    ("qixi", 7, 7, 0),
    ("mid_autumn", 8, 15, 0),
    ("double_ninth", 9, 9, 0),
    ("laba", 12, 8, 0),
    ("eve", 1, 1, -1),
];

/// The rule that a form says. It is not yet checked by the almanac.
pub(super) fn to_toml(fields: &Fields) -> Result<String, Reason> {
    let kind = fields.get("kind");
    if kind == "toml" {
        return Ok(fields.get("rule").to_owned());
    }
    let mut offset = number::<i64>(fields, "offset_days")?.unwrap_or(0);
    let mut text = match kind {
        "month_day" => month_day(fields)?,
        "weekdays" => weekdays(fields)?,
        "nth" => {
            let day = DAYS.iter().find(|day| **day == fields.get("nth_day"));
            let day = day.ok_or_else(|| one("desk-no-weekday", fields.get("nth_day")))?;
            let nth = needed::<i64>(fields, "nth")?;
            timed(fields, "weekday", format!("{{ nth = {nth}, day = \"{day}\" }}"))?
        }
        "last_day" => timed(fields, "month_day", "-1")?,
        "workday" => timed(fields, "workday", needed::<i64>(fields, "workday")?)?,
        "lunar" => {
            let (month, day) =
                (needed::<i64>(fields, "lunar_month")?, needed(fields, "lunar_day")?);
            timed(fields, "lunar", lunar(month, day))?
        }
        "festival" => {
            let named = FESTIVALS.iter().find(|(name, ..)| *name == fields.get("festival"));
            let (name, month, day, days) = named.ok_or_else(|| one("desk-no-festival", ""))?;
            offset += days;
            match *name {
                "qingming" => timed(fields, "solar_term", "\"qingming\"")?,
                _ => timed(fields, "lunar", lunar((*month).into(), (*day).into()))?,
            }
        }
        "solar_term" => {
            let term = fields.get("solar_term").parse::<SolarTerm>();
            let term = term.map_err(|no| one("desk-no-rule-term", no.0))?;
            timed(fields, "solar_term", format_args!("\"{}\"", term.pinyin()))?
        }
        "dates" => timed(fields, "dates", dates(fields, "dates")?)?,
        _ => return Err(one("desk-no-rule-kind", "")),
    };
    common(fields, offset, &mut text)?;
    Ok(text)
}

/// What every kind of rule may have beside it. Where something is counted, it is from the first
/// day of the form on.
fn common(fields: &Fields, offset: i64, text: &mut String) -> Result<(), Reason> {
    let mut line = |key: &str, value: &dyn Display| {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{key} = {value}");
    };
    if offset != 0 {
        line("offset_days", &offset);
    }
    let policy = fields.get("holiday");
    if POLICIES[1..].contains(&policy) {
        line("holiday", &format_args!("\"{policy}\""));
    }
    let count = number::<u32>(fields, "count")?;
    let every = number::<u32>(fields, "every_weeks")?.is_some_and(|weeks| weeks > 1);
    let turns = fields.all("rotation").next().is_some();
    if count.is_some() || turns || (every && fields.get("kind") == "weekdays") {
        line("from", &format_args!("\"{}\"", date(fields.get("from"))?));
    }
    if let Some(count) = count {
        line("count", &count);
    }
    if !fields.get("except").is_empty() {
        line("except", &dates(fields, "except")?);
    }
    Ok(())
}

/// One or several days of the month.
fn month_day(fields: &Fields) -> Result<String, Reason> {
    let days: Vec<&str> = parts(fields.get("month_days")).collect();
    let wrong = days.iter().find(|day| !day.parse().is_ok_and(|n: u8| (1..=31).contains(&n)));
    if let Some(day) = wrong.or((days.is_empty()).then_some(&"")) {
        return Err(one("desk-no-day", day));
    }
    match (time(fields)?, days.as_slice()) {
        (Some(time), _) => Ok(cron(time, &days.join(","), "*")),
        (None, [day]) => Ok(format!("month_day = {day}\n")),
        (None, _) => Err(one("desk-no-days-all-day", "")),
    }
}

fn weekdays(fields: &Fields) -> Result<String, Reason> {
    let days: Vec<_> = DAYS.into_iter().filter(|day| fields.has("weekdays", day)).collect();
    if days.is_empty() {
        return Err(one("desk-no-weekdays", ""));
    }
    let time = time(fields)?.ok_or_else(|| one("desk-no-time", ""))?;
    let weeks = number::<u32>(fields, "every_weeks")?.filter(|weeks| *weeks != 1);
    let all = days.len() == DAYS.len() && weeks.is_none();
    let mut text = cron(time, "*", &if all { "*".to_owned() } else { days.join(",") });
    if let Some(weeks) = weeks {
        let _ = writeln!(text, "every_weeks = {weeks}");
    }
    Ok(text)
}

fn cron(time: NaiveTime, days: &str, weekdays: &str) -> String {
    format!("cron = \"0 {} {} {days} * {weekdays}\"\n", time.minute(), time.hour())
}

fn lunar(month: i64, day: i64) -> String {
    format!("{{ month = {month}, day = {day} }}")
}

/// A key with its value, and the time of day if the form says one.
fn timed(fields: &Fields, key: &str, value: impl Display) -> Result<String, Reason> {
    let at = time(fields)?.map(|at| format!("at = \"{}\"\n", at.format("%H:%M")));
    Ok(format!("{key} = {value}\n{}", at.unwrap_or_default()))
}

fn time(fields: &Fields) -> Result<Option<NaiveTime>, Reason> {
    let text = fields.get("at");
    if text.is_empty() {
        return Ok(None);
    }
    let time = NaiveTime::parse_from_str(&text.replace('：', ":"), "%H:%M");
    time.map(Some).map_err(|_| one("desk-no-clock", text))
}

/// A date as forms send it.
pub(super) fn date(text: &str) -> Result<NaiveDate, Reason> {
    text.parse().map_err(|_| one("desk-no-date", text))
}

fn dates(fields: &Fields, name: &str) -> Result<String, Reason> {
    let all = parts(fields.get(name)).map(|text| Ok(format!("\"{}\"", date(text)?)));
    Ok(format!("[{}]", all.collect::<Result<Vec<_>, Reason>>()?.join(", ")))
}

fn number<T: std::str::FromStr>(fields: &Fields, name: &str) -> Result<Option<T>, Reason> {
    let text = fields.get(name);
    let number = || text.parse().map_err(|_| one("desk-no-number", text));
    (!text.is_empty()).then(number).transpose()
}

fn needed<T: std::str::FromStr>(fields: &Fields, name: &str) -> Result<T, Reason> {
    number(fields, name)?.ok_or_else(|| one("desk-no-number", ""))
}

/// Fills a form in with a rule; with the TOML itself where no clicking makes that rule.
pub(super) fn fill(fields: &mut Fields, rule: &str) {
    fields.set("rule", rule);
    let mut clicked = fields.clone();
    clicked.set("kind", "toml");
    clicking(&mut clicked, rule);
    // What was read must make the same again, or something would be lost on saving.
    let same = |text: &str| plain(text).is_some_and(|table| Some(table) == plain(rule));
    if to_toml(&clicked).is_ok_and(|text| same(&text)) {
        *fields = clicked;
    } else {
        fields.set("kind", "toml");
    }
}

/// What could be clicked to come near a rule; the kind is `toml` if nothing could.
pub(super) fn clicking(fields: &mut Fields, rule: &str) {
    let told = rule.parse::<Table>().ok().and_then(|table| read(fields, &table));
    if told.is_none() {
        fields.set("kind", "toml");
    }
}

/// A rule with its names as forms write them.
fn plain(rule: &str) -> Option<Table> {
    let mut table: Table = rule.to_lowercase().parse().ok()?;
    if let Some(term) = table.get("solar_term").and_then(Value::as_str) {
        let term: SolarTerm = term.parse().ok()?;
        table.insert("solar_term".to_owned(), term.pinyin().into());
    }
    Some(table)
}

fn read(fields: &mut Fields, table: &Table) -> Option<()> {
    for (key, value) in table {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(n) => n.to_string(),
            Value::Array(dates) => {
                dates.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?.join(" ")
            }
            Value::Table(_) => String::new(),
            _ => return None,
        };
        let part = |name: &str| Some(value.get(name)?.to_string().replace('"', ""));
        match key.as_str() {
            "cron" => read_cron(fields, &text)?,
            "weekday" => {
                fields.set("kind", "nth");
                fields.set("nth", part("nth")?);
                let name = part("day")?;
                let day = DAYS.iter().find(|day| day.eq_ignore_ascii_case(&name))?;
                fields.set("nth_day", day);
            }
            "month_day" if text == "-1" => fields.set("kind", "last_day"),
            "month_day" => {
                fields.set("kind", "month_day");
                fields.set("month_days", text);
            }
            "lunar" => {
                fields.set("kind", "lunar");
                fields.set("lunar_month", part("month")?);
                fields.set("lunar_day", part("day")?);
            }
            "solar_term" => {
                fields.set("kind", key);
                fields.set(key, text.parse::<SolarTerm>().ok()?.pinyin());
            }
            "workday" | "dates" => {
                fields.set("kind", key);
                fields.set(key, text);
            }
            "at" | "every_weeks" | "offset_days" | "holiday" | "count" | "except" => {
                fields.set(key, text);
            }
            // It stands in the form as the first day of the segment.
            "from" => {}
            _ => return None,
        }
    }
    Some(())
}

/// Fixed times of weekdays or of days of the month; other expressions stay as they are.
fn read_cron(fields: &mut Fields, expression: &str) -> Option<()> {
    let parts: Vec<&str> = expression.split_whitespace().collect();
    let ["0", minute, hour, days, "*", weekdays] = parts.as_slice() else { return None };
    let time = NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)?;
    fields.set("at", time.format("%H:%M"));
    if *days != "*" {
        fields.set("kind", "month_day");
        fields.set("month_days", days.replace(',', " "));
        return (*weekdays == "*").then_some(());
    }
    fields.set("kind", "weekdays");
    fields.0.retain(|(key, _)| key != "weekdays");
    for part in weekdays.split(',') {
        let place = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let days = match part {
            "*" => 0..=DAYS.len() - 1,
            _ => place(first)?..=place(last)?,
        };
        DAYS.get(days)?.iter().for_each(|day| fields.add("weekdays", day));
    }
    Some(())
}
