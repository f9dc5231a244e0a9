//! The weekly summary: on Sunday at 18:00, local, about the week from Monday on; earlier where the
//! host is off then and on again too late.
//!
//! `summed/<community>/<ISO week>/<resident>` is there for whoever got it, so that a change is told
//! to them like to all who were reminded. What came to stand as it stands after its week's summary
//! went out is in none: it is reminded of alone, once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use linli_almanac::zoned::resolve;
use linli_platform::{
    ids::StreamId,
    process::{Action, Rows},
};
use uuid::Uuid;

use super::{
    Wish, groups, plan,
    state::{Occurrence, activity, source, zone},
};
use crate::{
    deciders::Late,
    values::{Hours, Key, Purpose, Quiet},
};

/// The local hour on Sunday.
const HOUR: u32 = 18;

fn midnight(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    resolve(zone, date.and_time(NaiveTime::MIN)).to_utc()
}

fn plus(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

/// The Monday of an instant's week.
fn monday(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let today = at.with_timezone(&zone).date_naive();
    let days = u64::from(today.weekday().num_days_from_monday());
    today.checked_sub_days(Days::new(days)).unwrap_or(today)
}

/// When the summary of the week from `monday` on comes.
fn due(monday: NaiveDate, zone: Tz, hours: &Hours) -> DateTime<Utc> {
    let sunday = monday.pred_opt().unwrap_or(monday);
    let evening = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    let evening = resolve(zone, sunday.and_time(evening)).to_utc();
    hours.due(evening, midnight(monday, zone), zone)
}

/// The first summary after `now`.
fn next(now: DateTime<Utc>, zone: Tz, hours: &Hours) -> DateTime<Utc> {
    let this = monday(now, zone);
    let dues = [7, 14].map(|days| due(plus(this, days), zone, hours));
    if dues[0] > now { dues[0] } else { dues[1] }
}

fn week(monday: NaiveDate) -> String {
    monday.format("%G-W%V").to_string()
}

/// The timer of a community's next summary.
pub(super) fn timer(rows: &Rows<'_>, community: &str, now: DateTime<Utc>) -> Wish {
    let name = format!("digest/{community}");
    Action::SetTimer { name, due: next(now, zone(rows, community), &groups::hours(rows)) }
}

/// The timers of all communities' summaries, after the host's hours have changed.
pub(super) fn timers(rows: &Rows<'_>, now: DateTime<Utc>) -> Vec<Wish> {
    let groups = rows.scan::<u32>("group/").into_iter();
    let communities = groups.filter_map(|(key, _)| key.split('/').nth(1).map(str::to_owned));
    let communities: BTreeSet<String> = communities.collect();
    communities.iter().map(|community| timer(rows, community, now)).collect()
}

/// Whether an occurrence came to stand as it stands when its week's summary was out.
pub(super) fn misses(rows: &Rows<'_>, community: &str, occ: &Occurrence) -> bool {
    let zone = zone(rows, community);
    occ.since >= due(monday(occ.start, zone), zone, &groups::hours(rows))
}

fn summed(community: &str, week: &str, resident: &str) -> String {
    format!("summed/{community}/{week}/{resident}")
}

/// Remembers who got a summary.
pub(super) fn hear(rows: &mut Rows<'_>, stream: &StreamId, resident: Uuid) {
    if let Some(week) = stream.id().strip_prefix("digest-") {
        rows.put(&summed(stream.community(), week, &resident.to_string()), &());
    }
}

/// Forgets that somebody got a summary: it was not sent to them after all.
pub(super) fn unheard(rows: &mut Rows<'_>, stream: &StreamId, resident: Uuid) {
    if let Some(week) = stream.id().strip_prefix("digest-") {
        rows.remove(&summed(stream.community(), week, &resident.to_string()));
    }
}

/// Lets go of who got the summaries of weeks before that of `due`.
pub(super) fn forget(rows: &mut Rows<'_>, community: &str, due: DateTime<Utc>) {
    // The year comes first: an earlier week is less as a text too.
    let running = summed(community, &week(monday(due, zone(rows, community))), "");
    for (key, ()) in rows.scan::<()>(&format!("summed/{community}/")) {
        if key < running {
            rows.remove(&key);
        }
    }
}

/// Whoever got a summary in which an occurrence stood as it stood before.
pub(super) fn readers(rows: &Rows<'_>, community: &str, before: &Occurrence) -> BTreeSet<Uuid> {
    if before.cancelled || misses(rows, community, before) {
        return BTreeSet::new();
    }
    let week = week(monday(before.start, zone(rows, community)));
    let got = |who: &Uuid| rows.get::<()>(&summed(community, &week, &who.to_string())).is_some();
    members(rows, community, before).into_values().flatten().filter(got).collect()
}

/// Who wants an occurrence in the summary, by their quiet hours.
fn members(rows: &Rows<'_>, community: &str, occ: &Occurrence) -> BTreeMap<Quiet, BTreeSet<Uuid>> {
    let act = activity(rows, community, occ);
    let mut found: BTreeMap<Quiet, BTreeSet<Uuid>> = BTreeMap::new();
    for group in groups::concerned(rows, community, &act, occ) {
        if group.profile.digest.takes(act.frequent) {
            let members = group.members(rows).into_iter();
            let admitted = members.filter(|who| groups::admits(rows, &act, *who));
            found.entry(group.profile.quiet).or_default().extend(admitted);
        }
    }
    found
}

/// When a week's summary is of no use any more: that week is over. `None` for a stream that is
/// not one's.
pub(super) fn expires(rows: &Rows<'_>, community: &str, id: &str) -> Option<DateTime<Utc>> {
    let (year, week) = id.strip_prefix("digest-")?.split_once("-W")?;
    let monday = NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)?;
    Some(midnight(plus(monday, 7), zone(rows, community)))
}

