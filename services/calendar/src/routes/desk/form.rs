//! The form of an activity: its fields as a description and a segment, and back.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;

use super::{
    fields::{Fields, parts},
    rule_form,
    told::{Reason, one},
};
use crate::{
    contract::{Attendance, Description, Duty, SegmentAdded, Visibility},
    projections::{neighbours, venues},
    values::agenda::{Activity, Entry},
};

/// More people than live in a subdistrict come to nothing.
const CAPACITY_MAX: u32 = 100_000;
/// The most places of one duty.
const PLACES_MAX: u32 = 1000;

/// What a form may choose from.
#[derive(Debug, Clone, Default)]
pub(super) struct Choices {
    /// Venues of the community.
    pub venues: Vec<(Uuid, String)>,
    /// Its teams.
    pub teams: Vec<(Uuid, String)>,
    /// Those who work for it, by name.
    pub staff: Vec<(Uuid, String)>,
    /// Those partners of the form that are places.
    pub partners: BTreeSet<String>,
}

impl Choices {
    /// Whether the form names a contact who can't be chosen any more.
    pub fn contact_gone(&self, fields: &Fields) -> bool {
        let named = fields.get("contact");
        named == "kept"
            || named.parse().is_ok_and(|id: Uuid| self.staff.iter().all(|(one, _)| *one != id))
    }
}

/// Reads what can be chosen in a community; of partners those that the form names.
pub(super) fn choices(
    db: &Connection,
    community: &str,
    fields: &Fields,
    english: bool,
) -> rusqlite::Result<Choices> {
    let named = |venue: venues::Venue| {
        let (zh, en) = (venue.description.name, venue.description.name_en);
        (venue.id, if english && !en.is_empty() { en } else { zh })
    };
    let mut partners = BTreeSet::new();
    for code in parts(fields.get("partners")) {
        if neighbours::place(db, code)?.is_some() {
            partners.insert(code.to_owned());
        }
    }
    Ok(Choices {
        venues: venues::of_community(db, community)?.into_iter().map(named).collect(),
        teams: neighbours::teams(db, community)?,
        staff: Vec::new(),
        partners,
    })
}

