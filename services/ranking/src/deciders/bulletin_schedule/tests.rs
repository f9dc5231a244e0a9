use linli_platform::testing::{at, given};

use super::*;
use crate::values::Series;

const ZONE: Tz = Tz::Asia__Shanghai;

fn due(days_after: u32, at_local: &str) -> Due {
    Due { by_hand: false, days_after, at_local: at_local.into() }
}

fn set(month_first_day: u32) -> Command {
    Command::Set { month_first_day, weekly: due(2, "09:00"), monthly: due(3, "09:00"), zone: ZONE }
}

fn scheduled(month_first_day: u32, from_month: &str) -> ScheduleEvent {
    let (weekly, monthly) = (due(2, "09:00"), due(3, "09:00"));
    let from_month = from_month.into();
    ScheduleEvent::BulletinsScheduled { month_first_day, from_month, weekly, monthly }
}

fn ask(period: &str) -> Command {
    Command::Ask { period: period.parse().unwrap(), zone: ZONE }
}

#[test]
fn another_first_day_holds_from_the_first_month_not_under_way() {
    let now = at("2026-11-10T10:00:00+08:00");
    given::<BulletinSchedule>([]).when(set(26), now).then([scheduled(26, "2026-12")]);
    given::<BulletinSchedule>([]).when(set(5), now).then([scheduled(5, "2026-12")]);
    let late = at("2026-11-28T10:00:00+08:00");
    given::<BulletinSchedule>([]).when(set(26), late).then([scheduled(26, "2027-01")]);
    // What is so already changes nothing.
    given::<BulletinSchedule>([]).when(set(1), now).then_nothing();
    given::<BulletinSchedule>([scheduled(26, "2026-12")]).when(set(26), now).then_nothing();
    given::<BulletinSchedule>([scheduled(26, "2026-12")])
        .when(set(1), now)
        .then([scheduled(1, "2026-12")]);
}

#[test]
fn what_can_not_be_meant_is_refused() {
    let now = at("2026-11-10T10:00:00+08:00");
    for day in [0, 29, 31] {
        given::<BulletinSchedule>([]).when(set(day), now).then_rejected(&Rejection::NoSuchDay(day));
    }
    let odd = |weekly, monthly| Command::Set { month_first_day: 1, weekly, monthly, zone: ZONE };
    given::<BulletinSchedule>([])
        .when(odd(due(29, "09:00"), due(1, "09:00")), now)
        .then_rejected(&Rejection::TooLate(29));
    given::<BulletinSchedule>([])
        .when(odd(due(1, "09:00"), due(1, "25:00")), now)
        .then_rejected(&Rejection::NoSuchTime("25:00".into()));
}

#[test]
fn nobody_asks_for_a_month_that_is_not_over() {
    let over = at("2026-12-01T00:00:00+08:00");
    let period: StatPeriod = "2026-11".parse().unwrap();
    given::<BulletinSchedule>([])
        .when(ask("2026-11"), at("2026-11-30T23:59:59+08:00"))
        .then_rejected(&Rejection::NotOver { period, over });
    let asked = ScheduleEvent::BulletinAsked { series: Series::Monthly, period };
    given::<BulletinSchedule>([]).when(ask("2026-11"), over).then([asked.clone()]);
    given::<BulletinSchedule>([asked]).when(ask("2026-11"), over).then_nothing();
    // With months from the 26th it was over five days before.
    given::<BulletinSchedule>([scheduled(26, "2026-12")])
        .when(ask("2026-11"), at("2026-11-26T00:00:00+08:00"))
        .then([ScheduleEvent::BulletinAsked { series: Series::Monthly, period }]);
}
