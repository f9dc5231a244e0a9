//! New quiet hours of somebody: what would have come later by the old ones and earlier, in the past,
//! by the new ones comes now.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::process::Rows;
use uuid::Uuid;

use super::{
    Wish, groups,
    groups::{Profile, Sub},
    outcomes,
    state::{Occurrence, activity, occurrence, source},
};
use crate::values::{Hours, Key, Purpose, Quiet};

/// Whose reminders they are, of what.
struct Lost<'r> {
    rows: &'r Rows<'r>,
    before: Quiet,
    after: Quiet,
    hours: Hours,
    now: DateTime<Utc>,
    /// By community and occurrence: the revision and the shortest lead time.
    found: BTreeMap<(String, String), (u32, u32)>,
}

/// What follows from new quiet hours.
pub(super) fn changed(rows: &Rows<'_>, resident: Uuid, now: DateTime<Utc>) -> Vec<Wish> {
    let mut wishes = groups::regrouped(rows, resident, now);
    let (before, after) = (rows.left().unwrap_or_default(), groups::quiet(rows, resident));
    let (hours, found) = (groups::hours(rows), BTreeMap::new());
    let mut lost = Lost { rows, before, after, hours, now, found };
    lost.by_subscription(resident);
    lost.by_taking_part(resident);
    for ((community, id), (revision, lead)) in lost.found {
        if let Some(to) = source(&community, &id) {
            let key = Key::mail(resident, revision, Purpose::Lead(lead));
            wishes.extend(outcomes::send(rows, &to, 1, &[key], false, now));
        }
    }
    wishes
}

impl Lost<'_> {
    fn by_subscription(&mut self, resident: Uuid) {
        for (key, sub) in self.rows.scan::<Sub>(&format!("sub/{resident}/")) {
            let Some(community) = key.split('/').nth(2) else { continue };
            for (key, occ) in self.rows.scan::<Occurrence>(&format!("occ/{community}/")) {
                let act = activity(self.rows, community, &occ);
                if let Some(id) = key.rsplit('/').next()
                    && sub.reminds(self.rows, community, (&act, &occ))
                    && groups::admits(self.rows, &act, resident)
                {
                    self.look(community, (id, &occ), &|quiet| sub.profile(quiet));
                }
            }
        }
    }

    fn by_taking_part(&mut self, resident: Uuid) {
        for (key, ()) in self.rows.scan::<()>(&format!("mine/{resident}/")) {
            let mut parts = key.split('/').skip(2);
            if let (Some(community), Some(id)) = (parts.next(), parts.next())
                && let Some(occ) = occurrence(self.rows, community, id)
                && groups::wants(self.rows, community, (id, &occ), resident)
            {
                self.look(community, (id, &occ), &Profile::of_participants);
            }
        }
    }

    fn look(
        &mut self,
        community: &str,
        (id, occ): (&str, &Occurrence),
        profile: &dyn Fn(Quiet) -> Profile,
    ) {
        if occ.cancelled || occ.start <= self.now {
            return;
        }
        let ahead = |quiet| {
            let dues = profile(quiet).dues(occ, &self.hours).into_iter();
            dues.filter(|due| due.at > self.now && !due.late).map(|due| due.lead).collect()
        };
        let (before, after): (Vec<u32>, Vec<u32>) = (ahead(self.before), ahead(self.after));
        let lost = before.into_iter().filter(|lead| !after.contains(lead)).min();
        if let Some(lead) = lost {
            let key = (community.to_owned(), id.to_owned());
            let (_, shortest) = self.found.entry(key).or_insert((occ.revision, lead));
            *shortest = lead.min(*shortest);
        }
    }
}
