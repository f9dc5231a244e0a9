//! The weekly summary: on Sunday at 18:00, local, about the week from Monday on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use linli_almanac::zoned::resolve;
use linli_platform::process::{Action, Rows};
use uuid::Uuid;

use super::{
    Wish, groups, plan,
    state::{Occurrence, activity, source, zone},
};
use crate::{
    contract::Digest,
    deciders::Late,
    values::{Key, Purpose, Quiet},
};

/// The local hour on Sunday.
const HOUR: u32 = 18;

fn midnight(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    resolve(zone, date.and_time(NaiveTime::MIN)).to_utc()
}

fn plus(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

/// The first summary after `now`.
fn next(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    let sunday = plus(today, u64::from(6 - today.weekday().num_days_from_monday()));
    let evening = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    let due = resolve(zone, sunday.and_time(evening)).to_utc();
    if due > now { due } else { resolve(zone, plus(sunday, 7).and_time(evening)).to_utc() }
}

/// The timer of a community's next summary.
pub(super) fn timer(rows: &Rows<'_>, community: &str, now: DateTime<Utc>) -> Wish {
    let name = format!("digest/{community}");
    Action::SetTimer { name, due: next(now, zone(rows, community)) }
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
    let monday = plus(due.with_timezone(&zone).date_naive(), 1);
    let (from, until) = (midnight(monday, zone), midnight(plus(monday, 7), zone));
    let week = monday.format("digest-%G-W%V").to_string();
    let Some(to) = source(community, &week) else { return wishes };
    let unwilling = groups::unwilling(rows);
    let mut readers: BTreeMap<Quiet, BTreeSet<Uuid>> = BTreeMap::new();
    for (_, occ) in rows.scan::<Occurrence>(&format!("occ/{community}/")) {
        if occ.cancelled || !(from..until).contains(&occ.start) {
            continue;
        }
        let act = activity(rows, community, &occ);
        for group in groups::concerned(rows, community, &act, &occ) {
            if group.profile.digest == Digest::Never || !group.profile.digest.takes(act.frequent) {
                continue;
            }
            let members = group.members(rows).into_iter();
            let admitted =
                members.filter(|who| !unwilling.contains(who) && groups::admits(rows, &act, *who));
            readers.entry(group.profile.quiet).or_default().extend(admitted);
        }
    }
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
            assert_eq!(next(at(now), Shanghai), sunday);
        }
        assert_eq!(next(sunday, Shanghai), at("2026-11-15T18:00:00+08:00"));
    }
}
