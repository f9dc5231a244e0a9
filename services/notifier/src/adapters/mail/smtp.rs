//! A bounded set of long-lived connections to one relay.

use std::{
    collections::VecDeque,
    fmt, fs,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::future::join_all;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::{
    StillOwner,
    config::{ConfigError, MailConfig, Tls},
    message::{Mail, Prepared},
    outcome::{Code, Outcome},
    session::Session,
};

/// Sends over at most `connections` connections, however many batches are under way.
pub struct Smtp {
    config: MailConfig,
    tls: Option<TlsParameters>,
    /// One permit for each connection that is opening or in use. Parked ones hold none, but a
    /// worker takes a parked one before it opens another, so the bound is on all of them.
    permits: Semaphore,
    parked: Mutex<Vec<Session>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The way out for mail doesn't work. Shown to the operator, never stored.
#[derive(Debug, Error)]
pub enum CheckFailed {
    /// The relay.
    #[error("SMTP server {server} does not take our mail ({code}): {advice}")]
    Smtp {
        /// Host and port.
        server: String,
        /// The reply or what failed.
        code: Code,
        /// What to look at.
        advice: &'static str,
    },
    /// The outbox folder.
    #[error("outbox folder {folder} cannot be written: {reason}; check its owner and free space")]
    Outbox {
        /// The folder.
        folder: String,
        /// What the system said.
        reason: String,
    },
}

impl Smtp {
    /// Checks the configuration and prepares encryption; connects to nothing yet.
    pub fn new(config: MailConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let tls = match config.tls {
            Tls::None => None,
            Tls::StartTls | Tls::Tls => Some(tls_parameters(&config)?),
        };
        let permits = Semaphore::new(config.connections);
        Ok(Self { config, tls, permits, parked: Mutex::default() })
    }

    /// Sends `mails`; see [`super::Mailer::send`].
    pub async fn send(&self, mails: &[Mail], still_owner: StillOwner<'_>) -> Vec<Outcome> {
        let batch = Batch::new(mails, still_owner);
        // A mail that one worker gave back may come when the others are done: another round
        // takes it up, as long as rounds move anything.
        let mut left = 0;
        while batch.waiting() != left {
            left = batch.waiting();
            let workers = self.config.connections.min(left);
            join_all((0..workers).map(|_| self.work(&batch))).await;
        }
        batch.outcomes()
    }

    /// Connects and signs in, and keeps the connection for the first mail.
    pub async fn check(&self) -> Result<(), CheckFailed> {
        let _permit = self.permits.acquire().await;
        match self.session().await {
            Ok(session) => {
                self.park(session);
                Ok(())
            }
            Err(outcome) => Err(CheckFailed::Smtp {
                server: format!("{}:{}", self.config.host, self.config.port()),
                code: outcome.code().unwrap_or(Code::Local("closed")),
                advice: advice(outcome),
            }),
        }
    }

    /// Carries mails of `batch` over one connection until none is left.
    async fn work(&self, batch: &Batch<'_>) {
        // The semaphore is never closed; were it, the permit would be missing, not the mail.
        let _permit = self.permits.acquire().await;
        let mut connection: Option<Session> = None;
        while let Some((at, mail)) = batch.next() {
            let mail = match Prepared::new(mail) {
                Ok(mail) => mail,
                Err(outcome) => {
                    batch.settle(at, outcome);
                    continue;
                }
            };
            let mut session = match self.fit(connection.take()).await {
                Ok(session) => session,
                Err(refusal) => {
                    // Others may still have a connection: relays bound their number, too.
                    batch.give_back(at, refusal);
                    return;
                }
            };
            let used = session.is_used();
            let step = session.deliver(&mail, batch.still_owner).await;
            if step.alive {
                batch.settle(at, step.outcome);
                connection = Some(session);
            } else if used && !step.body_begun {
                // The relay had closed it meanwhile, and has seen nothing of this mail.
                batch.give_back(at, step.outcome);
            } else {
                batch.settle(at, step.outcome);
            }
        }
        if let Some(session) = connection {
            self.park(session);
        }
    }

    /// The connection in hand if it may carry more, else another.
    async fn fit(&self, connection: Option<Session>) -> Result<Session, Outcome> {
        match connection {
            Some(session) if session.is_fit() => Ok(session),
            Some(session) => {
                session.close().await;
                self.session().await
            }
            None => self.session().await,
        }
    }

    /// A parked connection, else a new one.
    async fn session(&self) -> Result<Session, Outcome> {
        loop {
            let parked = locked(&self.parked).pop();
            match parked {
                Some(session) if session.is_fit() => return Ok(session),
                Some(session) => session.close().await,
                None => return Session::open(&self.config, self.tls.as_ref()).await,
            }
        }
    }

    fn park(&self, session: Session) {
        locked(&self.parked).push(session);
    }
}

/// The mails of one call, and what has become of them.
struct Batch<'a> {
    mails: &'a [Mail],
    still_owner: StillOwner<'a>,
    state: Mutex<State>,
}

struct State {
    waiting: VecDeque<usize>,
    settled: Vec<Option<Outcome>>,
    refusal: Option<Outcome>,
    disowned: bool,
}

impl<'a> Batch<'a> {
    fn new(mails: &'a [Mail], still_owner: StillOwner<'a>) -> Self {
        let state = State {
            waiting: (0..mails.len()).collect(),
            settled: vec![None; mails.len()],
            refusal: None,
            disowned: false,
        };
        Self { mails, still_owner, state: Mutex::new(state) }
    }

    /// The next mail, or none once all are taken or this node no longer owns the sending.
    fn next(&self) -> Option<(usize, &'a Mail)> {
        let mut state = locked(&self.state);
        if !state.waiting.is_empty() && !(self.still_owner)() {
            state.waiting.clear();
            state.disowned = true;
        }
        let at = state.waiting.pop_front()?;
        self.mails.get(at).map(|mail| (at, mail))
    }

    fn waiting(&self) -> usize {
        locked(&self.state).waiting.len()
    }

    fn settle(&self, at: usize, outcome: Outcome) {
        if let Some(settled) = locked(&self.state).settled.get_mut(at) {
            *settled = Some(outcome);
        }
    }

    fn give_back(&self, at: usize, refusal: Outcome) {
        let mut state = locked(&self.state);
        state.waiting.push_front(at);
        state.refusal = Some(refusal);
    }

    /// Mails that nobody could carry share the reason for which no connection opened.
    fn outcomes(self) -> Vec<Outcome> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let refusal = state.refusal.filter(|_| !state.disowned);
        let rest = refusal.unwrap_or(Outcome::NotSent);
        state.settled.into_iter().map(|outcome| outcome.unwrap_or(rest)).collect()
    }
}

