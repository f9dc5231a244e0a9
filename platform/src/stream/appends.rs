//! How long appends took: what one looks at first when everything is slow.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper bounds in milliseconds: a disk of one's own answers in one or two, a cluster in some ten;
/// a server's death shows in the last ones.
pub const BOUNDS_MS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// Counts of appends by how long they took, since the start.
#[derive(Debug, Default)]
pub struct Appends {
    /// By bound, and one for all that took longer than the last.
    counts: [AtomicU64; BOUNDS_MS.len() + 1],
    micros: AtomicU64,
    failed: AtomicU64,
}

/// What [`Appends`] says at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendFigures {
    /// How many took at most so many milliseconds, by bound.
    pub within: [u64; BOUNDS_MS.len()],
    /// How many there were.
    pub count: u64,
    /// How long they took together, in microseconds.
    pub micros: u64,
    /// How many of them the log did not take, conflicts apart.
    pub failed: u64,
}

impl Appends {
    pub(super) fn count(&self, took: Duration, failed: bool) {
        let millis = took.as_micros().div_ceil(1000);
        let bound = BOUNDS_MS.iter().position(|bound| millis <= u128::from(*bound));
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counts[bound.unwrap_or(BOUNDS_MS.len())].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
    }

    /// What has been counted.
    pub fn figures(&self) -> AppendFigures {
        let mut count = 0;
        let mut so_far = |n: &AtomicU64| {
            count += n.load(Ordering::Relaxed);
            count
        };
        let within = std::array::from_fn(|n| so_far(&self.counts[n]));
        let count = so_far(&self.counts[BOUNDS_MS.len()]);
        let micros = self.micros.load(Ordering::Relaxed);
        AppendFigures { within, count, micros, failed: self.failed.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_append_counts_at_all_bounds_above_it() {
        let appends = Appends::default();
        appends.count(Duration::from_millis(1), false);
        appends.count(Duration::from_micros(1001), false);
        appends.count(Duration::from_secs(9), true);
        let figures = appends.figures();
        assert_eq!(figures.within[..3], [1, 2, 2]);
        assert_eq!((figures.within[BOUNDS_MS.len() - 1], figures.count), (2, 3));
        assert_eq!((figures.micros, figures.failed), (9_002_001, 1));
    }
}
