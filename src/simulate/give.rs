//! Commands of a simulation's people, given many at once: those for one stream become one commit.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::{FutureExt as _, future::BoxFuture};
use linli_people::{contract, deciders::resident};
use linli_platform::{
    decider::Decider,
    ids::{Actor, StreamId},
    service::Platform,
    stream::{ExecuteError, Meta},
};
use uuid::Uuid;

use crate::failure::Failure;

/// So many commands are under way at once.
const AT_ONCE: usize = 4_096;

/// A command, ready to be given.
pub type Given = BoxFuture<'static, Result<(), Failure>>;

/// Gives commands.
#[derive(Clone)]
pub struct Hands {
    platform: Platform,
    asked: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

/// Who acts in a simulation.
pub fn actor() -> Actor {
    Actor::Operator("simulate".to_owned())
}

impl Hands {
    /// Hands on a node.
    pub fn new(platform: &Platform) -> Self {
        Self { platform: platform.clone(), asked: Arc::default(), refused: Arc::default() }
    }

    /// A command for a stream. Whether the domain says yes or no, somebody in the community asked.
    pub fn command<D: Decider>(&self, stream: StreamId, command: D::Command) -> Given {
        let hands = self.clone();
        let meta = Meta::by(actor(), self.platform.entropy.command());
        async move {
            hands.asked.fetch_add(1, Ordering::Relaxed);
            match hands.platform.streams.execute::<D>(&stream, meta, command).await {
                Ok(_) => Ok(()),
                Err(ExecuteError::Rejected(_)) => {
                    hands.refused.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                }
                Err(error) => Err(Failure::failed(format!("{stream}: {error}"))),
            }
        }
        .boxed()
    }

    /// A command about a resident.
    pub fn resident(&self, id: Uuid, command: resident::Command) -> Result<Given, Failure> {
        let stream = contract::stream(contract::RESIDENT, id)?;
        Ok(self.command::<resident::Residents>(stream, command))
    }

    /// Gives commands, in their order.
    pub async fn give_all(&self, commands: Vec<Given>) -> Result<(), Failure> {
        let mut commands = commands.into_iter().peekable();
        while commands.peek().is_some() {
            let some = commands.by_ref().take(AT_ONCE);
            for done in futures::future::join_all(some).await {
                done?;
            }
        }
        Ok(())
    }

    /// How many commands were given, and how many of them the domain refused.
    pub fn counts(&self) -> (u64, u64) {
        (self.asked.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }
}
