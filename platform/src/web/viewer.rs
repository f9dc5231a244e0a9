//! Who looks at a page, and how they want to see it.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{directory::Principal, ids::Actor};

/// A language of the interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese, the first.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// `zh` or `en`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language of a code; Chinese for any that is not English.
    pub fn of(code: &str) -> Self {
        if code.starts_with("en") { Self::En } else { Self::Zh }
    }
}

/// Who looks, put into each request by the gateway. Take it as an argument of a page's function.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// Who is signed in, if anybody is.
    pub principal: Option<Principal>,
    /// The language of the page.
    pub language: Language,
    /// Whether the page is in large type.
    pub large_type: bool,
}

impl Viewer {
    /// Who a command from this page comes from.
    pub fn actor(&self) -> Actor {
        match &self.principal {
            Some(p) if p.staff => Actor::Staff(p.person),
            Some(p) => Actor::Resident(p.person),
            None => Actor::Visitor,
        }
    }

    /// The person signed in.
    pub fn person(&self) -> Option<Uuid> {
        self.principal.as_ref().map(|p| p.person)
    }

    /// Whether they may do something in a community.
    pub fn may(&self, permission: &str, community: &str) -> bool {
        self.principal.as_ref().is_some_and(|p| p.may(permission, community))
    }

    /// Whether they are this resident or may act for them.
    pub fn stands_for(&self, resident: Uuid) -> bool {
        let p = self.principal.as_ref();
        p.is_some_and(|p| p.person == resident || p.acts_for.contains(&resident))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
