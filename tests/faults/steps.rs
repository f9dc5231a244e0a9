//! What people, time and bad luck do next, as the dice have it.

use chrono::{DateTime, Days, TimeDelta, Utc};
use linli::simulate::dice::Dice;
use linli_attendance::{
    contract::Way,
    deciders::{duty, roll},
};
use linli_calendar::{
    contract::{Closure, Words},
    deciders::{
        activity::{self, Cancel, Move},
        venue,
    },
};
use linli_notifier::{
    contract::{Digest, What as Of},
    deciders::SubscriptionCommand,
    values::Channel,
};
use linli_platform::ids::{EVERYWHERE, StreamId};
use uuid::Uuid;

use crate::{
    ledger::{Ask, What},
    town::{self, ACTIVITIES, DUTY, History, Occurrence, stream},
};

/// What the next command is made from.
pub struct Choice<'a> {
    pub dice: &'a Dice,
    pub history: &'a History,
    pub residents: &'a [Uuid],
    pub closures: &'a mut Vec<(usize, Uuid)>,
    pub now: DateTime<Utc>,
    pub entropy: &'a linli_platform::entropy::Entropy,
}

/// Rules that "this and future" changes to, by activity.
const RULES: [(&str, [&str; 2]); 3] = [
    ("shift", ["cron = \"0 0 9 * * *\"", "cron = \"0 30 8 * * Mon-Fri\""]),
    ("weekly", ["cron = \"0 0 14 * * Thu\"", "cron = \"0 0 10 * * Thu\""]),
    ("fixed-day", ["cron = \"0 0 9 6 * *\"", "cron = \"0 0 9 5 * *\""]),
];

