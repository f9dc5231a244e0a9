//! Residents. Invariants:
//!
//! - a resident is registered once; a name and a building suffice;
//! - whoever was merged into another, or erased, is never written about again, except that a merged
//!   one can still be erased;
//! - sealed values are under this resident's own key and are never compared: the edge leaves out
//!   what did not change;
//! - an edit form that was opened before the last change is refused, not merged;
//! - one under 14 gives no consent before a guardian does, and the guardian's withdrawal ends all;
//! - nobody is their own proxy or merged into themselves, nor are two merged into each other;
//! - who takes over from a double agrees to what the double agreed to, but never again to what they
//!   have withdrawn themselves;
//! - a sign-in link is asked for at most [`SIGN_INS_AN_HOUR`](super::SIGN_INS_AN_HOUR) times an hour.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{decider::Decider, vault::Sealed};
use uuid::Uuid;

use super::Asked;
use crate::contract::{Changed, Purpose, RESIDENT, Registered, ResidentEvent as Event, SERVICE};

mod rejection;
#[cfg(test)]
mod tests;

pub use rejection::Rejection;

/// Decides on residents.
pub struct Residents;

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Command {
    /// Write somebody down, with what they consented to.
    Register {
        /// Who they are.
        who: Box<Registered>,
        /// To what they consented.
        consents: Vec<Purpose>,
        /// How: `paper`, `page` or `import`.
        how: String,
    },
    /// Change what is known of them.
    Change {
        /// The revision that the form was opened at; none where there was no form.
        seen: Option<u32>,
        /// What changes.
        change: Box<Changed>,
    },
    /// They live elsewhere.
    Move {
        /// The community's code.
        community: String,
        /// The building's code.
        building: String,
    },
    /// They agree.
    GiveConsent {
        /// To what.
        purpose: Purpose,
        /// `paper`, `page` or `import`.
        how: String,
    },
    /// They agree no more.
    WithdrawConsent {
        /// To what.
        purpose: Purpose,
    },
    /// They join a team.
    JoinTeam(Uuid),
    /// They leave a team.
    LeaveTeam(Uuid),
    /// Another resident may act for them.
    AllowProxy(Uuid),
    /// And may no more.
    EndProxy(Uuid),
    /// A sign-in link is asked for under their address.
    AskSignIn,
    /// A card is made for them; the same order is the same card.
    IssueCard(Uuid),
    /// Another entry is theirs, too, and is about to be merged into this one.
    TakeOver(Box<Taken>),
    /// They are another resident, written down twice.
    MergeInto(Uuid),
    /// Their key is destroyed.
    Erase,
}

/// What goes over from a double.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The double.
    pub double: Uuid,
    /// What they agreed to.
    pub consents: BTreeSet<Purpose>,
    /// Their teams.
    pub teams: Vec<Uuid>,
    /// Who may act for them.
    pub proxies: Vec<Uuid>,
}

/// Within this time of taking over from a double one is not merged into that double: somebody else
/// is merging the two the other way round.
const CROSSED: TimeDelta = TimeDelta::minutes(1);

/// What is remembered of a resident to decide on: nothing that says who they are.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a person, independent of each other")]
pub struct Resident {
    person: Option<Uuid>,
    erased: bool,
    merged_into: Option<Uuid>,
    revision: u32,
    community: String,
    building: String,
    language: String,
    large_type: bool,
    party_member: bool,
    volunteer: bool,
    building_head: bool,
    under_14: bool,
    consents: BTreeSet<Purpose>,
    withdrawn: BTreeSet<Purpose>,
    doubles: BTreeMap<Uuid, DateTime<Utc>>,
    teams: BTreeSet<Uuid>,
    proxies: BTreeSet<Uuid>,
    asked: Asked,
    /// What the card that is good was ordered by.
    pub(crate) card: Option<Uuid>,
}

/// Makes the field absent where it says what is so already.
fn news<T: PartialEq>(field: &mut Option<T>, now: &T) {
    if field.as_ref() == Some(now) {
        *field = None;
    }
}

fn language_known(language: &str) -> Result<(), Rejection> {
    if ["zh", "en"].contains(&language) { Ok(()) } else { Err(Rejection::LanguageUnknown) }
}

fn sealed_for(person: Uuid, values: [Option<&Sealed>; 4]) -> Result<(), Rejection> {
    let own = values.into_iter().flatten().all(|sealed| sealed.person == person);
    if own { Ok(()) } else { Err(Rejection::SealedForAnother) }
}

