//! The desk's page of a roll: who is expected, who is there, who is missing.

use askama::Template;
use linli_platform::{
    directory::Purpose,
    tables::NOTHING_TO_DO,
    web::{Page, Refusal},
};
use uuid::Uuid;

pub(super) use super::roll_form::{close, headcount, hours, take};
use super::{
    State,
    ask::Ask,
    give::{desk_path, path},
    text::Text,
};
use crate::projections::{
    activities::Named,
    declined,
    rolls::{self, Counts, Person, Standing},
};

#[derive(Template)]
#[template(path = "roll.html")]
struct RollPage {
    t: Text,
    title: String,
    when: String,
    path: String,
    duties: String,
    public: String,
    figures: Vec<(&'static str, String)>,
    counts: Counts,
    note: Option<&'static str>,
    declined: Vec<String>,
    rows: Vec<Row>,
    q: String,
    found: Vec<Row>,
    cmds: [Uuid; 5],
}

/// One line of a roll.
pub(super) struct Row {
    pub id: Uuid,
    pub name: String,
    pub building: String,
    pub badge: &'static str,
    pub state: String,
    pub present: bool,
    pub came: String,
    pub left: String,
    pub minutes: Option<u32>,
    /// Whether they are on the list of those expected.
    pub listed: bool,
    /// The newest remark about them; empty without one.
    pub remark: String,
}

/// A roll as a page reads it.
pub(super) struct Read {
    pub named: Named,
    pub counts: Counts,
    pub rows: Vec<Row>,
}

impl State {
    /// The roll that the path names, with everybody's name.
    pub(super) async fn whole_roll(&self, ask: &Ask) -> Result<Read, Refusal> {
        let named = self.occurrence(ask).await?;
        let key = named.key.clone();
        let read = self.read(move |db| Ok((rolls::counts(db, &key)?, rolls::people(db, &key)?)));
        let (counts, people) = read.await?;
        let counts = counts.ok_or_else(Refusal::missing)?;
        let rows = self.rows(ask, (&named, counts.closed), people).await?;
        Ok(Read { named, counts, rows })
    }

    /// People found by name or card, as rows of the roll.
    pub(super) async fn found(
        &self,
        ask: &Ask,
        named: &Named,
        q: &str,
    ) -> Result<Vec<Row>, Refusal> {
        if q.is_empty() {
            return Ok(Vec::new());
        }
        let ids = self.find(&named.key.community, q).await?;
        self.rows_of(ask, named, ids).await
    }

    /// Some people as rows of the roll, whether they are on it or not.
    pub(super) async fn rows_of(
        &self,
        ask: &Ask,
        named: &Named,
        ids: Vec<Uuid>,
    ) -> Result<Vec<Row>, Refusal> {
        let key = named.key.clone();
        let read = self.read(move |db| {
            let row =
                |id| Ok(rolls::person_of(db, &key, id)?.unwrap_or_else(|| Person::nobody(id)));
            ids.into_iter().map(row).collect::<rusqlite::Result<Vec<_>>>()
        });
        let people = read.await?;
        self.rows(ask, (named, false), people).await
    }

