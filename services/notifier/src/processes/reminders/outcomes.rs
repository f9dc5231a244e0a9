//! What follows when a batch is started, settled or held: later tries, and who was told.
//!
//! `retry/<stream>/<due>/<attempt>` holds the deliveries of a try to come; when its timer rings
//! they are `ripe`. `doubt/<stream>|<delivery>` holds the try of which nobody knows the outcome.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    entropy::derived,
    ids::StreamId,
    process::{Action, Rows},
};

use super::{
    Wish, announce, covers, digest, groups, plan,
    state::{Occurrence, occurrence},
};
use crate::{
    contract::{Class, DeliveryEvent, Outcome},
    deciders::{DeliveryCommand, Late},
    values::{Key, Purpose, Quiet},
};

/// Seconds until the next try after a passing trouble, by the number of tries so far.
const LADDER_S: [i64; 8] = [15, 60, 240, 900, 2_700, 7_200, 14_400, 28_800];
/// Seconds by which each refusal for being too fast slows down, up to ten of them.
const THROTTLED_S: i64 = 60;
/// Seconds until an account that is set up wrongly is looked at again.
const ACCOUNT_S: i64 = 300;
/// How long a link to sign in with is good.
const SIGN_IN: TimeDelta = TimeDelta::minutes(15);
/// A change is told for at least this long, even of an occurrence that should have begun.
const CHANGE_TOLD: TimeDelta = TimeDelta::hours(2);
/// Who is promoted for an occurrence that begins so soon after quiet hours is told in them.
const EARLY: TimeDelta = TimeDelta::minutes(90);

/// Takes what became of a batch into the rows.
pub(super) fn hear(
    rows: &mut Rows<'_>,
    stream: &StreamId,
    event: &DeliveryEvent,
    at: DateTime<Utc>,
) {
    match event {
        DeliveryEvent::DeliveriesStarted { keys, .. } => {
            for key in keys {
                rows.remove(&doubt(stream, *key));
                if key.purpose == Purpose::Digest {
                    digest::hear(rows, stream, key.resident);
                }
                if key.purpose.tells_of_an_occurrence() {
                    let told = format!("told/{}/{}", stream.id(), key.resident);
                    let before = rows.get::<u32>(&told).unwrap_or_default();
                    rows.put(&told, &before.max(key.revision));
                }
            }
        }
        DeliveryEvent::DeliveriesSettled { attempt, outcomes } => {
            for outcome in outcomes.iter().filter(|o| o.class == Class::Indeterminate) {
                rows.put(&doubt(stream, outcome.key), attempt);
            }
            for (due, keys) in retries(stream, *attempt, outcomes, at) {
                await_try(rows, &row(stream, due, attempt + 1), keys);
            }
        }
        DeliveryEvent::DeliveriesHeld { until, attempt, keys } => {
            await_try(rows, &row(stream, *until, *attempt), keys.clone());
        }
        // Who has no address, or did not agree, has read no summary.
        DeliveryEvent::DeliveriesSuppressed { keys, .. } => {
            for key in keys.iter().filter(|key| key.purpose == Purpose::Digest) {
                digest::unheard(rows, stream, key.resident);
            }
        }
        DeliveryEvent::DeliveriesMissed { .. } | DeliveryEvent::DeliveriesSuperseded { .. } => {}
    }
}

/// Adds deliveries to a try to come: other batches may have it at the same instant.
fn await_try(rows: &mut Rows<'_>, row: &str, keys: Vec<Key>) {
    let mut waiting = rows.get::<Vec<Key>>(row).unwrap_or_default();
    waiting.extend(keys);
    rows.put(row, &waiting);
}

fn doubt(stream: &StreamId, key: Key) -> String {
    format!("doubt/{stream}|{key}")
}

fn row(stream: &StreamId, due: DateTime<Utc>, attempt: u32) -> String {
    format!("retry/{stream}/{}/{attempt}", due.timestamp_micros())
}

/// The timer of a later try; its name is the key of its row.
pub(super) fn timer(stream: &StreamId, due: DateTime<Utc>, attempt: u32) -> Wish {
    Action::SetTimer { name: row(stream, due, attempt), due }
}

