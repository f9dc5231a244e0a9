//! The made-up people of a simulation: households in buildings, some without telephone or address,
//! Party members, volunteers, teams; and what they subscribe to.

use std::collections::BTreeMap;

use linli_notifier::{
    contract::{Digest, What},
    deciders::{Subscription, SubscriptionCommand},
    values::Channel,
};
use linli_people::{
    adapters::NewResident, contract::Purpose, deciders::resident, projections::places,
};
use linli_platform::{
    entropy::derived,
    ids::{CommandId, StreamId},
    stream::Meta,
};
use uuid::Uuid;

use super::{
    Asked,
    behaviour::Behaviour,
    dice::Dice,
    give::{Given, Hands},
};
use crate::{compose::Node, failure::Failure, output::Progress, seeds::read::Seeds};

/// How many residents are written down at once.
const AT_ONCE: usize = 2_000;
/// How many a building of a large community holds, where the seeds have too few buildings.
const FLATS_A_FLOOR: usize = 4;

/// Somebody, as far as it matters what they do.
#[derive(Debug, Clone)]
pub struct Resident {
    /// Their id.
    pub id: Uuid,
    /// The community where they live, by its place among the hosts.
    pub home: usize,
    /// They can be mailed.
    pub mail: bool,
}

/// A place that holds activities, with those who may come.
#[derive(Debug, Default)]
pub struct Host {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The buildings of those who live in no other host below it.
    pub buildings: Vec<String>,
    /// All who live within it.
    pub all: Vec<usize>,
    /// The Party members.
    pub party: Vec<usize>,
    /// The volunteers.
    pub volunteers: Vec<usize>,
    /// The members of each team.
    pub teams: BTreeMap<Uuid, Vec<usize>>,
}

/// Everybody.
#[derive(Debug, Default)]
pub struct Town {
    /// The residents, in the order they were written down.
    pub residents: Vec<Resident>,
    /// The hosts, in the order of the files.
    pub hosts: Vec<Host>,
}

/// What somebody is like, before they are written down.
struct Character {
    new: NewResident,
    party: bool,
    volunteer: bool,
}

impl Town {
    /// Finds who hosts what, from the seeds and the tables that they became.
    pub async fn of(node: &Node, seeds: &Seeds) -> Result<Self, Failure> {
        let codes: Vec<String> = seeds.communities.iter().map(|one| one.code.it.clone()).collect();
        let tables = node.people().await?.tables.clone();
        let hosts = tables.read(move |db| {
            let host = |code: &String| {
                let mut own = Vec::new();
                for building in places::buildings(db, code)? {
                    let home = places::community_of(db, &building.code)?;
                    if home.is_some_and(|home| home.code == *code) {
                        own.push(building.code);
                    }
                }
                let name = places::place(db, code)?.map(|place| place.name).unwrap_or_default();
                Ok(Host { code: code.clone(), name, buildings: own, ..Host::default() })
            };
            codes.iter().map(host).collect::<rusqlite::Result<Vec<_>>>()
        });
        let mut town = Self { residents: Vec::new(), hosts: hosts.await? };
        for (host, community) in town.hosts.iter_mut().zip(&seeds.communities) {
            for team in &community.teams {
                host.teams.insert(derived(&host.code, &team.it.key), Vec::new());
            }
        }
        Ok(town)
    }

    /// Writes as many residents down as are asked for in each community that has buildings.
    pub async fn settle_in(
        &mut self,
        node: &Node,
        (behaviour, dice): (&Behaviour, &Dice),
        asked: &Asked,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let people = node.registry(progress).await?;
        for home in 0..self.hosts.len() {
            let buildings = self.hosts[home].buildings.clone();
            if buildings.is_empty() {
                continue;
            }
            let each = *asked.of.get(&self.hosts[home].code).unwrap_or(&asked.residents);
            let mut left = each;
            while left > 0 {
                let many = left.min(AT_ONCE);
                let characters = households(behaviour, dice, &buildings, each - left, many);
                let meta = Meta::by(
                    super::give::actor(),
                    CommandId(derived("simulate", &format!("{home} {left}"))),
                );
                let new = (1..).zip(characters.iter().map(|one| one.new.clone())).collect();
                let (ids, _) = people.write_all(&meta, new).await?;
                for (id, character) in ids.into_iter().zip(characters) {
                    self.add(home, id, &character);
                }
                left -= many;
                progress.at(&format!("simulate: {} residents", self.residents.len()));
            }
        }
        self.above(node).await?;
        Ok(())
    }

    fn add(&mut self, home: usize, id: Uuid, character: &Character) {
        let n = self.residents.len();
        let consents = character.new.consents.contains(&Purpose::Reminders);
        let mail = consents && !character.new.email.is_empty();
        self.residents.push(Resident { id, home, mail });
        let host = &mut self.hosts[home];
        host.all.push(n);
        if character.party {
            host.party.push(n);
        }
        if character.volunteer {
            host.volunteers.push(n);
        }
    }

