//! One year's public holidays, stream `_/calendar/holidays/<year>`. Invariants:
//!
//! - A paper names days of its year, of the December before and of the January after, each once;
//!   only weekend days are worked to make up.
//! - The newest adoption of a year counts whole; the same again is nothing.

use chrono::{DateTime, Utc};
use linli_almanac::HolidayError;
use linli_platform::decider::Decider;

use crate::contract::{HolidayPaper, HolidaysEvent as Event, SERVICE};

/// The decider of the category `holidays`.
pub enum Holidays {}

/// What can be asked of a year's holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Let a paper count.
    Adopt(HolidayPaper),
}

/// Why a paper is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The paper contradicts itself.
    #[error(transparent)]
    Paper(#[from] HolidayError),
    /// Anybody must be able to look it up.
    #[error("holidays of {0}: say where they were published")]
    SourceMissing(u32),
    /// The stream is another year's.
    #[error("holidays of {given} can't be adopted where those of {adopted} stand")]
    OtherYear {
        /// The year of the paper.
        given: u32,
        /// The year of the stream.
        adopted: u32,
    },
}

impl Decider for Holidays {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "holidays";
    type Command = Command;
    type Event = Event;
    type State = Option<HolidayPaper>;
    type Rejection = Rejection;

    fn decide(
        state: &Option<HolidayPaper>,
        Command::Adopt(paper): Command,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        match state {
            Some(adopted) if adopted.year != paper.year => {
                return Err(Rejection::OtherYear { given: paper.year, adopted: adopted.year });
            }
            Some(adopted) if *adopted == paper => return Ok(Vec::new()),
            _ => {}
        }
        paper.to_almanac().check()?;
        if paper.source.trim().is_empty() {
            return Err(Rejection::SourceMissing(paper.year));
        }
        Ok(vec![Event::HolidaysAdopted(paper)])
    }

    fn evolve(_state: Option<HolidayPaper>, event: &Event) -> Option<HolidayPaper> {
        match event {
            Event::HolidaysAdopted(paper) => Some(paper.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;
    use crate::contract::{HolidayDay, HolidayKind};

    fn paper(dates: &[(&str, HolidayKind)]) -> HolidayPaper {
        let day = |(date, kind): &(&str, HolidayKind)| HolidayDay {
            date: date.parse().unwrap(),
            name: "国庆节".to_owned(),
            kind: *kind,
        };
        let days = dates.iter().map(day).collect();
        HolidayPaper { year: 2026, days, source: "国务院办公厅".to_owned() }
    }

    #[test]
    fn the_newest_adoption_counts_and_the_same_again_is_nothing() {
        let now = at("2025-11-10T10:00:00+08:00");
        let old = paper(&[("2026-10-01", HolidayKind::Off)]);
        let new = paper(&[("2026-10-01", HolidayKind::Off), ("2026-10-10", HolidayKind::Work)]);
        let none = given::<Holidays>([]);
        none.when(Command::Adopt(old.clone()), now).then([Event::HolidaysAdopted(old.clone())]);
        let adopted = given::<Holidays>([Event::HolidaysAdopted(old.clone())]);
        adopted.when(Command::Adopt(old), now).then_nothing();
        adopted.when(Command::Adopt(new.clone()), now).then([Event::HolidaysAdopted(new)]);
    }

    #[test]
    fn a_paper_that_contradicts_itself_is_refused() {
        let now = at("2025-11-10T10:00:00+08:00");
        let none = given::<Holidays>([]);
        let weekday = paper(&[("2026-10-09", HolidayKind::Work)]);
        let date = "2026-10-09".parse().unwrap();
        let rejection = Rejection::Paper(HolidayError::WorkOnWeekday { year: 2026, date });
        none.when(Command::Adopt(weekday), now).then_rejected(&rejection);
        let nowhere =
            HolidayPaper { source: " ".into(), ..paper(&[("2026-10-01", HolidayKind::Off)]) };
        let rejection = Rejection::SourceMissing(2026);
        none.when(Command::Adopt(nowhere), now).then_rejected(&rejection);
        let adopted = paper(&[("2026-10-01", HolidayKind::Off)]);
        let other = HolidayPaper { year: 2027, ..adopted.clone() };
        let rejection = Rejection::OtherYear { given: 2027, adopted: 2026 };
        given::<Holidays>([Event::HolidaysAdopted(adopted)])
            .when(Command::Adopt(other), now)
            .then_rejected(&rejection);
    }
}
