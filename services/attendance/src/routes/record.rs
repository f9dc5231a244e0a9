//! One printed page per occurrence, for inspection: its notice, the roll's figures, hours, duties,
//! ratings and remarks.

use askama::Template;
use linli_platform::{
    directory::Purpose,
    web::{Page, Refusal},
};

use super::{
    State,
    ask::Ask,
    rating::Rated,
    roll::{Read, Row, figures},
    text::Text,
};
use crate::projections::{duties, places, ratings};

#[derive(Template)]
#[template(path = "record.html")]
struct Record {
    t: Text,
    title: String,
    community: String,
    when: String,
    venue: String,
    state: &'static str,
    reason: String,
    notice: String,
    figures: Vec<(&'static str, String)>,
    /// How long the occurrence lasted, apart from who was there how long.
    lasted: String,
    duties: Vec<DutyLine>,
    rated: Option<Rated>,
    rows: Vec<Row>,
    printed: String,
}

struct DutyLine {
    name: String,
    places: u32,
    by: String,
    done: usize,
}

pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, rows } = state.whole_roll(&ask).await?;
    let (t, key) = (ask.text(), named.key.clone());
    let read = state.read(move |db| {
        let community = places::name(db, &key.community, "", t.0)?;
        Ok((community, duties::of_occurrence(db, &key)?, ratings::summary(db, &key)?))
    });
    let (community, duties, summary) = read.await?;
    let holders = duties.iter().flat_map(|duty| duty.by.iter().copied()).collect();
    let called = state.names(&ask.viewer, holders, Purpose::Desk).await;
    let line = |duty: duties::Claimed| DutyLine {
        by: duty.by.iter().map(|id| called.get(*id)).collect::<Vec<_>>().join(t.get("and")),
        places: duty.places,
        done: duty.done.len(),
        name: duty.name,
    };
    let lasted = u64::try_from((counts.end - counts.start).num_minutes()).unwrap_or(0);
    let page = Record {
        t,
        title: named.title(t.0).to_owned(),
        community,
        when: t.span(counts.start, counts.end, named.zone),
        venue: named.venue(t.0).to_owned(),
        state: match (counts.cancelled, counts.closed) {
            (true, _) => "record_cancelled",
            (_, true) => "record_closed",
            _ => "record_open",
        },
        reason: named.reason.clone(),
        notice: named.text(t.0).to_owned(),
        figures: figures(t, &counts),
        lasted: t.hours(if counts.cancelled { 0 } else { lasted }),
        duties: duties.into_iter().map(line).collect(),
        rated: summary.map(|summary| Rated::of(t, &summary)),
        rows,
        printed: t.when(state.platform.clock.now(), named.zone),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(format!("{} · {}", t.get("record"), page.title), html)
        .of(&named.key.community)
        .bare())
}
