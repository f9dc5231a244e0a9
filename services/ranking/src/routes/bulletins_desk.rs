//! The desk's side of bulletins: a look ahead, publishing, and when they come out.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query},
    response::Response,
};
use chrono::{DateTime, Utc};
use linli_platform::{
    ids::{CommandId, StreamId},
    stream::{ExecuteError, Meta},
    web::{Page, Refusal, Viewer, see},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    State,
    bulletins::{BulletinPage, Row, address},
    text::Text,
};
use crate::{
    SERVICE,
    contract::Due,
    deciders::bulletin_schedule::{BULLETINS, BulletinSchedule, Command, DAYS_AFTER_MAX},
    projections::bulletins::{self, ComposeError, Draft},
    values::{FIRST_DAY_MAX, Schedule, Series, StatPeriod},
};

/// So many periods back can be chosen; older ones by typing them in.
const BACK_MAX: usize = 13;

/// A period that can be looked at, or published.
struct Choice {
    period: String,
    days: String,
    series: String,
    over: bool,
    comes: String,
    cmd: Uuid,
}

/// How a series comes out.
struct Setting {
    code: &'static str,
    name: String,
    due: Due,
}

#[derive(Template)]
#[template(path = "bulletins_desk.html")]
struct DeskPage {
    t: Text,
    place: String,
    code: String,
    rows: Vec<Row>,
    open: Vec<Choice>,
    cmd: Uuid,
    first_day: u32,
    first_day_max: u32,
    days_max: u32,
    settings: Vec<Setting>,
}

pub(super) async fn page(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text::of(&viewer);
    let place = state.place_name(t, &community).await?;
    let (zone, now) = (state.zone(&community).await?, state.platform.clock.now());
    let code = community.clone();
    let read = move |db: &_| Ok((bulletins::schedule(db, &code)?, bulletins::list(db, &code)?));
    let (schedule, list) = state.tables.read(read).await?;
    let today = now.with_timezone(&zone).date_naive();
    let out = |period: &StatPeriod| list.iter().any(|it| it.period == *period);
    let mut open = Vec::new();
    for series in Series::ALL {
        let periods = recent(&schedule, series, today);
        let choices = periods.into_iter().filter(|period| !out(period));
        open.extend(choices.map(|period| state.choice(t, &schedule, zone, now, period)));
    }
    let setting = |series: Series| Setting {
        code: series.code(),
        name: t.code("bulletin_series", series.code()),
        due: schedule.of(series).clone(),
    };
    // What holds from the next change on.
    let first_day = schedule.months.day(schedule.months.changeable(1, today));
    let page = DeskPage {
        t,
        place,
        code: community.clone(),
        rows: list.iter().map(|it| Row::of(t, &community, zone, it)).collect(),
        open,
        cmd: state.platform.entropy.uuid(),
        first_day,
        first_day_max: FIRST_DAY_MAX,
        days_max: DAYS_AFTER_MAX,
        settings: Series::ALL.map(setting).into_iter().collect(),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("bulletins"), html).of(&community))
}

/// The periods up to the one that a day is in, the newest first.
fn recent(schedule: &Schedule, series: Series, today: chrono::NaiveDate) -> Vec<StatPeriod> {
    let mut days = today;
    let mut periods = Vec::new();
    while periods.len() < BACK_MAX {
        let period = schedule.months.holding(series, days);
        periods.push(period);
        let Some(before) = schedule.months.span(period).0.pred_opt() else { break };
        days = before;
    }
    periods
}

impl State {
    fn choice(
        &self,
        t: Text,
        schedule: &Schedule,
        zone: chrono_tz::Tz,
        now: DateTime<Utc>,
        period: StatPeriod,
    ) -> Choice {
        let (from, until) = schedule.months.span(period);
        let due = schedule.due(period, zone).filter(|due| *due > now);
        let when = |due: DateTime<Utc>| due.with_timezone(&zone).format(t.get("bulletin_instant"));
        Choice {
            period: period.to_string(),
            days: format!("{} – {}", t.day(from), t.day(until)),
            series: t.code("bulletin_series", period.series().code()),
            over: schedule.over(period, zone) <= now,
            comes: due.map(|due| t.n("bulletin_comes", when(due))).unwrap_or_default(),
            cmd: self.platform.entropy.uuid(),
        }
    }
}

