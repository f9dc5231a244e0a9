//! How mail leaves, as the `[smtp]` table of `linli.toml` says it.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use lettre::Address;
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;

/// The `[smtp]` table. Without it mail goes to the local outbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The relay's name or address.
    pub host: String,
    /// The relay's port; by default 25 without encryption, 587 with STARTTLS, 465 with TLS.
    pub port: Option<u16>,
    /// How the connection is encrypted; STARTTLS by default.
    #[serde(default)]
    pub tls: Tls,
    /// A PEM file with the authority that signed the relay's certificate, for an office with
    /// its own. Without it the well-known authorities count.
    pub ca_file: Option<PathBuf>,
    /// The account at the relay.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// How many connections are open at most, 1 to 64.
    #[serde(default = "eight")]
    pub connections: usize,
    /// After how many seconds without an answer a connection counts as lost, 1 to 600. The
    /// answer to a body may take five times as long.
    #[serde(default = "a_minute")]
    pub timeout_seconds: u64,
    /// The sender's address.
    pub from: String,
    /// The sender's name as residents see it.
    pub from_name: Option<String>,
    /// Where answers go, when not to `from`.
    pub reply_to: Option<String>,
}

const fn eight() -> usize {
    8
}

const fn a_minute() -> u64 {
    60
}

/// How the connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Not at all: for a relay on the same machine or in the same network.
    None,
    /// In clear at first, then encrypted; refused when the relay doesn't offer it.
    #[default]
    StartTls,
    /// Encrypted from the first byte.
    Tls,
}

/// What is wrong in the `[smtp]` table, and the way out.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A sender that is no address.
    #[error("[smtp] {key} = \"{value}\" is not an e-mail address: write it as name@example.cn")]
    Address {
        /// Which key.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// An account given by halves.
    #[error("[smtp] `user` and `password` belong together: give both or neither")]
    HalfAccount,
    /// A password that everybody on the way could read.
    #[error(
        "[smtp] tls = \"none\" would send the password readable to {host}: set tls to \
         \"starttls\" or \"tls\", or leave out `user` and `password`"
    )]
    ClearPassword {
        /// The relay.
        host: String,
    },
    /// A number out of range.
    #[error("[smtp] {key} = {value} is out of range: {least} to {most}")]
    Range {
        /// Which key.
        key: &'static str,
        /// What stands there.
        value: u64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// An authority file that cannot be read.
    #[error("[smtp] ca_file = \"{path}\": {reason}; it must be a readable PEM certificate")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What the system or the parser said.
        reason: String,
    },
    /// A host name that no certificate can be checked against.
    #[error("[smtp] host = \"{host}\" cannot be used with encryption: {reason}")]
    Host {
        /// The relay.
        host: String,
        /// What the library said.
        reason: String,
    },
}

impl MailConfig {
    /// The port that is used.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::None => 25,
            Tls::StartTls => 587,
            Tls::Tls => 465,
        })
    }

    /// How long a reply may take.
    pub(super) const fn reply_within(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// How long the reply to a body may take. Giving up early makes doubles (RFC 5321,
    /// 4.5.3.2.6), hence the patience.
    pub(super) const fn body_within(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds * 5)
    }

    /// Refuses what cannot work before anything is sent.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let addresses = [("from", Some(&self.from)), ("reply_to", self.reply_to.as_ref())];
        for (key, value) in addresses {
            if let Some(value) = value.filter(|value| value.parse::<Address>().is_err()) {
                return Err(ConfigError::Address { key, value: value.clone() });
            }
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(ConfigError::HalfAccount);
        }
        if self.tls == Tls::None && self.password.is_some() && !self.is_loopback() {
            return Err(ConfigError::ClearPassword { host: self.host.clone() });
        }
        let connections = u64::try_from(self.connections).unwrap_or(u64::MAX);
        within("connections", connections, 1, 64)?;
        within("timeout_seconds", self.timeout_seconds, 1, 600)
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn within(key: &'static str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(ConfigError::Range { key, value, least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::{MailConfig, Tls};

    fn read(toml: &str) -> Result<MailConfig, String> {
        let config: MailConfig = toml::from_str(toml).map_err(|e| e.to_string())?;
        config.validate().map_err(|e| e.to_string())?;
        Ok(config)
    }

    #[test]
    fn a_short_table_has_sensible_defaults() {
        let config = read("host = 'mail.example.cn'\nfrom = 'linli@example.cn'").unwrap();
        assert_eq!((config.tls, config.port(), config.connections), (Tls::StartTls, 587, 8));
        let config = read("host = 'h'\nfrom = 'l@example.cn'\ntls = 'tls'").unwrap();
        assert_eq!(config.port(), 465);
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let base = "host = 'mail.example.cn'\nfrom = 'linli@example.cn'\n";
        for (more, named) in [
            ("pasword = 'x'", "pasword"),
            ("tls = 'ssl'", "ssl"),
            ("user = 'linli'", "belong together"),
            ("user = 'l'\npassword = 'p'\ntls = 'none'", "readable"),
            ("connections = 0", "connections"),
            ("connections = 65", "1 to 64"),
            ("timeout_seconds = 0", "timeout_seconds"),
            ("reply_to = 'nobody'", "reply_to"),
        ] {
            let refused = read(&format!("{base}{more}")).unwrap_err();
            assert!(refused.contains(named), "{more}: {refused}");
        }
        let refused = read("host = 'h'\nfrom = 'not an address'").unwrap_err();
        assert!(refused.contains("not an address"), "{refused}");
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = read(
            "host = '127.0.0.1'\nfrom = 'l@example.cn'\ntls = 'none'\nuser = 'u'\n\
             password = 'very-secret'",
        )
        .unwrap();
        assert!(!format!("{config:?}").contains("very-secret"));
    }
}
