//! A way out that leads nowhere: for simulations, whose residents are made up. It answers as relays
//! do, now and then with a refusal.

use chrono::{DateTime, Utc};
use linli_platform::entropy::Entropy;

use super::{Code, Mail, Outbox, Outcome, StillOwner};

/// Of a thousand mails so many meet a passing trouble.
const TRANSIENT: u32 = 6;
/// Of so many nobody hears whether they arrived.
const INDETERMINATE: u32 = 1;

/// Takes mails and sends none.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    entropy: Entropy,
    /// Where mails dated at that instant or later are kept, to be looked at.
    kept: Option<(Outbox, DateTime<Utc>)>,
}

impl Rehearsal {
    /// Answers by chance from `entropy`. Addresses that begin with `void` are refused for good.
    pub fn new(entropy: Entropy, kept: Option<(Outbox, DateTime<Utc>)>) -> Self {
        Self { entropy, kept }
    }

    pub(super) async fn send(&self, mails: &[Mail], still_owner: StillOwner<'_>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(mails.len());
        for mail in mails {
            let outcome = match self.outcome(mail) {
                Outcome::Accepted { code } => match &self.kept {
                    Some((outbox, since)) if mail.date >= *since => {
                        let stored = outbox.send(std::slice::from_ref(mail), still_owner).await;
                        stored.into_iter().next().unwrap_or(Outcome::NotSent)
                    }
                    _ => Outcome::Accepted { code },
                },
                other => other,
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    fn outcome(&self, mail: &Mail) -> Outcome {
        if mail.to.starts_with("void") {
            return Outcome::AddressPermanent { code: Code::Smtp { reply: 550, enhanced: None } };
        }
        match u32::from_le_bytes(self.entropy.bytes()) % 1000 {
            n if n < TRANSIENT => {
                Outcome::Transient { code: Code::Smtp { reply: 451, enhanced: None } }
            }
            n if n < TRANSIENT + INDETERMINATE => Outcome::Indeterminate,
            _ => Outcome::Accepted { code: Code::Smtp { reply: 250, enhanced: None } },
        }
    }
}