/// Which period, as it was typed.
#[derive(Deserialize)]
pub(super) struct Asked {
    period: String,
}

fn period(t: Text, text: &str) -> Result<StatPeriod, Refusal> {
    let text = text.trim();
    text.parse().map_err(|_| Refusal::invalid(t.with("bulletin_no_period", &[("text", text)])))
}

pub(super) async fn preview(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text::of(&viewer);
    let period = period(t, &asked.period)?;
    let (place, now) = (community.clone(), state.platform.clock.now());
    let compose = move |db: &_| match bulletins::compose(db, &place, period, now) {
        Ok(draft) => Ok(Some(draft)),
        Err(ComposeError::NoPlace(_)) => Ok(None),
        Err(ComposeError::Database(error)) => Err(error),
    };
    let draft = state.tables.read(compose).await?.ok_or_else(Refusal::missing)?;
    let Draft { content, .. } = draft;
    let told = state.told(&viewer, content, None).await?;
    let title = told.head.first().cloned().unwrap_or_default();
    let page = BulletinPage { t, told, checksum: None, path: String::new(), print: false };
    Ok(Page::new(title, page.render().map_err(Refusal::failed)?).of(&community))
}

/// A form to publish.
#[derive(Deserialize)]
pub(super) struct Publish {
    cmd: Uuid,
    period: String,
}

pub(super) async fn publish(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
    Form(form): Form<Publish>,
) -> Result<Response, Refusal> {
    let t = Text::of(&viewer);
    let (period, zone) = (period(t, &form.period)?, state.zone(&community).await?);
    let code = community.clone();
    let out = state.tables.read(move |db| bulletins::of_period(db, &code, period)).await?;
    if let Some(it) = out {
        let at = state.tables.progress().borrow().position;
        return Ok(see(&address(&community, it.series, it.number), at));
    }
    state.schedule(&viewer, &community, form.cmd, Command::Ask { period, zone }).await
}

/// A form of when bulletins come out.
#[derive(Deserialize)]
pub(super) struct Settings {
    cmd: Uuid,
    first_day: u32,
    #[serde(default)]
    weekly_by_hand: Option<String>,
    weekly_days: u32,
    weekly_at: String,
    #[serde(default)]
    monthly_by_hand: Option<String>,
    monthly_days: u32,
    monthly_at: String,
}

pub(super) async fn set(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
    Form(form): Form<Settings>,
) -> Result<Response, Refusal> {
    let zone = state.zone(&community).await?;
    let due = |by_hand: Option<String>, days_after, at: String| Due {
        by_hand: by_hand.is_some(),
        days_after,
        at_local: at.trim().to_owned(),
    };
    let command = Command::Set {
        month_first_day: form.first_day,
        weekly: due(form.weekly_by_hand, form.weekly_days, form.weekly_at),
        monthly: due(form.monthly_by_hand, form.monthly_days, form.monthly_at),
        zone,
    };
    state.schedule(&viewer, &community, form.cmd, command).await
}

impl State {
    async fn schedule(
        &self,
        viewer: &Viewer,
        place: &str,
        cmd: Uuid,
        command: Command,
    ) -> Result<Response, Refusal> {
        let t = Text::of(viewer);
        let stream = StreamId::new(place, SERVICE, "schedule", BULLETINS);
        let stream = stream.map_err(|_| Refusal::missing())?;
        let meta = Meta::by(viewer.actor(), CommandId(cmd));
        let done = self.platform.streams.execute::<BulletinSchedule>(&stream, meta, command).await;
        match done {
            Ok(accepted) => Ok(see(&format!("/desk/{place}/bulletins"), accepted.position)),
            Err(ExecuteError::Rejected(no)) => Err(Refusal::no(t.no(&no.told()))),
            Err(error) => Err(Refusal::failed(error)),
        }
    }
}
