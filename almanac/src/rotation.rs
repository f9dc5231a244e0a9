//! Venues, hosts or people that a series takes in turn.

/// Which of `length` entries the occurrence with this [`index`](crate::Computed::index) takes;
/// `None` for an empty list. The index counts nominal dates, so a cancelled, excepted or skipped
/// date keeps its turn and the next one is not shifted.
pub fn pick(length: usize, index: u32) -> Option<usize> {
    usize::try_from(index).ok()?.checked_rem(length)
}