/// Which deliveries of a settled batch are tried again, and when.
fn retries(
    stream: &StreamId,
    attempt: u32,
    outcomes: &[Outcome],
    at: DateTime<Utc>,
) -> BTreeMap<DateTime<Utc>, Vec<Key>> {
    let mut retries: BTreeMap<DateTime<Utc>, Vec<Key>> = BTreeMap::new();
    for Outcome { key, class, .. } in outcomes {
        if let Some(delay) = delay(stream, *class, attempt) {
            retries.entry(at + delay).or_default().push(*key);
        }
    }
    retries
}

/// How long to wait after a try; `None` for what is not tried again.
fn delay(stream: &StreamId, class: Class, attempt: u32) -> Option<TimeDelta> {
    let seconds = match class {
        Class::Transient => {
            let tried = usize::try_from(attempt).ok()?;
            let base = LADDER_S.get(tried.checked_sub(1)?)?;
            // Between half and one and a half of it, so that sources don't come back as one. The
            // same again on replay, hence no true chance.
            let spread = derived("notifier.retry", &format!("{stream}/{attempt}")).as_bytes()[0];
            base * (128 + i64::from(spread)) / 256
        }
        Class::Throttled => THROTTLED_S * i64::from(attempt.min(10)),
        Class::Account => ACCOUNT_S,
        Class::Accepted | Class::Address | Class::Content | Class::Indeterminate => return None,
    };
    Some(TimeDelta::seconds(seconds))
}

/// What follows from a settled batch: timers for later tries, the end of those tried often
/// enough, and one more try of those whose outcome nobody knows.
pub(super) fn settled(
    rows: &Rows<'_>,
    stream: &StreamId,
    attempt: u32,
    outcomes: &[Outcome],
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let dues = retries(stream, attempt, outcomes, now);
    let mut wishes: Vec<Wish> = dues.keys().map(|due| timer(stream, *due, attempt + 1)).collect();
    let spent = outcomes.iter().filter(|outcome| {
        outcome.class.retries() && delay(stream, outcome.class, attempt).is_none()
    });
    let keys: Vec<Key> = spent.map(|outcome| outcome.key).collect();
    if !keys.is_empty() {
        let command = DeliveryCommand::Miss { keys };
        wishes.push(Action::Command { to: stream.clone(), command });
    }
    let doubtful = outcomes.iter().filter(|outcome| outcome.class == Class::Indeterminate);
    let keys: Vec<Key> = doubtful.map(|outcome| outcome.key).collect();
    wishes.extend(send(rows, stream, attempt + 1, &keys, false, now));
    wishes
}

/// The try whose time has come: of which source, which try, of which deliveries.
type Ripe = (StreamId, u32, Vec<Key>);

/// Leaves the deliveries of a try whose time has come to [`retry`].
pub(super) fn ripen(rows: &mut Rows<'_>, name: &str) {
    let keys = rows.get::<Vec<Key>>(name).unwrap_or_default();
    rows.remove(name);
    let mut parts = name.rsplitn(3, '/');
    let attempt = parts.next().and_then(|attempt| attempt.parse().ok()).unwrap_or(1_u32);
    let stream = parts.nth(1).and_then(|rest| rest.strip_prefix("retry/")?.parse().ok());
    if let Some(stream) = stream {
        rows.leave((stream, attempt, keys) as Ripe);
    }
}

/// The try whose time has come.
pub(super) fn retry(rows: &Rows<'_>, due: DateTime<Utc>) -> Vec<Wish> {
    match rows.left::<Ripe>() {
        Some((to, attempt, keys)) => {
            // After a long sleep of the machine the occurrence may be over and forgotten.
            let occ = occurrence(rows, to.community(), to.id());
            let of = (&to, occ.as_ref());
            let (keys, void): (Vec<Key>, Vec<Key>) = keys.into_iter().partition(|key| {
                late(rows, &to, occ.as_ref(), *key, due).is_some() && wanted(rows, of, *key)
            });
            let mut wishes = send(rows, &to, attempt, &keys, false, due);
            if !void.is_empty() {
                wishes.push(Action::Command { to, command: DeliveryCommand::Miss { keys: void } });
            }
            wishes
        }
        None => vec![],
    }
}

