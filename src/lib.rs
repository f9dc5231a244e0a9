//! The executable `linli`: the command line ([`cli`]), its configuration ([`config`]), and which
//! services run over which log ([`compose`]).
//!
//! What a command does to a node stands in [`operations`]. It is done through the running server,
//! if there is one ([`socket`]), else by the command itself. [`seeds`] reads the rules of places
//! and communities, [`demo`] shows all of it, [`transfer`] carries a log to another one.

pub mod cli;
pub mod compose;
pub mod config;
pub mod demo;
pub mod failure;
pub mod holidays;
pub mod operations;
pub mod otel;
pub mod output;
pub mod seeds;
pub mod simulate;
pub mod socket;
pub mod transfer;
