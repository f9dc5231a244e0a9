//! Made-up residents: marked so on the log, with addresses that reach nobody.

use linli_notifier::{
    contract::{Digest, What},
    deciders::{Subscription, SubscriptionCommand},
    values::Channel,
};
use linli_people::{
    adapters::NewResident, contract::Purpose, deciders::resident::Command, projections::places,
};
use linli_platform::{entropy::derived, ids::StreamId};
use uuid::Uuid;

use super::{Script, meta};
use crate::{compose::Node, failure::Failure, output::Progress};

/// Every so-manieth resident is a member of a team.
const TEAM_EVERY: usize = 5;

/// Writes the residents down; the first is subscribed to all that is public.
pub(super) async fn register(
    node: &Node,
    script: &Script,
    progress: &Progress,
) -> Result<Vec<Uuid>, Failure> {
    let people = node.registry(progress).await?;
    let community = script.community.clone();
    let buildings = people.tables.read(move |db| places::buildings(db, &community)).await?;
    let mut residents = Vec::new();
    for (n, name) in script.residents.iter().enumerate() {
        let Some(building) = buildings.get(n % buildings.len().max(1)) else { break };
        let new = NewResident {
            building: building.code.clone(),
            name: name.clone(),
            email: format!("resident{:02}@example.org", n + 1),
            flat: format!("{}{:02}", n % 6 + 1, n % 4 + 1),
            language: "zh".to_owned(),
            party_member: n % 4 == 0,
            volunteer: n % 3 == 0,
            building_head: n < 2,
            synthetic: true,
            consents: vec![Purpose::Storage, Purpose::Reminders, Purpose::Rankings],
            how: "paper".to_owned(),
            ..NewResident::default()
        };
        let (id, _) = people.register(meta(&format!("resident {n}")), new).await?;
        residents.push(id);
        if n % TEAM_EVERY == 0 {
            let team = script.teams.get(n / TEAM_EVERY % script.teams.len().max(1));
            if let Some(team) = team.map(|team| derived(&script.community, team)) {
                let joins = meta(&format!("resident {n} joins"));
                people.resident(joins, id, Command::JoinTeam(team)).await?;
            }
        }
    }
    if let Some(first) = residents.first() {
        subscribe(node, script, *first).await?;
    }
    Ok(residents)
}

async fn subscribe(node: &Node, script: &Script, resident: Uuid) -> Result<(), Failure> {
    let stream = StreamId::new(&script.community, "notifier", "subscription", resident)?;
    let command = SubscriptionCommand::Subscribe {
        subscription: derived("demo", "subscription"),
        what: What::All,
        of: String::new(),
        lead_minutes: vec![1440, 120],
        channels: vec![Channel::Email],
        digest: Digest::Default,
    };
    let streams = &node.platform.streams;
    streams.execute::<Subscription>(&stream, meta("subscribe"), command).await?;
    Ok(())
}
