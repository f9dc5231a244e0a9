use linli_platform::testing::{at, given};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    // Already the 3rd in Shanghai.
    at("2026-11-02T17:00:00Z")
}

fn rules() -> Rules {
    Rules { attendance: 2, hour: 1, duty: 3, day_max: 10, ..Rules::default() }
}

fn adopt(from: &str, rules: Rules) -> Command {
    Command::Adopt { from: day(from), rules, zone: Tz::Asia__Shanghai }
}

fn adopted(from: &str, rules: Rules) -> ScoringEvent {
    ScoringEvent::ScoringAdopted { from: day(from), rules }
}

fn kind(kind: &str, attendance: Option<u32>) -> KindRates {
    KindRates { kind: kind.into(), attendance, ..KindRates::default() }
}

#[test]
fn the_first_rules_may_look_back_and_later_ones_may_not() {
    let fresh = given::<Scoring>([]);
    fresh.when(adopt("2026-01-01", rules()), now()).then([adopted("2026-01-01", rules())]);
    let there = given::<Scoring>([adopted("2026-01-01", rules())]);
    there.when(adopt("2026-01-01", rules()), now()).then_nothing();
    let other = Rules { hour: 2, ..rules() };
    there
        .when(adopt("2026-01-01", other.clone()), now())
        .then_rejected(&Rejection::NotAfter { from: day("2026-01-01"), last: day("2026-01-01") });
    there
        .when(adopt("2026-11-03", other.clone()), now())
        .then_rejected(&Rejection::Past { from: day("2026-11-03"), earliest: day("2026-11-04") });
    there.when(adopt("2026-11-04", other.clone()), now()).then([adopted("2026-11-04", other)]);
}

#[test]
fn rules_that_contradict_themselves_are_refused() {
    let refused = |rules: Rules, why: Rejection| {
        given::<Scoring>([]).when(adopt("2026-11-05", rules), now()).then_rejected(&why);
    };
    refused(Rules::default(), Rejection::NothingEarns);
    let kinds = vec![kind("talk", Some(0))];
    refused(Rules { kinds, ..Rules::default() }, Rejection::NothingEarns);
    let kinds = vec![kind("talk", Some(1)), kind("talk", Some(2))];
    refused(Rules { kinds, ..rules() }, Rejection::KindTwice("talk".into()));
    refused(Rules { kinds: vec![kind(" ", Some(1))], ..rules() }, Rejection::KindUnnamed);
    let kinds = vec![kind("talk", None)];
    refused(Rules { kinds, ..rules() }, Rejection::KindWithoutRate("talk".into()));
    refused(Rules { attendance: 1_001, ..rules() }, Rejection::AbsurdRate(1_001));
    refused(Rules { base_min: 10_001, ..rules() }, Rejection::AbsurdLimit(10_001));
    let kinds = vec![kind("talk", Some(11))];
    refused(Rules { kinds, ..rules() }, Rejection::LimitBelowRate { limit: 10, rate: 11 });
}
