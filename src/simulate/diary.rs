//! What is going to happen, and when: learnt from the calendar's own events.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use futures::{FutureExt as _, StreamExt as _, stream::BoxStream};
use linli_almanac::{RecurrenceId, zoned::resolve};
use linli_attendance::values::OccurrenceKey;
use linli_calendar::contract::{ActivityEvent, Attendance, Description, Opening, Visibility};
use linli_platform::{
    commit::Recorded,
    event_log::{EventLog, Filter, Page, ReadError},
    ids::Position,
};
use uuid::Uuid;

use super::{behaviour::Organisers, dice::Dice};
use crate::failure::Failure;

/// One thing that people or organisers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Some of those who want to come to an occurrence say so; the number is of how many.
    Ask(u32),
    /// Those who can't come after all let know.
    Excuse,
    /// It is moved.
    Move,
    /// It is called off.
    Cancel,
    /// It begins.
    Doors,
    /// It ends.
    End,
    /// The sheet of paper is typed in.
    Paper,
    /// Those who were there say how it was; the last of all.
    Rate,
}

/// An occurrence ahead.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// Which host's, by its place among them.
    pub host: usize,
    /// The roll it has.
    pub key: OccurrenceKey,
    /// Which.
    pub id: RecurrenceId,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    pub all_day: bool,
    /// Its zone.
    pub zone: Tz,
    /// Where.
    pub venue: Option<Uuid>,
    /// How people are recorded.
    pub attendance: Attendance,
    /// Rises with each move.
    pub revision: u32,
    /// What it is.
    pub activity: std::sync::Arc<Description>,
    /// Those who said that they want to come.
    pub asked: Vec<usize>,
    /// How many want to come in all; decided when the first say so.
    pub wanted: Option<usize>,
}

/// Names an occurrence within the diary.
pub type Place = (Uuid, RecurrenceId);

/// All that is ahead.
pub struct Diary {
    pages: BoxStream<'static, Result<Page, ReadError>>,
    hosts: HashMap<String, usize>,
    activities: HashMap<Uuid, std::sync::Arc<Description>>,
    /// What is ahead.
    pub occurrences: BTreeMap<Place, Occurrence>,
    steps: BTreeMap<DateTime<Utc>, Vec<(Place, u32, Step)>>,
}

/// Some minutes past an hour of a day in a zone.
pub fn at(zone: Tz, date: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    resolve(zone, date.and_time(time)).to_utc()
}

/// The first of the month after a date.
pub fn next_month(date: NaiveDate) -> NaiveDate {
    let first = date.with_day(1).unwrap_or(date);
    first.checked_add_months(chrono::Months::new(1)).unwrap_or(first)
}

impl Diary {
    /// Nothing yet; it hears what the calendar of `log` tells of these hosts.
    pub fn of(log: &dyn EventLog, hosts: HashMap<String, usize>) -> Self {
        let pages = log.follow(Filter { services: vec!["calendar".to_owned()] }, Position(0));
        let (activities, occurrences) = (HashMap::new(), BTreeMap::new());
        Self { pages, hosts, activities, occurrences, steps: BTreeMap::new() }
    }

