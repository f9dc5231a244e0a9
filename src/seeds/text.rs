//! The files as they are written: the tables and keys of `seeds/README.md`, no other.

use chrono::{NaiveDate, NaiveTime};
use linli_almanac::HolidayKind;
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Spanned;

/// `places.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// The zone of all places that name none, by IANA name.
    pub zone: String,
    /// The places, parents before their children.
    pub place: Vec<Spanned<Place>>,
}

/// One place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its code, for ever.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English.
    #[serde(default)]
    pub name_en: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The code of the place it is part of; empty at the top.
    #[serde(default)]
    pub parent: String,
    /// Its time zone; empty: its parent's.
    #[serde(default)]
    pub zone: String,
    /// No report names it.
    #[serde(default)]
    pub synthetic: bool,
}

/// What a place is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// A city.
    City,
    /// A district or county-level city.
    District,
    /// A subdistrict.
    Subdistrict,
    /// A community.
    Community,
    /// A compound.
    Compound,
    /// A grid.
    Grid,
    /// A building.
    Building,
}

/// `holidays/<year>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    /// The year of the notice.
    pub year: i32,
    /// Where it was published.
    pub source: String,
    /// The days it names.
    pub days: Vec<HolidayDay>,
}

/// One day of a notice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayDay {
    /// The day.
    #[serde(deserialize_with = "date")]
    pub date: NaiveDate,
    /// The holiday it belongs to.
    pub name: String,
    /// Free or worked.
    pub kind: HolidayKind,
}

/// `scoring/<place>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// The code of the community or subdistrict.
    pub place: Spanned<String>,
    /// The first date they hold for.
    #[serde(deserialize_with = "date")]
    pub from: NaiveDate,
    /// Points for being there.
    #[serde(default)]
    pub attendance: u32,
    /// Points per full hour of service.
    #[serde(default)]
    pub hour: u32,
    /// Points per duty done.
    #[serde(default)]
    pub duty: u32,
    /// Other rates for some kinds of activity.
    #[serde(default)]
    pub kinds: Vec<KindRates>,
    /// The most points per person and day; 0 is no limit.
    #[serde(default)]
    pub day_max: u32,
    /// Groups of fewer registered residents have no rank.
    pub base_min: u32,
    /// Made up to show how it works.
    #[serde(default)]
    pub example: bool,
    /// Where the rates come from.
    #[serde(default)]
    pub note: String,
}

/// The rates of one kind of activity.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRates {
    /// The kind.
    pub kind: String,
    /// Points for being there.
    pub attendance: Option<u32>,
    /// Points per full hour of service.
    pub hour: Option<u32>,
    /// Points per duty done.
    pub duty: Option<u32>,
}

/// `<community>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Community {
    /// Its code.
    pub community: Spanned<String>,
    /// Where things take place.
    #[serde(default)]
    pub venue: Vec<Spanned<Venue>>,
    /// The volunteer teams.
    #[serde(default)]
    pub team: Vec<Spanned<Team>>,
    /// The partner units.
    #[serde(default)]
    pub unit: Vec<Spanned<Unit>>,
    /// What is promised.
    #[serde(default)]
    pub cadence: Vec<Spanned<Cadence>>,
    /// What is done.
    #[serde(default)]
    pub activity: Vec<Spanned<Activity>>,
}

/// A venue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Its key in this file.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its name in English.
    #[serde(default)]
    pub name_en: String,
    /// How many people it holds; 0 for unknown.
    #[serde(default)]
    pub capacity: u32,
    /// The key of the unit that lends it.
    pub lender: Option<Spanned<String>>,
    /// More about it.
    #[serde(default)]
    pub text: String,
}

/// A volunteer team.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its key in this file.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The key of the team it is part of.
    pub parent: Option<Spanned<String>>,
    /// What it does.
    #[serde(default)]
    pub about: String,
    /// Its size as reported, in words.
    #[serde(default)]
    pub size_note: String,
}

