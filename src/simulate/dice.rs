//! Choices that a seed makes.

use linli_platform::entropy::Entropy;

/// The same choices again for the same seed.
pub struct Dice(Entropy);

impl Dice {
    /// Choices of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Entropy::seeded(seed))
    }

    /// A number below `n`; 0 where there is none.
    pub fn below(&self, n: usize) -> usize {
        let drawn = u64::from_le_bytes(self.0.bytes()) % (n.max(1) as u64);
        usize::try_from(drawn).unwrap_or_default()
    }

    /// A number from `from` up to `to`, both included.
    pub fn within(&self, from: i64, to: i64) -> i64 {
        let n = usize::try_from(to - from + 1).unwrap_or(1);
        from + i64::try_from(self.below(n)).unwrap_or_default()
    }

    /// Whether it happens, in so many of a hundred cases.
    pub fn hits(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Whether it happens, in so many of a thousand cases.
    pub fn strikes(&self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of some.
    pub fn of<T: Clone>(&self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| all[self.below(all.len())].clone())
    }

    /// `n` or one more, so that it is `exact` on average, between half and one and a half of it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "numbers of people are small"
    )]
    pub fn about(&self, exact: f64) -> usize {
        let wide = exact.max(0.0) * (500 + self.below(1001)) as f64;
        (wide / 1000.0) as usize + usize::from(self.below(1000) < (wide % 1000.0) as usize)
    }

    /// One of some, those in front more often: in every community the same people come again.
    pub fn regular<T: Clone>(&self, all: &[T]) -> Option<T> {
        let first = self.below(all.len());
        let second = self.below(all.len());
        all.get(first.min(second)).cloned()
    }
}
