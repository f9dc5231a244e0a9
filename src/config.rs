//! `linli.toml`, and the environment that goes before it.
//!
//! | key | meaning |
//! |---|---|
//! | `public_url` | the address that people reach Linli at; by default that of `listen` |
//! | `listen` | address and port of the server; by default 127.0.0.1:8080 |
//! | `log` | `embedded`, the log in the data folder; or `nats://host:4222,…/<log>` |
//! | `master_key_file` | the key under which all names are kept, outside the data folder |
//! | `trusted_proxy` | the reverse proxy whose `X-Forwarded-For` is believed |
//! | `hours` | when this machine runs, as `mon-fri 08:00-17:30, sat 09:00-12:00`; by default always |
//! | `otel_endpoint` | a collector that spans go to, as `http://127.0.0.1:4318`; by default none |
//! | `[nats]` | `user` with `password`, or `credentials`; `ca_file` for servers with TLS |
//! | `[smtp]` | the relay that mail leaves by; without it mail goes to the local outbox |
//!
//! Each key may stand in the environment instead: `LINLI_LISTEN`, `LINLI_SMTP_PASSWORD`,
//! `LINLI_NATS_PASSWORD`.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use linli_notifier::{
    adapters::mail::MailConfig,
    values::{Hours, HoursError},
};
use linli_platform::nats::{Access, NatsAddress};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    failure::{Failure, toml_problem},
    otel::Endpoint,
};

#[cfg(test)]
mod tests;

/// The file that is read if it is there and no other is named.
pub const USUAL_FILE: &str = "linli.toml";
const USUAL_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// Names of the environment that are read elsewhere.
const OTHERS: [&str; 4] = ["DATA", "CONFIG", "PASSPHRASE", "NATS_SERVER"];
const KEYS: [&str; 7] =
    ["public_url", "listen", "log", "master_key_file", "trusted_proxy", "hours", "otel_endpoint"];
const SMTP_KEYS: [&str; 11] = [
    "host",
    "port",
    "tls",
    "ca_file",
    "user",
    "password",
    "connections",
    "timeout_seconds",
    "from",
    "from_name",
    "reply_to",
];
const NATS_KEYS: [&str; 4] = ["user", "password", "credentials", "ca_file"];
const NUMBERS: [&str; 3] = ["port", "connections", "timeout_seconds"];

/// How Linli is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address that people reach it at, without a slash at the end, if it was given.
    pub public_url: Option<String>,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where the log is on NATS; none is the embedded one.
    pub log: Option<NatsAddress>,
    /// What lets this node in there.
    pub nats: Access,
    /// Where the master key is, if it was given.
    pub master_key_file: Option<PathBuf>,
    /// The reverse proxy in front, if there is one.
    pub trusted_proxy: Option<IpAddr>,
    /// When this machine runs.
    pub hours: Hours,
    /// The collector that spans go to, if any.
    pub otel_endpoint: Option<Endpoint>,
    /// The mail relay, if there is one.
    pub smtp: Option<MailConfig>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    public_url: Option<PublicUrl>,
    listen: Option<SocketAddr>,
    log: Option<LogAddress>,
    nats: Option<WrittenAccess>,
    master_key_file: Option<PathBuf>,
    trusted_proxy: Option<IpAddr>,
    hours: Option<HostHours>,
    otel_endpoint: Option<Endpoint>,
    smtp: Option<MailConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct HostHours(Hours);

impl TryFrom<String> for HostHours {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse().map(Self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct PublicUrl(String);

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.map(|rest| rest.trim_end_matches('/'));
        match host {
            Some(host) if !host.is_empty() && !host.contains(['/', ' ', '?', '#']) => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            _ => Err(format!(
                "{text:?} is not an address of this site: write \"https://linli.example.cn\", \
                 without a path"
            )),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAccess {
    user: Option<String>,
    password: Option<SecretString>,
    credentials: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

impl WrittenAccess {
    fn access(self) -> Access {
        let Self { user, password, credentials, ca_file } = self;
        Access { user, password, credentials, ca_file }
    }
}

/// Which log.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct LogAddress(Option<NatsAddress>);

/// The log that a text names: none is the embedded one.
pub fn log_address(text: &str) -> Result<Option<NatsAddress>, String> {
    LogAddress::try_from(text.to_owned()).map(|log| log.0)
}

impl TryFrom<String> for LogAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "embedded" => Ok(Self(None)),
            other => match other.parse() {
                Ok(address) => Ok(Self(Some(address))),
                Err(error) => Err(format!("{error}; the log in the data folder is \"embedded\"")),
            },
        }
    }
}

impl Config {
    /// Without a file or an environment.
    pub fn usual() -> Self {
        Self {
            public_url: None,
            listen: USUAL_LISTEN,
            log: None,
            nats: Access::default(),
            master_key_file: None,
            trusted_proxy: None,
            hours: Hours::default(),
            otel_endpoint: None,
            smtp: None,
        }
    }