impl Choice<'_> {
    /// A command of somebody, most often of a resident.
    pub fn next(&mut self) -> Option<Ask> {
        let (stream, what) = match self.dice.below(100) {
            0..50 => self.roll()?,
            50..60 => self.duty()?,
            60..74 => self.subscription()?,
            74..94 => self.occurrence()?,
            94..97 => self.activity()?,
            _ => self.venue(),
        };
        Some(Ask { stream, cmd: self.entropy.command(), what })
    }

    /// An occurrence of the next days, or one just over.
    fn near(&self, days: i64) -> Option<Occurrence> {
        let (from, until) = (self.now - TimeDelta::hours(26), self.now + TimeDelta::days(days));
        let all = self.history.occurrences.values();
        let near: Vec<_> = all.filter(|o| (from..until).contains(&o.start)).cloned().collect();
        // Few are chosen more often than others, so that places get scarce.
        let few = near.iter().filter(|o| o.id.date.to_string().ends_with('5'));
        let few: Vec<_> = few.cloned().collect();
        if self.dice.hits(50) { self.dice.of(&few) } else { self.dice.of(&near) }
    }

    fn roll(&self) -> Option<(StreamId, What)> {
        use roll::Command as C;
        let (resident, dice) = (self.dice.of(self.residents)?, self.dice);
        let present = dice.hits(30);
        let occurrence = self.near(if present { 1 } else { 12 })?;
        let (staff, at, proxy) = (dice.hits(50), None, None);
        let command = match dice.below(100) {
            _ if present && dice.hits(60) => {
                C::CheckIn { resident, way: Way::List, at, proxy, staff }
            }
            0..20 if present => C::CheckOut { resident, at, minutes: None },
            0..3 => C::ReverseCheckIn { resident },
            3..60 => C::Register { resident, proxy, guardian_ok: true },
            60..82 => C::Withdraw { resident },
            82..90 => C::Excuse { resident, remark: None, proxy: None },
            90..95 => C::GiveHeadcount { people: u32::try_from(dice.below(40)).unwrap() },
            _ => C::SetCapacity { capacity: u32::try_from(dice.below(6)).unwrap() },
        };
        Some((stream("attendance", "roll", occurrence.key()), What::Roll(command)))
    }

    fn duty(&self) -> Option<(StreamId, What)> {
        let (occurrence, resident) = (self.near(8)?, self.dice.of(self.residents)?);
        let duty = DUTY.to_owned();
        let command = if self.dice.hits(70) {
            duty::Command::Claim { duty, resident, proxy: None }
        } else {
            duty::Command::Release { duty, resident }
        };
        Some((stream("attendance", "duty", occurrence.key()), What::Duty(command)))
    }

    fn subscription(&self) -> Option<(StreamId, What)> {
        use SubscriptionCommand as C;
        // The others have no wishes of their own, and are reminded as whoever takes part is.
        let half = &self.residents[..self.residents.len() / 2];
        let (resident, dice) = (self.dice.of(half)?, self.dice);
        let subscription = Uuid::from_u128(u128::try_from(dice.below(3)).unwrap());
        let everywhere = StreamId::new(EVERYWHERE, "notifier", "subscription", resident).unwrap();
        let here = stream("notifier", "subscription", resident);
        let (stream, command) = match dice.below(10) {
            0 => (everywhere, C::Stop),
            1 => (everywhere, C::Resume),
            2 => (
                everywhere,
                C::SetQuiet(["21:00-06:30", "22:00-07:00"][dice.below(2)].parse().ok()?),
            ),
            3 | 4 => (here, C::Unsubscribe { subscription }),
            _ => {
                let activity = town::id(dice.of(&ACTIVITIES)?.0).to_string();
                let targets = [
                    (Of::All, String::new()),
                    (Of::Activity, activity),
                    (Of::Kind, "tea".into()),
                    (Of::Venue, town::venue(dice.below(2)).to_string()),
                ];
                let (what, of) = dice.of(&targets)?;
                let lead_minutes = dice.of(&[vec![60], vec![2880, 240], vec![1440, 15]])?;
                let digest = dice.of(&[Digest::Default, Digest::Never, Digest::Always])?;
                let channels = vec![Channel::Email];
                (here, C::Subscribe { subscription, what, of, lead_minutes, channels, digest })
            }
        };
        Some((stream, What::Subscription(command)))
    }

    fn occurrence(&self) -> Option<(StreamId, What)> {
        let (occurrence, dice) = (self.near(10)?, self.dice);
        let id = occurrence.id;
        let (seen, opening, reason) = (None, None, "power cut".to_owned());
        let command = match dice.below(100) {
            0..45 => {
                let start = occurrence.start.max(self.now);
                let start = start + TimeDelta::minutes(15 * dice.within(-90, 200));
                let end = start + (occurrence.end - occurrence.start);
                let venue = dice.of(&[occurrence.venue, Some(town::venue(dice.below(2))), None])?;
                let (all_day, past) = (false, false);
                let moved = Move { id, opening, seen, start, end, all_day, venue, reason, past };
                activity::Command::Move(moved)
            }
            45..65 => activity::Command::Cancel(Cancel { id, opening, seen, reason, past: false }),
            65..75 => activity::Command::Keep { id },
            n => {
                let title = Some(format!("With other words {n}"));
                let capacity = u32::try_from(dice.below(6)).ok().filter(|_| n < 90);
                let words = Words { title, capacity, ..Words::none(id) };
                activity::Command::DescribeOccurrence { seen, words }
            }
        };
        Some((stream("calendar", "activity", occurrence.activity), What::Activity(command)))
    }

    fn activity(&self) -> Option<(StreamId, What)> {
        let dice = self.dice;
        let (key, rules) = dice.of(&RULES)?;
        let command = if dice.hits(70) {
            let today = self.now.date_naive();
            let from = today.checked_add_days(Days::new(dice.below(25) as u64))?;
            town::segment(dice.of(&rules)?, from)
        } else {
            let mut description = town::description(key, &format!("Title {}", dice.below(100)));
            description.duties[0].places = u32::try_from(1 + dice.below(3)).unwrap();
            activity::Command::Describe { seen: None, description }
        };
        Some((stream("calendar", "activity", town::id(key)), What::Activity(command)))
    }

    fn venue(&mut self) -> (StreamId, What) {
        let dice = self.dice;
        let (n, command) = match self.closures.pop() {
            Some((n, closure)) if dice.hits(60) => (n, venue::Command::Reopen { closure }),
            _ => {
                let (n, closure) = (dice.below(2), self.entropy.uuid());
                self.closures.push((n, closure));
                let from = self.now + TimeDelta::hours(dice.within(0, 90));
                let until = from + TimeDelta::hours(dice.within(1, 40));
                let closure = Closure { closure, from, until, reason: "repairs".into() };
                (n, venue::Command::Close(closure))
            }
        };
        (stream("calendar", "venue", town::venue(n)), What::Venue(command))
    }
}
