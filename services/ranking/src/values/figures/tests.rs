use proptest::prelude::*;

use super::*;

fn since(seq: u64) -> Since {
    Since { seq, cause: format!("xiguan/attendance/roll/a@{seq}") }
}

fn occurrence(id: i64, kinds: &[&str], hosts: &[&str]) -> Occurrence {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let activity = Uuid::from_u128(u128::try_from(id).unwrap());
    Occurrence {
        id,
        key: OccurrenceKey::new(hosts[0], activity, "20261105T090000"),
        on: "2026-11-05".parse().unwrap(),
        start: None,
        title: "t".into(),
        title_en: String::new(),
        public: true,
        hosts: texts(hosts),
        kinds: texts(kinds),
        teams: Vec::new(),
        stage: Stage::Over,
        by_hand: false,
        values: BTreeMap::new(),
        since: Some(since(u64::try_from(id).unwrap())),
        read: [1, 1, 1],
    }
}

fn share(occurrence: i64, resident: u128, building: &str, minutes: i64) -> Share {
    Share {
        occurrence,
        resident: Uuid::from_u128(resident),
        community: "xiguan".into(),
        building: building.into(),
        grid: "xiguan-g1".into(),
        teams: Vec::new(),
        times: 1,
        minutes,
        points: 2,
        since: since(9),
    }
}

fn figure(lines: &Lines, line: &str, measure: Count) -> Option<i64> {
    lines.get(line)?.measures.get(&measure).copied()
}

#[test]
fn a_confirmed_zero_is_not_the_same_as_nothing() {
    let silent = occurrence(1, &[], &["xiguan"]);
    let counts = silent.measures();
    assert_eq!(counts.get(&Count::Unreported), Some(&1));
    assert_eq!(counts.get(&Count::Attended), None);
    let mut zero = occurrence(2, &[], &["xiguan"]);
    zero.values.insert(Count::Headcount, 0);
    let by_hand = Occurrence { by_hand: true, ..occurrence(3, &[], &["xiguan"]) };
    for confirmed in [zero, by_hand] {
        let counts = confirmed.measures();
        assert_eq!(counts.get(&Count::Unreported), None);
        assert_eq!(counts.get(&Count::Attended), Some(&0));
        assert_eq!(counts.get(&Count::Nobody), Some(&1));
    }
}

#[test]
fn attendance_is_the_larger_of_names_and_headcount() {
    for (present, headcount, attended) in [(3, None, 3), (3, Some(40), 40), (3, Some(2), 3)] {
        let mut it = occurrence(1, &[], &["xiguan"]);
        it.values.insert(Count::Present, present);
        it.values.extend(headcount.map(|n| (Count::Headcount, n)));
        assert_eq!(it.measures().get(&Count::Attended), Some(&attended));
    }
}

#[test]
fn a_cancelled_one_counts_as_cancelled_alone_and_one_ahead_as_planned() {
    let cancelled = Occurrence { stage: Stage::Cancelled, ..occurrence(1, &[], &["xiguan"]) };
    let counts = BTreeMap::from([(Count::Planned, 1), (Count::Cancelled, 1)]);
    assert_eq!(cancelled.measures(), counts);
    let ahead = Occurrence { stage: Stage::Ahead, ..occurrence(1, &[], &["xiguan"]) };
    assert_eq!(ahead.measures().get(&Count::Occurrences), None);
    assert_eq!(ahead.measures().get(&Count::Planned), Some(&1));
}

#[test]
fn four_ratings_are_not_shown_and_five_are() {
    for (ratings, shown) in [(4, None), (5, Some(&5))] {
        let mut it = occurrence(1, &[], &["xiguan"]);
        it.values.extend([(Count::Present, 9), (Count::Ratings, ratings)]);
        assert_eq!(it.measures().get(&Count::Ratings), shown);
    }
}

#[test]
fn a_joint_occurrence_counts_once_for_the_place_above_and_once_for_each() {
    let both = BTreeSet::from(["junhe".to_owned(), "tianbao".to_owned()]);
    let gathered = Gathered {
        scope: both.clone(),
        communities: both,
        occurrences: vec![
            occurrence(1, &["talk", "festival"], &["junhe", "tianbao"]),
            occurrence(2, &["talk"], &["junhe"]),
        ],
        ..Gathered::default()
    };
    let lines = gathered.lines();
    let held = |line: &str| figure(&lines, line, Count::Occurrences);
    assert_eq!(held("total"), Some(2));
    assert_eq!((held("community/junhe"), held("community/tianbao")), (Some(2), Some(1)));
    assert_eq!((held("kind/talk"), held("kind/festival")), (Some(2), Some(1)));
}

