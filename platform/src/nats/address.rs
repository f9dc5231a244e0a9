//! Where the servers are, which log is meant, and what lets this node in.

use std::{fmt, path::PathBuf, str::FromStr};

use async_nats::{ConnectOptions, ServerAddr};
use secrecy::{ExposeSecret as _, SecretString};

use super::NatsError;

/// How many copies a stream is kept in, unless the address says otherwise.
const REPLICAS: usize = 3;
/// So many GiB may a log grow to, unless the address says otherwise: some eight years of a
/// subdistrict. It is to be less than the servers' disks have, since a full disk stops a server.
const GIB_MAX: u32 = 16;

/// Why a text is no address of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no address of a log: {why}; write \"nats://host:4222,host2:4222/guangling\", or \
     \"tls://…\""
)]
pub struct AddressError {
    text: String,
    why: &'static str,
}

/// The name of a log: letters a-z, digits and `-`, as a subject and a stream's name can bear it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogName(String);

impl LogName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The JetStream stream that holds its commits.
    pub fn stream(&self) -> String {
        format!("LINLI_{}", self.0)
    }

    /// The one that holds its vault.
    pub fn vault_stream(&self) -> String {
        format!("LINLI_{}_VAULT", self.0)
    }

    /// The bucket that holds its leases.
    pub fn leases(&self) -> String {
        format!("LINLI_{}_LEASES", self.0)
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A log on NATS: `nats://host:port,host2:port/<log>`, or `tls://` where the connection must be
/// encrypted. `?replicas=1` is for a lone server, which no office should rely on; `?max_gib=64` lets
/// the log grow larger than usual. Both count when the log is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsAddress {
    scheme: &'static str,
    hosts: Vec<String>,
    servers: Vec<ServerAddr>,
    log: LogName,
    replicas: usize,
    gib_max: u32,
}

impl NatsAddress {
    /// The log's name.
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// In how many copies the log is kept.
    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// How large the log may grow, in bytes.
    pub fn bytes_max(&self) -> i64 {
        i64::from(self.gib_max) << 30
    }

    pub(super) fn servers(&self) -> Vec<ServerAddr> {
        self.servers.clone()
    }

    pub(super) fn servers_shown(&self) -> String {
        self.hosts.join(", ")
    }
}

impl fmt::Display for NatsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.scheme, self.hosts.join(","), self.log)
    }
}

impl FromStr for NatsAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |why| AddressError { text: text.to_owned(), why };
        let (scheme, rest) = ["nats://", "tls://"]
            .into_iter()
            .find_map(|scheme| Some((scheme, text.strip_prefix(scheme)?)))
            .ok_or_else(|| wrong("it begins with neither nats:// nor tls://"))?;
        let (rest, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut replicas, mut gib_max) = (REPLICAS, GIB_MAX);
        for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
            match setting.split_once('=') {
                Some(("replicas", n)) => {
                    replicas = n
                        .parse()
                        .ok()
                        .filter(|n| [1, 3, 5].contains(n))
                        .ok_or_else(|| wrong("replicas are 1, 3 or 5"))?;
                }
                Some(("max_gib", n)) => {
                    gib_max = n.parse().map_err(|_| wrong("max_gib is a whole number"))?;
                }
                _ => return Err(wrong("it has settings other than replicas and max_gib")),
            }
        }
        if rest.contains('@') {
            // It would stand in lists of processes, in logs and in backups of scripts.
            return Err(wrong("user and password don't belong here but under [nats]"));
        }
        let (hosts, log) = rest
            .split_once('/')
            .ok_or_else(|| wrong("the log's name is missing after the host"))?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if log.is_empty() || !log.chars().all(fits) {
            return Err(wrong("the log's name is of a-z, 0-9 and '-'"));
        }
        let hosts: Vec<String> = hosts.split(',').map(|host| host.trim().to_owned()).collect();
        let server = |host: &String| format!("{scheme}{host}").parse::<ServerAddr>();
        let servers = hosts.iter().map(server).collect::<Result<Vec<_>, _>>();
        let servers = servers.map_err(|_| wrong("a host is not one"))?;
        if hosts.iter().any(String::is_empty) {
            return Err(wrong("a host is missing"));
        }
        Ok(Self { scheme, hosts, servers, log: LogName(log.to_owned()), replicas, gib_max })
    }
}

/// What lets this node in.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The user; what it may do is written in the servers' configuration.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// A `.creds` file, in place of user and password.
    pub credentials: Option<PathBuf>,
    /// The certificate of the authority that signed the servers' ones.
    pub ca_file: Option<PathBuf>,
}

impl Access {
    /// Where answers come in: a subject of this user alone, so that no other can listen.
    pub fn inbox(&self) -> String {
        format!("_INBOX_{}", self.user.as_deref().unwrap_or("linli"))
    }

    pub(super) async fn authenticate(
        &self,
        mut options: ConnectOptions,
    ) -> Result<ConnectOptions, NatsError> {
        if let Some(file) = &self.credentials {
            options = options.credentials_file(file).await.map_err(|error| {
                NatsError::File(format!("{} can't be read: {error}", file.display()))
            })?;
        }
        if let Some(user) = &self.user {
            let password = self.password.as_ref().map(|p| p.expose_secret().to_owned());
            options = options.user_and_password(user.clone(), password.unwrap_or_default());
        }
        if let Some(file) = &self.ca_file {
            if !file.is_file() {
                return Err(NatsError::File(format!("{} is no file", file.display())));
            }
            options = options.add_root_certificates(file.clone()).require_tls(true);
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_servers_and_log() {
        let address: NatsAddress = "nats://a:4222,b:4223/guangling".parse().unwrap();
        assert_eq!(address.log().as_str(), "guangling");
        assert_eq!((address.servers().len(), address.replicas()), (2, 3));
        assert_eq!(address.to_string(), "nats://a:4222,b:4223/guangling");
        let lone: NatsAddress = "nats://127.0.0.1:4222/x?replicas=1".parse().unwrap();
        assert_eq!((lone.replicas(), lone.bytes_max()), (1, 16 << 30));
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong() {
        for (text, why) in [
            ("http://a/x", "begins with neither"),
            ("nats://a:4222", "name is missing"),
            ("nats://a:4222/", "a-z, 0-9"),
            ("nats://a:4222/Guang.ling", "a-z, 0-9"),
            ("nats://,a/x", "a host"),
            ("nats://me:secret@a/x", "under [nats]"),
            ("nats://a/x?replicas=2", "1, 3 or 5"),
            ("nats://a/x?copies=2", "other than"),
        ] {
            let told = text.parse::<NatsAddress>().unwrap_err().to_string();
            assert!(told.contains(why) && told.contains("guangling"), "{told}");
        }
    }
}
