use axum::http::StatusCode;
use linli_people::{
    adapters::NewResident,
    contract::Purpose,
    deciders::{resident::Command, team},
    projections::residents,
};
use linli_platform::{
    directory::{DirectoryError, SignIn, SignedIn},
    web::Viewer,
};
use uuid::Uuid;

use crate::house::{House, somebody};

async fn give(house: &House, who: Uuid, commands: Vec<Command>) {
    for command in commands {
        house.people.resident(house.meta(), who, command).await.unwrap();
    }
    house.settle().await;
}

fn consent(purpose: Purpose) -> Command {
    Command::GiveConsent { purpose, how: "paper".into() }
}

async fn team(house: &House) -> Uuid {
    let id = house.platform.entropy.uuid();
    let (name, about) = ("合唱队".to_owned(), String::new());
    let found = team::Command::Found { community: "junhe".into(), name, parent: None, about };
    house.people.team(house.meta(), id, found).await.unwrap();
    house.settle().await;
    id
}

#[tokio::test]
async fn what_belongs_to_a_double_goes_over_to_the_entry_that_stays() {
    let house = House::new().await;
    let double =
        NewResident { volunteer: true, ..somebody("王芳", "junhe-b03", "302", "13800138000") };
    let double = house.resident(double).await;
    let stays = house.resident(somebody("王芳", "junhe-b03", "", "")).await;
    let mother = house.resident(somebody("李梅", "junhe-b03", "101", "")).await;
    let son = house.resident(somebody("陈强", "junhe-b04", "202", "")).await;
    let choir = team(&house).await;
    give(
        &house,
        double,
        vec![
            consent(Purpose::Reminders),
            consent(Purpose::Rankings),
            Command::JoinTeam(choir),
            Command::AllowProxy(son),
        ],
    )
    .await;
    give(
        &house,
        stays,
        vec![consent(Purpose::Rankings), Command::WithdrawConsent { purpose: Purpose::Rankings }],
    )
    .await;
    give(&house, mother, vec![Command::AllowProxy(double)]).await;
    let card = house.people.issue_cards(&house.meta(), &[double]).await.unwrap().0.remove(0);
    let feed = house.people.feed_secret(double).await.unwrap();
    let meta = house.meta();
    for _ in 0..2 {
        // The same again, as after a machine that stopped midway, ends in the same.
        house.people.merge(meta.clone(), double, stays).await.unwrap();
        house.settle().await;
    }

    let row = house.service.tables.read_now(|db| residents::resident(db, stays)).unwrap().unwrap();
    assert!(row.consents.contains(&Purpose::Reminders) && row.volunteer);
    assert!(!row.consents.contains(&Purpose::Rankings), "what they withdrew stays withdrawn");
    let teams = house.service.tables.read_now(|db| residents::teams_of(db, stays)).unwrap();
    assert_eq!(teams, [choir]);
    assert!(house.viewer(son).await.stands_for(stays));
    assert!(house.viewer(stays).await.stands_for(mother));
    let entry = house.platform.vault.entry(stays).unwrap().unwrap();
    assert_eq!((entry.phone.as_deref(), entry.flat.as_deref()), (Some("13800138000"), Some("302")));
    assert!(house.platform.vault.entry(double).unwrap().is_none());
    let nobody = Viewer::default();
    let shown = house.post(&nobody, "/sign-in/card", &[("code", &card.code)]).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER);
    let directory = &house.platform.directory;
    let opened = directory.sign_in(SignIn::Feed { secret: feed }).await.unwrap();
    assert!(matches!(opened, SignedIn::As(who) if who.person == stays));
    let session = SignIn::Session { person: double, epoch: 0 };
    assert_eq!(directory.sign_in(session).await, Err(DirectoryError::Refused));
}

#[tokio::test]
async fn two_who_merge_the_same_two_both_ways_leave_one() {
    let house = House::new().await;
    let a = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let b = house.resident(somebody("王芳", "junhe-b03", "501", "")).await;
    let people = &house.people;
    let both = tokio::join!(people.merge(house.meta(), a, b), people.merge(house.meta(), b, a),);
    house.settle().await;
    assert!(both.0.is_err() || both.1.is_err(), "one way at most");
    let left = || {
        house.service.tables.read_now(|db| residents::living(db, "junhe-b03", (0, 9))).unwrap().1
    };
    assert!(left() >= 1);
    if left() == 2 {
        // Both were told to look again; a moment later it can be done.
        house.platform.clock.advance(chrono::TimeDelta::minutes(1));
        people.merge(house.meta(), a, b).await.unwrap();
        house.settle().await;
    }
    assert_eq!(left(), 1);
}