    /// Hears what has happened since.
    pub fn hear(
        &mut self,
        now: DateTime<Utc>,
        organisers: &Organisers,
        dice: &Dice,
    ) -> Result<(), Failure> {
        while let Some(page) = self.pages.next().now_or_never().flatten() {
            for commit in page?.commits.iter().filter(|c| c.stream.category() == "activity") {
                self.take(commit, now, organisers, dice)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        commit: &Recorded,
        now: DateTime<Utc>,
        organisers: &Organisers,
        dice: &Dice,
    ) -> Result<(), Failure> {
        let Some(activity) = commit.stream.uuid() else { return Ok(()) };
        let Some(host) = self.hosts.get(commit.stream.community()).copied() else { return Ok(()) };
        for (.., event) in commit.events() {
            match event.decode()? {
                ActivityEvent::ActivityDrafted { description, .. }
                | ActivityEvent::ActivityDescribed { description } => {
                    self.activities.insert(activity, description.into());
                }
                ActivityEvent::OccurrenceOpened(opening) => {
                    let key = OccurrenceKey::new(
                        commit.stream.community(),
                        activity,
                        &opening.recurrence_id.to_string(),
                    );
                    self.open(host, key, &opening, now, organisers, dice);
                }
                ActivityEvent::OccurrenceMoved(moved) => {
                    let place = (activity, moved.recurrence_id);
                    if let Some(one) = self.occurrences.get_mut(&place) {
                        (one.start, one.end, one.venue) = (moved.start, moved.end, moved.venue);
                        one.revision = moved.revision;
                        self.plan(place, now);
                    }
                }
                ActivityEvent::OccurrenceCancelled { recurrence_id, .. } => {
                    self.occurrences.remove(&(activity, recurrence_id));
                }
                ActivityEvent::SegmentAdded(_)
                | ActivityEvent::ActivityPublished {}
                | ActivityEvent::ActivityRetired { .. }
                | ActivityEvent::OccurrenceDescribed(_)
                | ActivityEvent::OccurrenceKept { .. } => {}
            }
        }
        Ok(())
    }

    fn open(
        &mut self,
        host: usize,
        key: OccurrenceKey,
        opening: &Opening,
        now: DateTime<Utc>,
        organisers: &Organisers,
        dice: &Dice,
    ) {
        let Some(activity) = self.activities.get(&key.activity).cloned() else { return };
        let place = (key.activity, opening.recurrence_id);
        let outdoors = activity.kinds.iter().any(|kind| organisers.outdoors.contains(kind));
        let public = activity.visibility == Visibility::Public && activity.partners.is_empty();
        let one = Occurrence {
            host,
            key,
            id: opening.recurrence_id,
            start: opening.start,
            end: opening.end,
            all_day: opening.all_day,
            zone: opening.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai),
            venue: opening.venue,
            attendance: opening.attendance,
            revision: 0,
            activity,
            asked: Vec::new(),
            wanted: None,
        };
        let before = |days: u64, hour: u32| {
            let date = one.start.with_timezone(&one.zone).date_naive();
            at(one.zone, date.checked_sub_days(Days::new(days)).unwrap_or(date), hour, 0)
        };
        let (rain, elsewhere) = (before(1, 18), before(2, 10));
        self.occurrences.insert(place, one);
        self.plan(place, now);
        let (rains, moves) =
            (dice.strikes(organisers.rain_per_mille), dice.strikes(organisers.moves_per_mille));
        if public && outdoors && rains && rain > now {
            self.add(rain, place, Step::Cancel);
        } else if public && moves && elsewhere > now {
            self.add(elsewhere, place, Step::Move);
        }
    }

    fn add(&mut self, when: DateTime<Utc>, place: Place, step: Step) {
        let revision = self.occurrences.get(&place).map(|one| one.revision).unwrap_or_default();
        self.steps.entry(when).or_default().push((place, revision, step));
    }

    /// All that people do about an occurrence as it stands.
    fn plan(&mut self, place: Place, now: DateTime<Utc>) {
        let Some(one) = self.occurrences.get(&place) else { return };
        let (zone, start, end) = (one.zone, one.start, one.end);
        let date = start.with_timezone(&zone).date_naive();
        let earlier = |days: u64| date.checked_sub_days(Days::new(days)).unwrap_or(date);
        let typed = end + TimeDelta::hours(3);
        let mut steps = vec![
            (at(zone, earlier(6), 20, 0), Step::Ask(50)),
            (at(zone, earlier(3), 20, 0), Step::Ask(70)),
            (at(zone, earlier(1), 12, 0), Step::Ask(100)),
            (at(zone, earlier(1), 20, 0), Step::Excuse),
            (start, Step::Doors),
            (end, Step::End),
            (end + TimeDelta::hours(12), Step::Rate),
        ];
        if one.attendance == Attendance::Paper {
            steps.push((typed, Step::Paper));
        }
        for (when, step) in steps.into_iter().filter(|(when, _)| *when > now) {
            self.add(when, place, step);
        }
    }

    /// When something is done next.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.steps.keys().next().copied()
    }

    /// What is done by now, of occurrences that stand as they stood when it was planned.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<(Place, Step)> {
        let later = self.steps.split_off(&(now + TimeDelta::microseconds(1)));
        let due = std::mem::replace(&mut self.steps, later);
        let stands = |(place, revision, _): &(Place, u32, Step)| {
            self.occurrences.get(place).is_some_and(|one| one.revision == *revision)
        };
        let due = due.into_values().flatten().filter(stands);
        due.map(|(place, _, step)| (place, step)).collect()
    }
}
