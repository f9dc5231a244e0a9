//! What may happen to places, residents, staff, teams and units: one file per category of stream.

pub mod place;
pub mod resident;
pub mod staff;
pub mod team;
pub mod unit;

/// A "no" that the pages can say in the visitor's language.
pub trait Reason: std::error::Error {
    /// The key of the text in `locales/`.
    fn key(&self) -> &'static str;
}

/// How often somebody may ask for a sign-in link within an hour.
pub const SIGN_INS_AN_HOUR: usize = 5;

/// When sign-in links were asked for lately, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many there were in all.
    pub n: u32,
    lately: Vec<chrono::DateTime<chrono::Utc>>,
}

impl Asked {
    /// Whether one more may be asked for now.
    pub fn may(&self, now: chrono::DateTime<chrono::Utc>) -> bool {
        let hour = chrono::TimeDelta::hours(1);
        self.lately.iter().filter(|at| now - **at < hour).count() < SIGN_INS_AN_HOUR
    }

    /// After one more.
    #[must_use]
    pub fn and(mut self, n: u32, at: chrono::DateTime<chrono::Utc>) -> Self {
        self.n = n;
        self.lately.push(at);
        // More than the limit need not be remembered to judge the limit.
        let surplus = self.lately.len().saturating_sub(SIGN_INS_AN_HOUR);
        self.lately.drain(..surplus);
        self
    }
}