/// Sends a community's summary, and sets the next one's timer.
pub(super) fn send(rows: &Rows<'_>, community: &str, due: DateTime<Utc>) -> Vec<Wish> {
    let mut wishes = vec![timer(rows, community, due)];
    let zone = zone(rows, community);
    let monday = plus(monday(due, zone), 7);
    let (from, until) = (midnight(monday, zone), midnight(plus(monday, 7), zone));
    let Some(to) = source(community, &format!("digest-{}", week(monday))) else { return wishes };
    let unwilling = groups::unwilling(rows);
    let mut readers: BTreeMap<Quiet, BTreeSet<Uuid>> = BTreeMap::new();
    for (_, occ) in rows.scan::<Occurrence>(&format!("occ/{community}/")) {
        if occ.cancelled || !(from..until).contains(&occ.start) {
            continue;
        }
        for (quiet, mut members) in members(rows, community, &occ) {
            members.retain(|who| !unwilling.contains(who));
            readers.entry(quiet).or_default().extend(members);
        }
    }
    readers.retain(|_, readers| !readers.is_empty());
    for (quiet, readers) in readers {
        let keys = readers.into_iter().map(|who| Key::mail(who, 0, Purpose::Digest));
        let keys: Vec<Key> = keys.collect();
        let late =
            Late { expires: Some(until - TimeDelta::microseconds(1)), quiet: Some((quiet, zone)) };
        wishes.extend(plan::start(&to, 1, &keys, &late, false));
    }
    wishes
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use linli_platform::testing::at;

    use super::*;

    #[test]
    fn a_summary_comes_on_sunday_evening() {
        let sunday = at("2026-11-08T18:00:00+08:00");
        for now in ["2026-11-02T00:00:00+08:00", "2026-11-08T17:59:59+08:00"] {
            assert_eq!(next(at(now), Shanghai, &Hours::default()), sunday);
        }
        let after = next(sunday, Shanghai, &Hours::default());
        assert_eq!(after, at("2026-11-15T18:00:00+08:00"));
    }

    #[test]
    fn a_host_that_is_off_on_sundays_sends_it_in_its_last_hour() {
        let office: Hours = "mon-fri 08:00-17:30".parse().unwrap();
        let friday = at("2026-11-06T16:30:00+08:00");
        assert_eq!(next(at("2026-11-02T08:00:00+08:00"), Shanghai, &office), friday);
        assert_eq!(next(friday, Shanghai, &office), at("2026-11-13T16:30:00+08:00"));
    }
}
