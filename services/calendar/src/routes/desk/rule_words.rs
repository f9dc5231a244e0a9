//! A rule in words, as the plan shows it.

use linli_almanac::{Rule, SolarTerm};

use super::{
    fields::{Fields, parts},
    rule_form::{DAYS, clicking},
};
use crate::{routes::Text, values::segment::Segment};

/// What a segment's rule says, in one sentence.
pub(super) fn rule(t: Text, segment: &Segment) -> String {
    let mut fields = Fields::default();
    clicking(&mut fields, &segment.rule.to_toml());
    let mut said = vec![when(t, &fields, &segment.rule)];
    let holiday = fields.get("holiday");
    if !holiday.is_empty() && holiday != "keep" {
        said.push(t.of("desk-policy", holiday));
    }
    if let Ok(days) = fields.get("offset_days").parse::<i64>() {
        let key = if days < 0 { "desk-words_before" } else { "desk-words_after" };
        said.push(t.n(key, days.unsigned_abs()));
    }
    if !fields.get("except").is_empty() {
        said.push(t.n("desk-words_except", parts(fields.get("except")).count()));
    }
    if !fields.get("count").is_empty() {
        said.push(t.n("desk-words_count", fields.get("count")));
    }
    if let Some(until) = segment.until {
        said.push(t.with("desk-words_until", &[("date", &t.date(until))]));
    }
    said.retain(|part| !part.is_empty());
    said.join(t.w("desk-words_comma"))
}

fn when(t: Text, fields: &Fields, rule: &Rule) -> String {
    let get = |name: &str| fields.get(name);
    let at = if get("at").is_empty() { t.w("desk-words_all_day") } else { get("at") };
    let joint = t.w("desk-words_and");
    let kind = get("kind");
    let weeks = get("every_weeks");
    let (key, what) = match kind {
        "weekdays" if DAYS.iter().all(|day| fields.has("weekdays", day)) => {
            ("daily", String::new())
        }
        "weekdays" => {
            let days = (0..).zip(DAYS).filter(|(_, day)| fields.has("weekdays", day));
            let days: Vec<_> = days.map(|(n, _)| t.weekday(n)).collect();
            (if weeks.is_empty() { "weekdays" } else { "weeks" }, days.join(joint))
        }
        "month_day" => (kind, parts(get("month_days")).collect::<Vec<_>>().join(joint)),
        "nth" => {
            let day = (0..).zip(DAYS).find(|(_, day)| day.eq_ignore_ascii_case(get("nth_day")));
            (kind, day.map_or_else(String::new, |(n, _)| t.weekday(n)))
        }
        "solar_term" => (kind, get(kind).parse().map_or("", SolarTerm::zh).to_owned()),
        "lunar" => (kind, lunar(t, get("lunar_month"), get("lunar_day"))),
        "workday" => (kind, get(kind).to_owned()),
        "dates" => (kind, parts(get(kind)).count().to_string()),
        "last_day" => (kind, String::new()),
        _ => return rule.to_toml().trim().replace('\n', "; "),
    };
    let nth = if get("nth").is_empty() { String::new() } else { t.of("desk-nth", get("nth")) };
    t.with(
        &format!("desk-words_{key}"),
        &[("what", &what), ("at", at), ("nth", &nth), ("n", weeks)],
    )
}

fn lunar(t: Text, month: &str, day: &str) -> String {
    let day =
        if day == "-1" { t.w("desk-lunar_last").to_owned() } else { t.of("desk-lunar_day", day) };
    format!("{}{day}", t.of("desk-lunar_month", month))
}
