//! What a community tells: to whom it goes, and how long it is worth telling.
//!
//! `home/<resident>` is where somebody lives and `lives/<community>/<resident>` the same the other
//! way round; `agrees/<resident>` is there for those who agreed to be written to;
//! `told-of/<delivery stream>` is when an announcement was made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{ids::StreamId, process::Rows};
use uuid::Uuid;

use super::{
    Wish, groups, plan,
    state::{Place, last_id, source, zone},
};
use crate::{
    contract::{
        AnnouncementEvent, What,
        heard::{Consent, ResidentEvent},
    },
    deciders::Late,
    values::{Key, Purpose, Quiet, Target},
};

/// For so long an announcement is tried; after that it is no news.
const NEWS: TimeDelta = TimeDelta::days(3);

/// Takes where somebody lives, and whether they agree, into the rows.
pub(super) fn settle(rows: &mut Rows<'_>, resident: Uuid, event: &ResidentEvent) {
    match event {
        ResidentEvent::ResidentRegistered { community }
        | ResidentEvent::ResidentMoved { community } => {
            leave(rows, &resident.to_string());
            rows.put(&format!("home/{resident}"), community);
            rows.put(&format!("lives/{community}/{resident}"), &());
        }
        ResidentEvent::ConsentGiven { purpose: Consent::Reminders } => {
            rows.put(&format!("agrees/{resident}"), &());
        }
        ResidentEvent::ConsentWithdrawn { purpose: Consent::Reminders } => {
            rows.remove(&format!("agrees/{resident}"));
        }
        _ => {}
    }
}

fn leave(rows: &mut Rows<'_>, person: &str) {
    if let Some(home) = rows.get::<String>(&format!("home/{person}")) {
        rows.remove(&format!("lives/{home}/{person}"));
        rows.remove(&format!("home/{person}"));
    }
}

/// Lets go of somebody who is gone.
pub(super) fn forget(rows: &mut Rows<'_>, person: &str) {
    leave(rows, person);
    rows.remove(&format!("agrees/{person}"));
}

fn deliveries(of: &StreamId) -> Option<StreamId> {
    source(of.community(), &format!("announcement-{}", of.id()))
}

/// Remembers when an announcement was made.
pub(super) fn hear(
    rows: &mut Rows<'_>,
    stream: &StreamId,
    event: &AnnouncementEvent,
    at: DateTime<Utc>,
) {
    if let (AnnouncementEvent::Announced { .. }, Some(to)) = (event, deliveries(stream)) {
        rows.put(&format!("told-of/{to}"), &at);
    }
}

/// When an announcement is of no use any more; `None` for a stream that is not one's.
pub(super) fn expires(rows: &Rows<'_>, to: &StreamId) -> Option<DateTime<Utc>> {
    rows.get::<DateTime<Utc>>(&format!("told-of/{to}")).map(|at| at + NEWS)
}

/// Sends an announcement to whom it is for.
pub(super) fn tell(
    rows: &Rows<'_>,
    stream: &StreamId,
    (what, of): (What, &str),
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let (community, Some(to)) = (stream.community(), deliveries(stream)) else { return vec![] };
    let zone = zone(rows, community);
    let unwilling = groups::unwilling(rows);
    let mut by_quiet: BTreeMap<Quiet, Vec<Key>> = BTreeMap::new();
    for resident in audience(rows, community, what, of) {
        let agrees = rows.get::<()>(&format!("agrees/{resident}")).is_some();
        if agrees && !unwilling.contains(&resident) {
            let key = Key::mail(resident, 0, Purpose::Announcement);
            by_quiet.entry(groups::quiet(rows, resident)).or_default().push(key);
        }
    }
    let batches = by_quiet.into_iter().flat_map(|(quiet, keys)| {
        let late = Late { expires: Some(now + NEWS), quiet: Some((quiet, zone)) };
        plan::start(&to, 1, &keys, &late, false)
    });
    batches.collect()
}

fn audience(rows: &Rows<'_>, community: &str, what: What, of: &str) -> BTreeSet<Uuid> {
    let ids = |keys: Vec<(String, ())>| -> BTreeSet<Uuid> {
        keys.iter().filter_map(|(key, ())| last_id(key)).collect()
    };
    match what {
        What::All => {
            let places = below(rows, community).into_iter();
            places.flat_map(|code| ids(rows.scan(&format!("lives/{code}/")))).collect()
        }
        What::Team => {
            let teams = rows.scan::<()>("team/").into_iter();
            let member = |key: String| {
                let mut parts = key.split('/').skip(1);
                let resident: Uuid = parts.next()?.parse().ok()?;
                (parts.next() == Some(of)).then_some(resident)
            };
            teams.filter_map(|(key, ())| member(key)).collect()
        }
        What::Kind => {
            let target = Target::new(What::Kind, of);
            ids(rows.scan(&format!("member/{community}/{target}/")))
        }
        What::Activity | What::Venue => BTreeSet::new(),
    }
}

/// A place and all below it.
fn below(rows: &Rows<'_>, code: &str) -> BTreeSet<String> {
    let places: Vec<_> = rows.scan::<Place>("place/").into_iter().collect();
    let mut found = BTreeSet::from([code.to_owned()]);
    loop {
        let more: Vec<_> = places
            .iter()
            .filter(|(_, place)| found.contains(&place.parent))
            .filter_map(|(key, _)| key.strip_prefix("place/").map(str::to_owned))
            .filter(|code| !found.contains(code))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}
