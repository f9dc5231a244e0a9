//! Calendar feeds: 500 events as text.

use std::{collections::BTreeMap, fmt::Write as _, hint::black_box, sync::Arc, time::Instant};

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use icalendar::{CalendarDateTime, Component as _, EventLike as _};
use linli_almanac::Rule;
use linli_calendar::{
    contract::Description,
    values::{
        agenda::{Activity, Story, VenueName},
        feed::{Frame, Mine, Sources, Span, render},
        segment::Segment,
    },
};
use linli_platform::ids::{Position, Version};
use uuid::Uuid;

use crate::{
    kit::{Lane, Table, goal, rate},
    peers,
};

const EVENTS: usize = 500;
const TITLE: &str = "邻里议事日";
const TEXT: &str = "每月邻居们坐下来商量身边事，能办的当场定下办法和负责人；办不了的写下来，下次先说进展。\
    带上你家楼道的照片，讲清楚哪里、多久了、谁受影响。";

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default()
}

/// One activity, daily in two places by turns: 500 single events, since no client is trusted to
/// know whose turn it is.
fn sources() -> Result<(Frame, Sources)> {
    let last = first() + Days::new(EVENTS as u64 - 1);
    let venues = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let segment = Segment {
        number: 1,
        from: first(),
        until: Some(last),
        rule: Rule::parse("cron = \"0 30 8 * * *\"")?,
        zone: Shanghai,
    };
    let activity = Activity {
        id: Uuid::from_u128(9),
        community: "xiguan".into(),
        slug: "deliberation-day".into(),
        description: Description {
            title: TITLE.into(),
            kinds: vec!["邻里议事日".into()],
            rotation: venues.to_vec(),
            audience: "居民、楼栋长、物业".into(),
            text: TEXT.into(),
            minutes: 90,
            ..Description::default()
        },
        segments: vec![segment],
        published: true,
        retired_from: None,
        described: Version(1),
        segmented: Version(1),
        changed_at: at(),
        ruled: Position(1),
        placed: Position(1),
    };
    let story =
        Story { activity: Arc::new(activity), facts: BTreeMap::new(), words: BTreeMap::new() };
    let name = |name: &str| {
        let (name, name_en) = (name.to_owned(), String::new());
        Arc::new(VenueName { name, name_en, renamed_at: at() })
    };
    let names = [(venues[0], name("近邻议事厅")), (venues[1], name("说事廊院"))];
    let sources = Sources { stories: vec![story], venues: names.into(), ..Sources::default() };
    let frame = Frame {
        name: "西关社区".into(),
        about: "西关社区的活动".into(),
        page: "https://linli.example/c/xiguan".into(),
        source: String::new(),
        public_url: "https://linli.example".into(),
        host: "linli.example".into(),
        zone: Shanghai,
        english: false,
        cancelled: "【取消】".into(),
        reason: "原因：".into(),
        audience: "对象：".into(),
        kind: None,
        mine: Mine::default(),
        span: Span::exactly(first()..=last),
    };
    Ok((frame, sources))
}

/// The limit: the same properties written straight into a text, nothing computed, escaped or folded.
fn directly() -> String {
    let mut text = String::with_capacity(256 * 1024);
    text.push_str("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    for n in 0..EVENTS {
        let day = (first() + Days::new(n as u64)).format("%Y%m%d").to_string();
        let _ = write!(
            text,
            "BEGIN:VEVENT\r\nUID:{}-{day}T083000@linli.example\r\nDTSTAMP:20260921T140640Z\r\n\
             LAST-MODIFIED:20260921T140640Z\r\nSEQUENCE:0\r\nDTSTART;TZID=Asia/Shanghai:{day}T083000\
             \r\nDTEND;TZID=Asia/Shanghai:{day}T100000\r\nSUMMARY:{TITLE}\r\nDESCRIPTION:{TEXT}\r\n\
             LOCATION:近邻议事厅\r\nCATEGORIES:邻里议事日\r\nSTATUS:CONFIRMED\r\n\
             URL:https://linli.example/c/xiguan/o/deliberation-day/{day}T083000\r\nEND:VEVENT\r\n",
            Uuid::from_u128(9)
        );
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn by_the_crate() -> String {
    let local =
        |date_time| CalendarDateTime::WithTimezone { date_time, tzid: "Asia/Shanghai".into() };
    let mut calendar = icalendar::Calendar::new();
    for n in 0..EVENTS {
        let day = first() + Days::new(n as u64);
        let start = day.and_hms_opt(8, 30, 0).unwrap_or_default();
        let mut event = icalendar::Event::new();
        event
            .uid(&format!("{}-{}@linli.example", Uuid::from_u128(9), day.format("%Y%m%d")))
            .timestamp(at())
            .last_modified(at())
            .sequence(0)
            .starts(local(start))
            .ends(local(start + TimeDelta::minutes(90)))
            .summary(TITLE)
            .description(TEXT)
            .location("近邻议事厅")
            .add_property("CATEGORIES", "邻里议事日")
            .url(&format!(
                "https://linli.example/c/xiguan/o/deliberation-day/{}",
                day.format("%Y%m%d")
            ));
        calendar.push(event);
    }
    calendar.to_string()
}

fn repeated(make: impl Fn() -> String) -> f64 {
    let start = Instant::now();
    let times = 50;
    for _ in 0..times {
        black_box(make());
    }
    rate(times * EVENTS, start)
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let (frame, sources) = sources()?;
    let sample = render(&frame, &sources, at());
    let events = sample.matches("BEGIN:VEVENT").count();
    anyhow::ensure!(events == EVENTS, "the feed has {events} events instead of {EVENTS}");
    let python = peers::python("icalendar", include_str!("peers/feed.py"));
    let mut lanes = vec![
        Lane::new("Linli", || Ok(repeated(|| render(&frame, &sources, at())))),
        Lane::new("direct formatting", || Ok(repeated(directly))),
        Lane::new("icalendar 0.17", || Ok(repeated(by_the_crate))),
    ];
    match &python {
        Ok(python) => lanes.push(Lane::new("Python icalendar", || peers::rate_of(&mut python()))),
        Err(absent) => table.note(absent.to_string()),
    }
    table.contest("a feed of 500 events, per event", lanes, &[goal("direct formatting", 0.5)])?;
    table.note(format!(
        "feed: {} KB by Linli with dates, zone, venue and sequence worked out; {} KB by direct \
         formatting of constants.",
        sample.len() / 1024,
        directly().len() / 1024
    ));
    Ok(())
}
