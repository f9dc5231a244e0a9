//! What a node is there for.

use std::{collections::BTreeSet, fmt, str::FromStr};

/// The services whose hands a node may have.
pub const SERVICES: [&str; 5] = ["calendar", "people", "notifier", "attendance", "ranking"];
/// The word for the faces of all services.
const GATEWAY: &str = "gateway";

/// What a node does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Part {
    /// All: it answers people, and acts for every service.
    #[default]
    Whole,
    /// Pages, or some services' hands, or both.
    Only(Only),
    /// One command of an operator, and then it ends.
    Operator,
    /// The same, where it brings a vault or takes one away: over NATS it keeps the vault itself.
    Mover,
}

impl Part {
    /// Whether it answers people.
    pub fn answers(&self) -> bool {
        match self {
            Self::Whole => true,
            Self::Only(only) => only.gateway,
            Self::Operator | Self::Mover => false,
        }
    }

    /// The services that it acts for.
    pub fn hands(&self) -> Vec<&'static str> {
        match self {
            Self::Whole => SERVICES.to_vec(),
            Self::Only(only) => only.hands.iter().copied().collect(),
            Self::Operator | Self::Mover => Vec::new(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("all"),
            Self::Operator | Self::Mover => f.write_str("operator"),
            Self::Only(only) => {
                let gateway = only.gateway.then_some(GATEWAY);
                let names: Vec<_> = gateway.into_iter().chain(only.hands.iter().copied()).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

/// What `--only` names: `gateway`, a service, or several of them with commas.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Only {
    gateway: bool,
    hands: BTreeSet<&'static str>,
}

impl FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut only = Self::default();
        for name in text.split(',').map(str::trim) {
            if name == GATEWAY {
                only.gateway = true;
            } else if let Some(service) = SERVICES.iter().find(|service| **service == name) {
                only.hands.insert(service);
            } else {
                let known = SERVICES.join(", ");
                return Err(format!("'{name}' is no part of Linli: write {GATEWAY}, {known}"));
            }
        }
        Ok(only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_its_services() {
        let part = |text: &str| text.parse().map(Part::Only);
        let faces = part("gateway").unwrap();
        assert!(faces.answers() && faces.hands().is_empty());
        let hands = part("ranking, notifier").unwrap();
        assert_eq!((hands.answers(), hands.hands()), (false, vec!["notifier", "ranking"]));
        assert_eq!(hands.to_string(), "notifier,ranking");
        assert_eq!(Part::Whole.hands().len(), SERVICES.len());
        assert!(part("mailer").unwrap_err().contains("calendar"));
    }
}
