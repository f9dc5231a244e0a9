//! Occurrences of the next 30 days in every state: full with three who wait, cancelled, moved, on
//! paper, joint, a draft. Where the rules have one, that is taken; else one is held once.

use chrono::{Days, NaiveDate, TimeDelta};
use linli_almanac::RecurrenceId;
use linli_attendance::{
    deciders::roll::{Command as RollCommand, Roll},
    values::OccurrenceKey,
};
use linli_calendar::{
    contract::{Attendance, SERVICE, Visibility},
    deciders::activity::{Activities, Cancel, Command, Move},
    projections::agenda::{Ask, agenda},
    values::agenda::{Entry, State},
};
use linli_platform::{entropy::derived, ids::StreamId};
use uuid::Uuid;

use super::{Script, meta, quiet};
use crate::{compose::Node, failure::Failure};

const DAYS_AHEAD: u64 = 30;
/// How many stand on the waiting list of the full one.
const WAITING: usize = 3;
/// How many occurrences have a few registrations.
const REGISTERED: usize = 6;

/// Makes one occurrence of each state.
pub(super) async fn make(node: &Node, script: &Script, residents: &[Uuid]) -> Result<(), Failure> {
    let mut scene = Scene { node, script, residents, used: Vec::new() };
    scene.hold_what_is_missing().await?;
    quiet(node).await?;
    scene.fill().await?;
    scene.cancel().await?;
    scene.relocate().await?;
    scene.register_some().await
}

struct Scene<'a> {
    node: &'a Node,
    script: &'a Script,
    residents: &'a [Uuid],
    /// What shows a state already.
    used: Vec<(Uuid, RecurrenceId)>,
}

fn can_be_filled(entry: &Entry, most: usize) -> bool {
    let capacity = usize::try_from(entry.capacity).unwrap_or(usize::MAX);
    (1..=most).contains(&capacity)
        && entry.attendance == Attendance::Names
        && !entry.activity.description.guardian_consent
}

