use axum::http::StatusCode;
use linli_people::deciders::staff::Command;
use linli_people::projections::staff;

use crate::house::House;

#[tokio::test]
async fn two_administrators_who_dismiss_each_other_do_not_leave_none() {
    let house = House::new().await;
    let (a, b) = (
        house.staff("a", "administrator", "*").await.person().unwrap(),
        house.staff("b", "administrator", "*").await.person().unwrap(),
    );
    let people = &house.people;
    let each = tokio::join!(
        people.take_role(house.meta(), a, "administrator", "*"),
        people.leave(house.meta(), b),
    );
    house.settle().await;
    assert!(!(each.0.is_ok() && each.1.is_ok()), "one of them is refused");
    let left = house.service.tables.read_now(staff::administrators).unwrap();
    assert!(left >= 1, "{each:?}");
    // Where there is another, it is done.
    house.staff("c", "administrator", "*").await;
    for id in [a, b] {
        people.leave(house.meta(), id).await.unwrap();
        house.settle().await;
    }
    assert_eq!(house.service.tables.read_now(staff::administrators).unwrap(), 1);
}

#[tokio::test]
async fn who_has_no_role_is_the_business_of_the_administrator_of_all() {
    let house = House::new().await;
    let all = house.staff("all", "administrator", "*").await;
    let local = house.staff("local", "administrator", "junhe").await;
    let stray = house.staff("stray", "viewer", "tianbao").await.person().unwrap();
    let take = Command::TakeRole { role: "viewer".into(), community: "tianbao".into() };
    house.people.staff(house.meta(), stray, take).await.unwrap();
    house.settle().await;
    let shown = house.get(&local, "/desk/junhe/staff").await;
    assert!(shown.text.contains("local@example.org"), "{}", shown.text);
    assert!(!shown.text.contains("stray@example.org"), "{}", shown.text);
    let cmd = house.cmd();
    for what in ["invite", "leave"] {
        let path = format!("/desk/junhe/staff/{stray}/{what}");
        let refused = house.post(&local, &path, &[("cmd", &cmd)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}");
    }
    assert!(house.get(&all, "/desk/junhe/staff").await.text.contains("stray@example.org"));
    let path = format!("/desk/junhe/staff/{stray}/leave");
    let done = house.post(&all, &path, &[("cmd", &cmd)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
}
