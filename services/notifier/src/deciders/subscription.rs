//! What one resident wants to be told, in one community; under `_` what holds everywhere.
//!
//! Invariants:
//! - A subscription has one to four lead times of 5 minutes to four weeks, the longest first and
//!   none twice; with a summary for all it may have none.
//! - It says what it is about, unless it is about all; and it has a channel.
//! - A stream holds at most 50 subscriptions.
//! - To ask for what already is changes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contract::{Digest, SubscriptionEvent, What},
    values::{Channel, LEAD_MINUTES_MAX, LEAD_MINUTES_MIN, LEADS_MAX, Quiet},
};

/// The most subscriptions of one resident in one community.
const SUBSCRIPTIONS_MAX: usize = 50;

/// The decider of `subscription`.
pub enum Subscription {}

/// What a resident can ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SubscriptionCommand {
    /// To be told; replaces the subscription of the same id.
    Subscribe {
        /// Its id.
        subscription: Uuid,
        /// The sort of thing.
        what: What,
        /// Which one.
        of: String,
        /// Minutes before the start, in any order.
        lead_minutes: Vec<u32>,
        /// How.
        channels: Vec<Channel>,
        /// Whether in one summary a week.
        digest: Digest,
    },
    /// No more of one.
    Unsubscribe {
        /// Which.
        subscription: Uuid,
    },
    /// Other quiet hours.
    SetQuiet(Quiet),
    /// No reminders at all.
    Stop,
    /// Reminders again.
    Resume,
}

/// Why a subscription can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unfit {
    /// A lead time out of range.
    #[error("{0} minutes: choose from 5 minutes to 4 weeks before the start")]
    Lead(u32),
    /// No lead time, and no summary either.
    #[error("choose when to be reminded, or the weekly summary")]
    NoLead,
    /// Too many lead times.
    #[error("choose at most {LEADS_MAX} times")]
    Leads,
    /// No channel.
    #[error("choose how to be reminded")]
    NoChannel,
    /// It does not say of what.
    #[error("choose what to be reminded of")]
    NoObject,
    /// Too many.
    #[error("there are {SUBSCRIPTIONS_MAX} subscriptions already: end one first")]
    TooMany,
}

/// What is remembered of a resident.
#[derive(Debug, Clone, Default)]
pub struct State {
    held: BTreeMap<Uuid, SubscriptionEvent>,
    quiet: Option<Quiet>,
    stopped: bool,
}

impl Decider for Subscription {
    const SERVICE: &'static str = "notifier";
    const CATEGORY: &'static str = "subscription";
    type Command = SubscriptionCommand;
    type Event = SubscriptionEvent;
    type State = State;
    type Rejection = Unfit;

    fn decide(
        state: &State,
        command: SubscriptionCommand,
        _now: DateTime<Utc>,
    ) -> Result<Vec<SubscriptionEvent>, Unfit> {
        use SubscriptionCommand::{Resume, SetQuiet, Stop, Subscribe, Unsubscribe};
        Ok(match command {
            Subscribe { subscription, what, of, lead_minutes, channels, digest } => {
                let lead_minutes = leads(lead_minutes, digest)?;
                if channels.is_empty() {
                    return Err(Unfit::NoChannel);
                }
                let of = of.trim().to_owned();
                if (what == What::All) != of.is_empty() {
                    return Err(Unfit::NoObject);
                }
                let known = state.held.get(&subscription);
                if known.is_none() && state.held.len() >= SUBSCRIPTIONS_MAX {
                    return Err(Unfit::TooMany);
                }
                let wanted = SubscriptionEvent::Subscribed {
                    subscription,
                    what,
                    of,
                    lead_minutes,
                    channels,
                    digest,
                };
                if known == Some(&wanted) { vec![] } else { vec![wanted] }
            }
            Unsubscribe { subscription } if state.held.contains_key(&subscription) => {
                vec![SubscriptionEvent::Unsubscribed { subscription }]
            }
            SetQuiet(quiet) if state.quiet.unwrap_or_default() != quiet => {
                let text = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
                let (from, until) = (text(quiet.from), text(quiet.until));
                vec![SubscriptionEvent::QuietHoursSet { from, until }]
            }
            Stop if !state.stopped => vec![SubscriptionEvent::RemindersStopped {}],
            Resume if state.stopped => vec![SubscriptionEvent::RemindersResumed {}],
            Unsubscribe { .. } | SetQuiet(_) | Stop | Resume => vec![],
        })
    }

    fn evolve(mut state: State, event: &SubscriptionEvent) -> State {
        match event {
            SubscriptionEvent::Subscribed { subscription, .. } => {
                state.held.insert(*subscription, event.clone());
            }
            SubscriptionEvent::Unsubscribed { subscription } => {
                state.held.remove(subscription);
            }
            SubscriptionEvent::QuietHoursSet { from, until } => {
                state.quiet = format!("{from}-{until}").parse().ok();
            }
            SubscriptionEvent::RemindersStopped {} => state.stopped = true,
            SubscriptionEvent::RemindersResumed {} => state.stopped = false,
        }
        state
    }
}

