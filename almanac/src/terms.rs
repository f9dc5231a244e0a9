//! The 24 solar terms 节气, by Beijing civil date, 1900 to 2100.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::table;

/// A solar term, in the order in which they fall in the civil year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the terms' own, `zh` gives the characters")]
pub enum SolarTerm {
    Xiaohan,
    Dahan,
    Lichun,
    Yushui,
    Jingzhe,
    Chunfen,
    Qingming,
    Guyu,
    Lixia,
    Xiaoman,
    Mangzhong,
    Xiazhi,
    Xiaoshu,
    Dashu,
    Liqiu,
    Chushu,
    Bailu,
    Qiufen,
    Hanlu,
    Shuangjiang,
    Lidong,
    Xiaoxue,
    Daxue,
    Dongzhi,
}

/// Characters, pinyin and, where they differ, the traditional characters.
const NAMES: [(&str, &str, &str); 24] = [
    ("小寒", "xiaohan", ""),
    ("大寒", "dahan", ""),
    ("立春", "lichun", ""),
    ("雨水", "yushui", ""),
    ("惊蛰", "jingzhe", "驚蟄"),
    ("春分", "chunfen", ""),
    ("清明", "qingming", ""),
    ("谷雨", "guyu", "穀雨"),
    ("立夏", "lixia", ""),
    ("小满", "xiaoman", "小滿"),
    ("芒种", "mangzhong", "芒種"),
    ("夏至", "xiazhi", ""),
    ("小暑", "xiaoshu", ""),
    ("大暑", "dashu", ""),
    ("立秋", "liqiu", ""),
    ("处暑", "chushu", "處暑"),
    ("白露", "bailu", ""),
    ("秋分", "qiufen", ""),
    ("寒露", "hanlu", ""),
    ("霜降", "shuangjiang", ""),
    ("立冬", "lidong", ""),
    ("小雪", "xiaoxue", ""),
    ("大雪", "daxue", ""),
    ("冬至", "dongzhi", ""),
];

impl SolarTerm {
    /// All terms, in the order of the civil year.
    pub const ALL: [Self; 24] = [
        Self::Xiaohan,
        Self::Dahan,
        Self::Lichun,
        Self::Yushui,
        Self::Jingzhe,
        Self::Chunfen,
        Self::Qingming,
        Self::Guyu,
        Self::Lixia,
        Self::Xiaoman,
        Self::Mangzhong,
        Self::Xiazhi,
        Self::Xiaoshu,
        Self::Dashu,
        Self::Liqiu,
        Self::Chushu,
        Self::Bailu,
        Self::Qiufen,
        Self::Hanlu,
        Self::Shuangjiang,
        Self::Lidong,
        Self::Xiaoxue,
        Self::Daxue,
        Self::Dongzhi,
    ];

    /// The name in simplified characters: 清明.
    pub const fn zh(self) -> &'static str {
        NAMES[self as usize].0
    }

    /// The name in pinyin without tones: `qingming`.
    pub const fn pinyin(self) -> &'static str {
        NAMES[self as usize].1
    }
}

impl fmt::Display for SolarTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zh())
    }
}

/// A text that names none of the 24 solar terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a solar term: write its characters or pinyin, such as \"清明\" or \"qingming\""
)]
pub struct UnknownTerm(pub String);

impl FromStr for SolarTerm {
    type Err = UnknownTerm;

    /// Takes simplified and traditional characters and pinyin; case, spaces, hyphens and
    /// apostrophes don't matter (`Qing Ming`, `qing-ming`).
    fn from_str(text: &str) -> Result<Self, UnknownTerm> {
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '\'' | '’'))
            .flat_map(char::to_lowercase)
            .collect();
        Self::ALL
            .into_iter()
            .find(|term| {
                let (zh, pinyin, traditional) = NAMES[*term as usize];
                !plain.is_empty() && [zh, pinyin, traditional].contains(&plain.as_str())
            })
            .ok_or_else(|| UnknownTerm(text.to_owned()))
    }
}

impl Serialize for SolarTerm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.zh())
    }
}

impl<'de> Deserialize<'de> for SolarTerm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The Beijing civil date of a term; `None` outside 1900 to 2100.
pub fn term_date(year: i32, term: SolarTerm) -> Option<NaiveDate> {
    let index = term as usize;
    let day = table::term_days(year)?[index];
    NaiveDate::from_ymd_opt(year, u32::try_from(index / 2 + 1).ok()?, u32::from(day))
}

/// The term that falls on a day, if one does.
pub fn term_on(date: NaiveDate) -> Option<SolarTerm> {
    let days = table::term_days(date.year())?;
    let first = usize::try_from(date.month0()).ok()? * 2;
    [first, first + 1]
        .into_iter()
        .find(|index| u32::from(days[*index]) == date.day())
        .map(|index| SolarTerm::ALL[index])
}