/// A partner unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its key in this file.
    pub key: String,
    /// Its name.
    pub name: String,
    /// `enterprise`, `school`, `department`, `property`, `organisation` or `branch`.
    pub kind: String,
}

/// A promise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// Its key in this file.
    pub key: String,
    /// How it is put into words.
    pub title: String,
    /// The kind of activity that counts.
    pub kind: String,
    /// How many at least.
    pub at_least: u32,
    /// In which period.
    pub per: linli_almanac::Per,
}

/// An activity with its rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Its key in this file, and its slug.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its title in English.
    #[serde(default)]
    pub title_en: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// The key of its venue.
    pub venue: Option<Spanned<String>>,
    /// The keys of the venues it takes in turn.
    #[serde(default)]
    pub rotation: Vec<Spanned<String>>,
    /// Whom it is for, in words.
    #[serde(default)]
    pub audience: String,
    /// Who sees it.
    pub visibility: Visibility,
    /// The key of the team whose own it is.
    pub team: Option<Spanned<String>>,
    /// Whether it is a draft.
    pub state: State,
    /// How long it lasts; 0 for all day.
    #[serde(default)]
    pub minutes: u32,
    /// How many can take part; 0 for no limit.
    #[serde(default)]
    pub capacity: u32,
    /// How those who came are counted.
    #[serde(default)]
    pub attendance: Attendance,
    /// There is a list of those expected.
    #[serde(default)]
    pub expected: bool,
    /// Under 14, a guardian must consent.
    #[serde(default)]
    pub guardian_consent: bool,
    /// What has to be done.
    #[serde(default)]
    pub duties: Vec<Duty>,
    /// Codes of the places that join in.
    #[serde(default)]
    pub partners: Vec<Spanned<String>>,
    /// What happens.
    #[serde(default)]
    pub text: String,
    /// What happens, in English.
    #[serde(default)]
    pub text_en: String,
    /// Its rules, each from a date on.
    pub segment: Vec<Spanned<Segment>>,
    /// Occurrences with words, time or place of their own.
    #[serde(default)]
    pub described: Vec<Spanned<Described>>,
}

/// Who sees an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Its team and staff.
    Team,
    /// Staff alone.
    Staff,
}

/// Whether an activity is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is.
    Published,
    /// To staff alone.
    Draft,
}

/// How those who came are counted.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attendance {
    /// By a roll.
    #[default]
    Names,
    /// As a number.
    Headcount,
    /// On paper.
    Paper,
}

/// Something to be done at an occurrence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// What it is called.
    pub name: String,
    /// How many people it takes.
    pub places: u32,
}

/// A rule from a date on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The first date.
    #[serde(deserialize_with = "date")]
    pub from: NaiveDate,
    /// The last date, if it ends by itself.
    #[serde(default, deserialize_with = "some_date")]
    pub until: Option<NaiveDate>,
    /// The rule in TOML.
    pub rule: Spanned<String>,
}

/// An occurrence that is otherwise than its rule and activity say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// Which.
    pub id: Spanned<String>,
    /// Its own title.
    pub title: Option<String>,
    /// Its own text.
    pub text: Option<String>,
    /// Its own kinds.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The key of its own venue.
    pub venue: Option<Spanned<String>>,
    /// When it begins on the same day.
    #[serde(default, deserialize_with = "some_time")]
    pub start: Option<NaiveTime>,
    /// How long it lasts.
    pub minutes: Option<u32>,
}

fn date<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    let written = toml::value::Datetime::deserialize(from)?.to_string();
    NaiveDate::parse_from_str(&written, "%Y-%m-%d")
        .map_err(|_| D::Error::custom(format!("{written} is not a date: write 2026-03-05")))
}

fn some_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    date(from).map(Some)
}

fn some_time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveTime>, D::Error> {
    let written = String::deserialize(from)?;
    NaiveTime::parse_from_str(&written, "%H:%M")
        .map(Some)
        .map_err(|_| D::Error::custom(format!("{written:?} is not a time: write \"15:00\"")))
}