/// Lead times as they are kept: the longest first, none twice.
fn leads(mut minutes: Vec<u32>, digest: Digest) -> Result<Vec<u32>, Unfit> {
    let range = LEAD_MINUTES_MIN..=LEAD_MINUTES_MAX;
    if let Some(&wrong) = minutes.iter().find(|minutes| !range.contains(minutes)) {
        return Err(Unfit::Lead(wrong));
    }
    minutes.sort_unstable_by(|a, b| b.cmp(a));
    minutes.dedup();
    match minutes.len() {
        0 if digest != Digest::Always => Err(Unfit::NoLead),
        0..=LEADS_MAX => Ok(minutes),
        _ => Err(Unfit::Leads),
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;

    fn ask(leads: &[u32], digest: Digest) -> SubscriptionCommand {
        SubscriptionCommand::Subscribe {
            subscription: Uuid::from_u128(1),
            what: What::Kind,
            of: "议事".into(),
            lead_minutes: leads.to_vec(),
            channels: vec![Channel::Email],
            digest,
        }
    }

    fn subscribed(leads: &[u32]) -> SubscriptionEvent {
        SubscriptionEvent::Subscribed {
            subscription: Uuid::from_u128(1),
            what: What::Kind,
            of: "议事".into(),
            lead_minutes: leads.to_vec(),
            channels: vec![Channel::Email],
            digest: Digest::Default,
        }
    }

    #[test]
    fn a_subscription_is_kept_in_order_once_and_replaced_by_its_id() {
        let now = at("2026-11-02T08:00:00+08:00");
        let fresh = given::<Subscription>([]);
        fresh.when(ask(&[120, 1440, 120], Digest::Default), now).then([subscribed(&[1440, 120])]);
        let had = given::<Subscription>([subscribed(&[1440, 120])]);
        had.when(ask(&[1440, 120], Digest::Default), now).then_nothing();
        had.when(ask(&[60], Digest::Default), now).then([subscribed(&[60])]);
        let end = SubscriptionCommand::Unsubscribe { subscription: Uuid::from_u128(1) };
        fresh.when(end.clone(), now).then_nothing();
        let ended = SubscriptionEvent::Unsubscribed { subscription: Uuid::from_u128(1) };
        had.when(end, now).then([ended]);
    }

    #[test]
    fn what_cannot_be_had_is_told() {
        let now = at("2026-11-02T08:00:00+08:00");
        let fresh = given::<Subscription>([]);
        fresh.when(ask(&[4], Digest::Default), now).then_rejected(&Unfit::Lead(4));
        fresh.when(ask(&[40_321], Digest::Default), now).then_rejected(&Unfit::Lead(40_321));
        fresh.when(ask(&[], Digest::Default), now).then_rejected(&Unfit::NoLead);
        fresh.when(ask(&[5, 6, 7, 8, 9], Digest::Never), now).then_rejected(&Unfit::Leads);
        let SubscriptionCommand::Subscribe { subscription, lead_minutes, .. } =
            ask(&[60], Digest::Never)
        else {
            panic!("it is a subscription")
        };
        let without = |of: &str, channels: Vec<Channel>| SubscriptionCommand::Subscribe {
            subscription,
            what: What::Team,
            of: of.into(),
            lead_minutes: lead_minutes.clone(),
            channels,
            digest: Digest::Never,
        };
        fresh.when(without("x", vec![]), now).then_rejected(&Unfit::NoChannel);
        fresh.when(without(" ", vec![Channel::Email]), now).then_rejected(&Unfit::NoObject);
    }

    #[test]
    fn quiet_hours_and_the_stop_of_all_are_set_once() {
        let now = at("2026-11-02T08:00:00+08:00");
        let quiet = |text: &str| SubscriptionCommand::SetQuiet(text.parse().unwrap());
        let fresh = given::<Subscription>([]);
        fresh.when(quiet("22:00-07:00"), now).then_nothing();
        let set = SubscriptionEvent::QuietHoursSet { from: "21:00".into(), until: "06:30".into() };
        fresh.when(quiet("21:00-06:30"), now).then([set.clone()]);
        given::<Subscription>([set]).when(quiet("21:00-06:30"), now).then_nothing();
        fresh.when(SubscriptionCommand::Resume, now).then_nothing();
        let stopped = SubscriptionEvent::RemindersStopped {};
        fresh.when(SubscriptionCommand::Stop, now).then([stopped.clone()]);
        let stopped = given::<Subscription>([stopped]);
        stopped.when(SubscriptionCommand::Stop, now).then_nothing();
        let resumed = SubscriptionEvent::RemindersResumed {};
        stopped.when(SubscriptionCommand::Resume, now).then([resumed]);
    }
}