fn register(who: Registered, consents: &[Purpose], how: &str) -> Result<Vec<Event>, Rejection> {
    if who.building.is_empty() || who.community.is_empty() {
        return Err(Rejection::BuildingMissing);
    }
    language_known(&who.language)?;
    sealed_for(who.name.person, [who.phone.as_ref(), who.email.as_ref(), who.flat.as_ref(), None])?;
    let guardian = consents.contains(&Purpose::Guardian);
    if who.under_14 && !consents.is_empty() && !guardian {
        return Err(Rejection::GuardianMissing);
    }
    let given = |&purpose| Event::ConsentGiven { purpose, how: how.to_owned() };
    // In the order of a set, so that a purpose ticked twice is given once.
    let consents: BTreeSet<_> = consents.iter().copied().collect();
    let mut events = vec![Event::ResidentRegistered(who)];
    events.extend(consents.iter().map(given));
    Ok(events)
}

impl Resident {
    fn change(
        &self,
        person: Uuid,
        seen: Option<u32>,
        mut change: Changed,
    ) -> Result<Vec<Event>, Rejection> {
        if let Some(seen) = seen.filter(|seen| *seen != self.revision) {
            return Err(Rejection::Stale { seen, now: self.revision });
        }
        let Changed { name, phone, email, flat, .. } = &change;
        sealed_for(person, [name.as_ref(), phone.as_ref(), email.as_ref(), flat.as_ref()])?;
        change.language.as_deref().map_or(Ok(()), language_known)?;
        news(&mut change.language, &self.language);
        news(&mut change.large_type, &self.large_type);
        news(&mut change.party_member, &self.party_member);
        news(&mut change.volunteer, &self.volunteer);
        news(&mut change.building_head, &self.building_head);
        news(&mut change.under_14, &self.under_14);
        let nothing = change == Changed::default();
        Ok(if nothing { vec![] } else { vec![Event::ResidentChanged(change)] })
    }

    fn consent(&self, purpose: Purpose, how: String) -> Result<Vec<Event>, Rejection> {
        if self.consents.contains(&purpose) {
            return Ok(vec![]);
        }
        let guarded = self.consents.contains(&Purpose::Guardian) || purpose == Purpose::Guardian;
        if self.under_14 && !guarded {
            return Err(Rejection::GuardianMissing);
        }
        Ok(vec![Event::ConsentGiven { purpose, how }])
    }

    fn withdraw(&self, purpose: Purpose) -> Vec<Event> {
        // Without a guardian's consent none of a child's own stands.
        let all = purpose == Purpose::Guardian && self.under_14;
        let ends = |given: &&Purpose| **given == purpose || all;
        let given = self.consents.iter().filter(ends);
        if self.consents.contains(&purpose) {
            given.map(|&purpose| Event::ConsentWithdrawn { purpose }).collect()
        } else {
            vec![]
        }
    }

    fn take_over(&self, taken: Taken, person: Uuid, now: DateTime<Utc>) -> Vec<Event> {
        let Taken { double, consents, teams, proxies } = taken;
        let known = self.doubles.get(&double).is_some_and(|at| now - *at < CROSSED);
        let mut events =
            if known { vec![] } else { vec![Event::DoubleTakenOver { double, at: now }] };
        let guarded = [&self.consents, &consents].iter().any(|c| c.contains(&Purpose::Guardian));
        let agreed = consents.into_iter().filter(|purpose| {
            let said = self.consents.contains(purpose) || self.withdrawn.contains(purpose);
            !said && (!self.under_14 || guarded)
        });
        events.extend(agreed.map(|purpose| Event::ConsentGiven { purpose, how: "merge".into() }));
        let teams = teams.into_iter().filter(|team| !self.teams.contains(team));
        events.extend(teams.map(|team| Event::TeamJoined { team }));
        let others = |proxy: &Uuid| *proxy != person && !self.proxies.contains(proxy);
        let proxies = proxies.into_iter().filter(others);
        events.extend(proxies.map(|proxy| Event::ProxyAllowed { proxy }));
        events
    }

