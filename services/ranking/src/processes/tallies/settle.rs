//! What a fact on a roll changes of what people have earned.

use linli_platform::{
    ids::{EventRef, StreamId},
    process::Rows,
};
use uuid::Uuid;

use super::{
    learn,
    state::{
        Closed, Home, Occurrence, Opened, Resident, There, day_row, day_rows, occurrence_row,
        resident_row, there_row,
    },
};
use crate::{
    contract::{Credit, Ground, Sum},
    deciders::tally::Command,
    values::{Day, OccurrenceKey, Share},
};

/// The rows while one input is taken in, and the commands that come of it.
pub(super) struct Books<'a, 't> {
    pub(super) rows: &'a mut Rows<'t>,
    because: Option<EventRef>,
    pub commands: Vec<(StreamId, Command)>,
}

/// What an occurrence gives on one ground, before the day's limit.
#[derive(Default)]
struct Earned {
    points: u32,
    times: u32,
    minutes: u32,
    cause: Option<EventRef>,
}

impl<'a, 't> Books<'a, 't> {
    pub fn new(rows: &'a mut Rows<'t>, because: EventRef) -> Self {
        Self { rows, because: Some(because), commands: Vec::new() }
    }

    pub fn without_cause(rows: &'a mut Rows<'t>) -> Self {
        Self { rows, because: None, commands: Vec::new() }
    }

    pub(super) fn order(&mut self, key: &OccurrenceKey, command: Command) {
        // The key comes from a stream's name, so it makes one.
        self.commands.extend(key.tally().ok().map(|to| (to, command)));
    }

    /// The occurrence with its tally opened; none if the calendar knows nothing of it.
    fn opened(&mut self, key: &OccurrenceKey) -> Option<(Occurrence, Opened)> {
        let row = occurrence_row(key);
        let mut occurrence = self.rows.get::<Occurrence>(&row)?;
        if let Some(opened) = &occurrence.opened {
            let opened = opened.clone();
            return Some((occurrence, opened));
        }
        let opened = learn::opened(self.rows, key, &occurrence)?;
        occurrence.opened = Some(opened.clone());
        self.rows.put(&row, &occurrence);
        self.order(key, Command::Open(opened.header.clone()));
        Some((occurrence, opened))
    }

    /// Changes what the roll says of somebody.
    pub fn presence(&mut self, key: &OccurrenceKey, resident: Uuid, f: impl FnOnce(&mut There)) {
        let row = there_row(key, resident);
        let mut there = self.rows.get::<There>(&row).unwrap_or_default();
        let before = there.clone();
        f(&mut there);
        if there == before {
            return;
        }
        self.rows.put(&row, &there);
        self.settle(key, self.who(resident));
    }

    /// People were counted.
    pub fn counted(&mut self, key: &OccurrenceKey, people: u32) {
        if let Some((mut occurrence, _)) = self.opened(key) {
            occurrence.headcount = Some(people);
            self.rows.put(&occurrence_row(key), &occurrence);
        }
    }

    /// The roll is closed.
    pub fn closed(&mut self, key: &OccurrenceKey, by: Closed) {
        if let Some((mut occurrence, _)) = self.opened(key) {
            occurrence.closed = Some(by);
            self.rows.put(&occurrence_row(key), &occurrence);
        }
    }

