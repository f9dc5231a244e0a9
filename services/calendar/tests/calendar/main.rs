//! The calendar as a whole over an in-memory log: Xiguan's rules, its pages and feeds.

mod feed;
mod kit;
mod parsers;