#[test]
fn people_are_counted_once_and_under_the_home_of_that_day() {
    let team = Uuid::from_u128(77);
    let gathered = Gathered {
        scope: BTreeSet::from(["xiguan".to_owned()]),
        teams: BTreeSet::from([team]),
        occurrences: vec![occurrence(1, &["talk"], &["xiguan"]), occurrence(2, &[], &["xiguan"])],
        shares: vec![
            share(1, 1, "xiguan-1", 60),
            // They moved in between, and had joined a team by then.
            Share { teams: vec![team], ..share(2, 1, "xiguan-2", 30) },
            share(1, 2, "xiguan-1", 60),
            // At another community's occurrence.
            share(99, 3, "xiguan-1", 15),
            // Somebody from elsewhere.
            Share { community: "tianbao".into(), ..share(1, 4, "tianbao-1", 60) },
        ],
        homes: vec![("xiguan-1".into(), "xiguan-g1".into(), 6)],
        ..Gathered::default()
    };
    let lines = gathered.lines();
    let of = |line: &str, measure| figure(&lines, line, measure);
    assert_eq!(of("total", Count::People), Some(3));
    assert_eq!(of("kind/talk", Count::People), Some(3));
    assert_eq!(of("building/xiguan-1", Count::People), Some(3));
    assert_eq!(of("building/xiguan-1", Count::Minutes), Some(135));
    assert_eq!(of("building/xiguan-1", Count::Residents), Some(6));
    assert_eq!(of("building/xiguan-2", Count::Minutes), Some(30));
    assert_eq!(of("grid/xiguan-g1", Count::Present), Some(4));
    assert_eq!(of("grid/xiguan-g1", Count::People), Some(3));
    assert_eq!(of(&format!("team/{team}"), Count::Minutes), Some(30));
    assert_eq!(of("building/tianbao-1", Count::People), None);
}

#[test]
fn a_line_knows_what_changed_it_last() {
    let gathered = Gathered {
        occurrences: vec![occurrence(3, &["talk"], &["xiguan"]), occurrence(5, &[], &["xiguan"])],
        shares: vec![Share { since: since(4), ..share(3, 1, "b", 0) }],
        ..Gathered::default()
    };
    let lines = gathered.lines();
    let cause = |line: &str| lines[line].since.as_ref().map(|it| it.seq);
    assert_eq!((cause("total"), cause("kind/talk")), (Some(5), Some(4)));
}

fn any_occurrence() -> impl Strategy<Value = (Vec<&'static str>, bool, bool, Option<i64>, i64, i64)>
{
    let kinds = proptest::sample::subsequence(vec!["a", "b", "c"], 1..=3);
    (kinds, any::<bool>(), any::<bool>(), proptest::option::of(0_i64..90), 0_i64..60, 0_i64..500)
}

proptest! {
    /// Each occurrence of at least one kind: the kinds' sum is never below the total, which counts
    /// each once.
    #[test]
    fn the_sum_over_kinds_is_never_below_the_total(
        all in proptest::collection::vec(any_occurrence(), 0..12),
    ) {
        let mut gathered = Gathered::default();
        for (n, one) in (0_i64..).zip(all) {
            let (kinds, cancelled, over, headcount, present, minutes) = one;
            let mut it = occurrence(n, &kinds, &["xiguan"]);
            it.stage = match (cancelled, over) {
                (true, _) => Stage::Cancelled,
                (false, true) => Stage::Over,
                (false, false) => Stage::Ahead,
            };
            it.values.extend([(Count::Present, present), (Count::Minutes, minutes)]);
            it.values.extend(headcount.map(|n| (Count::Headcount, n)));
            gathered.occurrences.push(it);
        }
        let lines = gathered.lines();
        let additive = Count::ALL.into_iter().filter(|it| *it != Count::People);
        for measure in additive {
            let total = figure(&lines, "total", measure).unwrap_or(0);
            let once: i64 = gathered.occurrences.iter()
                .map(|it| it.measures().get(&measure).copied().unwrap_or(0)).sum();
            let kinds: i64 = lines.iter().filter(|(line, _)| line.starts_with("kind/"))
                .map(|(_, line)| line.measures.get(&measure).copied().unwrap_or(0)).sum();
            prop_assert_eq!(total, once);
            prop_assert!(kinds >= total);
        }
        let total = |measure| figure(&lines, "total", measure).unwrap_or(0);
        let ahead = gathered.occurrences.iter().filter(|it| it.stage == Stage::Ahead).count();
        prop_assert_eq!(
            total(Count::Planned),
            total(Count::Occurrences) + total(Count::Cancelled) + i64::try_from(ahead).unwrap()
        );
    }
}
