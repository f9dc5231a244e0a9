//! Whoever was written down twice goes on being told, under the entry that stays: what they had
//! subscribed to under the other is subscribed to there, unless they have the like there already.
//! Their quiet hours go over where none are set, and a "no more reminders" always does.
//!
//! | row | what |
//! |---|---|
//! | `sub/<resident>/<community>/<subscription>` | the `Subscribed` event that stands |
//! | `quiet/<resident>`, `stop/<resident>` | what holds everywhere |
//! | `heir/<resident>` | into whom they were merged |

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::StreamId,
    process::{Action, Input, Process, Rows},
    projection::Fact,
};
use uuid::Uuid;

use crate::{
    contract::{
        SubscriptionEvent, What,
        heard::{Heard, ResidentEvent},
    },
    deciders::SubscriptionCommand,
    values::{Quiet, own_subscription},
};

/// The process.
pub enum Heirs {}

type Wish = Action<SubscriptionCommand>;

/// Merged entries form short chains; the bound guards against a ring.
const CHAIN_MAX: usize = 16;

impl Process<Heard> for Heirs {
    const NAME: &'static str = "heirs";
    const VERSION: u32 = 1;
    type Command = SubscriptionCommand;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        let Some(resident) = fact.source.stream.uuid() else { return };
        match &fact.event {
            Heard::Subscription(event) => {
                wish(rows, fact.source.stream.community(), resident, event);
            }
            Heard::Resident(ResidentEvent::ResidentMerged { into }) => {
                rows.put(&format!("heir/{resident}"), into);
            }
            Heard::Resident(ResidentEvent::ResidentErased {}) => forget(rows, resident),
            _ => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, _: DateTime<Utc>) -> Vec<Wish> {
        let Input::Event(fact) = input else { return vec![] };
        let Some(resident) = fact.source.stream.uuid() else { return vec![] };
        let Some(heir) = heir(rows, resident) else { return vec![] };
        match &fact.event {
            Heard::Resident(ResidentEvent::ResidentMerged { .. }) => all(rows, resident, heir),
            // Asked for at the moment of the merger, or carried to an entry that was merged, too.
            Heard::Subscription(_) => late(rows, fact, resident, heir),
            _ => vec![],
        }
    }
}

fn wish(rows: &mut Rows<'_>, community: &str, resident: Uuid, event: &SubscriptionEvent) {
    let sub = |subscription: &Uuid| format!("sub/{resident}/{community}/{subscription}");
    match event {
        SubscriptionEvent::Subscribed { subscription, .. } => rows.put(&sub(subscription), event),
        SubscriptionEvent::Unsubscribed { subscription } => rows.remove(&sub(subscription)),
        SubscriptionEvent::QuietHoursSet { .. } => rows.put(&format!("quiet/{resident}"), event),
        SubscriptionEvent::RemindersStopped {} => rows.put(&format!("stop/{resident}"), &()),
        SubscriptionEvent::RemindersResumed {} => rows.remove(&format!("stop/{resident}")),
    }
}

fn forget(rows: &mut Rows<'_>, resident: Uuid) {
    for (key, _) in rows.scan::<SubscriptionEvent>(&format!("sub/{resident}/")) {
        rows.remove(&key);
    }
    for row in ["quiet", "stop"] {
        rows.remove(&format!("{row}/{resident}"));
    }
}

/// Who stands for somebody who was merged; `None` for one who was not.
fn heir(rows: &Rows<'_>, resident: Uuid) -> Option<Uuid> {
    let mut stands = None;
    let mut at = resident;
    for _ in 0..CHAIN_MAX {
        match rows.get::<Uuid>(&format!("heir/{at}")) {
            Some(next) if next != resident => at = next,
            _ => break,
        }
        stands = Some(at);
    }
    stands
}

fn stream(community: &str, resident: Uuid) -> Option<StreamId> {
    StreamId::new(community, "notifier", "subscription", resident).ok()
}

fn about(event: &SubscriptionEvent) -> Option<(What, &str)> {
    match event {
        SubscriptionEvent::Subscribed { what, of, .. } => Some((*what, of)),
        _ => None,
    }
}

/// Subscribes the heir to what the double was, unless they are to the like.
fn carry(
    rows: &Rows<'_>,
    community: &str,
    (double, heir): (Uuid, Uuid),
    event: &SubscriptionEvent,
) -> Option<Wish> {
    let SubscriptionEvent::Subscribed { subscription, what, of, lead_minutes, channels, digest } =
        event
    else {
        return None;
    };
    let held = rows.scan::<SubscriptionEvent>(&format!("sub/{heir}/{community}/"));
    if held.iter().any(|(_, other)| about(other) == about(event)) {
        return None;
    }
    // The button on an occurrence's page knows its subscription by whose it is.
    let by_button = *subscription == own_subscription(double, of);
    let subscription = if by_button { own_subscription(heir, of) } else { *subscription };
    let command = SubscriptionCommand::Subscribe {
        subscription,
        what: *what,
        of: of.clone(),
        lead_minutes: lead_minutes.clone(),
        channels: channels.clone(),
        digest: *digest,
    };
    Some(Action::Command { to: stream(community, heir)?, command })
}

fn all(rows: &Rows<'_>, double: Uuid, heir: Uuid) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for (key, event) in rows.scan::<SubscriptionEvent>(&format!("sub/{double}/")) {
        let community = key.split('/').nth(2).unwrap_or_default();
        wishes.extend(carry(rows, community, (double, heir), &event));
    }
    let own_quiet = rows.get::<SubscriptionEvent>(&format!("quiet/{heir}")).is_some();
    let quiet = rows.get(&format!("quiet/{double}")).filter(|_| !own_quiet);
    wishes.extend(quiet.and_then(|event| quiet_of(&event, heir)));
    let stopped = rows.get::<()>(&format!("stop/{double}"));
    wishes.extend(stopped.and_then(|()| stop(heir)));
    wishes
}

fn quiet_of(event: &SubscriptionEvent, heir: Uuid) -> Option<Wish> {
    let SubscriptionEvent::QuietHoursSet { from, until } = event else { return None };
    let quiet: Quiet = format!("{from}-{until}").parse().ok()?;
    Some(Action::Command { to: stream("_", heir)?, command: SubscriptionCommand::SetQuiet(quiet) })
}

fn stop(heir: Uuid) -> Option<Wish> {
    Some(Action::Command { to: stream("_", heir)?, command: SubscriptionCommand::Stop })
}

fn late(rows: &Rows<'_>, fact: &Fact<Heard>, double: Uuid, heir: Uuid) -> Vec<Wish> {
    let community = fact.source.stream.community();
    let Heard::Subscription(event) = &fact.event else { return vec![] };
    let wish = match event {
        SubscriptionEvent::Subscribed { .. } => carry(rows, community, (double, heir), event),
        SubscriptionEvent::QuietHoursSet { .. } => quiet_of(event, heir),
        SubscriptionEvent::RemindersStopped {} => stop(heir),
        SubscriptionEvent::Unsubscribed { .. } | SubscriptionEvent::RemindersResumed {} => None,
    };
    wish.into_iter().collect()
}
