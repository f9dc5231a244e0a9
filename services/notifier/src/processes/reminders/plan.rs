//! When reminders of an occurrence come, whom they go to, and what follows when it changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    ids::StreamId,
    process::{Action, Rows},
};
use uuid::Uuid;

use super::{
    Wish, digest, groups,
    groups::{Due, Profile},
    outcomes,
    state::{Occurrence, Part, activity, last_id, occurrence, source},
};
use crate::{
    deciders::{DeliveryCommand, Late},
    values::{BATCH_MAX, Key, Purpose, Quiet},
};

/// How long after its end what is remembered of an occurrence goes.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// Timers at those instants that are ahead.
pub(super) fn at_dues(community: &str, id: &str, dues: &[Due], now: DateTime<Utc>) -> Vec<Wish> {
    let ahead = dues.iter().filter(|due| due.at >= now);
    ahead.map(|due| timer(community, id, due.at)).collect()
}

fn timer(community: &str, id: &str, due: DateTime<Utc>) -> Wish {
    let name = format!("lead/{community}/{id}/{}", due.timestamp_micros());
    Action::SetTimer { name, due }
}

/// All timers of an occurrence as it stands now. Those of an earlier revision may still ring;
/// nobody is due then.
pub(super) fn timers(rows: &Rows<'_>, community: &str, id: &str, now: DateTime<Utc>) -> Vec<Wish> {
    let Some(occ) = occurrence(rows, community, id) else { return vec![] };
    let act = activity(rows, community, &occ);
    let groups = groups::concerned(rows, community, &act, &occ).into_iter();
    let misses = digest::misses(rows, community, &occ);
    let alone = groups.filter(|group| misses || !group.profile.digest.takes(act.frequent));
    let participants = parts(rows, id).into_iter().filter(|(_, part)| part.comes());
    let profiles = alone
        .map(|group| group.profile)
        .chain(participants.map(|(who, _)| Profile::of_participants(groups::quiet(rows, who))));
    let hours = groups::hours(rows);
    let dues = profiles.flat_map(|profile| profile.dues(&occ, &hours)).map(|due| due.at);
    let dues: BTreeSet<DateTime<Utc>> = dues.filter(|due| *due >= now).collect();
    let mut wishes: Vec<Wish> = dues.into_iter().map(|due| timer(community, id, due)).collect();
    let name = format!("over/{community}/{id}");
    wishes.push(Action::SetTimer { name, due: occ.end.max(now) + REMEMBERED });
    wishes
}

/// The timers of all occurrences ahead, after the host's hours have changed.
pub(super) fn replanned(rows: &Rows<'_>, now: DateTime<Utc>) -> Vec<Wish> {
    let ahead = rows.scan::<Occurrence>("occ/").into_iter();
    let ahead = ahead.filter(|(_, occ)| occ.start > now && !occ.cancelled);
    ahead
        .flat_map(|(key, _)| {
            let mut parts = key.split('/').skip(1);
            match (parts.next(), parts.next()) {
                (Some(community), Some(id)) => timers(rows, community, id, now),
                _ => vec![],
            }
        })
        .collect()
}

/// Timers for somebody who takes part now.
pub(super) fn await_participant(
    rows: &Rows<'_>,
    community: &str,
    id: &str,
    resident: Uuid,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let Some(occ) = occurrence(rows, community, id) else { return vec![] };
    let profile = Profile::of_participants(groups::quiet(rows, resident));
    at_dues(community, id, &profile.dues(&occ, &groups::hours(rows)), now)
}

fn parts(rows: &Rows<'_>, id: &str) -> Vec<(Uuid, Part)> {
    let parts = rows.scan::<Part>(&format!("part/{id}/")).into_iter();
    parts.filter_map(|(key, part)| Some((last_id(&key)?, part))).collect()
}

fn told(rows: &Rows<'_>, id: &str) -> BTreeSet<Uuid> {
    let told = rows.scan::<u32>(&format!("told/{id}/"));
    told.iter().filter_map(|(key, _)| last_id(key)).collect()
}

/// A lead time's instant has come: batches for all who are due now.
pub(super) fn remind(rows: &Rows<'_>, community: &str, id: &str, due: DateTime<Utc>) -> Vec<Wish> {
    let Some(occ) = occurrence(rows, community, id).filter(|occ| !occ.cancelled) else {
        return vec![];
    };
    let wanted = wanted(rows, community, (id, &occ), due);
    let mut by_quiet: BTreeMap<Quiet, Vec<Key>> = BTreeMap::new();
    for (resident, (lead, quiet)) in wanted {
        let key = Key::mail(resident, occ.revision, Purpose::Lead(lead));
        by_quiet.entry(quiet).or_default().push(key);
    }
    let Some(to) = source(community, id) else { return vec![] };
    let batches = by_quiet.into_iter().flat_map(|(quiet, keys)| {
        let late = Late { expires: Some(occ.start), quiet: Some((quiet, occ.zone)) };
        start(&to, 1, &keys, &late, false)
    });
    batches.collect()
}

