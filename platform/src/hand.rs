//! Which services act on this node, and when they may.
//!
//! Everything a service does by itself is its hand: processes, timers, what leaves the house. Where
//! there is one node, it may always act; over NATS a [lease](crate::nats::lease) says whose turn
//! it is.

use std::{collections::HashMap, sync::Arc};

use crate::{event_log::ReadError, nats::lease::Ownership, tables::Tables};

/// Whose hands a node has.
#[derive(Debug, Clone, Default)]
pub enum Hands {
    /// None: it answers people and no more.
    #[default]
    None,
    /// All, always.
    All,
    /// Those of some services, each while its lease holds.
    Some(Arc<HashMap<&'static str, Ownership>>),
}

impl Hands {
    /// Whether this node may act for a service; none if it never does.
    pub fn of(&self, service: &str) -> Option<Ownership> {
        match self {
            Self::None => None,
            Self::All => Some(Ownership::default()),
            Self::Some(hands) => hands.get(service).cloned(),
        }
    }

    /// Whether this node has any.
    pub fn any(&self) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(hands) => !hands.is_empty(),
        }
    }
}

/// Waits until this node may act for a service and its tables hold all that whoever acted before
/// has written. The number of the lease, where there is one.
pub async fn taken_up(ownership: &Ownership, tables: &Tables) -> Result<Option<u64>, ReadError> {
    loop {
        ownership.gained().await;
        let fence = ownership.fence();
        let last = tables.log().last().await?;
        let mut progress = tables.progress();
        let there = progress.wait_for(|progress| progress.live && progress.position >= last);
        let gone = || ReadError::Down("the tables are not kept any more".to_owned());
        there.await.map_err(|_| gone())?;
        if ownership.holds() && ownership.fence() == fence {
            return Ok(fence);
        }
    }
}
