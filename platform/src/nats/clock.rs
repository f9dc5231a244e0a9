//! This machine's clock beside that of the servers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::Nats;
use crate::{clock::Clock, clock_guard::ClockGuard};

/// How far this machine's clock may be off that of the nats-servers.
pub const SKEW_MAX: TimeDelta = TimeDelta::seconds(30);
/// How often they are compared.
const EVERY: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct Info {
    ts: DateTime<Utc>,
}

impl Nats {
    /// What the clock of the server that leads the log shows.
    pub async fn now(&self) -> Option<DateTime<Utc>> {
        let subject = format!("$JS.API.STREAM.INFO.{}", self.log().stream());
        let answer = self.client().request(subject, "".into()).await.ok()?;
        serde_json::from_slice::<Info>(&answer.payload).ok().map(|info| info.ts)
    }
}

/// Compares the clocks as long as the program runs, and tells the guard.
pub async fn watch_clock(nats: Nats, clock: Clock, guard: ClockGuard) {
    loop {
        let before = clock.now();
        if let Some(there) = nats.now().await {
            // The answer took a while; the middle of it is nearest to when it was written.
            let here = before + (clock.now() - before) / 2;
            guard.beside(here, there, SKEW_MAX);
        }
        tokio::time::sleep(EVERY).await;
    }
}
