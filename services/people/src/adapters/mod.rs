//! The way out to the vault: the directory that all services ask, and what writes about people.
//! What is written is sealed here, before a command is made of it.

mod access;
mod cards;
pub mod directory;
mod export;
mod import;
mod index;
mod merge;
mod people;
mod registry;
mod staff;
pub(crate) mod tries;

pub use access::{Caught, Invited};
pub use cards::PrintedCard;
pub(crate) use directory::Fault;
pub use directory::PeopleDirectory;
pub use import::{ImportLine, ImportReport};
pub use people::{People, PeopleError};
pub(crate) use registry::{Clear, clear};
pub use registry::{Edit, NewResident};
pub use staff::NewStaff;
