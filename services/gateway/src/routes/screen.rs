//! The screen in the hall: today, tomorrow, the next festival. It asks again by itself.

use askama::Template;
use axum::{
    Extension,
    extract::Path,
    http::{HeaderName, HeaderValue},
    response::{IntoResponse as _, Response},
};
use chrono::Datelike as _;
use linli_almanac::{festivals, lunar};
use linli_calendar::projections::agenda::Ask;
use linli_platform::web::{Page, Refusal, Viewer};

use super::{
    Gateway,
    lines::{Line, days},
    words::Text,
};

/// The browser loads the page anew after a minute.
const AGAIN: (HeaderName, HeaderValue) =
    (HeaderName::from_static("refresh"), HeaderValue::from_static("60"));

/// The festivals that the whole community celebrates.
const SEVEN: [&str; 7] = ["春节", "元宵", "清明", "端午", "七夕", "中秋", "重阳"];

#[derive(Template)]
#[template(path = "screen.html")]
struct Screen {
    t: Text,
    name: String,
    date: String,
    lunar: String,
    clock: String,
    today: Vec<Line>,
    tomorrow: Vec<Line>,
    festival: Option<String>,
}

pub(super) async fn page(
    Extension(gateway): Extension<Gateway>,
    Path(community): Path<String>,
    viewer: Viewer,
) -> Result<Response, Refusal> {
    let t = Text(viewer.language);
    let here = gateway.here(&community).await?;
    let entries = gateway.agenda(Ask::public(&community, days(here.today, 2))).await?;
    let (mut today, mut tomorrow) = (Vec::new(), Vec::new());
    for (entry, counts) in gateway.with_rolls(entries).await? {
        let line = Line::of(t, &entry, counts.as_ref());
        if entry.starts_on() == here.today { today.push(line) } else { tomorrow.push(line) }
    }
    let year = here.today.year();
    let mut ahead = [year, year + 1].into_iter().flat_map(festivals::festivals);
    let next = ahead.find(|festival| SEVEN.contains(&festival.name) && festival.date >= here.today);
    let festival = next.map(|festival| {
        let days = (festival.date - here.today).num_days();
        let left = if days == 0 { t.w("today").to_owned() } else { t.of("in_days", days) };
        format!(
            "{} · {} · {left}",
            t.w(&format!("festival_{}", festival.name)),
            t.day(festival.date)
        )
    });
    let screen = Screen {
        t,
        name: here.place.called(viewer.language).to_owned(),
        date: t.day(here.today),
        lunar: lunar::text(here.today).unwrap_or_default(),
        clock: gateway.now().with_timezone(&here.zone).format("%H:%M").to_string(),
        today,
        tomorrow,
        festival,
    };
    let html = screen.render().map_err(Refusal::failed)?;
    let page = Page::new(here.place.called(viewer.language), html).of(&community).bare();
    Ok(([AGAIN], page).into_response())
}