    /// Somebody was written down twice: whatever the one entry earned, the other has.
    pub fn merged(&mut self, gone: Uuid, into: Uuid) {
        let into = self.who(into);
        if into == gone {
            return;
        }
        let row = resident_row(gone);
        let mut one = self.rows.get::<Resident>(&row).unwrap_or_default();
        let mut aliases = std::mem::take(&mut one.aliases);
        aliases.push(gone);
        one.into = Some(into);
        self.rows.put(&row, &one);
        let row = resident_row(into);
        let mut other = self.rows.get::<Resident>(&row).unwrap_or_default();
        aliases.retain(|alias| !other.aliases.contains(alias));
        other.aliases.append(&mut aliases);
        self.rows.put(&row, &other);
        let days = self.rows.scan::<Day>(&day_rows(gone)).into_iter();
        let mut keys: Vec<_> = days.flat_map(|(_, day)| day.0).map(|share| share.key).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            self.settle(&key, gone);
            self.settle(&key, into);
        }
    }

    /// Who an entry stands for.
    pub(super) fn who(&self, resident: Uuid) -> Uuid {
        let mut id = resident;
        // Entries are merged into living ones, so that chains are short and end.
        for _ in 0..16 {
            match self.rows.get::<Resident>(&resident_row(id)).and_then(|it| it.into) {
                Some(into) => id = into,
                None => break,
            }
        }
        id
    }

    /// Sets what somebody earned at an occurrence anew, from what the roll says now.
    pub(super) fn settle(&mut self, key: &OccurrenceKey, resident: Uuid) {
        let person = self.rows.get::<Resident>(&resident_row(resident)).unwrap_or_default();
        let there = self.there(key, resident, &person);
        self.earn(key, resident, &person, &there);
    }

    /// Takes all that somebody earned at an occurrence back.
    pub(super) fn withdraw(&mut self, key: &OccurrenceKey, resident: Uuid) {
        let person = self.rows.get::<Resident>(&resident_row(resident)).unwrap_or_default();
        self.earn(key, resident, &person, &There::default());
    }

    fn earn(&mut self, key: &OccurrenceKey, resident: Uuid, person: &Resident, there: &There) {
        let Some((mut occurrence, opened)) = self.opened(key) else { return };
        let Some(because) = self.because.clone() else { return };
        let on = opened.header.on;
        let row = day_row(resident, on);
        let mut day = self.rows.get::<Day>(&row).unwrap_or_default();
        let (home, teams) = (person.home(on), person.teams(on));
        let before = totals(&day, key);
        let mut changed = Vec::new();
        for ground in Ground::ALL {
            let earned = earned(&opened, there, ground);
            let Home { community, building, .. } = home.clone();
            changed.extend(day.set(Share {
                key: key.clone(),
                ground,
                earned: earned.points,
                points: 0,
                times: earned.times,
                minutes: earned.minutes,
                day_max: opened.rates.day_max,
                cause: earned.cause.unwrap_or_else(|| because.clone()),
                community,
                building,
                teams: teams.clone(),
                revision: 0,
            }));
        }
        if changed.is_empty() {
            return;
        }
        self.rows.put(&row, &day);
        let after = totals(&day, key);
        if before != after {
            occurrence.present = occurrence.present + after.0 - before.0;
            occurrence.minutes = occurrence.minutes + after.1 - before.1;
            self.rows.put(&occurrence_row(key), &occurrence);
        }
        for share in changed {
            let to = share.key.clone();
            let credit = credit(resident, on, share);
            self.order(&to, Command::Settle { credit, because: because.clone() });
        }
    }

    /// What the roll says of a person under all entries that were theirs: of two that say the same,
    /// one counts.
    fn there(&self, key: &OccurrenceKey, resident: Uuid, person: &Resident) -> There {
        let mut all = There::default();
        if person.into.is_some() {
            return all;
        }
        for id in std::iter::once(resident).chain(person.aliases.iter().copied()) {
            let Some(there) = self.rows.get::<There>(&there_row(key, id)) else { continue };
            if there.came.is_some() {
                all.came = all.came.or(there.came);
                let longest = |minutes: &Option<(u32, EventRef)>| minutes.as_ref().map(|it| it.0);
                if longest(&there.minutes) > longest(&all.minutes) {
                    all.minutes = there.minutes;
                }
            }
            for (duty, done) in there.duties {
                if !all.duties.iter().any(|(name, _)| *name == duty) {
                    all.duties.push((duty, done));
                }
            }
        }
        all
    }

    /// Says what the occurrence counts for, if it is time and differs from what was said.
    pub fn sum(&mut self, key: &OccurrenceKey, is_time: impl FnOnce(&Occurrence) -> bool) {
        let Some(occurrence) = self.rows.get::<Occurrence>(&occurrence_row(key)) else { return };
        if occurrence.cancelled || !is_time(&occurrence) {
            return;
        }
        let Some((mut occurrence, Opened { header, .. })) = self.opened(key) else { return };
        let length = occurrence.start.zip(occurrence.end).filter(|_| !occurrence.all_day);
        let length = length.map_or(0, |(start, end)| (end - start).num_minutes());
        let sum = Sum {
            on: header.on,
            attended: occurrence.present.max(occurrence.headcount.unwrap_or(0)),
            present: occurrence.present,
            headcount: occurrence.headcount,
            minutes: occurrence.minutes,
            activity_minutes: u32::try_from(length).unwrap_or(0),
            hosts: header.hosts,
            kinds: header.kinds,
            teams: header.teams,
            closed: occurrence.closed.is_some(),
            reported: occurrence.present > 0
                || occurrence.headcount.is_some()
                || occurrence.closed == Some(Closed::ByHand),
        };
        if occurrence.told.as_ref() != Some(&sum) {
            occurrence.told = Some(sum.clone());
            self.rows.put(&occurrence_row(key), &occurrence);
            self.order(key, Command::Sum(sum));
        }
    }
}

/// Attendances and minutes of a day that are of one occurrence.
fn totals(day: &Day, key: &OccurrenceKey) -> (u32, u32) {
    let of_it = day.0.iter().filter(|share| share.key == *key);
    of_it.fold((0, 0), |(times, minutes), share| (times + share.times, minutes + share.minutes))
}

fn earned(opened: &Opened, there: &There, ground: Ground) -> Earned {
    let rates = &opened.rates;
    match (ground, &there.came, &there.minutes) {
        (_, None, _) | (Ground::Hours, _, None) => Earned::default(),
        (Ground::Attendance, Some(came), _) => {
            let cause = Some(came.clone());
            Earned { points: rates.attendance, times: 1, minutes: 0, cause }
        }
        (Ground::Hours, Some(_), Some((minutes, cause))) => {
            let (points, cause) = (rates.of_minutes(*minutes), Some(cause.clone()));
            Earned { points, times: 0, minutes: *minutes, cause }
        }
        (Ground::Duty, Some(_), _) => {
            let done = u32::try_from(there.duties.len()).unwrap_or(u32::MAX);
            let cause = there.duties.last().map(|(_, done)| done.clone());
            Earned { points: rates.duty.saturating_mul(done), cause, ..Earned::default() }
        }
    }
}

fn credit(resident: Uuid, on: chrono::NaiveDate, share: Share) -> Credit {
    Credit {
        resident,
        ground: share.ground,
        points: share.points,
        times: share.times,
        minutes: share.minutes,
        on,
        community: share.community,
        building: share.building,
        teams: share.teams,
        cause: share.cause,
        revision: share.revision,
        capped: share.earned - share.points,
    }
}
