//! The calendar: activities and their occurrences, venues and their bookings, public holidays,
//! promises. Start with [`contract`], then [`deciders`]; [`values`] computes, [`processes`] open
//! occurrences and book venues, [`projections`] answer pages, feeds and the command line.

pub mod contract;
pub mod deciders;
pub mod projections;
pub mod values;
