//! Looking at every record.

use std::sync::Arc;

use super::{Found, Shared, follow::Raw};
use crate::{
    event_log::{ReadError, VerifyReport, chain::Check},
    ids::Position,
};

/// Reads the whole log, since a chain is checked from its first record on, and tells of what stands
/// after a position.
pub(super) async fn verify(
    shared: Arc<Shared>,
    after: Position,
) -> Result<VerifyReport, ReadError> {
    let last = shared.last().await?;
    let mut check = Check::of_all(after);
    let mut raw = Raw::new(shared.clone(), Position(0));
    while raw.seen < last.0 {
        let (message, _) = raw.next().await?;
        let position = Position(raw.seen);
        let record = match shared.decode(raw.seen, message.subject.as_str(), &message.payload) {
            Ok(Found::Ours(record)) => Ok(record),
            Ok(Found::Foreign) => Err("it is none of Linli's; it is passed over".to_owned()),
            Err(ReadError::Corrupt { why, .. }) => Err(why),
            Err(other) => return Err(other),
        };
        if position > after {
            check.record(position, record, |_| None);
        } else if let Ok(record) = record {
            check.passed(record);
        }
    }
    let streams = check.streams();
    Ok(check.report(streams))
}