/// A panic elsewhere leaves these collections whole: each change is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tls_parameters(config: &MailConfig) -> Result<TlsParameters, ConfigError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let unreadable = |reason: String| ConfigError::Authority { path: path.clone(), reason };
        let pem = fs::read(path).map_err(|e| unreadable(e.to_string()))?;
        let authority = Certificate::from_pem(&pem).map_err(|e| unreadable(e.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder
        .build()
        .map_err(|error| ConfigError::Host { host: config.host.clone(), reason: error.to_string() })
}

fn advice(outcome: Outcome) -> &'static str {
    match outcome.code() {
        Some(Code::Local("connect")) => {
            "nothing answers there; check `host` and `port` in [smtp] and the network"
        }
        Some(Code::Local("timeout" | "closed")) => {
            "it does not speak SMTP to us in time; check `port` and `tls` in [smtp]"
        }
        Some(Code::Local("starttls")) => {
            "it offers no STARTTLS; set `tls` in [smtp] to \"tls\", or to \"none\" in a network \
             of your own"
        }
        Some(Code::Local("tls")) => {
            "its certificate is not trusted, or it speaks no TLS on this port; check `tls`, \
             `host`, `port` and `ca_file` in [smtp]"
        }
        Some(Code::Local("auth")) => {
            "it offers no way to sign in that we know; check `port` and `tls`, or leave out `user`"
        }
        Some(Code::Smtp { .. }) if matches!(outcome, Outcome::AccountConfig { .. }) => {
            "it refuses us; check `user` and `password` in [smtp] and what the account may do"
        }
        _ => "it has a passing trouble; try again in a few minutes",
    }
}
