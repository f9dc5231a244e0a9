//! Venues, hosts or people that a series takes in turn.
//!
//! Turns are counted from the day on which the series begins: its first nominal date takes the first
//! entry, whether or not the rule has a `from` of its own. A series that goes on by another rule from
//! some day on begins its turns anew there; what was opened before keeps the entry that it has.

/// Which of `length` entries an occurrence takes: the one with this
/// [`index`](crate::Computed::index), in a series before which the rule has
/// [`passed`](crate::Rule::passed) occurrences. `None` for an empty list. The index counts nominal
/// dates, so a cancelled, excepted or skipped date keeps its turn and the next one is not shifted.
pub fn pick(length: usize, index: u32, passed: u32) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    // A working day that a holiday moves over the first day of the series may come before it.
    let turn = (i64::from(index) - i64::from(passed)).checked_rem_euclid(length)?;
    usize::try_from(turn).ok()
}
