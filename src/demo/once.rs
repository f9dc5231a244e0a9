//! An activity of a single date, where the rules have nothing of the sort soon.

use chrono::{Days, NaiveDate};
use linli_calendar::{
    contract::{Attendance, Description, SERVICE},
    deciders::activity::{Activities, Command},
};
use linli_platform::{entropy::derived, ids::StreamId};
use serde::Deserialize;

use super::meta;
use crate::{compose::Node, failure::Failure};

/// What `demo.toml` says of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Once {
    key: String,
    title: String,
    title_en: String,
    kinds: Vec<String>,
    venue: String,
    text: String,
    text_en: String,
    #[serde(default)]
    capacity: u32,
    #[serde(default)]
    partners: Vec<String>,
    days_ahead: u64,
    at: String,
    minutes: u32,
}

impl Once {
    /// Drafts it, and publishes it unless it shows what a draft is.
    pub async fn hold(
        &self,
        node: &Node,
        community: &str,
        today: NaiveDate,
        attendance: Attendance,
        publish: bool,
    ) -> Result<(), Failure> {
        let date = today.checked_add_days(Days::new(self.days_ahead)).unwrap_or(today);
        let slug = format!("{}-{date}", self.key);
        let description = Description {
            title: self.title.clone(),
            title_en: self.title_en.clone(),
            kinds: self.kinds.clone(),
            venue: Some(derived(community, &self.venue)),
            text: self.text.clone(),
            text_en: self.text_en.clone(),
            minutes: self.minutes,
            capacity: self.capacity,
            attendance,
            partners: self.partners.clone(),
            ..Description::default()
        };
        let rule = format!("dates = [\"{date}\"]\nat = \"{}\"", self.at);
        let zone = "Asia/Shanghai".to_owned();
        let mut commands = vec![
            Command::Draft { slug: slug.clone(), description },
            Command::AddSegment { seen: None, from: date, until: None, rule, zone },
        ];
        if publish {
            commands.push(Command::Publish);
        }
        let stream = StreamId::new(community, SERVICE, "activity", derived(community, &slug))?;
        for (n, command) in commands.into_iter().enumerate() {
            let streams = &node.platform.streams;
            streams.execute::<Activities>(&stream, meta(&format!("{slug} {n}")), command).await?;
        }
        Ok(())
    }
}
