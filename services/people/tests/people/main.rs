//! The whole service on a node for tests: the directory's rules, lists, the doors, the desk,
//! erasure. All residents are made up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;
mod desk_staff;
mod directory;
mod doors;
mod erasure;
mod house;
mod lists;
mod merging;
mod reach;
