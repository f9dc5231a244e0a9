//! Residents with the same wish, in groups.
//!
//! `sub/<resident>/<community>/<subscription>` holds a [`Sub`];
//! `member/<community>/<target>/<profile>/<subscription>/<resident>` puts it into the group
//! `group/<community>/<target>/<profile>`, which holds the number of its members.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use linli_platform::{ids::StreamId, process::Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Wish, digest, plan,
    state::{Activity, Occurrence, Part, activity, last_id},
};
use crate::{
    contract::{Digest, SubscriptionEvent, What, heard::Visibility},
    values::{Hours, LEADS_DEFAULT, Quiet, Target},
};

/// What the members of a group have in common. As text it is one part of a row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    /// The longest first.
    pub leads: Vec<u32>,
    pub quiet: Quiet,
    pub digest: Digest,
}

impl Profile {
    /// How whoever takes part is reminded.
    pub fn of_participants(quiet: Quiet) -> Self {
        Self { leads: LEADS_DEFAULT.to_vec(), quiet, digest: Digest::Never }
    }

    /// When reminders of an occurrence come, with the lead time. Those that were due before the
    /// occurrence stood as it stands are not made up for one by one: where none at all is left,
    /// the shortest comes as soon as quiet hours allow.
    pub fn dues(&self, occ: &Occurrence, hours: &Hours) -> Vec<Due> {
        // Whoever wants summaries alone may have named no lead times for what is in none.
        let leads = if self.leads.is_empty() { &LEADS_DEFAULT[..] } else { &self.leads[..] };
        let shortest = leads.last().copied();
        let due = |&lead: &u32| {
            let wanted = occ.start - TimeDelta::minutes(i64::from(lead));
            let at = self.quiet.due(wanted, occ.start, occ.zone);
            let at = hours.due(at, occ.start, occ.zone);
            if at > occ.since {
                Some(Due { lead, at, late: false })
            } else if Some(lead) == shortest && occ.start > occ.since {
                let at = self.quiet.due(occ.since, occ.start, occ.zone).max(occ.since);
                Some(Due { lead, at, late: true })
            } else {
                None
            }
        };
        leads.iter().filter_map(due).collect()
    }
}

/// When a reminder comes.
pub(super) struct Due {
    pub lead: u32,
    pub at: DateTime<Utc>,
    /// It makes up for one whose time was past when the occurrence came to stand as it stands.
    pub late: bool,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = match self.digest {
            Digest::Default => "default",
            Digest::Never => "never",
            Digest::Always => "always",
        };
        let leads: Vec<String> = self.leads.iter().map(u32::to_string).collect();
        write!(f, "{},{},{digest}", leads.join("."), self.quiet)
    }
}

impl FromStr for Profile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split(',').collect();
        let [leads, quiet, digest] = parts[..] else { return Err(()) };
        let digest = match digest {
            "default" => Digest::Default,
            "never" => Digest::Never,
            "always" => Digest::Always,
            _ => return Err(()),
        };
        let leads = leads.split('.').filter_map(|lead| lead.parse().ok()).collect();
        Ok(Self { leads, quiet: quiet.parse().map_err(drop)?, digest })
    }
}

/// One subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sub {
    what: What,
    of: String,
    leads: Vec<u32>,
    digest: Digest,
    /// The group that it is in, as `<target>/<profile>`.
    group: String,
}

impl Sub {
    fn target(&self) -> Target {
        Target::new(self.what, self.of.clone())
    }

    /// Whether an occurrence comes as a reminder of its own by it, not in a summary.
    pub fn reminds(
        &self,
        rows: &Rows<'_>,
        community: &str,
        (act, occ): (&Activity, &Occurrence),
    ) -> bool {
        let alone = !self.digest.takes(act.frequent) || digest::misses(rows, community, occ);
        alone && targets(act, occ).contains(&self.target())
    }

    /// The same as a group has it.
    pub fn profile(&self, quiet: Quiet) -> Profile {
        Profile { leads: self.leads.clone(), quiet, digest: self.digest }
    }
}

/// A group whose members may be wanted.
pub(super) struct Group {
    pub profile: Profile,
    key: String,
}

impl Group {
    /// Its members, once for each of their subscriptions.
    pub fn members(&self, rows: &Rows<'_>) -> Vec<Uuid> {
        let members = rows.scan::<()>(&format!("member/{}/", self.key));
        members.iter().filter_map(|(key, ())| last_id(key)).collect()
    }
}

pub(super) fn quiet(rows: &Rows<'_>, resident: Uuid) -> Quiet {
    rows.get(&format!("quiet/{resident}")).unwrap_or_default()
}

