//! The same mails, each batch started on the log before it goes out and settled there after.

use std::{sync::Arc, time::Instant};

use anyhow::{Result, ensure};
use futures::future;
use linli_notifier::{
    adapters::mail::{Outcome as Sent, Smtp},
    contract::{Class, Outcome},
    deciders::{Delivery, DeliveryCommand, Late},
    values::{BATCH_MAX, Key, Purpose},
};
use linli_platform::{
    clock::Clock,
    event_log::sqlite::{OpenMode, SqliteLog},
    ids::{Actor, CommandId, StreamId},
    stream::{Meta, Streams},
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{MAILS, mail};
use crate::kit::rate;

/// So many batches are under way at a time.
const AT_ONCE: usize = 8;

/// One after the other of the batches `first`, `first + AT_ONCE`, …
async fn worker(streams: Streams, smtp: Arc<Smtp>, first: usize) -> Result<usize> {
    let to = StreamId::new("xiguan", "notifier", "delivery", "a-20261105T083000")?;
    let mut accepted = 0;
    for batch in (first..MAILS.div_ceil(BATCH_MAX)).step_by(AT_ONCE) {
        let numbers = batch * BATCH_MAX..MAILS.min((batch + 1) * BATCH_MAX);
        let key = |n: usize| Key::mail(Uuid::from_u128(n as u128), 0, Purpose::Lead(1440));
        let meta = |step: usize| {
            let cmd = CommandId(Uuid::from_u128((2 * batch + step) as u128));
            Meta::by(Actor::Process("notifier.hand".into()), cmd)
        };
        let keys: Vec<Key> = numbers.clone().map(key).collect();
        let start = DeliveryCommand::Start {
            attempt: 1,
            keys: keys.clone(),
            late: Late::default(),
            resend: false,
        };
        streams.execute::<Delivery>(&to, meta(0), start).await?;
        let mails: Vec<_> = numbers.map(mail).collect();
        let sent = smtp.send(&mails, &|| true).await;
        let taken = keys.into_iter().zip(sent);
        let outcomes: Vec<Outcome> = taken
            .filter(|(_, sent)| matches!(sent, Sent::Accepted { .. }))
            .map(|(key, _)| Outcome { key, class: Class::Accepted, code: "250".into() })
            .collect();
        accepted += outcomes.len();
        let settle = DeliveryCommand::Settle { attempt: 1, outcomes, suppressed: vec![] };
        streams.execute::<Delivery>(&to, meta(1), settle).await?;
    }
    Ok(accepted)
}

/// Mails a second.
pub fn send(runtime: &Runtime, smtp: &Arc<Smtp>) -> Result<f64> {
    let folder = tempfile::tempdir_in(crate::kit::folder())?;
    let log = Arc::new(SqliteLog::open(folder.path(), OpenMode::Write)?);
    let streams = Streams::new(log, Clock::system());
    let start = Instant::now();
    let accepted = runtime.block_on(async {
        let workers = (0..AT_ONCE).map(|w| tokio::spawn(worker(streams.clone(), smtp.clone(), w)));
        let mut accepted = 0;
        for done in future::join_all(workers).await {
            accepted += done??;
        }
        anyhow::Ok(accepted)
    })?;
    ensure!(accepted == MAILS, "{accepted} of {MAILS} accepted");
    Ok(rate(MAILS, start))
}
