//! `docker-compose.yml`, read as far as the tests need it, with `deploy/example.env` filled in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::root;

/// The whole file.
#[derive(Debug, Deserialize)]
pub struct Compose {
    pub services: BTreeMap<String, Service>,
    pub volumes: BTreeMap<String, Value>,
    /// What `.env` would give.
    #[serde(skip)]
    pub given: BTreeMap<String, String>,
}

/// One container.
#[derive(Debug, Deserialize)]
pub struct Service {
    pub image: String,
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, Value>,
    #[serde(default)]
    pub volumes: Vec<String>,
    #[serde(default)]
    pub depends_on: BTreeMap<String, Value>,
    pub healthcheck: Option<Check>,
    #[serde(default)]
    pub profiles: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Check {
    #[serde(default)]
    pub test: Vec<String>,
}

impl Service {
    pub fn is_linli(&self) -> bool {
        self.image.starts_with("linli:")
    }

    /// Its environment as texts.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.environment.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// What is mounted there.
    pub fn volume(&self, at: &str) -> Option<&str> {
        self.volumes.iter().find_map(|volume| {
            let (from, to) = volume.split_once(':')?;
            (to == at).then_some(from)
        })
    }
}

impl Compose {
    /// Reads the file with every empty value of `deploy/example.env` filled in.
    pub fn read() -> Self {
        let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
        let given = given(&read("deploy/example.env"));
        let text = filled_in(&read("docker-compose.yml"), &given);
        let mut compose: Self = serde_saphyr::from_str(&text).expect("YAML with these fields");
        compose.given = given;
        compose
    }
}

/// The names in an example, with a made-up value where none is given.
fn given(example: &str) -> BTreeMap<String, String> {
    let lines = example.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let value = |(name, value): (&str, &str)| {
        let made_up = format!(
            "p{}",
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).simple()
        );
        let value = if value.is_empty() { made_up } else { value.to_owned() };
        (name.to_owned(), value)
    };
    pairs.map(value).collect()
}

/// Puts values in place of `${NAME}`, `${NAME:-otherwise}` and `${NAME:?what is wrong}`. Every name
/// must stand in the example.
fn filled_in(text: &str, given: &BTreeMap<String, String>) -> String {
    let mut pieces = text.split("${");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').expect("a brace that closes");
        let name = name.split(':').next().unwrap();
        let value = given.get(name).unwrap_or_else(|| panic!("deploy/example.env lacks {name}"));
        out.push_str(value);
        out.push_str(rest);
    }
    out
}