/// The description that a form says, with what it can't say kept from `before`; else all that is
/// wrong with it.
pub(super) fn description(
    fields: &Fields,
    choices: &Choices,
    before: &Description,
    community: &str,
) -> Result<Description, Vec<Reason>> {
    let mut wrong = Vec::new();
    let text = |name: &str| fields.get(name).to_owned();
    let venue = |id: &str| {
        let known = choices.venues.iter().find(|(venue, _)| id.parse() == Ok(*venue));
        known.map(|(id, _)| *id).ok_or_else(|| one("desk-no-venue", id))
    };
    let mut found = Description {
        title: text("title"),
        title_en: text("title_en"),
        kinds: parts(fields.get("kinds")).map(str::to_owned).collect(),
        visibility: visibility_of(fields.get("visibility")),
        teams: fields.all("team").filter_map(|id| id.parse().ok()).collect(),
        audience: text("audience"),
        text: text("text").replace("\r\n", "\n"),
        text_en: text("text_en").replace("\r\n", "\n"),
        attendance: attendance_of(fields.get("attendance")),
        expected: fields.has("expected", "on"),
        guardian_consent: fields.has("guardian_consent", "on"),
        contact: contact(fields, choices, before),
        ..Description::default()
    };
    let mut keep = |result: Result<(), Reason>| wrong.extend(result.err());
    keep(fields.all("venue").next().map(venue).transpose().map(|id| found.venue = id));
    let turns = fields.all("rotation").map(venue).collect::<Result<Vec<_>, _>>();
    keep(turns.map(|ids| found.rotation = ids));
    keep(number(fields, "minutes", u32::MAX).map(|n| found.minutes = n));
    keep(number(fields, "capacity", CAPACITY_MAX).map(|n| found.capacity = n));
    keep(duties(fields.get("duties")).map(|duties| found.duties = duties));
    keep(partners(fields, choices, community).map(|partners| found.partners = partners));
    if found.visibility != Visibility::Team {
        found.teams.clear();
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// The member of staff that a form names; who is no choice any more stays, unless another is chosen.
fn contact(fields: &Fields, choices: &Choices, before: &Description) -> Option<Uuid> {
    match fields.0.iter().find(|(name, _)| name == "contact").map(|(_, id)| id.as_str()) {
        None | Some("kept") => before.contact,
        Some(id) => {
            let known = choices.staff.iter().find(|(one, _)| id.parse() == Ok(*one));
            known.map(|(id, _)| *id)
        }
    }
}

fn number(fields: &Fields, name: &str, most: u32) -> Result<u32, Reason> {
    let text = fields.get(name);
    if text.is_empty() {
        return Ok(0);
    }
    let number: u32 = text.parse().map_err(|_| one("desk-no-number", text))?;
    if number > most { Err(one("desk-no-absurd", number)) } else { Ok(number) }
}

/// Lines of a name and a number of places, whatever stands between them; a line without a number
/// is one place.
fn duties(text: &str) -> Result<Vec<Duty>, Reason> {
    let duty = |line: &str| {
        let line = line.trim();
        let digits = line.chars().rev().take_while(char::is_ascii_digit).count();
        let (name, places) = line.split_at(line.len() - digits);
        let name = name.trim_end_matches(|c: char| {
            c.is_whitespace() || matches!(c, '×' | 'x' | 'X' | '*' | ',' | '，' | '：' | ':')
        });
        let places = if places.is_empty() { Ok(1) } else { places.parse() };
        let places = places.ok().filter(|n| (1..=PLACES_MAX).contains(n) && !name.is_empty());
        let places = places.ok_or_else(|| one("desk-no-duty-line", line))?;
        Ok(Duty { name: name.to_owned(), places })
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(duty).collect()
}

fn partners(fields: &Fields, choices: &Choices, own: &str) -> Result<Vec<String>, Reason> {
    let known = |code: &str| {
        let fits = choices.partners.contains(code) && code != own;
        fits.then(|| code.to_owned()).ok_or_else(|| one("desk-no-partner", code))
    };
    parts(fields.get("partners")).map(known).collect()
}

/// The segment that a form says, not yet checked.
pub(super) fn segment(fields: &Fields, zone: &str) -> Result<SegmentAdded, Reason> {
    let until = fields.get("until");
    Ok(SegmentAdded {
        segment: 1,
        from: rule_form::date(fields.get("from"))?,
        until: (!until.is_empty()).then(|| rule_form::date(until)).transpose()?,
        rule: rule_form::to_toml(fields)?,
        zone: zone.to_owned(),
    })
}

/// Fills a form in with a description.
pub(super) fn fill(fields: &mut Fields, of: &Description) {
    fields.set("title", &of.title);
    fields.set("title_en", &of.title_en);
    fields.set("kinds", of.kinds.join("、"));
    fields.set("visibility", visibility(of.visibility));
    of.teams.iter().for_each(|team| fields.add("team", team));
    of.venue.iter().for_each(|venue| fields.add("venue", venue));
    of.rotation.iter().for_each(|venue| fields.add("rotation", venue));
    fields.set("audience", &of.audience);
    fields.set("text", &of.text);
    fields.set("text_en", &of.text_en);
    let some = |n: u32| if n == 0 { String::new() } else { n.to_string() };
    fields.set("minutes", some(of.minutes));
    fields.set("capacity", some(of.capacity));
    fields.set("attendance", attendance(of.attendance));
    fields.set("expected", if of.expected { "on" } else { "" });
    fields.set("guardian_consent", if of.guardian_consent { "on" } else { "" });
    let duties = of.duties.iter().map(|duty| format!("{} × {}", duty.name, duty.places));
    fields.set("duties", duties.collect::<Vec<_>>().join("\n"));
    fields.set("partners", of.partners.join(" "));
    fields.set("contact", of.contact.map(|id| id.to_string()).unwrap_or_default());
}

/// Fills a form in for an occurrence to be planned anew: its words, and one date at its time.
pub(super) fn fill_like(fields: &mut Fields, entry: &Entry) {
    let local = entry.start.with_timezone(&entry.zone);
    let minutes = if entry.all_day { 0 } else { (entry.end - entry.start).num_minutes() };
    let description = Description {
        title: entry.title.clone(),
        title_en: entry.title_en.clone(),
        text: entry.text.clone(),
        text_en: entry.text_en.clone(),
        kinds: entry.kinds.clone(),
        capacity: entry.capacity,
        venue: entry.venue,
        rotation: Vec::new(),
        minutes: minutes.try_into().unwrap_or_default(),
        ..entry.activity.description.clone()
    };
    fill(fields, &description);
    let (date, slug) = (local.date_naive(), &entry.activity.slug);
    fields.set("slug", format!("{}-{}", &slug[..slug.len().min(51)], date.format("%Y%m%d")));
    fields.set("kind", "dates");
    fields.set("dates", date);
    fields.set("from", date);
    if !entry.all_day {
        fields.set("at", local.format("%H:%M"));
    }
}

/// Fills a form in with the newest rule of an activity.
pub(super) fn fill_rule(fields: &mut Fields, activity: &Activity) {
    let Some(segment) = activity.segments.last() else { return };
    fields.set("from", segment.from);
    fields.set("until", segment.until.map(|date| date.to_string()).unwrap_or_default());
    rule_form::fill(fields, &segment.rule.to_toml());
}

/// The name of a visibility in forms and words.
pub(super) fn visibility(of: Visibility) -> &'static str {
    match of {
        Visibility::Public => "public",
        Visibility::Team => "team",
        Visibility::Staff => "staff",
    }
}

fn visibility_of(name: &str) -> Visibility {
    match name {
        "team" => Visibility::Team,
        "staff" => Visibility::Staff,
        _ => Visibility::Public,
    }
}

/// The name of a way to count in forms and words.
pub(super) fn attendance(of: Attendance) -> &'static str {
    match of {
        Attendance::Names => "names",
        Attendance::Headcount => "headcount",
        Attendance::Paper => "paper",
    }
}

fn attendance_of(name: &str) -> Attendance {
    match name {
        "headcount" => Attendance::Headcount,
        "paper" => Attendance::Paper,
        _ => Attendance::Names,
    }
}

/// A name for links: what was written, else the English title, else something that is free.
pub(super) fn slug(fields: &Fields, free: Uuid) -> String {
    let given = fields.get("slug");
    if !given.is_empty() {
        return given.to_owned();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = fields.get("title_en").chars().map(plain).take(60).collect();
    let words: Vec<_> = text.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { format!("a-{}", &free.to_string()[..8]) } else { words.join("-") }
}
