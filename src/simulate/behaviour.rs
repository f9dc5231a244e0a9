//! How made-up people behave: `behaviour.toml`, read once.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::failure::Failure;

/// All of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// Surnames.
    pub surnames: Vec<String>,
    /// What follows them.
    pub stems: Vec<String>,
    /// What residents are like.
    pub people: People,
    /// How teams are made up.
    pub teams: Teams,
    /// Who comes.
    pub coming: Coming,
    /// What organisers do.
    pub organisers: Organisers,
}

/// What residents are like, of a hundred.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// The most people in one flat.
    pub household_max: usize,
    /// Have a telephone.
    pub phone: usize,
    /// Have an e-mail address.
    pub mail: usize,
    /// Of these, gave one that takes no mail.
    pub mail_void: usize,
    /// Consent to be written to.
    pub reminders: usize,
    /// Consent to be named on boards.
    pub rankings: usize,
    /// Are Party members.
    pub party_member: usize,
    /// Are volunteers.
    pub volunteer: usize,
    /// Are head of a building.
    pub building_head: usize,
    /// Are under 14.
    pub child: usize,
    /// Read large type.
    pub large_type: usize,
    /// Of those who can be mailed, want the weekly summary.
    pub summary: usize,
    /// Of those who can be mailed, want to be reminded of one kind.
    pub kind: usize,
    /// Of a thousand, live elsewhere from one month to the next.
    pub relocating_per_mille: usize,
}

/// How teams are made up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teams {
    /// Members of a team.
    pub size: usize,
    /// The same, by community.
    pub sizes: BTreeMap<String, usize>,
    /// Of a hundred members come to what is their team's.
    pub coming: usize,
}

/// Who comes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coming {
    /// Want to come to an occurrence, however small the community is.
    pub base: usize,
    /// And so many of a thousand residents.
    pub per_mille: f64,
    /// Kinds for Party members.
    pub party_kinds: Vec<String>,
    /// Of a hundred members, want to come to these.
    pub party: usize,
    /// Of a hundred who want to come, register.
    pub registers: usize,
    /// Of a hundred who find no place, wait.
    pub waits: usize,
    /// Of a hundred with a place, come.
    pub comes: usize,
    /// Of a hundred with a place, let know that they don't.
    pub excused: usize,
    /// Of a hundred present, leave early.
    pub leaves_early: usize,
    /// Of a hundred present, are checked out when it ends.
    pub checks_out: usize,
    /// Of a hundred present, say how it was.
    pub rates: usize,
    /// Are counted where nobody is named.
    pub headcount_base: usize,
    /// And so many of a thousand residents.
    pub headcount_per_mille: f64,
    /// How many staff come to their own meetings, from and to.
    pub staff: [usize; 2],
    /// Of a hundred places that duties have, are claimed.
    pub claims: usize,
}

/// What organisers do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisers {
    /// Kinds that rain calls off.
    pub outdoors: Vec<String>,
    /// Of a thousand of these are called off.
    pub rain_per_mille: usize,
    /// What is told.
    pub rain_reason: String,
    /// Of a thousand occurrences are moved.
    pub moves_per_mille: usize,
    /// What is told.
    pub move_reason: String,
    /// Of a hundred rolls are closed by hand.
    pub closes: usize,
    /// The day of the month on which the next is published.
    pub publishes_on: u32,
}

static BEHAVIOUR: LazyLock<Result<Behaviour, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("behaviour.toml")));

/// The behaviour that this program was built with.
pub fn behaviour() -> Result<&'static Behaviour, Failure> {
    BEHAVIOUR.as_ref().map_err(|error| Failure::failed(format!("behaviour.toml: {error}")))
}
