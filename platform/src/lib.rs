//! The mechanism under every service of Linli, without one civic word: how a command becomes an
//! event on the log, and how events become tables, reactions and pages.
//!
//! Read in this order: [`decider`] (what a service writes), [`stream`] (how a command reaches the
//! log), [`event_log`] (the one port, its adapters), [`tables`] with [`projection`] and [`process`]
//! (what follows from the log), [`vault`] and [`directory`] (personal data), [`web`] (the edge).

pub mod blocking;
pub mod clock;
pub mod clock_guard;
pub mod commit;
pub mod decider;
pub mod directory;
pub mod entropy;
pub mod event_log;
pub mod hand;
pub mod ids;
pub mod nats;
pub mod process;
pub mod projection;
pub mod service;
pub mod stream;
pub mod tables;
pub mod testing;
pub mod vault;
pub mod web;
