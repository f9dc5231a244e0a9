//! The nouns: what is written about people before it is sealed, and what a role allows.

pub mod contact;
pub mod matching;
pub mod roles;
pub mod sheet;