/// The hours in which the host runs.
pub(super) fn hours(rows: &Rows<'_>) -> Hours {
    rows.get("hours").unwrap_or_default()
}

/// What a subscription may be about to be about this occurrence.
pub(super) fn targets(act: &Activity, occ: &Occurrence) -> Vec<Target> {
    let kinds = if occ.kinds.is_empty() { &act.kinds } else { &occ.kinds };
    let one = Target::new(What::Activity, occ.activity.clone());
    let teams = act.teams.iter().map(|team| Target::new(What::Team, team.clone()));
    match act.visibility {
        Visibility::Staff => vec![],
        Visibility::Team => teams.chain([one]).collect(),
        Visibility::Public => {
            let kinds = kinds.iter().map(|kind| Target::new(What::Kind, kind.clone()));
            let venue =
                (!occ.venue.is_empty()).then(|| Target::new(What::Venue, occ.venue.clone()));
            teams.chain([Target::all(), one]).chain(kinds).chain(venue).collect()
        }
    }
}

/// The groups of a community that an occurrence concerns.
pub(super) fn concerned(
    rows: &Rows<'_>,
    community: &str,
    act: &Activity,
    occ: &Occurrence,
) -> Vec<Group> {
    let of = |target: Target| {
        let prefix = format!("{community}/{target}/");
        rows.scan::<u32>(&format!("group/{prefix}"))
    };
    let found = targets(act, occ).into_iter().flat_map(of);
    found
        .filter_map(|(key, _)| {
            let key = key.strip_prefix("group/")?.to_owned();
            let profile = key.rsplit('/').next()?.parse().ok()?;
            Some(Group { profile, key })
        })
        .collect()
}

/// Whether a resident may know of an occurrence of this activity.
pub(super) fn admits(rows: &Rows<'_>, act: &Activity, resident: Uuid) -> bool {
    let member = |team: &String| rows.get::<()>(&format!("team/{resident}/{team}")).is_some();
    act.visibility == Visibility::Public || act.teams.iter().any(member)
}

/// Whether a subscription of this resident already reminds them of this occurrence one by one.
pub(super) fn covers(
    rows: &Rows<'_>,
    community: &str,
    (act, occ): (&Activity, &Occurrence),
    resident: Uuid,
) -> bool {
    let targets = targets(act, occ);
    let subs = rows.scan::<Sub>(&format!("sub/{resident}/{community}/"));
    subs.iter().any(|(_, sub)| {
        !sub.digest.takes(act.frequent) && !sub.leads.is_empty() && targets.contains(&sub.target())
    })
}

/// Whether a resident still wants a reminder of an occurrence that was due a while ago.
pub(super) fn wants(
    rows: &Rows<'_>,
    community: &str,
    (id, occ): (&str, &Occurrence),
    resident: Uuid,
) -> bool {
    let part = rows.get::<Part>(&format!("part/{id}/{resident}"));
    if part.is_some_and(|part| part.comes()) {
        return true;
    }
    let act = activity(rows, community, occ);
    let subs = rows.scan::<Sub>(&format!("sub/{resident}/{community}/"));
    subs.iter().any(|(_, sub)| sub.reminds(rows, community, (&act, occ)))
        && admits(rows, &act, resident)
}

/// Those who want no reminders at all, and those who are gone.
pub(super) fn unwilling(rows: &Rows<'_>) -> BTreeSet<Uuid> {
    let stopped = rows.scan::<()>("stop/").into_iter().chain(rows.scan::<()>("gone/"));
    stopped.filter_map(|(key, ())| last_id(&key)).collect()
}

/// Takes a change of somebody's wishes into the rows.
pub(super) fn hear(rows: &mut Rows<'_>, stream: &StreamId, event: &SubscriptionEvent) {
    let Some(resident) = stream.uuid() else { return };
    let community = stream.community();
    let row = |subscription: &Uuid| format!("sub/{resident}/{community}/{subscription}");
    match event {
        SubscriptionEvent::Subscribed { subscription, what, of, lead_minutes, digest, .. } => {
            let (what, of, leads) = (*what, of.clone(), lead_minutes.clone());
            let sub = Sub { what, of, leads, digest: *digest, group: String::new() };
            leave(rows, &row(subscription));
            join(rows, &row(subscription), sub);
        }
        SubscriptionEvent::Unsubscribed { subscription } => leave(rows, &row(subscription)),
        SubscriptionEvent::QuietHoursSet { from, until } => {
            let before = quiet(rows, resident);
            if let Ok(quiet) = format!("{from}-{until}").parse::<Quiet>() {
                rows.put(&format!("quiet/{resident}"), &quiet);
            }
            rows.leave(before);
            for (key, sub) in rows.scan::<Sub>(&format!("sub/{resident}/")) {
                leave(rows, &key);
                join(rows, &key, sub);
            }
        }
        SubscriptionEvent::RemindersStopped {} => rows.put(&format!("stop/{resident}"), &()),
        SubscriptionEvent::RemindersResumed {} => rows.remove(&format!("stop/{resident}")),
    }
}

