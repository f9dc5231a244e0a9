//! Ranks: how those on a board compare.

use std::cmp::Ordering;

/// One line of a board before ranks are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<K> {
    /// Who or what it is.
    pub key: K,
    /// What it has, in the measure's unit.
    pub value: u64,
    /// How many people it stands for; none where it is one person.
    pub base: Option<u32>,
}

/// One line of a board with its rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked<K> {
    /// The rank, shared by those who tie; none for a group too small to be ranked.
    pub rank: Option<u32>,
    /// The line.
    pub line: Line<K>,
}

impl<K> Line<K> {
    /// The value per head in hundredths, rounded down; none without people.
    pub fn per_head_hundredths(&self) -> Option<u64> {
        let base = self.base.filter(|base| *base > 0)?;
        Some(self.value * 100 / u64::from(base))
    }
}

/// Orders lines by value, or by value per head, and gives ranks: those who tie share one, and the
/// next rank counts all before it. Groups of fewer people than `base_min`, and per head those of
/// none, come last and have no rank. Those who tie stand in the order of their keys.
pub fn ranked<K: Ord>(lines: Vec<Line<K>>, per_head: bool, base_min: u32) -> Vec<Ranked<K>> {
    let takes_part = |line: &Line<K>| match line.base {
        Some(base) => base >= base_min && (!per_head || base > 0),
        None => !per_head,
    };
    let compare = |a: &Line<K>, b: &Line<K>| match (a.base, b.base) {
        // Fractions are compared crosswise, so that a tie is a tie.
        (Some(x), Some(y)) if per_head && x > 0 && y > 0 => {
            let (a, b) = (u128::from(a.value) * u128::from(y), u128::from(b.value) * u128::from(x));
            b.cmp(&a)
        }
        _ => b.value.cmp(&a.value),
    };
    let (mut in_it, mut below): (Vec<_>, Vec<_>) = lines.into_iter().partition(takes_part);
    in_it.sort_by(|a, b| compare(a, b).then_with(|| a.key.cmp(&b.key)));
    below.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.key.cmp(&b.key)));
    let mut ranked: Vec<Ranked<K>> = Vec::with_capacity(in_it.len() + below.len());
    for (n, line) in (1_u32..).zip(in_it) {
        let shared = ranked.last().filter(|last| compare(&last.line, &line) == Ordering::Equal);
        let rank = shared.and_then(|last| last.rank).unwrap_or(n);
        ranked.push(Ranked { rank: Some(rank), line });
    }
    ranked.extend(below.into_iter().map(|line| Ranked { rank: None, line }));
    ranked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(key: &str, value: u64, base: u32) -> Line<String> {
        Line { key: key.into(), value, base: Some(base) }
    }

    fn told(lines: &[Ranked<String>]) -> Vec<(&str, Option<u32>)> {
        lines.iter().map(|ranked| (ranked.line.key.as_str(), ranked.rank)).collect()
    }

    #[test]
    fn those_who_tie_share_a_rank_and_the_next_is_counted_on() {
        let lines = vec![line("c", 5, 30), line("b", 9, 30), line("a", 5, 30), line("d", 1, 30)];
        let board = ranked(lines, false, 20);
        assert_eq!(told(&board), [("b", Some(1)), ("a", Some(2)), ("c", Some(2)), ("d", Some(4))]);
    }

    #[test]
    fn a_building_of_six_households_does_not_top_the_list() {
        let lines = vec![line("six", 60, 12), line("big", 300, 300), line("even", 30, 30)];
        let per_head = ranked(lines.clone(), true, 20);
        assert_eq!(told(&per_head), [("big", Some(1)), ("even", Some(1)), ("six", None)]);
        let absolute = ranked(lines, false, 20);
        assert_eq!(told(&absolute), [("big", Some(1)), ("even", Some(2)), ("six", None)]);
        let empty = ranked(vec![line("empty", 0, 0)], true, 0);
        assert_eq!(told(&empty), [("empty", None)]);
        assert_eq!(line("x", 10, 3).per_head_hundredths(), Some(333));
    }

    proptest! {
        #[test]
        fn a_rank_is_one_more_than_those_who_are_better(
            lines in proptest::collection::vec((0_u64..6, 15_u32..25), 0..20),
            per_head: bool,
        ) {
            let lines: Vec<_> = lines
                .into_iter()
                .enumerate()
                .map(|(key, (value, base))| Line { key, value, base: Some(base) })
                .collect();
            let board = ranked(lines.clone(), per_head, 20);
            prop_assert_eq!(board.len(), lines.len());
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let worth = |line: &Line<usize>| {
                line.value as f64 / if per_head { f64::from(line.base.unwrap_or(1)) } else { 1.0 }
            };
            for it in &board {
                let small = it.line.base < Some(20);
                let above = lines.iter().filter(|other| {
                    other.base >= Some(20) && worth(other) > worth(&it.line) + 1e-9
                });
                prop_assert_eq!(it.rank, (!small).then_some(u32::try_from(above.count()).unwrap() + 1));
            }
        }
    }
}
