//! A subdistrict with two communities, and the service over an empty log.

use std::sync::Arc;

use chrono::TimeDelta;
use linli_platform::{
    ids::{Actor, EventRef},
    service::Service,
    stream::Meta,
    testing::{Kit, Nobody},
};
use linli_ranking::{
    deciders::bulletin_schedule::{self, BulletinSchedule},
    projections::{
        bulletins::{self, Draft},
        figures,
    },
    values::{Content, Series, figures::Lines},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub const ZONE: &str = "Asia/Shanghai";

pub struct Town {
    pub kit: Kit,
    pub service: Service,
}

pub fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// The activity number `n`.
pub fn activity(n: u128) -> Uuid {
    Uuid::from_u128(0xac00 + n)
}

impl Town {
    /// `guangling` with `junhe` (one grid, two buildings) and `tianbao` (one building), on 20
    /// October; residents 1 to 3 in `junhe-1`, 4 in `junhe-2`, 5 in `tianbao-1`.
    pub async fn new() -> Self {
        Self::over(Kit::new("2026-10-20T10:00:00+08:00", |_| Arc::new(Nobody))).await
    }

    pub async fn over(kit: Kit) -> Self {
        let service = linli_ranking::service(&kit.platform).unwrap();
        let town = Self { kit, service };
        town.place("guangling", "SUBDISTRICT", "").await;
        for community in ["junhe", "tianbao"] {
            town.place(community, "COMMUNITY", "guangling").await;
        }
        town.place("junhe-g1", "GRID", "junhe").await;
        town.place("junhe-1", "BUILDING", "junhe-g1").await;
        town.place("junhe-2", "BUILDING", "junhe-g1").await;
        town.place("tianbao-1", "BUILDING", "tianbao").await;
        for (n, building) in
            [(1, "junhe-1"), (2, "junhe-1"), (3, "junhe-1"), (4, "junhe-2"), (5, "tianbao-1")]
        {
            let community = building.split('-').next();
            let event =
                json!({"residentRegistered": {"community": community, "building": building}});
            town.happens(&format!("_/people/resident/{}", who(n)), event).await;
        }
        let rules = json!({"attendance": 2, "hour": 1});
        let adopted = json!({"scoringAdopted": {"from": "2026-01-01", "rules": rules}});
        town.happens("guangling/ranking/scoring/points", adopted).await;
        town.settle().await;
        town
    }

    async fn place(&self, code: &str, kind: &str, parent: &str) {
        let name = format!("{code} name");
        let zone = if parent.is_empty() { ZONE } else { "" };
        let place = json!({"name": name, "kind": kind, "parent": parent, "zone": zone});
        self.happens(&format!("_/people/place/{code}"), json!({"placeAdded": place})).await;
    }

    pub async fn happens(&self, stream: &str, event: Value) -> EventRef {
        self.kit.happened(stream, &event).await
    }

    pub async fn settle(&self) {
        self.kit.settle(&[&self.service.tables]).await;
    }

    /// Moves the clock to an instant, and lets all happen that is due on the way.
    pub async fn upto(&self, at: &str) {
        let by = linli_platform::testing::at(at) - self.kit.platform.clock.now();
        assert!(by >= TimeDelta::zero(), "{at} has passed");
        self.kit.pass(by, &[&self.service.tables]).await;
        self.settle().await;
    }

    /// An activity of a community, with its kinds and partners.
    pub async fn plans(&self, community: &str, n: u128, kinds: &[&str], partners: &[&str]) {
        let description =
            json!({"title": format!("activity {n}"), "kinds": kinds, "partners": partners});
        let drafted = json!({"activityDrafted": {"description": description}});
        self.happens(&format!("{community}/calendar/activity/{}", activity(n)), drafted).await;
    }

    /// One occurrence of an hour at 09:00.
    pub async fn opens(&self, community: &str, n: u128, day: &str) {
        let opened = json!({"occurrenceOpened": {
            "recurrenceId": rid(day), "start": format!("{day}T01:00:00Z"),
            "end": format!("{day}T02:00:00Z"), "zone": ZONE,
        }});
        self.happens(&format!("{community}/calendar/activity/{}", activity(n)), opened).await;
    }

    pub async fn roll(&self, community: &str, n: u128, day: &str, event: Value) -> EventRef {
        let stream = format!("{community}/attendance/roll/{}-{}", activity(n), rid(day));
        self.happens(&stream, event).await
    }

    /// Somebody comes, and leaves after some minutes.
    pub async fn comes(&self, community: &str, n: u128, day: &str, resident: u128, minutes: u32) {
        let resident = who(resident);
        self.roll(community, n, day, json!({"checkedIn": {"resident": resident}})).await;
        let left = json!({"checkedOut": {"resident": resident, "minutes": minutes}});
        self.roll(community, n, day, left).await;
    }

    pub async fn closes(&self, community: &str, n: u128, day: &str) {
        self.roll(community, n, day, json!({"rollClosed": {}})).await;
    }

    /// What the desk asks of a place's schedule.
    pub async fn desk(
        &self,
        place: &str,
        command: bulletin_schedule::Command,
    ) -> Result<usize, bulletin_schedule::Rejection> {
        let stream = format!("{place}/ranking/schedule/bulletins").parse().unwrap();
        let cmd = self.kit.platform.entropy.command();
        let meta = Meta::by(Actor::Staff(who(100)), cmd);
        let streams = &self.kit.platform.streams;
        let done = streams.execute::<BulletinSchedule>(&stream, meta, command).await;
        self.settle().await;
        match done {
            Ok(accepted) => Ok(accepted.events.len()),
            Err(linli_platform::stream::ExecuteError::Rejected(no)) => Err(no),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn preview(&self, place: &str, period: &str) -> Content {
        let (place, period) = (place.to_owned(), period.parse().unwrap());
        let now = self.kit.platform.clock.now();
        let compose = move |db: &_| Ok(bulletins::compose(db, &place, period, now).unwrap());
        let Draft { content, .. } = self.service.tables.read(compose).await.unwrap();
        content
    }

    /// A bulletin that is out: its content and its bytes.
    pub async fn bulletin(&self, place: &str, series: Series, number: u32) -> (Content, String) {
        let place = place.to_owned();
        let read = move |db: &_| bulletins::one(db, &place, series, number);
        let (_, text) = self.service.tables.read(read).await.unwrap().expect("it is out");
        (serde_json::from_str(&text).unwrap(), text)
    }

    /// How many bulletins of a series a place has.
    pub async fn out(&self, place: &str, series: Series) -> usize {
        let place = place.to_owned();
        let list = self.service.tables.read(move |db| bulletins::list(db, &place)).await.unwrap();
        list.iter().filter(|entry| entry.series == series).count()
    }

    pub async fn lines(&self, place: &str, from: &str, until: &str) -> Lines {
        let (place, from, until) =
            (place.to_owned(), from.parse().unwrap(), until.parse().unwrap());
        let read = move |db: &_| figures::gather(db, &place, from, until);
        self.service.tables.read(read).await.unwrap().lines()
    }
}

pub fn rid(day: &str) -> String {
    format!("{}T090000", day.replace('-', ""))
}