/// Who is due at an instant, each with the shortest of their lead times that are.
fn wanted(
    rows: &Rows<'_>,
    community: &str,
    (id, occ): (&str, &Occurrence),
    due: DateTime<Utc>,
) -> BTreeMap<Uuid, (u32, Quiet)> {
    let act = activity(rows, community, occ);
    let (unwilling, told, parts) = (groups::unwilling(rows), told(rows, id), parts(rows, id));
    let known: BTreeSet<Uuid> = parts.iter().map(|(who, _)| *who).chain(told).collect();
    let hours = groups::hours(rows);
    let now_due = |profile: &Profile| {
        profile.dues(occ, &hours).into_iter().filter(|d| d.at == due).min_by_key(|d| d.lead)
    };
    let mut chosen: BTreeMap<Uuid, (u32, Quiet)> = BTreeMap::new();
    let mut include = |resident: Uuid, due: &Due, quiet: Quiet| {
        // What makes up for a past reminder is for those who know nothing yet.
        let told_already = due.late && occ.revision > 0 && known.contains(&resident);
        if !unwilling.contains(&resident) && !told_already {
            let lead = chosen.entry(resident).or_insert((due.lead, quiet));
            lead.0 = lead.0.min(due.lead);
        }
    };
    let misses = digest::misses(rows, community, occ);
    for group in groups::concerned(rows, community, &act, occ) {
        let alone = !group.profile.digest.takes(act.frequent);
        if let Some(due) = now_due(&group.profile).filter(|_| alone || misses) {
            for resident in group.members(rows) {
                // In place of the summary one reminder is enough.
                let wanted = alone || !known.contains(&resident);
                if wanted && groups::admits(rows, &act, resident) {
                    include(resident, &due, group.profile.quiet);
                }
            }
        }
    }
    for (resident, part) in &parts {
        let profile = Profile::of_participants(groups::quiet(rows, *resident));
        // Whoever registers so late that no reminder is ahead has just seen the time.
        let due = now_due(&profile).filter(|due| part.comes() && !due.late);
        if let Some(due) = due
            && !groups::covers(rows, community, (&act, occ), *resident)
        {
            include(*resident, &due, profile.quiet);
        }
    }
    chosen
}

/// A new revision: what tells of an older one goes out no more, and whoever was told of one, alone
/// or in a summary, registered, waits or has a duty learns of the change now.
pub(super) fn changed(rows: &Rows<'_>, community: &str, id: &str, now: DateTime<Utc>) -> Vec<Wish> {
    let (Some(occ), Some(to)) = (occurrence(rows, community, id), source(community, id)) else {
        return vec![];
    };
    let fence = DeliveryCommand::Supersede { revision: occ.revision };
    let mut wishes = vec![Action::Command { to: to.clone(), command: fence }];
    let mut concerned = told(rows, id);
    concerned.extend(parts(rows, id).into_iter().map(|(who, _)| who));
    if let Some(before) = rows.left::<Occurrence>() {
        concerned.extend(digest::readers(rows, community, &before));
    }
    let keys = concerned.into_iter().map(|who| Key::mail(who, occ.revision, Purpose::Changed));
    let keys: Vec<Key> = keys.collect();
    wishes.extend(outcomes::send(rows, &to, 1, &keys, false, now));
    wishes
}

/// Batches that were started for an older revision while the new one was made: those residents
/// are told of an occurrence that stands no more, so they learn of the change too.
pub(super) fn overtaken(
    rows: &Rows<'_>,
    to: &StreamId,
    keys: &[Key],
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let Some(occ) = occurrence(rows, to.community(), to.id()) else { return vec![] };
    let old = keys.iter().filter(|key| key.revision < occ.revision);
    let keys: Vec<Key> =
        old.map(|key| Key::mail(key.resident, occ.revision, Purpose::Changed)).collect();
    outcomes::send(rows, to, 1, &keys, false, now)
}

/// A place fell free for somebody on the waiting list.
pub(super) fn promoted(
    rows: &Rows<'_>,
    community: &str,
    id: &str,
    resident: Uuid,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let (Some(occ), Some(to)) = (occurrence(rows, community, id), source(community, id)) else {
        return vec![];
    };
    let key = Key::mail(resident, occ.revision, Purpose::Promoted);
    outcomes::send(rows, &to, 1, &[key], false, now)
}

/// Somebody is missing at a duty, and the day is near: the member of staff who looks after the
/// activity is told.
pub(super) fn unfilled(
    rows: &Rows<'_>,
    community: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let (Some(occ), Some(to)) = (occurrence(rows, community, id), source(community, id)) else {
        return vec![];
    };
    let Some(contact) = activity(rows, community, &occ).contact.filter(|_| !occ.cancelled) else {
        return vec![];
    };
    let key = Key::mail(contact, occ.revision, Purpose::Unfilled);
    outcomes::send(rows, &to, 1, &[key], false, now)
}

/// Batches of at most 64 that share their bounds of time.
pub(super) fn start(
    to: &StreamId,
    attempt: u32,
    keys: &[Key],
    late: &Late,
    resend: bool,
) -> Vec<Wish> {
    let batch = |keys: &[Key]| {
        let (keys, late) = (keys.to_vec(), late.clone());
        let command = DeliveryCommand::Start { attempt, keys, late, resend };
        Action::Command { to: to.clone(), command }
    };
    keys.chunks(BATCH_MAX).map(batch).collect()
}
