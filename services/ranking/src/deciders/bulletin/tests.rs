use linli_platform::testing::{at, given};

use super::*;

fn period(text: &str) -> StatPeriod {
    text.parse().unwrap()
}

fn publish(after: u32, of: &str, content: &str, parts: u32, sum: &str) -> Command {
    Command::Publish {
        after,
        period: period(of),
        from_on: "2026-11-01".parse().unwrap(),
        until_on: "2026-11-30".parse().unwrap(),
        over: at("2026-12-01T00:00:00+08:00"),
        cut_off: at("2026-12-03T09:00:00+08:00"),
        content: content.into(),
        parts,
        checksum: sum.into(),
    }
}

fn published(number: u32, of: &str, content: &str, parts: u32, sum: &str) -> BulletinEvent {
    BulletinEvent::BulletinPublished {
        number,
        period: period(of),
        from_on: "2026-11-01".parse().unwrap(),
        until_on: "2026-11-30".parse().unwrap(),
        cut_off: at("2026-12-03T09:00:00+08:00"),
        content: content.into(),
        parts,
        checksum: sum.into(),
    }
}

fn part(of: &str, part: u32, text: &str) -> BulletinEvent {
    BulletinEvent::BulletinPart { period: period(of), part, text: text.into() }
}

fn give(of: &str, part: u32, text: &str) -> Command {
    Command::Part { period: period(of), part, text: text.into() }
}

#[test]
fn numbers_rise_and_a_period_has_one_bulletin() {
    let now = at("2026-12-03T09:00:00+08:00");
    let sum = checksum("{}");
    let first = published(1, "2026-11", "{}", 0, &sum);
    given::<Bulletin>([]).when(publish(0, "2026-11", "{}", 0, &sum), now).then([first.clone()]);
    // The same again, or another content for the same month: it stays as it is.
    let out = given::<Bulletin>([first]);
    out.when(publish(0, "2026-11", "{}", 0, &sum), now).then_nothing();
    out.when(publish(1, "2026-11", "[]", 0, &checksum("[]")), now).then_nothing();
    out.when(give("2026-11", 1, "x"), now).then_nothing();
    let second = published(2, "2026-10", "{}", 0, &sum);
    out.when(publish(1, "2026-10", "{}", 0, &sum), now).then([second]);
    out.when(publish(0, "2026-10", "{}", 0, &sum), now)
        .then_rejected(&Rejection::Outdated { made_after: 0, last: 1 });
}

#[test]
fn nothing_comes_out_before_its_time_or_with_another_checksum() {
    let early = at("2026-11-30T23:59:59+08:00");
    let over = at("2026-12-01T00:00:00+08:00");
    let sum = checksum("{}");
    given::<Bulletin>([])
        .when(publish(0, "2026-11", "{}", 0, &sum), early)
        .then_rejected(&Rejection::NotOver(period("2026-11"), over));
    given::<Bulletin>([])
        .when(publish(0, "2026-11", "{ }", 0, &sum), over)
        .then_rejected(&Rejection::Checksum);
}

#[test]
fn a_long_content_comes_in_parts_first() {
    let now = at("2026-12-03T09:00:00+08:00");
    let sum = checksum("邻里之间");
    let parts = [part("2026-11", 1, "邻里"), part("2026-11", 2, "之间")];
    given::<Bulletin>([]).when(give("2026-11", 1, "邻里"), now).then([parts[0].clone()]);
    let begun = given::<Bulletin>([parts[0].clone()]);
    begun.when(give("2026-11", 2, "之间"), now).then([parts[1].clone()]);
    begun.when(give("2026-11", 3, "之间"), now).then_rejected(&Rejection::Incomplete);
    begun.when(give("2026-10", 2, "之间"), now).then_rejected(&Rejection::Incomplete);
    begun.when(publish(0, "2026-11", "", 2, &sum), now).then_rejected(&Rejection::Incomplete);
    let whole = given::<Bulletin>(parts.clone());
    let out = published(1, "2026-11", "", 2, &sum);
    whole.when(publish(0, "2026-11", "", 2, &sum), now).then([out]);
    // Begun anew after a crash, with other bytes: what was there before is dropped.
    let other = checksum("邻居们");
    let anew = [part("2026-11", 1, "邻居"), part("2026-11", 2, "们")];
    given::<Bulletin>(parts.into_iter().chain(anew))
        .when(publish(0, "2026-11", "", 2, &other), now)
        .then([published(1, "2026-11", "", 2, &other)]);
}
