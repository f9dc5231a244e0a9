use super::*;

#[test]
fn closing_credits_the_length_to_those_who_were_not_checked_out() {
    let three = || roll([opened(0), came(1, 0), came(2, 30), left(2, minute(60), 30)]);
    let day_after = end() + Duration::hours(24);
    let closed = done(day_after, 2, 150);
    three().when(Command::Close, day_after).then([left(1, end(), 120), closed.clone()]);
    three().when(Command::Close, minute(119)).then_rejected(&Rejection::NotOver(end()));
    roll([opened(0), closed]).when(Command::Close, day_after).then_nothing();
}

#[test]
fn an_excuse_is_taken_until_the_roll_is_closed() {
    let begun = || vec![opened(0), registered(1)];
    roll(begun()).when(excuse(1), minute(30)).then([excused(1)]);
    let after = [begun(), vec![closed()]].concat();
    roll(after).when(excuse(1), end()).then_rejected(&Rejection::ExcusedTooLate);
}

#[test]
fn nobody_is_credited_a_whole_day_because_nobody_knew() {
    let all_day = RollEvent::RollOpened {
        activity: ACTIVITY,
        recurrence_id: "20261105".into(),
        start: start(),
        end: start() + Duration::days(1),
        capacity: 0,
        attendance: Attendance::Names,
        guardian_consent: false,
    };
    let after = start() + Duration::days(2);
    let done = done(after, 1, 0);
    let credited = left(1, start() + Duration::days(1), 0);
    roll([all_day, came(1, 0)]).when(Command::Close, after).then([credited, done]);
}
