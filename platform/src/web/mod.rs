//! The edge that people touch, as far as all services share it: routes that name what they need,
//! pages that the gateway puts its frame around, words in two languages, refusals.

mod names;
mod page;
mod routes;
pub mod session;
mod viewer;
mod words;

pub use names::{Names, PATIENCE};
pub use page::{Behind, Page, Parts, Refusal, see};
pub use routes::{Need, RouteInfo, Routes};
pub use viewer::{Language, Viewer};
pub use words::{Words, WordsError, fill};
