//! A bulletin's content as tables, which pages, CSV and XLSX files show alike.

use std::collections::{BTreeMap, BTreeSet};

use linli_platform::web::Names;

use super::text::Text;
use crate::values::{Content, Correction, Count, Group, Listed, Measures};

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Minutes, shown as hours with one decimal.
    Hours(i64),
    /// A number in hundredths.
    Hundredths(i64),
    /// Not known, or of no meaning here.
    Unknown,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    /// What it is of.
    pub title: String,
    /// What its columns are, with their units.
    pub columns: Vec<String>,
    /// Its lines; the first cell names each.
    pub rows: Vec<Vec<Cell>>,
    /// What must be known to read it; may be empty.
    pub note: String,
}

impl Cell {
    fn of(count: Count, value: Option<i64>) -> Self {
        match value {
            None => Self::Unknown,
            Some(minutes) if is_time(count) => Self::Hours(minutes),
            Some(n) => Self::Number(n),
        }
    }

    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(n) => n.to_string(),
            Self::Hours(minutes) => super::text::hours(*minutes),
            Self::Hundredths(n) => format!("{}.{:02}", n / 100, n % 100),
            Self::Unknown => "–".into(),
        }
    }

    /// Whether it stands to the right.
    pub fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

fn is_time(count: Count) -> bool {
    matches!(count, Count::Minutes | Count::ActivityMinutes)
}

/// What it is called, with its unit.
fn head(t: Text, count: Count) -> String {
    let (name, unit) = (t.code("bulletin_m", count.code()), unit(t, count));
    t.with("bulletin_head", &[("name", &name), ("unit", &unit)])
}

/// What it is counted in.
pub(super) fn unit(t: Text, count: Count) -> String {
    let unit = if is_time(count) { "hours".into() } else { count.unit().replace([' ', '-'], "_") };
    t.code("bulletin_unit", &unit)
}

/// All tables of a bulletin. What is not for all to see is listed for the desk alone.
pub(super) fn sheets(content: &Content, t: Text, names: &Names, desk: bool) -> Vec<Sheet> {
    let mut all = vec![total(content, t)];
    for group in ["kind", "community", "team", "grid", "building", "channel"] {
        all.extend(grouped(content, t, group));
    }
    all.push(occurrences(content, t, desk));
    all.push(best(content, t, names));
    all.push(corrections(content, t, desk));
    all.retain(|sheet| !sheet.rows.is_empty());
    all
}

fn satisfied(measures: &Measures) -> Option<i64> {
    let (ratings, satisfied) = (measures.get(&Count::Ratings)?, measures.get(&Count::Satisfied)?);
    // Rounded to a whole per cent.
    (*ratings > 0).then(|| (satisfied * 200 + ratings) / (ratings * 2))
}

fn total(content: &Content, t: Text) -> Sheet {
    let none = Measures::new();
    let measures = content.measures("total").unwrap_or(&none);
    let row = |count: Count| {
        let value = Cell::of(count, measures.get(&count).copied());
        let name = Cell::Text(t.code("bulletin_m", count.code()));
        (value != Cell::Unknown).then(|| vec![name, value, Cell::Text(unit(t, count))])
    };
    let mut rows: Vec<_> = Count::ALL.into_iter().filter_map(row).collect();
    if let Some(rate) = satisfied(measures) {
        let name = t.get("bulletin_satisfaction").to_owned();
        rows.push(vec![Cell::Text(name), Cell::Number(rate), Cell::Text("%".into())]);
    }
    let columns = ["bulletin_figure", "bulletin_value", "bulletin_unit"];
    Sheet {
        title: t.get("bulletin_total").to_owned(),
        columns: columns.map(|key| t.get(key).to_owned()).to_vec(),
        rows,
        note: String::new(),
    }
}

fn grouped(content: &Content, t: Text, group: &str) -> Option<Sheet> {
    let prefix = format!("{group}/");
    let mut lines: Vec<&Group> =
        content.lines.iter().filter(|it| it.line.starts_with(&prefix)).collect();
    let at_home = matches!(group, "grid" | "building");
    let first = if at_home { Count::Points } else { Count::Attended };
    let most = |it: &Group| it.measures.get(&first).copied().unwrap_or(0);
    lines.sort_by_key(|it| (std::cmp::Reverse(most(it)), it.line.clone()));
    let there: BTreeSet<Count> = lines.iter().flat_map(|it| it.measures.keys().copied()).collect();
    let counts: Vec<Count> = Count::ALL.into_iter().filter(|it| there.contains(it)).collect();
    let name = t.code("bulletin_of", group);
    let mut columns = vec![name.clone()];
    columns.extend(counts.iter().map(|count| head(t, *count)));
    if at_home {
        columns.push(t.get("bulletin_per_head").to_owned());
        columns.push(t.get("bulletin_ranked").to_owned());
    }
    let row = |it: &&Group| {
        let called = if it.name.is_empty() { &it.line } else { &it.name };
        let called =
            if group == "channel" { t.code("bulletin_channel", called) } else { called.clone() };
        let mut row = vec![Cell::Text(called)];
        row.extend(counts.iter().map(|count| Cell::of(*count, it.measures.get(count).copied())));
        if at_home {
            row.extend(per_head(content, t, &it.measures));
        }
        row
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    let key = format!("bulletin_note_{group}");
    (!rows.is_empty()).then(|| Sheet { title: name, columns, rows, note: t.get(&key).to_owned() })
}

/// Points per resident, and whether the group is large enough to be ranked.
fn per_head(content: &Content, t: Text, measures: &Measures) -> [Cell; 2] {
    let of = |count| measures.get(&count).copied().unwrap_or(0);
    let (residents, points) = (of(Count::Residents), of(Count::Points));
    let per_head =
        if residents > 0 { Cell::Hundredths(points * 100 / residents) } else { Cell::Unknown };
    let large = residents >= i64::from(content.base_min);
    let key = if large { "bulletin_is_ranked" } else { "bulletin_not_ranked" };
    [per_head, Cell::Text(t.get(key).to_owned())]
}

/// How it went, in one word.
fn state(measures: &Measures) -> &'static str {
    let is = |count| measures.get(&count).is_some_and(|n| *n > 0);
    if is(Count::Cancelled) {
        "cancelled"
    } else if !is(Count::Occurrences) {
        "ahead"
    } else if is(Count::Unreported) {
        "unreported"
    } else if is(Count::Nobody) {
        "nobody"
    } else {
        "held"
    }
}