impl Scene<'_> {
    fn today(&self) -> NaiveDate {
        self.node.platform.clock.now().with_timezone(&chrono_tz::Asia::Shanghai).date_naive()
    }

    /// What is ahead in the next days.
    async fn ahead(&self) -> Result<Vec<Entry>, Failure> {
        let (today, now) = (self.today(), self.node.platform.clock.now());
        let last = today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(today);
        let ask = Ask::all(&self.script.community, today..=last);
        let read = self.node.calendar().await?.tables.read(move |db| agenda(db, &ask, now));
        let mut entries = read.await?;
        // What begins soon can't be joined any more.
        entries.retain(|entry| {
            entry.start > now + TimeDelta::hours(3)
                && entry.activity.community == self.script.community
        });
        Ok(entries)
    }

    /// The first opened public occurrence of the first activity that has a fitting one.
    async fn pick(
        &mut self,
        prefer: &[String],
        fits: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>, Failure> {
        let entries = self.ahead().await?;
        let free = |entry: &&Entry| {
            entry.state == State::Opened
                && entry.activity.description.visibility == Visibility::Public
                && !self.used.contains(&(entry.activity.id, entry.id))
                && fits(entry)
        };
        let free: Vec<_> = entries.iter().filter(free).collect();
        let of = |slug: &String| free.iter().find(|entry| entry.activity.slug == *slug);
        let picked = prefer.iter().find_map(of).or(free.first()).map(|entry| (*entry).clone());
        self.used.extend(picked.as_ref().map(|entry| (entry.activity.id, entry.id)));
        Ok(picked)
    }

    /// The largest capacity that the residents can exceed.
    fn most(&self) -> usize {
        self.residents.len().saturating_sub(WAITING)
    }

    async fn hold_what_is_missing(&self) -> Result<(), Failure> {
        let entries = self.ahead().await?;
        let opened = |entry: &&Entry| entry.state == State::Opened;
        let has = |fits: &dyn Fn(&Entry) -> bool| entries.iter().filter(opened).any(fits);
        let missing = [
            ("full", !has(&|entry| can_be_filled(entry, self.most())), Attendance::Names),
            ("paper", !has(&|entry| entry.attendance == Attendance::Paper), Attendance::Paper),
            (
                "joint",
                !has(&|entry| !entry.activity.description.partners.is_empty()),
                Attendance::Headcount,
            ),
            ("draft", !entries.iter().any(|e| e.state == State::Draft), Attendance::Names),
        ];
        for (sort, missing, attendance) in missing {
            let Some(once) = self.script.once.get(sort).filter(|_| missing) else { continue };
            let (community, publish) = (&self.script.community, sort != "draft");
            once.hold(self.node, community, self.today(), attendance, publish).await?;
        }
        Ok(())
    }

    async fn register(&self, entry: &Entry, resident: Uuid) -> Result<(), Failure> {
        let activity = entry.activity.id;
        let key = OccurrenceKey::new(&entry.activity.community, activity, &entry.id.to_string());
        let command = RollCommand::Register { resident, proxy: None, guardian_ok: true };
        let meta = meta(&format!("{key} {resident}"));
        self.node.platform.streams.execute::<Roll>(&key.roll()?, meta, command).await?;
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        let most = self.most();
        let fits = |entry: &Entry| can_be_filled(entry, most);
        let Some(entry) = self.pick(&self.script.full.prefer, fits).await? else { return Ok(()) };
        let key =
            OccurrenceKey::new(&entry.activity.community, entry.activity.id, &entry.id.to_string());
        // Others may have a place, or wait, already.
        let streams = &self.node.platform.streams;
        let (roll, _) = streams.state::<Roll>(&key.roll()?).await?;
        let free = usize::try_from(roll.free().unwrap_or_default()).unwrap_or_default();
        let more = (free + WAITING).saturating_sub(roll.waiting().len());
        for resident in self.residents.iter().take(more) {
            self.register(&entry, *resident).await?;
        }
        Ok(())
    }

    async fn give(&self, entry: &Entry, what: &str, command: Command) -> Result<(), Failure> {
        let Entry { activity, id, .. } = entry;
        let stream = StreamId::new(&activity.community, SERVICE, "activity", activity.id)?;
        let meta = meta(&format!("{what} {stream} {id}"));
        self.node.platform.streams.execute::<Activities>(&stream, meta, command).await?;
        Ok(())
    }

    /// Those who registered before are told.
    async fn cancel(&mut self) -> Result<(), Failure> {
        let named = |entry: &Entry| entry.attendance == Attendance::Names && entry.capacity == 0;
        let prefer = &self.script.cancelled.prefer;
        let Some(entry) = self.pick(prefer, named).await? else { return Ok(()) };
        for resident in self.residents.iter().take(4) {
            self.register(&entry, *resident).await?;
        }
        let (id, reason) = (entry.id, self.script.cancelled.reason.clone());
        let cancel = Cancel { id, opening: None, seen: None, reason, past: false };
        self.give(&entry, "cancel", Command::Cancel(cancel)).await
    }

    async fn relocate(&mut self) -> Result<(), Failure> {
        let Some(entry) = self.pick(&self.script.moved.prefer, |_| true).await? else {
            return Ok(());
        };
        let venues = self.script.moved.venues.iter();
        let mut venues = venues.map(|key| derived(&self.script.community, key));
        let other = venues.find(|venue| entry.venue != Some(*venue));
        let relocate = Move {
            id: entry.id,
            opening: None,
            seen: None,
            start: entry.start,
            end: entry.end,
            all_day: entry.all_day,
            venue: other,
            reason: self.script.moved.reason.clone(),
            past: false,
        };
        self.give(&entry, "move", Command::Move(relocate)).await
    }

    /// A few people come to the next occurrences, too.
    async fn register_some(&mut self) -> Result<(), Failure> {
        for n in 0..REGISTERED {
            let roomy = |entry: &Entry| {
                entry.attendance == Attendance::Names
                    && (entry.capacity == 0 || entry.capacity > 12)
            };
            let Some(entry) = self.pick(&[], roomy).await? else { return Ok(()) };
            for resident in self.residents.iter().skip(n * 3).take(4 + n) {
                self.register(&entry, *resident).await?;
            }
        }
        Ok(())
    }
}
