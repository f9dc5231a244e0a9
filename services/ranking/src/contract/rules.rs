//! What points are given for, as a place adopts it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::is_zero;

/// Groups of fewer registered residents have no rank where nothing else was adopted.
pub const BASE_MIN: u32 = 20;

/// The rates of one kind of activity; absent ones are as for all kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KindRates {
    /// The kind.
    #[serde(default)]
    pub kind: String,
    /// Points for being there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<u32>,
    /// Points per full hour of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour: Option<u32>,
    /// Points per duty done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<u32>,
}

/// What points are given for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Points for being there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attendance: u32,
    /// Points per full hour of service.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hour: u32,
    /// Points per duty done.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duty: u32,
    /// Other rates for some kinds of activity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<KindRates>,
    /// The most points per person and day; 0 is no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub day_max: u32,
    /// Groups of fewer registered residents are listed below, without a rank.
    #[serde(default)]
    pub base_min: u32,
    /// Made up to show how it works.
    #[serde(default)]
    pub example: bool,
    /// Where the rates come from.
    #[serde(default)]
    pub note: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            attendance: 0,
            hour: 0,
            duty: 0,
            kinds: Vec::new(),
            day_max: 0,
            base_min: BASE_MIN,
            example: false,
            note: String::new(),
        }
    }
}

/// What happens on `scoring`, the stream of a place's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ScoringEvent {
    /// Rules hold for occurrences from a date on, until the next ones do.
    ScoringAdopted {
        /// The first date, in the place's own zone.
        from: NaiveDate,
        /// The rules.
        #[serde(default)]
        rules: Rules,
    },
}