/// Whether somebody still wants what was held or failed: they may have withdrawn, ended their
/// subscription or stopped all meanwhile.
fn wanted(rows: &Rows<'_>, (to, occ): (&StreamId, Option<&Occurrence>), key: Key) -> bool {
    let stopped = || rows.get::<()>(&format!("stop/{}", key.resident)).is_some();
    match key.purpose {
        Purpose::Lead(_) => {
            let of = |occ| groups::wants(rows, to.community(), (to.id(), occ), key.resident);
            occ.is_some_and(of) && !stopped()
        }
        Purpose::Digest | Purpose::Announcement => !stopped(),
        Purpose::Changed | Purpose::Promoted | Purpose::Unfilled | Purpose::SignIn(_) => true,
    }
}

/// A person wants a doubtful delivery to go out once more.
pub(super) fn resend(
    rows: &Rows<'_>,
    followup: &StreamId,
    key: Key,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let (community, id) = (followup.community(), followup.id());
    let Some(to) = super::source(community, id) else { return vec![] };
    match rows.get::<u32>(&doubt(&to, key)) {
        Some(attempt) => send(rows, &to, attempt + 1, &[key], true, now),
        None => vec![],
    }
}

/// Batches for `keys`, each within the bounds of its time.
pub(super) fn send(
    rows: &Rows<'_>,
    to: &StreamId,
    attempt: u32,
    keys: &[Key],
    resend: bool,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let occ = occurrence(rows, to.community(), to.id());
    let mut batches: Vec<(Late, Vec<Key>)> = Vec::new();
    for key in keys {
        let gone = rows.get::<()>(&format!("gone/{}", key.resident)).is_some();
        let Some(late) = late(rows, to, occ.as_ref(), *key, now).filter(|_| !gone) else {
            continue;
        };
        match batches.iter_mut().find(|(other, _)| *other == late) {
            Some((_, keys)) => keys.push(*key),
            None => batches.push((late, vec![*key])),
        }
    }
    let started =
        batches.iter().flat_map(|(late, keys)| plan::start(to, attempt, keys, late, resend));
    started.collect()
}

/// When a delivery is too late and when it has to wait; `None` for what nothing is known of any
/// more.
fn late(
    rows: &Rows<'_>,
    to: &StreamId,
    occ: Option<&Occurrence>,
    key: Key,
    now: DateTime<Utc>,
) -> Option<Late> {
    let until = |expires| Late { expires: Some(expires), quiet: None };
    Some(match key.purpose {
        Purpose::Lead(_) => {
            let occ = occ?;
            let quiet = groups::quiet_in(rows, key.resident, occ.zone);
            Late { expires: Some(occ.start), quiet: Some(quiet) }
        }
        Purpose::Changed => {
            let occ = occ?;
            until(occ.start.max(occ.since + CHANGE_TOLD))
        }
        Purpose::Promoted => {
            let occ = occ?;
            let (quiet, zone) = groups::quiet_in(rows, key.resident, occ.zone);
            let around = quiet.around(now, zone);
            let waits = around.is_none_or(|(_, ends)| occ.start >= ends + EARLY);
            Late { expires: Some(occ.start), quiet: waits.then_some((quiet, zone)) }
        }
        Purpose::Unfilled => {
            let (expires, zone) = match occ {
                Some(occ) => (occ.start, occ.zone),
                None => (covers::expires(rows, to)?, super::state::zone(rows, to.community())),
            };
            Late { expires: Some(expires), quiet: Some((Quiet::default(), zone)) }
        }
        Purpose::Announcement => {
            let zone = super::state::zone(rows, to.community());
            let quiet = groups::quiet_in(rows, key.resident, zone);
            Late { expires: Some(announce::expires(rows, to)?), quiet: Some(quiet) }
        }
        Purpose::Digest => {
            let expires = digest::expires(rows, to.community(), to.id())?;
            let zone = super::state::zone(rows, to.community());
            let quiet = groups::quiet_in(rows, key.resident, zone);
            Late { expires: Some(expires), quiet: Some(quiet) }
        }
        Purpose::SignIn(n) => {
            let asked: DateTime<Utc> = rows.get(&format!("asked/{}/{n}", key.resident))?;
            until(asked + SIGN_IN)
        }
    })
}
