//! The node of a simulation.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use linli_notifier::adapters::mail::Mailer;
use linli_people::PeopleDirectory;
use linli_platform::{
    clock::Clock,
    entropy::Entropy,
    event_log::{EventLog, memory::MemoryLog},
    hand::Hands,
    service::Platform,
    stream::Streams,
    tables::Steps,
};

use super::{Node, SYNTHETIC, open_vault};
use crate::{config::Config, failure::Failure};

/// What a simulation gives its node.
pub struct Rehearsed {
    /// A folder for vault and tables.
    pub data: PathBuf,
    /// The log.
    pub log: MemoryLog,
    /// The time, moved by hand.
    pub clock: Clock,
    /// Where all ids and nonces come from.
    pub entropy: Entropy,
    /// Where the vault's keys and tokens come from.
    pub secrets: Entropy,
    /// Where mails go.
    pub mailer: Mailer,
    /// The address that links in mails begin with.
    pub public_url: String,
}

impl Node {
    /// A node of a simulation: all of it is made up, and may be lost.
    pub fn rehearsing(rehearsed: Rehearsed) -> Result<Self, Failure> {
        let Rehearsed { data, log, clock, entropy, secrets, mailer, public_url } = rehearsed;
        std::fs::create_dir_all(&data).map_err(|error| Failure::file(&data, "made", &error))?;
        let mark = data.join(SYNTHETIC);
        if !mark.exists() {
            std::fs::write(&mark, "").map_err(|error| Failure::file(&mark, "written", &error))?;
        }
        let config = Config::usual();
        let (vault, ..) = open_vault(&data, &config, &secrets)?;
        let vault = vault.of_no_value()?;
        let log: Arc<dyn EventLog> = Arc::new(log);
        let directory = PeopleDirectory::new(&vault);
        let platform = Platform {
            streams: Streams::new(log.clone(), clock.clone()),
            log,
            clock,
            entropy,
            directory: Arc::new(directory.clone()),
            vault,
            data,
            public_url,
            hands: Hands::All,
            steps: Some(Steps::default()),
        };
        let mut node = Self::of(platform, config, true, directory, (None, None));
        node.mailer = Mutex::new(Some(mailer));
        Ok(node)
    }
}