    /// A subdistrict that hosts has for its people those of the communities within it.
    async fn above(&mut self, node: &Node) -> Result<(), Failure> {
        let tables = node.people().await?.tables.clone();
        for n in 0..self.hosts.len() {
            if !self.hosts[n].buildings.is_empty() {
                continue;
            }
            let code = self.hosts[n].code.clone();
            let scope = tables.read(move |db| places::scope(db, &code)).await?;
            for home in 0..self.hosts.len() {
                if home == n || !scope.contains(&self.hosts[home].code) {
                    continue;
                }
                let (all, party, volunteers) = {
                    let below = &self.hosts[home];
                    (below.all.clone(), below.party.clone(), below.volunteers.clone())
                };
                self.hosts[n].all.extend(all);
                self.hosts[n].party.extend(party);
                self.hosts[n].volunteers.extend(volunteers);
            }
        }
        Ok(())
    }

    /// Makes up the teams, and what people subscribe to.
    pub async fn join_in(
        &mut self,
        hands: &Hands,
        (behaviour, dice): (&Behaviour, &Dice),
        kinds: &BTreeMap<String, Vec<String>>,
    ) -> Result<(), Failure> {
        let mut all = Vec::new();
        for host in &mut self.hosts {
            let size = behaviour.teams.sizes.get(&host.code).unwrap_or(&behaviour.teams.size);
            let mut free = host.volunteers.iter().chain(&host.all).copied();
            let mut taken = std::collections::BTreeSet::new();
            for (team, members) in &mut host.teams {
                while members.len() < *size {
                    let Some(n) = free.next() else { break };
                    if taken.insert(n) {
                        members.push(n);
                        let id = self.residents[n].id;
                        all.push(hands.resident(id, resident::Command::JoinTeam(*team))?);
                    }
                }
            }
        }
        for one in self.residents.iter().filter(|one| one.mail) {
            let code = &self.hosts[one.home].code;
            let subscribe = |what, of: &str, digest| {
                subscription(hands, code, one.id, (what, of.to_owned(), digest))
            };
            if dice.hits(behaviour.people.summary) {
                all.push(subscribe(What::All, "", Digest::Always)?);
            }
            let here = kinds.get(code).map(Vec::as_slice).unwrap_or_default();
            if dice.hits(behaviour.people.kind)
                && let Some(kind) = dice.of(here)
            {
                all.push(subscribe(What::Kind, &kind, Digest::Default)?);
            }
        }
        hands.give_all(all).await?;
        Ok(())
    }
}

fn subscription(
    hands: &Hands,
    community: &str,
    resident: Uuid,
    (what, of, digest): (What, String, Digest),
) -> Result<Given, Failure> {
    let stream = StreamId::new(community, "notifier", "subscription", resident)?;
    let lead_minutes = if digest == Digest::Always { vec![] } else { vec![1440] };
    let channels = vec![Channel::Email];
    let subscription = derived(&resident.to_string(), &format!("{what:?} {of}"));
    let command =
        SubscriptionCommand::Subscribe { subscription, what, of, lead_minutes, channels, digest };
    Ok(hands.command::<Subscription>(stream, command))
}

/// Made-up people, household by household, house by house.
fn households(
    behaviour: &Behaviour,
    dice: &Dice,
    buildings: &[String],
    first: usize,
    many: usize,
) -> Vec<Character> {
    let mut all = Vec::with_capacity(many);
    while all.len() < many {
        let building = dice.regular(buildings).unwrap_or_default();
        let flat = format!("{}{:02}", 1 + dice.below(18), 1 + dice.below(FLATS_A_FLOOR));
        let surname = dice.of(&behaviour.surnames).unwrap_or_default();
        for member in 0..=dice.below(behaviour.people.household_max) {
            if all.len() == many {
                break;
            }
            let home = (building.as_str(), flat.as_str(), surname.as_str());
            all.push(character(behaviour, dice, home, first + all.len(), member));
        }
    }
    all
}

fn character(
    behaviour: &Behaviour,
    dice: &Dice,
    (building, flat, surname): (&str, &str, &str),
    n: usize,
    member: usize,
) -> Character {
    let people = &behaviour.people;
    let stem = || dice.of(&behaviour.stems).unwrap_or_default();
    let name = format!("{surname}{}{}", stem(), stem());
    // The first of a household is no child.
    let child = member > 1 && dice.hits(people.child * 2);
    let adult = |percent: usize| !child && dice.hits(percent);
    let (party, volunteer) = (adult(people.party_member), adult(people.volunteer));
    // Ten digits that no line in mainland China has.
    let phone = if adult(people.phone) { format!("000{n:08}") } else { String::new() };
    let email = match (adult(people.mail), dice.hits(people.mail_void)) {
        (false, _) => String::new(),
        (true, false) => format!("resident{n:06}@example.org"),
        (true, true) => format!("void{n:06}@example.org"),
    };
    let mut consents = vec![Purpose::Storage];
    consents.extend(child.then_some(Purpose::Guardian));
    consents.extend(dice.hits(people.reminders).then_some(Purpose::Reminders));
    consents.extend(dice.hits(people.rankings).then_some(Purpose::Rankings));
    let new = NewResident {
        building: building.to_owned(),
        name,
        phone,
        email,
        flat: flat.to_owned(),
        language: "zh".to_owned(),
        large_type: adult(people.large_type),
        party_member: party,
        volunteer,
        building_head: adult(people.building_head),
        under_14: child,
        synthetic: true,
        consents,
        how: "import".to_owned(),
    };
    Character { new, party, volunteer }
}
