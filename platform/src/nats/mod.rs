//! NATS: what nodes of a street, a district or a city share.
//!
//! | subject | what |
//! |---|---|
//! | `linli.<log>.<community>.<service>.<category>.<id>` | the commits of one stream |
//! | `linli-vault.<log>.<person>` | what the vault keeps of one person, boxed |
//! | `linli-ask.<log>.<what>` | requests that are answered by whoever can |
//!
//! Beneath stand the streams `LINLI_<log>` and `LINLI_<log>_VAULT` and the key-value bucket
//! `LINLI_<log>_LEASES`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_nats::{Client, ConnectOptions, ServerError, jetstream};

mod address;
pub mod ask;
mod clock;
pub mod lease;

pub use address::{Access, AddressError, LogName, NatsAddress};
pub use clock::{SKEW_MAX, watch_clock};

/// The oldest nats-server that will do: from here on a failing disk stops a stream instead of
/// leaving a hole in it.
const SERVER_MIN: (u64, u64) = (2, 14);
/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// So many publishes may wait for their answers at once.
const IN_FLIGHT: usize = 4096;
/// Refused subjects are remembered so that a time-out can be told from a refusal.
const REFUSED_MAX: usize = 256;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// No server answers there.
    #[error(
        "no nats-server answers at {address}: {why}; start it, or correct `log` in linli.toml or \
         --log"
    )]
    Unreachable {
        /// Where.
        address: String,
        /// What happened.
        why: String,
    },
    /// User and password, or the credentials, are wrong.
    #[error(
        "the nats-server at {0} does not let this node in: correct `user` and `password`, or \
         `credentials`, under [nats] in linli.toml (LINLI_NATS_USER, LINLI_NATS_PASSWORD)"
    )]
    NotLetIn(String),
    /// A file for the connection can't be used.
    #[error("{0}")]
    File(String),
    /// The server is too old.
    #[error("the nats-server at {address} is of version {found}: install {0}.{1} or newer", SERVER_MIN.0, SERVER_MIN.1)]
    TooOld {
        /// Where.
        address: String,
        /// Its version.
        found: String,
    },
    /// A stream or bucket is not as it must be, and can't be made so.
    #[error("{0}")]
    Setup(String),
}

/// A connection for one log. A copy is the same connection.
#[derive(Clone)]
pub struct Nats(Arc<Inner>);

struct Inner {
    client: Client,
    context: jetstream::Context,
    address: NatsAddress,
    refused: Arc<Refused>,
}

/// Subjects that the server refused lately, with what it said: a refused publish is not answered.
#[derive(Default)]
struct Refused(Mutex<HashMap<String, String>>);

impl Refused {
    fn held(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a server said, if it is a refusal: `Permissions Violation for Publish to "…"`.
    fn note(&self, said: &str) {
        let lower = said.to_lowercase();
        let subject = said.split('"').nth(1).filter(|_| lower.contains("permissions violation"));
        if let Some(subject) = subject {
            let mut refused = self.held();
            if refused.len() < REFUSED_MAX {
                refused.insert(subject.to_owned(), said.to_owned());
            }
        }
    }
}

impl Nats {
    /// Connects; `name` is what the server's own lists show, for example `linli notifier`.
    pub async fn connect(
        address: &NatsAddress,
        access: &Access,
        name: &str,
    ) -> Result<Self, NatsError> {
        let refused = Arc::new(Refused::default());
        let noted = refused.clone();
        let options = ConnectOptions::new()
            .name(name)
            .custom_inbox_prefix(access.inbox())
            .ping_interval(Duration::from_secs(10))
            .connection_timeout(PATIENCE)
            .request_timeout(Some(PATIENCE))
            .reconnect_delay_callback(|tries| {
                Duration::from_millis(100 << tries.min(5)).min(Duration::from_secs(3))
            })
            .event_callback(move |event| {
                match &event {
                    async_nats::Event::ServerError(ServerError::Other(said)) => noted.note(said),
                    async_nats::Event::ServerError(said) => noted.note(&said.to_string()),
                    _ => {}
                }
                tracing::info!("nats: {event}");
                std::future::ready(())
            });
        let options = access.authenticate(options).await?;
        let shown = address.servers_shown();
        let client = options.connect(address.servers()).await.map_err(|error| {
            let why = error.to_string();
            match error.kind() {
                async_nats::ConnectErrorKind::AuthorizationViolation
                | async_nats::ConnectErrorKind::Authentication => {
                    NatsError::NotLetIn(shown.clone())
                }
                _ => NatsError::Unreachable { address: shown.clone(), why },
            }
        })?;
        let found = client.server_info().version;
        if !new_enough(&found) {
            return Err(NatsError::TooOld { address: shown, found });
        }
        let context = jetstream::context::ContextBuilder::new()
            .timeout(PATIENCE)
            .max_ack_inflight(IN_FLIGHT)
            .backpressure_on_inflight(true)
            .build(client.clone());
        Ok(Self(Arc::new(Inner { client, context, address: address.clone(), refused })))
    }

    /// The connection itself.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// JetStream over it.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.0.context
    }

    /// The log's name.
    pub fn log(&self) -> &LogName {
        self.0.address.log()
    }

    /// The servers as a person reads them, without secrets.
    pub fn address(&self) -> String {
        self.0.address.to_string()
    }

    /// What the server said when it refused to take something for `subject`, if it did.
    pub fn refused(&self, subject: &str) -> Option<String> {
        self.0.refused.held().get(subject).cloned()
    }

    /// How large the log may grow, in bytes.
    pub fn bytes_max(&self) -> i64 {
        self.0.address.bytes_max()
    }

    /// How many copies a stream of this log is kept in.
    pub fn replicas(&self) -> usize {
        self.0.address.replicas()
    }
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or_default());
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) >= SERVER_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_known_by_its_version() {
        for (version, enough) in
            [("2.15.1", true), ("2.14.0", true), ("2.9.25", false), ("3.0.0", true), ("", false)]
        {
            assert_eq!(new_enough(version), enough, "{version}");
        }
    }

    #[test]
    fn a_refusal_is_remembered_by_its_subject() {
        let refused = Refused::default();
        refused.note("Permissions Violation for Publish to \"linli.s.a.b.c.d\"");
        refused.note("stale connection");
        assert!(refused.held().contains_key("linli.s.a.b.c.d"));
        assert_eq!(refused.held().len(), 1);
    }
}