    fn live(&self, command: Command, person: Uuid, now: DateTime<Utc>) -> Decided {
        let when = |is: bool, event: Event| if is { vec![event] } else { vec![] };
        Ok(match command {
            Command::Register { .. } => return Err(Rejection::Taken),
            Command::Change { seen, change } => return self.change(person, seen, *change),
            Command::Move { community, building } => {
                if community.is_empty() || building.is_empty() {
                    return Err(Rejection::BuildingMissing);
                }
                let elsewhere = community != self.community || building != self.building;
                when(elsewhere, Event::ResidentMoved { community, building })
            }
            Command::GiveConsent { purpose, how } => return self.consent(purpose, how),
            Command::WithdrawConsent { purpose } => self.withdraw(purpose),
            Command::JoinTeam(team) => {
                when(!self.teams.contains(&team), Event::TeamJoined { team })
            }
            Command::LeaveTeam(team) => when(self.teams.contains(&team), Event::TeamLeft { team }),
            Command::AllowProxy(proxy) | Command::MergeInto(proxy) if proxy == person => {
                return Err(Rejection::Oneself);
            }
            Command::AllowProxy(proxy) => {
                when(!self.proxies.contains(&proxy), Event::ProxyAllowed { proxy })
            }
            Command::EndProxy(proxy) => {
                when(self.proxies.contains(&proxy), Event::ProxyEnded { proxy })
            }
            Command::AskSignIn if self.asked.may(now) => {
                vec![Event::SignInAsked { n: self.asked.n + 1, at: now }]
            }
            Command::AskSignIn => return Err(Rejection::AskedTooOften),
            Command::IssueCard(order) => {
                when(self.card != Some(order), Event::CardIssued { order: Some(order) })
            }
            Command::TakeOver(taken) if taken.double == person => return Err(Rejection::Oneself),
            Command::TakeOver(taken) => self.take_over(*taken, person, now),
            Command::MergeInto(into) => {
                if self.doubles.get(&into).is_some_and(|at| now - *at < CROSSED) {
                    return Err(Rejection::Crossed);
                }
                vec![Event::ResidentMerged { into }]
            }
            Command::Erase => vec![Event::ResidentErased {}],
        })
    }

    fn changed(&mut self, change: &Changed) {
        let Changed { language, large_type, party_member, volunteer, building_head, .. } = change;
        if let Some(language) = language {
            self.language.clone_from(language);
        }
        self.large_type = large_type.unwrap_or(self.large_type);
        self.party_member = party_member.unwrap_or(self.party_member);
        self.volunteer = volunteer.unwrap_or(self.volunteer);
        self.building_head = building_head.unwrap_or(self.building_head);
        self.under_14 = change.under_14.unwrap_or(self.under_14);
        self.revision += 1;
    }
}

type Decided = Result<Vec<Event>, Rejection>;

impl Decider for Residents {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = RESIDENT;
    type Command = Command;
    type Event = Event;
    type State = Resident;
    type Rejection = Rejection;

    fn decide(state: &Resident, command: Command, now: DateTime<Utc>) -> Decided {
        match (state.person, command) {
            (None, Command::Register { who, consents, how }) => register(*who, &consents, &how),
            (None, _) => Err(Rejection::Unknown),
            (Some(_), Command::Erase) if state.erased => Ok(vec![]),
            (Some(_), _) if state.erased => Err(Rejection::Erased),
            (Some(_), Command::Erase) => Ok(vec![Event::ResidentErased {}]),
            (Some(_), Command::MergeInto(into)) if state.merged_into == Some(into) => Ok(vec![]),
            (Some(person), command) => match state.merged_into {
                Some(into) => Err(Rejection::Merged(into)),
                None => state.live(command, person, now),
            },
        }
    }

    fn evolve(mut state: Resident, event: &Event) -> Resident {
        match event {
            Event::ResidentRegistered(who) => {
                state.person = Some(who.name.person);
                state.revision = 1;
                state.community.clone_from(&who.community);
                state.building.clone_from(&who.building);
                state.language.clone_from(&who.language);
                state.large_type = who.large_type;
                state.party_member = who.party_member;
                state.volunteer = who.volunteer;
                state.building_head = who.building_head;
                state.under_14 = who.under_14;
            }
            Event::ResidentChanged(change) => state.changed(change),
            Event::ResidentMoved { community, building } => {
                state.community.clone_from(community);
                state.building.clone_from(building);
            }
            Event::ConsentGiven { purpose, .. } => {
                state.consents.insert(*purpose);
                state.withdrawn.remove(purpose);
            }
            Event::ConsentWithdrawn { purpose } => {
                state.consents.remove(purpose);
                state.withdrawn.insert(*purpose);
            }
            Event::TeamJoined { team } => {
                state.teams.insert(*team);
            }
            Event::TeamLeft { team } => {
                state.teams.remove(team);
            }
            Event::ProxyAllowed { proxy } => {
                state.proxies.insert(*proxy);
            }
            Event::ProxyEnded { proxy } => {
                state.proxies.remove(proxy);
            }
            Event::SignInAsked { n, at } => state.asked = state.asked.and(*n, *at),
            Event::CardIssued { order } => state.card = *order,
            Event::DoubleTakenOver { double, at } => {
                state.doubles.insert(*double, *at);
            }
            Event::ResidentMerged { into } => state.merged_into = Some(*into),
            Event::ResidentErased {} => state.erased = true,
        }
        state
    }
}