/// Ends all subscriptions of somebody who is gone.
pub(super) fn leave_all(rows: &mut Rows<'_>, resident: Uuid) {
    for (key, _) in rows.scan::<Sub>(&format!("sub/{resident}/")) {
        leave(rows, &key);
    }
    for key in [format!("quiet/{resident}"), format!("stop/{resident}")] {
        rows.remove(&key);
    }
}

/// The parts of a subscription's key: resident, community, subscription.
fn parts(key: &str) -> Option<(Uuid, &str, &str)> {
    let mut parts = key.split('/').skip(1);
    Some((parts.next()?.parse().ok()?, parts.next()?, parts.next()?))
}

fn join(rows: &mut Rows<'_>, key: &str, mut sub: Sub) {
    let Some((resident, community, subscription)) = parts(key) else { return };
    let quiet = quiet(rows, resident);
    let profile = sub.profile(quiet);
    sub.group = format!("{}/{profile}", sub.target());
    let group = format!("{community}/{}", sub.group);
    rows.put(&format!("member/{group}/{subscription}/{resident}"), &());
    let count = rows.get::<u32>(&format!("group/{group}")).unwrap_or_default();
    rows.put(&format!("group/{group}"), &(count + 1));
    rows.put(key, &sub);
}

fn leave(rows: &mut Rows<'_>, key: &str) {
    let (Some((resident, community, subscription)), Some(sub)) = (parts(key), rows.get::<Sub>(key))
    else {
        return;
    };
    let group = format!("{community}/{}", sub.group);
    rows.remove(&format!("member/{group}/{subscription}/{resident}"));
    match rows.get::<u32>(&format!("group/{group}")) {
        Some(count) if count > 1 => rows.put(&format!("group/{group}"), &(count - 1)),
        _ => rows.remove(&format!("group/{group}")),
    }
    rows.remove(key);
}

/// Sets the timers that a new subscription needs: none where its group has others, since theirs
/// are set.
pub(super) fn joined(
    rows: &Rows<'_>,
    stream: &StreamId,
    subscription: Uuid,
    now: DateTime<Utc>,
) -> Vec<Wish> {
    let Some(resident) = stream.uuid() else { return vec![] };
    let key = format!("sub/{resident}/{}/{subscription}", stream.community());
    timers(rows, &key, now)
}

/// The same for all that somebody subscribed to or takes part in, after new quiet hours.
pub(super) fn regrouped(rows: &Rows<'_>, resident: Uuid, now: DateTime<Utc>) -> Vec<Wish> {
    let subs = rows.scan::<Sub>(&format!("sub/{resident}/"));
    let mut wishes: Vec<Wish> = subs.iter().flat_map(|(key, _)| timers(rows, key, now)).collect();
    for (key, ()) in rows.scan::<()>(&format!("mine/{resident}/")) {
        let mut parts = key.split('/').skip(2);
        if let (Some(community), Some(id)) = (parts.next(), parts.next()) {
            wishes.extend(plan::await_participant(rows, community, id, resident, now));
        }
    }
    wishes
}

fn timers(rows: &Rows<'_>, key: &str, now: DateTime<Utc>) -> Vec<Wish> {
    let (Some((_, community, _)), Some(sub)) = (parts(key), rows.get::<Sub>(key)) else {
        return vec![];
    };
    let mut wishes = Vec::new();
    if sub.digest != Digest::Never {
        wishes.push(digest::timer(rows, community, now));
    }
    if rows.get::<u32>(&format!("group/{community}/{}", sub.group)) != Some(1) {
        return wishes;
    }
    let Some(Ok(profile)) = sub.group.rsplit('/').next().map(str::parse::<Profile>) else {
        return wishes;
    };
    for (key, occ) in rows.scan::<Occurrence>(&format!("occ/{community}/")) {
        let act = activity(rows, community, &occ);
        let hours = hours(rows);
        if let Some(id) = key.rsplit('/').next()
            && occ.start > now
            && sub.reminds(rows, community, (&act, &occ))
        {
            wishes.extend(plan::at_dues(community, id, &profile.dues(&occ, &hours), now));
        }
    }
    wishes
}

/// The zone in which an occurrence's quiet hours are meant, with those of a resident.
pub(super) fn quiet_in(rows: &Rows<'_>, resident: Uuid, zone: Tz) -> (Quiet, Tz) {
    (quiet(rows, resident), zone)
}
