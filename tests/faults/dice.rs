//! Choices that the seed makes.

use linli_platform::entropy::Entropy;

/// The same choices again for the same seed.
pub struct Dice(Entropy);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Entropy::seeded(seed))
    }

    /// A number below `n`.
    pub fn below(&self, n: usize) -> usize {
        usize::try_from(u64::from_le_bytes(self.0.bytes())).unwrap() % n.max(1)
    }

    /// A number from `from` up to `to`, both included.
    pub fn within(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(usize::try_from(to - from + 1).unwrap())).unwrap()
    }

    /// Whether it happens, in so many of a hundred cases.
    pub fn hits(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of some.
    pub fn of<T: Clone>(&self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| all[self.below(all.len())].clone())
    }
}
