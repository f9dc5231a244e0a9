//! Keeps a wrong clock from doing harm.
//!
//! A clock that is behind the log writes nothing: what it wrote would stand in the wrong order of
//! time. A clock that has leapt forward lets the processes wait for an administrator's word, since
//! they would act on months of timers at once; pages, and what people do there, go on. That they
//! wait is noted in a file, since what people write meanwhile would make the log look as if it had
//! never rested.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio::sync::watch;

use crate::clock::Clock;

/// How far the clock may be behind the log's newest event.
const BEHIND_MAX: TimeDelta = TimeDelta::minutes(5);
/// How far the clock may leap forward while the program runs.
const LEAP_MAX: TimeDelta = TimeDelta::hours(1);
/// How long a log may have rested at a start before somebody has to say that the clock is right.
const REST_MAX: TimeDelta = TimeDelta::days(30);

/// Watches the clock of one node. A copy watches the same; the default one lets all pass, for a
/// clock that is moved by hand.
#[derive(Debug, Clone, Default)]
pub struct ClockGuard(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    /// The newest event's time, in microseconds since 1970.
    newest_us: AtomicI64,
    /// The wall clock and the time since the machine's start, when the clock was last right.
    right: Mutex<(DateTime<Utc>, TimeDelta)>,
    /// Why the processes wait, if they do.
    waits: watch::Sender<Option<String>>,
    /// What this clock and that of the servers of the log showed, where they are too far apart.
    apart: Mutex<Option<(DateTime<Utc>, DateTime<Utc>)>>,
    /// Where that is noted until somebody says that the clock is right.
    note: Option<PathBuf>,
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl ClockGuard {
    /// Watches `clock` from now on over a log whose newest event is of `newest`.
    pub fn new(clock: &Clock, newest: Option<DateTime<Utc>>) -> Self {
        if clock.is_virtual() {
            return Self::default();
        }
        let now = clock.now();
        let rested = newest.filter(|newest| now - *newest > REST_MAX).map(|newest| {
            format!(
                "the clock shows {}, but the log's last event is of {}",
                text(now),
                text(newest)
            )
        });
        Self(Some(Arc::new(Inner {
            clock: clock.clone(),
            newest_us: AtomicI64::new(newest.map_or(i64::MIN, |newest| newest.timestamp_micros())),
            right: Mutex::new((now, clock.since_boot())),
            waits: watch::Sender::new(rested),
            apart: Mutex::default(),
            note: None,
        })))
    }

    /// The same, with its waiting noted in the file `note`: what was noted there before, or by
    /// another start, still holds.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn noted_in(self, note: PathBuf) -> io::Result<Self> {
        let Some(mut inner) = self.0.and_then(Arc::into_inner) else { return Ok(Self(None)) };
        let before = match fs::read_to_string(&note) {
            Ok(why) => Some(why.trim_end().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let now = inner.waits.borrow().clone();
        match (before, now) {
            (Some(before), _) => inner.waits = watch::Sender::new(Some(before)),
            (None, Some(why)) => write(&note, &why)?,
            (None, None) => {}
        }
        inner.note = Some(note);
        Ok(Self(Some(Arc::new(inner))))
    }

    /// What the clock shows and when the log's last event was, if the clock is behind it: nothing
    /// may be written then.
    pub fn behind(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let inner = self.0.as_ref()?;
        let newest = inner.newest_us.load(Ordering::Relaxed);
        let newest = DateTime::from_timestamp_micros(newest)?;
        let now = inner.clock.now();
        (newest - now > BEHIND_MAX).then_some((now, newest))
    }

    /// Says why nothing may be written now, if that is so, and what to do.
    pub fn refusal(&self) -> Option<String> {
        let behind = self.behind().map(|(now, newest)| {
            format!(
                "the clock shows {}, but the log's last event is of {}: nothing is written until \
                 the clock is set right",
                text(now),
                text(newest)
            )
        });
        behind.or_else(|| {
            let apart = *self.0.as_ref()?.apart.lock().unwrap_or_else(PoisonError::into_inner);
            let (here, there) = apart?;
            Some(format!(
                "this machine's clock shows {}, that of the nats-servers {}: nothing is written \
                 until both are set right (let a time service such as chrony do it)",
                text(here),
                text(there)
            ))
        })
    }

    /// Notes what this clock and that of the log's servers show at one moment. Further apart than
    /// `most`, nothing is written here.
    pub fn beside(&self, here: DateTime<Utc>, there: DateTime<Utc>, most: TimeDelta) {
        if let Some(inner) = &self.0 {
            let apart = (here - there).abs() > most;
            let mut noted = inner.apart.lock().unwrap_or_else(PoisonError::into_inner);
            *noted = apart.then_some((here, there));
        }
    }

    /// Notes that something was written at `at`.
    pub(crate) fn wrote(&self, at: DateTime<Utc>) {
        if let Some(inner) = &self.0 {
            inner.newest_us.fetch_max(at.timestamp_micros(), Ordering::Relaxed);
        }
    }

    /// Says why the processes wait, if they do; looks at the clock first.
    pub fn waits(&self) -> Option<String> {
        let inner = self.0.as_ref()?;
        let right = inner.right.lock().unwrap_or_else(PoisonError::into_inner);
        let leap = (inner.clock.now() - right.0) - (inner.clock.since_boot() - right.1);
        if leap > LEAP_MAX {
            inner.waits.send_if_modified(|waits| {
                let new = waits.is_none();
                let why = waits.get_or_insert_with(|| {
                    format!(
                        "the clock has leapt forward by {} minutes and shows {}",
                        leap.num_minutes(),
                        text(inner.clock.now())
                    )
                });
                // They wait now in any case; without the note they would not after a restart.
                if let (true, Some(note)) = (new, &inner.note)
                    && let Err(error) = write(note, why)
                {
                    tracing::error!(note = %note.display(), %error, "the wait can't be noted");
                }
                new
            });
        } else if leap < TimeDelta::zero() {
            // Slow steps back, as a time server takes them, must not hide a later leap.
            drop(right);
            self.set_right();
        }
        inner.waits.borrow().clone()
    }

    fn set_right(&self) {
        if let Some(inner) = &self.0 {
            let mut right = inner.right.lock().unwrap_or_else(PoisonError::into_inner);
            *right = (inner.clock.now(), inner.clock.since_boot());
        }
    }

    /// An administrator says that the clock is right: the processes go on.
    ///
    /// # Errors
    /// The note of the wait can't be deleted; then they wait on.
    pub fn release(&self) -> io::Result<()> {
        let Some(inner) = &self.0 else { return Ok(()) };
        match inner.note.as_ref().map_or(Ok(()), fs::remove_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.set_right();
        inner.waits.send_replace(None);
        Ok(())
    }

    /// Waits until the processes may go on.
    pub async fn released(&self) {
        while self.waits().is_some() {
            let Some(inner) = &self.0 else { return };
            let mut waits = inner.waits.subscribe();
            // The sender lives as long as this copy.
            let _ = waits.wait_for(Option::is_none).await;
        }
    }
}

/// Writes a note that outlives a power failure.
fn write(note: &Path, why: &str) -> io::Result<()> {
    fs::write(note, format!("{why}\n"))?;
    fs::File::open(note)?.sync_all()?;
    note.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(newest: TimeDelta) -> (ClockGuard, Clock) {
        let clock = Clock::system();
        let guard = ClockGuard::new(&clock, Some(clock.now() + newest));
        (guard, clock)
    }

    fn leap(guard: &ClockGuard, by: TimeDelta) {
        let inner = guard.0.as_ref().unwrap();
        inner.right.lock().unwrap().0 -= by;
    }

    #[test]
    fn a_clock_behind_the_log_writes_nothing() {
        assert_eq!(guard(TimeDelta::minutes(4)).0.refusal(), None);
        let (behind, clock) = guard(TimeDelta::minutes(6));
        let told = behind.refusal().unwrap();
        assert!(told.contains("until the clock is set right"), "{told}");
        assert_eq!(ClockGuard::new(&clock, None).refusal(), None);
        let (guard, clock) = guard(TimeDelta::zero());
        guard.wrote(clock.now() + TimeDelta::minutes(10));
        assert!(guard.refusal().is_some());
    }

    #[test]
    fn a_clock_far_from_that_of_the_servers_writes_nothing() {
        let (guard, clock) = guard(TimeDelta::zero());
        let (now, most) = (clock.now(), TimeDelta::seconds(30));
        for (off, refused) in [(29, false), (-31, true), (31, true), (0, false)] {
            guard.beside(now, now + TimeDelta::seconds(off), most);
            assert_eq!(guard.refusal().is_some(), refused, "{off} s off");
        }
    }

    #[tokio::test]
    async fn a_leap_makes_processes_wait_for_a_word() {
        let (guard, _) = guard(TimeDelta::zero());
        leap(&guard, TimeDelta::minutes(59));
        assert_eq!(guard.waits(), None);
        leap(&guard, TimeDelta::minutes(2));
        assert!(guard.waits().unwrap().contains("leapt forward by 61 minutes"));
        assert_eq!(guard.refusal(), None, "people go on");
        let waiting = tokio::spawn({
            let guard = guard.clone();
            async move { guard.released().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        guard.release().unwrap();
        waiting.await.unwrap();
        assert_eq!(guard.waits(), None);
    }

    #[test]
    fn a_log_that_has_rested_for_long_asks_first() {
        assert_eq!(guard(TimeDelta::days(-29)).0.waits(), None);
        let (rested, _) = guard(TimeDelta::days(-31));
        assert!(rested.waits().unwrap().contains("the log's last event is of"));
        rested.release().unwrap();
        assert_eq!(rested.waits(), None);
    }

    #[test]
    fn the_wait_holds_over_restarts_until_the_word() {
        let folder = tempfile::tempdir().unwrap();
        let start = |newest| guard(newest).0.noted_in(folder.path().join("note")).unwrap();
        assert_eq!(start(TimeDelta::zero()).waits(), None);
        let why = start(TimeDelta::days(-31)).waits().unwrap();
        // Somebody was checked in meanwhile: the log's last event is of just now.
        let again = start(TimeDelta::zero());
        assert_eq!(again.waits(), Some(why));
        again.release().unwrap();
        assert_eq!((again.waits(), start(TimeDelta::zero()).waits()), (None, None));
        let leapt = start(TimeDelta::zero());
        leap(&leapt, TimeDelta::minutes(61));
        assert!(leapt.waits().is_some());
        assert_eq!(start(TimeDelta::zero()).waits(), leapt.waits(), "a leap is noted too");
    }

    #[test]
    fn a_note_that_can_t_be_kept_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let rested = || guard(TimeDelta::days(-31)).0;
        assert!(rested().noted_in(folder.path().join("nowhere/note")).is_err());
        let note = folder.path().join("note");
        let noted = rested().noted_in(note.clone()).unwrap();
        fs::remove_file(&note).unwrap();
        fs::create_dir(&note).unwrap();
        assert!(noted.release().is_err());
        assert!(noted.waits().is_some(), "they wait on");
    }

    #[test]
    fn a_clock_moved_by_hand_is_always_right() {
        let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
        let guard = ClockGuard::new(&clock, Some(clock.now() + TimeDelta::days(400)));
        clock.advance(TimeDelta::days(300));
        assert_eq!((guard.refusal(), guard.waits()), (None, None));
    }
}
