//! E-mail: over SMTP to the office's relay, or into a folder when no relay is configured.
//!
//! A process decides *that* a delivery is due; this adapter only carries it out and tells
//! what became of it as an [`Outcome`]: a class and a code, never a word of the provider.

mod config;
mod message;
mod outbox;
mod outcome;
mod rehearsal;
mod session;
mod smtp;

pub use config::{ConfigError, MailConfig, Tls};
pub use message::{Mail, Unsubscribe, message_id};
pub use outbox::{Letter, Outbox, OutboxMail};
pub use outcome::{Code, Enhanced, Outcome};
pub use rehearsal::Rehearsal;
pub use smtp::{CheckFailed, Smtp};

/// Tells whether this node still owns the notifier's hand. Asked before each mail, and once
/// more before its body leaves, so a node that lost its lease stops at the mail in hand.
pub type StillOwner<'a> = &'a (dyn Fn() -> bool + Sync);

/// The way out for mail that is configured.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process, and it never moves")]
pub enum Mailer {
    /// A relay.
    Smtp(Smtp),
    /// A folder of `.eml` files.
    Outbox(Outbox),
    /// Nowhere.
    Rehearsal(Rehearsal),
}

impl Mailer {
    /// Sends `mails` and answers one outcome for each, in their order. A mail that cannot be
    /// sent costs the others nothing. Once `still_owner` says no, the rest are
    /// [`Outcome::NotSent`].
    pub async fn send(&self, mails: Vec<Mail>, still_owner: StillOwner<'_>) -> Vec<Outcome> {
        match self {
            Self::Smtp(smtp) => smtp.send(&mails, still_owner).await,
            Self::Outbox(outbox) => outbox.send(&mails, still_owner).await,
            Self::Rehearsal(rehearsal) => rehearsal.send(&mails, still_owner).await,
        }
    }

    /// Tries the way out without sending: connects, encrypts and signs in, or writes a probe
    /// file. The error names the server or folder and what to look at.
    pub async fn check(&self) -> Result<(), CheckFailed> {
        match self {
            Self::Smtp(smtp) => smtp.check().await,
            Self::Outbox(outbox) => outbox.check().await,
            Self::Rehearsal(_) => Ok(()),
        }
    }
}
