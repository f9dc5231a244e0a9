//! What follows for a tally when its occurrence is moved or cancelled.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    learn,
    settle::Books,
    state::{Occurrence, Opened, There, day_row, occurrence_row, there_row},
};
use crate::{
    deciders::tally::Command,
    values::{Day, OccurrenceKey},
};

impl Books<'_, '_> {
    /// The calendar gave an occurrence another time, or called it off.
    pub fn rescheduled(&mut self, key: &OccurrenceKey, at: DateTime<Utc>) {
        let row = occurrence_row(key);
        let Some(mut occurrence) = self.rows.get::<Occurrence>(&row) else { return };
        let is_over = !occurrence.cancelled && occurrence.end.is_some_and(|end| end <= at);
        if !is_over && occurrence.told.take().is_some() {
            self.rows.put(&row, &occurrence);
            self.order(key, Command::Void);
        }
        let before = occurrence.opened.as_ref().map(|opened| opened.header.on);
        let after = learn::opened(self.rows, key, &occurrence).filter(|_| !occurrence.cancelled);
        if let (Some(before), Some(after)) = (before, after)
            && before != after.header.on
        {
            self.take_along(key, before, after);
        }
        if before.is_some() {
            self.sum(key, |_| is_over);
        }
    }

    /// Brings all that an occurrence earned to another day. What it is of, its kinds and hosts, stays
    /// as it was; the rules are those of the new day.
    fn take_along(&mut self, key: &OccurrenceKey, before: NaiveDate, after: Opened) {
        let there = self.rows.scan::<There>(&format!("{}/", there_prefix(key))).into_iter();
        let ids = there.filter_map(|(row, _)| row.rsplit('/').next()?.parse::<Uuid>().ok());
        let ids: Vec<Uuid> = ids.collect();
        let people: BTreeSet<Uuid> = ids.into_iter().map(|id| self.who(id)).collect();
        for resident in &people {
            self.withdraw(key, *resident);
            self.carry(key, *resident, (before, after.header.on));
        }
        let row = occurrence_row(key);
        let Some(mut occurrence) = self.rows.get::<Occurrence>(&row) else { return };
        if let Some(opened) = &mut occurrence.opened {
            (opened.header.on, opened.header.scoring) = (after.header.on, after.header.scoring);
            opened.rates = after.rates;
            let header = opened.header.clone();
            self.rows.put(&row, &occurrence);
            self.order(key, Command::Open(header));
        }
        for resident in people {
            self.settle(key, resident);
        }
    }

    /// Moves the shares of an occurrence, worth nothing by now, to another day of somebody, so that
    /// their revisions go on rising.
    fn carry(&mut self, key: &OccurrenceKey, resident: Uuid, (from, to): (NaiveDate, NaiveDate)) {
        let row = day_row(resident, from);
        let mut day = self.rows.get::<Day>(&row).unwrap_or_default();
        let (moved, stays) = day.0.into_iter().partition(|share| share.key == *key);
        day = Day(stays);
        self.rows.put(&row, &day);
        let row = day_row(resident, to);
        let mut day = self.rows.get::<Day>(&row).unwrap_or_default();
        let moved: Vec<_> = moved;
        day.0.extend(moved);
        self.rows.put(&row, &day);
    }
}

/// All rows of who was at an occurrence begin so.
fn there_prefix(key: &OccurrenceKey) -> String {
    let row = there_row(key, Uuid::nil());
    row.rsplit_once('/').map_or_else(String::new, |(prefix, _)| prefix.to_owned())
}