    /// Reads the file named, else `linli.toml` where there is one, then the environment.
    pub fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let usual = Path::new(USUAL_FILE);
        let file = named.or_else(|| usual.exists().then_some(usual));
        let prefix = "LINLI_";
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix(prefix)?.to_owned();
            Some((name, value.to_string_lossy().into_owned()))
        });
        let environment: BTreeMap<_, _> = environment.collect();
        let Some(file) = file else { return Self::of("", "", &environment) };
        let text = std::fs::read_to_string(file).map_err(|e| Failure::file(file, "read", &e))?;
        let mut config = Self::of(&file.display().to_string(), &text, &environment)?;
        let from_file = !environment.contains_key("MASTER_KEY_FILE");
        if let (Some(key), Some(folder), true) = (&config.master_key_file, file.parent(), from_file)
        {
            config.master_key_file = Some(folder.join(key));
        }
        Ok(config)
    }

    /// Reads the text of a file, and names of the environment without `LINLI_`.
    fn of(file: &str, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let problem = |error| Failure::Failed(toml_problem(file, text, &error));
        toml::from_str::<Written>(text).map_err(problem)?;
        let mut table: toml::Table = toml::from_str(text).map_err(problem)?;
        let mut used = Vec::new();
        for (name, value) in environment {
            if let Some(name) = over(&mut table, name, value)? {
                used.push(name);
            }
        }
        let written: Written = table.try_into().map_err(|error: toml::de::Error| {
            Failure::failed(format!("{}: {}", used.join(", "), error.message()))
        })?;
        Ok(Self {
            public_url: written.public_url.map(|url| url.0),
            listen: written.listen.unwrap_or(USUAL_LISTEN),
            log: written.log.and_then(|log| log.0),
            nats: written.nats.map(WrittenAccess::access).unwrap_or_default(),
            master_key_file: written.master_key_file,
            trusted_proxy: written.trusted_proxy,
            hours: written.hours.map(|hours| hours.0).unwrap_or_default(),
            otel_endpoint: written.otel_endpoint,
            smtp: written.smtp,
        })
    }

    /// The address that people reach it at when the server listens at `at`.
    pub fn public_url_at(&self, at: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{at}"))
    }
}

/// Puts one value of the environment over the file's; its whole name, if it is a key at all.
fn over(table: &mut toml::Table, name: &str, value: &str) -> Result<Option<String>, Failure> {
    let whole = format!("LINLI_{name}");
    if OTHERS.contains(&name) {
        return Ok(None);
    }
    let key = name.to_lowercase();
    if KEYS.contains(&key.as_str()) {
        table.insert(key, value.into());
        return Ok(Some(whole));
    }
    let tables: [(&str, &[&str]); 2] = [("smtp", &SMTP_KEYS), ("nats", &NATS_KEYS)];
    let within = |(table, keys): &(&'static str, &[&str])| {
        let key = key.strip_prefix(*table)?.strip_prefix('_')?;
        keys.contains(&key).then(|| (*table, key.to_owned()))
    };
    let Some((section, key)) = tables.iter().find_map(within) else {
        return Err(unknown(&whole));
    };
    let value = if NUMBERS.contains(&key.as_str()) {
        let number: i64 = value
            .parse()
            .map_err(|_| Failure::failed(format!("{whole}={value} is not a number")))?;
        number.into()
    } else {
        value.into()
    };
    let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
    if let Some(section) = section.as_table_mut() {
        section.insert(key, value);
    }
    Ok(Some(whole))
}

/// Says which names there are.
fn unknown(whole: &str) -> Failure {
    let upper = |keys: &[&str], prefix: &str| {
        keys.iter().map(|key| format!("{prefix}{}", key.to_uppercase())).collect::<Vec<_>>()
    };
    let known = [
        upper(&OTHERS, "LINLI_"),
        upper(&KEYS, "LINLI_"),
        upper(&NATS_KEYS, "LINLI_NATS_"),
        upper(&SMTP_KEYS, "LINLI_SMTP_"),
    ];
    Failure::failed(format!(
        "{whole} is no setting: unset it, or write one of {}",
        known.concat().join(", ")
    ))
}
