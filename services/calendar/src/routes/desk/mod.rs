//! The calendar's desk: planning, publishing a month, changing one occurrence, what waits for a
//! decision, venues, holidays, promises. [`ask`] takes a request apart, [`told`] says no in the
//! reader's language; each page has a file of its own and a template of the same stem.

mod ask;
mod edit;
mod fields;
mod form;
mod plan;
mod preview;
mod rule_form;
mod rule_words;
mod stale;
mod told;

use linli_platform::web::{Need, Routes};

const PLAN: Need = Need::May("activity.plan");
const PUBLISH: Need = Need::May("activity.publish");

/// All pages of the calendar's desk.
pub(super) fn routes() -> Routes {
    let of = |rest: &str| format!("/desk/{{community}}/{rest}");
    Routes::new()
        .get(&of("plan"), PLAN, plan::page)
        .get(&of("plan/new"), PLAN, edit::blank)
        .post(&of("plan/new"), PLAN, edit::draft_new)
        .post(&of("plan/new/preview"), PLAN, edit::preview_new)
        .get(&of("plan/{activity}"), PLAN, edit::page)
        .post(&of("plan/{activity}"), PLAN, edit::save)
        .post(&of("plan/{activity}/preview"), PLAN, edit::preview)
        .post(&of("plan/{activity}/publish"), PUBLISH, plan::publish)
        .post(&of("plan/{activity}/retire"), PUBLISH, plan::retire)
}