fn occurrences(content: &Content, t: Text, desk: bool) -> Sheet {
    const SHOWN: [Count; 9] = [
        Count::Attended,
        Count::Present,
        Count::Headcount,
        Count::Expected,
        Count::Excused,
        Count::Absent,
        Count::Minutes,
        Count::ActivityMinutes,
        Count::Points,
    ];
    let called: BTreeMap<&str, &str> = content
        .lines
        .iter()
        .filter_map(|it| Some((it.line.strip_prefix("community/")?, it.name.as_str())))
        .collect();
    let mut columns: Vec<_> = ["bulletin_on", "bulletin_what", "bulletin_hosts", "bulletin_state"]
        .map(|key| t.get(key).to_owned())
        .to_vec();
    columns.extend(SHOWN.map(|count| head(t, count)));
    columns.push(t.get("bulletin_satisfaction_percent").to_owned());
    let row = |it: &Listed| {
        let hosts = it.hosts.iter().map(|code| match called.get(code.as_str()) {
            Some(name) => (*name).to_owned(),
            None if *code == content.place => content.place_name.clone(),
            None => code.clone(),
        });
        let title = if it.public {
            t.name((&it.title, &it.title_en)).to_owned()
        } else {
            t.get("bulletin_not_public").to_owned()
        };
        let mut row = vec![
            Cell::Text(it.on.to_string()),
            Cell::Text(title),
            Cell::Text(hosts.collect::<Vec<_>>().join(t.get("bulletin_and"))),
            Cell::Text(t.code("bulletin_state", state(&it.measures))),
        ];
        row.extend(SHOWN.map(|count| Cell::of(count, it.measures.get(&count).copied())));
        row.push(satisfied(&it.measures).map_or(Cell::Unknown, Cell::Number));
        row
    };
    let listed = content.occurrences.iter().filter(|it| desk || it.public);
    let hidden = content.occurrences.iter().filter(|it| !it.public).count();
    let note = if hidden > 0 && !desk { t.n("bulletin_hidden", hidden) } else { String::new() };
    let title = t.get("bulletin_occurrences").to_owned();
    Sheet { title, columns, rows: listed.map(row).collect(), note }
}

fn best(content: &Content, t: Text, names: &Names) -> Sheet {
    let mut columns = vec![t.get("bulletin_rank").to_owned(), t.get("bulletin_name").to_owned()];
    columns.push(t.code("bulletin_of", "building"));
    columns.extend([Count::Points, Count::Present, Count::Minutes].map(|count| head(t, count)));
    let mut rows = Vec::new();
    let mut rank = 0;
    for (n, it) in content.residents.iter().enumerate() {
        // Those with as many points share a rank.
        if n == 0 || content.residents.get(n - 1).is_some_and(|before| before.points != it.points) {
            rank = i64::try_from(n + 1).unwrap_or(i64::MAX);
        }
        rows.push(vec![
            Cell::Number(rank),
            Cell::Text(names.get(it.resident)),
            Cell::Text(it.building.clone()),
            Cell::Number(it.points),
            Cell::Number(it.present),
            Cell::Hours(it.minutes),
        ]);
    }
    let title = t.get("bulletin_best").to_owned();
    Sheet { title, columns, rows, note: t.get("bulletin_note_best").to_owned() }
}

fn corrections(content: &Content, t: Text, desk: bool) -> Sheet {
    let keys = ["number", "period", "line", "figure", "old", "new", "cause"];
    let row = |it: &Correction| {
        let value = |value| Cell::of(it.measure, value);
        vec![
            Cell::Text(t.n("bulletin_nth", it.bulletin)),
            Cell::Text(it.period.to_string()),
            Cell::Text(line(t, it)),
            Cell::Text(head(t, it.measure)),
            value(it.old),
            value(it.new),
            Cell::Text(it.cause.clone()),
        ]
    };
    let shown = content.corrections.iter().filter(|it| desk || it.public);
    Sheet {
        title: t.get("bulletin_corrections").to_owned(),
        columns: keys.map(|key| t.code("bulletin", key)).to_vec(),
        rows: shown.map(row).collect(),
        note: t.get("bulletin_note_corrections").to_owned(),
    }
}

fn line(t: Text, it: &Correction) -> String {
    let (group, rest) = it.line.split_once('/').unwrap_or((&it.line, ""));
    let group = t.code("bulletin_of", group);
    let name = match (it.name.as_str(), it.public) {
        (_, false) => t.get("bulletin_not_public"),
        ("", true) => rest,
        (name, true) => name,
    };
    if rest.is_empty() {
        group
    } else {
        t.with("bulletin_line_of", &[("group", &group), ("name", name)])
    }
}
