//! The calendar's desk: planning, publishing a month, changing one occurrence, what waits for a
//! decision, venues, holidays, promises. [`ask`] takes a request apart, [`told`] says no in the
//! reader's language; each page has a file of its own and a template of the same stem.

mod ask;
mod cadences;
mod change;
mod decide;
mod edit;
mod existing;
mod feeds;
mod fields;
mod form;
mod future;
mod holidays;
mod occurrence;
mod plan;
mod preview;
mod publish;
mod rule_form;
mod rule_words;
mod stale;
mod told;
mod venues;

#[cfg(test)]
mod tests;

pub use told::refused;

use linli_platform::web::{Need, Routes};

const PLAN: Need = Need::May("activity.plan");
const PUBLISH: Need = Need::May("activity.publish");
const CHANGE: Need = Need::May("occurrence.change");
const VENUES: Need = Need::May("venue.manage");
const ADOPT: Need = Need::May("holidays.adopt");

/// All pages of the calendar's desk.
pub(super) fn routes() -> Routes {
    plans().merge(occurrences()).merge(others())
}

fn of(rest: &str) -> String {
    format!("/desk/{{community}}/{rest}")
}

fn plans() -> Routes {
    Routes::new()
        .get(&of("plan"), PLAN, plan::page)
        .get(&of("plan/new"), PLAN, edit::blank)
        .post(&of("plan/new"), PLAN, edit::draft_new)
        .post(&of("plan/new/preview"), PLAN, edit::preview_new)
        .get(&of("plan/{activity}"), PLAN, edit::page)
        .post(&of("plan/{activity}"), PLAN, edit::save)
        .post(&of("plan/{activity}/preview"), PLAN, edit::preview)
        .get(&of("plan/{activity}/future"), PLAN, future::page)
        .post(&of("plan/{activity}/future"), PLAN, future::save)
        .post(&of("plan/{activity}/future/preview"), PLAN, future::preview)
        .post(&of("plan/{activity}/publish"), PUBLISH, plan::publish)
        .post(&of("plan/{activity}/retire"), PUBLISH, plan::retire)
        .get(&of("publish"), PUBLISH, publish::page)
        .post(&of("publish"), PUBLISH, publish::publish)
}

fn occurrences() -> Routes {
    let one = |rest: &str| of(&format!("change/{{activity}}/{{recurrence_id}}{rest}"));
    Routes::new()
        .get(&one(""), CHANGE, change::page)
        .post(&one("/describe"), CHANGE, change::describe)
        .post(&one("/move"), CHANGE, change::relocate)
        .post(&one("/cancel"), CHANGE, change::cancel)
        .post(&one("/open"), CHANGE, change::open)
        .get(&of("affected"), CHANGE, decide::affected)
        .post(&of("affected"), CHANGE, decide::settle)
}

fn others() -> Routes {
    Routes::new()
        .get(&of("venues"), VENUES, venues::page)
        .post(&of("venues"), VENUES, venues::add)
        .post(&of("venues/{venue}"), VENUES, venues::change)
        .post(&of("venues/{venue}/close"), VENUES, venues::close)
        .post(&of("venues/{venue}/reopen"), VENUES, venues::reopen)
        .get(&of("venues/{venue}/closures/{closure}"), VENUES, decide::closure)
        .get(&of("feeds"), PLAN, feeds::page)
        .post(&of("feeds/{team}"), PLAN, feeds::renew)
        .get(&of("holidays"), ADOPT, holidays::page)
        .post(&of("holidays"), ADOPT, holidays::adopt)
        .post(&of("holidays/preview"), ADOPT, holidays::preview)
        .get(&of("cadences"), PLAN, cadences::page)
        .post(&of("cadences"), PLAN, cadences::set)
        .post(&of("cadences/{cadence}"), PLAN, cadences::change)
        .post(&of("cadences/{cadence}/drop"), PLAN, cadences::end)
}