    async fn rows(
        &self,
        ask: &Ask,
        (named, closed): (&Named, bool),
        people: Vec<Person>,
    ) -> Result<Vec<Row>, Refusal> {
        let ids: Vec<_> = people.iter().map(|person| person.resident).collect();
        let mut buildings = self.buildings(&named.key.community, ids.clone(), ask.text()).await?;
        let called = self.names(&ask.viewer, ids, Purpose::Desk).await;
        let sealed = |person: &Person| Some((person.resident, person.remark.clone()?));
        let sealed = people.iter().filter_map(sealed).collect();
        let mut remarks = self.opened(named, "remark", sealed).await?;
        let row = |person: Person| {
            let id = person.resident;
            Row {
                building: buildings.remove(&id).unwrap_or_default(),
                remark: remarks.remove(&id).unwrap_or_default(),
                ..row(ask.text(), (named, closed), &person, called.get(id))
            }
        };
        Ok(people.into_iter().map(row).collect())
    }
}

fn row(t: Text, (named, closed): (&Named, bool), person: &Person, name: String) -> Row {
    let (badge, state) = match (person.came_at, person.standing) {
        (Some(_), Standing::Registered) => ("present", t.get("state_present").to_owned()),
        (Some(_), _) if person.listed => ("present", t.get("state_present").to_owned()),
        (Some(_), _) => ("present", t.get("state_walk_in").to_owned()),
        (None, Standing::Excused) => ("excused", t.get("state_excused").to_owned()),
        (None, _) if closed && person.missing() => ("absent", t.get("state_absent").to_owned()),
        (None, Standing::Registered) => ("registered", t.get("state_registered").to_owned()),
        (None, Standing::Waiting(n)) => ("waiting", t.n("state_waiting_n", n)),
        (None, Standing::None) if person.listed => ("pending", t.get("state_expected").to_owned()),
        (None, Standing::None) => ("none", t.get("state_none").to_owned()),
    };
    let clock = |at| t.clock(at, named.zone);
    Row {
        id: person.resident,
        name,
        building: String::new(),
        badge,
        state,
        present: person.came_at.is_some(),
        came: person.came_at.map(clock).unwrap_or_default(),
        left: person.left_at.map(clock).unwrap_or_default(),
        minutes: person.minutes,
        listed: person.listed,
        remark: String::new(),
    }
}

pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, rows } = state.whole_roll(&ask).await?;
    let (q, key) = (ask.field("q").to_owned(), named.key.clone());
    let declined = state.read(move |db| declined::of_occurrence(db, &key)).await?;
    let found = state.found(&ask, &named, &q).await?;
    let t = ask.text();
    let note = match (counts.cancelled, counts.closed) {
        (true, _) => Some("no_cancelled"),
        (_, true) => Some("no_closed"),
        _ => None,
    };
    let entropy = &state.platform.entropy;
    let page = RollPage {
        t,
        title: named.title(t.0).to_owned(),
        when: t.span(counts.start, counts.end, named.zone),
        path: desk_path(&named),
        duties: format!("/desk/{}/duties", named.key.community),
        public: path(&named),
        figures: figures(t, &counts),
        counts,
        note,
        declined: declined.iter().map(|vain| in_vain(t, &named, vain)).collect(),
        rows,
        q,
        found,
        cmds: std::array::from_fn(|_| entropy.uuid()),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(format!("{} · {}", t.get("roll"), page.title), html).of(&named.key.community))
}

/// Why something took no effect, in the reader's words.
fn in_vain(t: Text, named: &Named, vain: &declined::Vain) -> String {
    let show = |at| t.when(at, named.zone);
    match &vain.rejection {
        Some(declined::Rejection::Roll(no)) => t.no(no.key(), &no.values(&show)),
        Some(declined::Rejection::Duty(no)) => t.no(no.key(), &no.values(&show)),
        None if vain.reason == NOTHING_TO_DO => t.get("no_nothing_to_do").to_owned(),
        None => t.get("no_unknown_reason").to_owned(),
    }
}

/// What a roll adds up to, in the words that `docs/counting.md` defines.
pub(super) fn figures(t: Text, counts: &Counts) -> Vec<(&'static str, String)> {
    let registered = match counts.capacity {
        0 => counts.registered.to_string(),
        capacity => format!("{} / {capacity}", counts.registered),
    };
    let headcount = counts.headcount.map_or_else(|| "–".to_owned(), |people| people.to_string());
    let missing = if counts.closed { "figure_absent" } else { "figure_missing" };
    vec![
        ("figure_expected", counts.expected.to_string()),
        ("figure_present", counts.present.to_string()),
        ("figure_excused", counts.excused.to_string()),
        (missing, counts.missing.to_string()),
        ("figure_registered", registered),
        ("figure_waiting", counts.waiting.to_string()),
        ("figure_headcount", headcount),
        ("figure_attended", counts.attended().to_string()),
        ("figure_hours", t.hours(counts.minutes)),
    ]
}
