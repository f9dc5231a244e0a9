//! Time as a value that is passed on. The only file that asks the system for it.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Where `now` comes from.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// The system's clock, shifted by a constant number of microseconds.
    System { shift_us: i64 },
    /// Moved by hand; whoever sleeps wakes when it has come far enough.
    Virtual { now_us: Arc<AtomicI64>, moved: Arc<watch::Sender<()>> },
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

/// Linux counts sleep in `/proc/uptime` and not in its monotonic clock; elsewhere that must do.
fn boot_time() -> TimeDelta {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let uptime = std::fs::read_to_string("/proc/uptime").ok();
    let uptime = uptime.as_deref().and_then(|text| text.split(' ').next());
    let seconds = uptime.and_then(|text| text.parse::<f64>().ok());
    let passed = seconds.map_or_else(|| START.elapsed(), Duration::from_secs_f64);
    TimeDelta::from_std(passed).unwrap_or_default()
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Kind::System { shift_us: 0 })
    }

    /// A clock that shows `start` now and runs on from there, for demonstrations.
    pub fn running_from(start: DateTime<Utc>) -> Self {
        let shift_us = (start - system_now()).num_microseconds().unwrap_or_default();
        Self(Kind::System { shift_us })
    }

    /// A clock that stands at `start` until [`Clock::advance_to`] moves it.
    pub fn standing_at(start: DateTime<Utc>) -> Self {
        Self(Kind::Virtual {
            now_us: Arc::new(AtomicI64::new(start.timestamp_micros())),
            moved: Arc::new(watch::Sender::new(())),
        })
    }

    /// The present instant, to the microsecond.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Kind::System { shift_us } => system_now().timestamp_micros().saturating_add(*shift_us),
            Kind::Virtual { now_us, .. } => now_us.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Moves a virtual clock to `instant`, forward or back; a system clock stays as it is.
    pub fn advance_to(&self, instant: DateTime<Utc>) {
        if let Kind::Virtual { now_us, moved } = &self.0 {
            now_us.store(instant.timestamp_micros(), Ordering::SeqCst);
            moved.send_replace(());
        }
    }

    /// Moves a virtual clock on by `by`.
    pub fn advance(&self, by: TimeDelta) {
        self.advance_to(self.now() + by);
    }

    /// Whether the clock is moved by hand.
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Virtual { .. })
    }

    /// The time since the machine's start, that of sleep included, which nobody sets: two answers
    /// tell how much time has really passed. A clock moved by hand answers with its own time.
    pub fn since_boot(&self) -> TimeDelta {
        match &self.0 {
            Kind::System { .. } => boot_time(),
            Kind::Virtual { now_us, .. } => TimeDelta::microseconds(now_us.load(Ordering::SeqCst)),
        }
    }

    /// How far a running clock is off the system's, in microseconds.
    pub fn shift_us(&self) -> i64 {
        match self.0 {
            Kind::System { shift_us } => shift_us,
            Kind::Virtual { .. } => 0,
        }
    }

    /// The system's clock, so many microseconds on: for one demonstration in several processes.
    pub fn shifted(shift_us: i64) -> Self {
        Self(Kind::System { shift_us })
    }

    /// Waits until `instant` has come. On the system's clock it wakes at least once a minute to
    /// look again, since a suspended or corrected machine makes a long sleep end at the wrong time.
    pub async fn sleep_until(&self, instant: DateTime<Utc>) {
        const LOOK_AGAIN: Duration = Duration::from_mins(1);
        match &self.0 {
            Kind::System { .. } => loop {
                match (instant - self.now()).to_std() {
                    Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(LOOK_AGAIN)).await,
                    _ => return,
                }
            },
            Kind::Virtual { moved, .. } => {
                let mut moves = moved.subscribe();
                while self.now() < instant {
                    if moves.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_virtual_clock_wakes_the_sleeper_when_it_is_moved_far_enough() {
        let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
        let due = clock.now() + TimeDelta::hours(2);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(due).await;
                clock.now()
            }
        });
        clock.advance(TimeDelta::hours(1));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(TimeDelta::hours(1));
        assert_eq!(sleeper.await.unwrap(), due);
    }

    #[test]
    fn a_running_clock_starts_where_it_is_told() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = Clock::running_from(start);
        let shown = clock.now();
        assert!(shown >= start && shown - start < TimeDelta::minutes(1));
    }
}
