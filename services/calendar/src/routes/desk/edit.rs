//! The form of one activity: drafting it, describing it anew, its rule with a preview of the dates.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use linli_almanac::SolarTerm;
use linli_platform::{
    decider::Decider as _,
    entropy::derived,
    ids::{CommandId, Position, Version},
    stream::ExecuteError,
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    existing::{Existing, existing},
    fields::Fields,
    form::{self, Choices},
    occurrence,
    preview::{self, Before, Line},
    rule_form, stale,
    told::{say, words},
};
use crate::{
    contract::{Description, SegmentAdded},
    deciders::activity::{Activities, Activity as Decided, Command, Rejection, Shown},
    projections::activities,
    routes::Text,
    values::{agenda::Activity, segment::Segment},
};

#[derive(Template)]
#[template(path = "desk_edit.html")]
struct View<'a> {
    t: Text,
    base: String,
    back: String,
    title: &'a str,
    f: &'a Fields,
    choices: Choices,
    turns: std::ops::Range<usize>,
    errors: Vec<String>,
    lines: Option<Vec<Line>>,
    cmd: Uuid,
    describes: bool,
    rules: bool,
    existing: Option<Existing>,
    days: Vec<(&'static str, String)>,
    festivals: [(&'static str, u8, u8, i64); 9],
    terms: [SolarTerm; 24],
    policies: [&'static str; 4],
}

/// A form that is filled in: what it is about, and which parts it has.
pub(super) struct Sheet {
    pub activity: Option<Activity>,
    pub describes: bool,
    pub rules: bool,
    /// Where it is sent.
    pub base: String,
}

/// What a form says, as far as it has such a part.
struct Said {
    description: Description,
    segment: Option<SegmentAdded>,
}

impl Sheet {
    fn new(desk: &Desk) -> Self {
        Self { activity: None, describes: true, rules: true, base: desk.at("plan/new") }
    }

    /// A published activity gets other dates by "this and future".
    fn of(desk: &Desk, activity: Activity) -> Self {
        let base = desk.at(format_args!("plan/{}", activity.id));
        let rules = !activity.published;
        Self { activity: Some(activity), describes: true, rules, base }
    }

    fn id(&self) -> Option<Uuid> {
        self.activity.as_ref().map(|activity| activity.id)
    }

    /// The form as it is first shown.
    pub fn fields(&self, desk: &Desk) -> Fields {
        let mut fields = Fields::default();
        fields.set("from", desk.today());
        fields.set("kind", "month_day");
        if let Some(activity) = &self.activity {
            form::fill(&mut fields, &activity.description);
            form::fill_rule(&mut fields, activity);
            fields.set("described", activity.described.0);
            fields.set("segmented", activity.segmented.0);
        }
        fields
    }

    /// What the form says; else all that is wrong with it.
    fn said(&self, desk: &Desk, choices: &Choices) -> Result<Said, Vec<String>> {
        let mut wrong = Vec::new();
        let blank = Description::default();
        let before = self.activity.as_ref().map_or(&blank, |activity| &activity.description);
        let described = if self.describes {
            form::description(&desk.fields, choices, before, desk.code())
        } else {
            Ok(before.clone())
        };
        let segment = self.rules.then(|| form::segment(&desk.fields, desk.place.zone.name()));
        let segment = segment.transpose().map_err(|reason| wrong.push(words(desk.t, &reason)));
        let described = described.map_err(|reasons| {
            wrong.extend(reasons.iter().map(|reason| words(desk.t, reason)));
        });
        let (Ok(description), Ok(segment)) = (described, segment) else { return Err(wrong) };
        let said = Said { description, segment };
        said.judge(desk).map_err(|no| vec![say(desk.t, &no)])?;
        Ok(said)
    }

    /// The page of this form.
    pub async fn page(
        &self,
        desk: &Desk,
        fields: &Fields,
        errors: Vec<String>,
        lines: Option<Vec<Line>>,
    ) -> Result<Page, Refusal> {
        let t = desk.t;
        let title = match (&self.activity, self.describes) {
            (None, _) => t.w("desk-new").to_owned(),
            (Some(activity), true) => activity.description.title.clone(),
            (Some(activity), false) => {
                t.with("desk-future_of", &[("title", &activity.description.title)])
            }
        };
        let existing = match &self.activity {
            Some(activity) => Some(existing(desk, activity.clone()).await?),
            None => None,
        };
        let wrong = !errors.is_empty();
        let view = View {
            t,
            base: self.base.clone(),
            back: desk.at("plan"),
            title: &title,
            f: fields,
            choices: choices(desk, fields).await?,
            turns: 0..fields.all("rotation").count().max(2) + 2,
            errors,
            lines,
            // Kept over a preview, so that a form is one command however often it is looked at.
            cmd: fields.get("cmd").parse().unwrap_or_else(|_| desk.fresh()),
            describes: self.describes,
            rules: self.rules,
            existing,
            days: (0..).zip(rule_form::DAYS).map(|(n, day)| (day, t.weekday(n))).collect(),
            festivals: rule_form::FESTIVALS,
            terms: SolarTerm::ALL,
            policies: rule_form::POLICIES,
        };
        let page = desk.page(&title, &view)?;
        Ok(if wrong { page.status(StatusCode::UNPROCESSABLE_ENTITY) } else { page })
    }

    /// The page with the next dates of what the form says.
    pub async fn previewed(&self, desk: &Desk) -> Result<Page, Refusal> {
        let choices = choices(desk, &desk.fields).await?;
        let said = match self.said(desk, &choices) {
            Ok(said) => said,
            Err(errors) => return self.page(desk, &desk.fields, errors, None).await,
        };
        let newest = || self.activity.as_ref()?.segments.last().cloned();
        let parsed = said.segment.as_ref().and_then(|added| Segment::parse(added).ok());
        let Some(segment) = parsed.or_else(newest) else {
            return self.page(desk, &desk.fields, Vec::new(), None).await;
        };
        let before = Before {
            t: desk.t,
            community: desk.code().to_owned(),
            activity: self.id(),
            today: desk.today(),
            now: desk.now,
        };
        let read =
            desk.read(move |db| preview::lines(db, &before, &said.description, segment)).await?;
        self.page(desk, &desk.fields, Vec::new(), Some(read)).await
    }

    /// Does what the form says to an activity, and goes to `then`; or shows why not.
    pub async fn saved(&self, desk: &Desk, then: &str) -> Result<Response, Refusal> {
        let choices = choices(desk, &desk.fields).await?;
        let said = match self.said(desk, &choices) {
            Ok(said) => said,
            Err(errors) => return Ok(self.shown_again(desk, errors).await?.into_response()),
        };
        let done = match &self.activity {
            None => draft(desk, said).await,
            Some(activity) => self.change(desk, activity, said).await,
        };
        match done {
            Ok((id, position)) => Ok(desk.see(then.replace("{id}", &id.to_string()), position)),
            Err(ExecuteError::Rejected(Rejection::StaleForm(both))) => {
                let rule = matches!(both.yours, Shown::Rule(_));
                let field = if rule { "segmented" } else { "described" };
                stale::page(desk, &both, (&self.base, &self.base), (field, both.current)).await
            }
            Err(ExecuteError::Rejected(no)) => {
                // It passed on its own: what it can't follow is the rule of before.
                let of_before =
                    no == Rejection::MinutesMissing || matches!(no, Rejection::MinutesForAllDay(_));
                let said = if of_before && self.activity.is_some() {
                    desk.t.w("desk-no-all-day-change").to_owned()
                } else {
                    say(desk.t, &no)
                };
                let errors = vec![said];
                Ok(self.shown_again(desk, errors).await?.into_response())
            }
            Err(other) => Err(Refusal::failed(other)),
        }
    }

    async fn shown_again(&self, desk: &Desk, errors: Vec<String>) -> Result<Page, Refusal> {
        self.page(desk, &desk.fields, errors, None).await
    }

    async fn change(
        &self,
        desk: &Desk,
        activity: &Activity,
        said: Said,
    ) -> Result<(Uuid, Position), ExecuteError<Rejection>> {
        let seen = |name: &str| desk.fields.get(name).parse().ok().map(Version);
        let (id, mut position) = (activity.id, Position(0));
        if self.describes {
            let (seen, description) = (seen("described"), said.description);
            let command = Command::Describe { seen, description };
            position = give(desk, id, "describe", command).await?;
        }
        if let Some(added) = said.segment.filter(|added| is_new(activity, added)) {
            let SegmentAdded { from, until, rule, zone, .. } = added;
            let seen = seen("segmented");
            let command = Command::AddSegment { seen, from, until, rule, zone };
            position = give(desk, id, "rule", command).await?.max(position);
        }
        Ok((id, position))
    }
}

impl Said {
    /// Asks the decider on an activity that has nothing else, so that nothing is done by halves.
    fn judge(&self, desk: &Desk) -> Result<(), Rejection> {
        let (slug, description) = ("x".to_owned(), self.description.clone());
        let draft = Command::Draft { slug, description };
        let events = Activities::decide(&Decided::default(), draft, desk.now)?;
        let state = events.iter().fold(Decided::default(), Activities::evolve);
        if let Some(SegmentAdded { from, until, rule, zone, .. }) = self.segment.clone() {
            let add = Command::AddSegment { seen: None, from, until, rule, zone };
            // A draft may be half of what it becomes; a form says it whole.
            let events = Activities::decide(&state, add, desk.now)?;
            let state = events.iter().fold(state, Activities::evolve);
            Activities::decide(&state, Command::Publish, desk.now)?;
        }
        Ok(())
    }
}

/// Whether a form says another rule than the newest, however it is written.
fn is_new(activity: &Activity, added: &SegmentAdded) -> bool {
    let same = |newest: &Segment| {
        let rule = Segment::parse(added).map(|segment| segment.rule);
        (newest.from, newest.until) == (added.from, added.until)
            && rule.as_ref() == Ok(&newest.rule)
    };
    !activity.segments.last().is_some_and(same)
}

async fn give(
    desk: &Desk,
    id: Uuid,
    what: &str,
    command: Command,
) -> Result<Position, ExecuteError<Rejection>> {
    let cmd = desk.fields.get("cmd").to_owned();
    desk.give::<Activities>(id, CommandId(derived(&cmd, what)), command).await
}

async fn draft(desk: &Desk, said: Said) -> Result<(Uuid, Position), ExecuteError<Rejection>> {
    // Derived from the form's own id: sent twice it is one activity.
    let id = derived(desk.code(), desk.fields.get("cmd"));
    let slug = form::slug(&desk.fields, id);
    let command = Command::Draft { slug, description: said.description };
    let mut position = give(desk, id, "draft", command).await?;
    if let Some(SegmentAdded { from, until, rule, zone, .. }) = said.segment {
        let command = Command::AddSegment { seen: None, from, until, rule, zone };
        position = give(desk, id, "rule", command).await?;
    }
    Ok((id, position))
}

async fn choices(desk: &Desk, fields: &Fields) -> Result<Choices, Refusal> {
    let (code, fields, english) = (desk.code().to_owned(), fields.clone(), desk.t.is_english());
    let mut found = desk.read(move |db| form::choices(db, &code, &fields, english)).await?;
    found.staff = desk.staff().await?;
    Ok(found)
}

/// The form of a new activity: blank, or like the occurrence `like=<activity>/<recurrence id>`.
pub(super) async fn blank(desk: Desk) -> Result<Page, Refusal> {
    let sheet = Sheet::new(&desk);
    let mut fields = sheet.fields(&desk);
    if let Some((activity, id)) = desk.fields.get("like").split_once('/') {
        form::fill_like(&mut fields, &occurrence::find(&desk, activity, id).await?);
    }
    sheet.page(&desk, &fields, Vec::new(), None).await
}

/// Drafts an activity.
pub(super) async fn draft_new(desk: Desk) -> Result<Response, Refusal> {
    desk.cmd()?;
    let (code, slug) = (desk.code().to_owned(), desk.fields.get("slug").to_owned());
    let own = derived(desk.code(), desk.fields.get("cmd"));
    let taken = desk.read(move |db| activities::by_slug(db, &code, &slug)).await?;
    let sheet = Sheet::new(&desk);
    if taken.is_some_and(|other| other.id != own) {
        let no = Rejection::AlreadyDrafted(desk.fields.get("slug").to_owned());
        let errors = vec![say(desk.t, &no)];
        return Ok(sheet.shown_again(&desk, errors).await?.into_response());
    }
    sheet.saved(&desk, "plan/{id}").await
}

/// What a new activity would come to.
pub(super) async fn preview_new(desk: Desk) -> Result<Page, Refusal> {
    Sheet::new(&desk).previewed(&desk).await
}

/// The form of an activity.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let sheet = Sheet::of(&desk, desk.activity().await?);
    sheet.page(&desk, &sheet.fields(&desk), Vec::new(), None).await
}

/// Describes an activity anew; a draft may get another rule with it.
pub(super) async fn save(desk: Desk) -> Result<Response, Refusal> {
    desk.cmd()?;
    Sheet::of(&desk, desk.activity().await?).saved(&desk, "plan/{id}").await
}

/// What a changed activity would come to.
pub(super) async fn preview(desk: Desk) -> Result<Page, Refusal> {
    Sheet::of(&desk, desk.activity().await?).previewed(&desk).await
}
