use linli_people::{
    adapters::NewResident, contract::Purpose as Consent, deciders::resident::Command,
};
use linli_platform::{
    directory::{DirectoryError, Lookup, Name, Purpose, SignIn, SignedIn},
    web::Viewer,
};
use uuid::Uuid;

use crate::house::{House, somebody};

async fn name(house: &House, who: Uuid, viewer: &Viewer, purpose: Purpose) -> Name {
    let asked = house.platform.directory.names(vec![who], viewer.principal.clone(), purpose);
    asked.await.unwrap().remove(&who).unwrap()
}

fn known(name: &str) -> Name {
    Name::Known(name.into())
}

fn withheld(building: &str) -> Name {
    Name::Withheld { building: Some(building.into()) }
}

#[tokio::test]
async fn at_the_desk_staff_of_the_community_know_names_and_others_a_building() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let here = house.staff("here", "viewer", "junhe").await;
    let above = house.staff("above", "roll-keeper", "guangling").await;
    let beside = house.staff("beside", "administrator", "tianbao").await;
    let all = house.staff("all", "administrator", "*").await;
    for viewer in [&here, &above, &all] {
        assert_eq!(name(&house, wang, viewer, Purpose::Desk).await, known("王芳"));
    }
    let stranger = Viewer::default();
    let herself = house.viewer(wang).await;
    for viewer in [&beside, &stranger, &herself] {
        assert_eq!(name(&house, wang, viewer, Purpose::Desk).await, withheld("3号楼"));
    }
    let worker = here.person().unwrap();
    assert_eq!(name(&house, worker, &all, Purpose::Desk).await, known("here"));
    let nobody = Name::Withheld { building: None };
    assert_eq!(name(&house, worker, &stranger, Purpose::Desk).await, nobody);
}

#[tokio::test]
async fn ones_own_page_knows_oneself_and_those_one_acts_for() {
    let house = House::new().await;
    let mother = house.resident(somebody("李梅", "junhe-b03", "101", "")).await;
    let daughter = house.resident(somebody("陈静", "junhe-b04", "202", "")).await;
    house.people.resident(house.meta(), mother, Command::AllowProxy(daughter)).await.unwrap();
    house.settle().await;
    let viewer = house.viewer(daughter).await;
    assert!(viewer.stands_for(mother));
    assert_eq!(name(&house, mother, &viewer, Purpose::Own).await, known("李梅"));
    let back = house.viewer(mother).await;
    assert!(!back.stands_for(daughter));
    assert_eq!(name(&house, daughter, &back, Purpose::Own).await, withheld("4号楼"));
    house.people.resident(house.meta(), mother, Command::EndProxy(daughter)).await.unwrap();
    house.settle().await;
    assert!(!house.viewer(daughter).await.stands_for(mother));
}

#[tokio::test]
async fn boards_name_those_who_consent_and_a_child_only_with_a_guardian() {
    let house = House::new().await;
    let all = house.staff("all", "administrator", "*").await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    assert_eq!(name(&house, wang, &all, Purpose::Ranking).await, withheld("3号楼"));
    let give = Command::GiveConsent { purpose: Consent::Rankings, how: "paper".into() };
    house.people.resident(house.meta(), wang, give).await.unwrap();
    house.settle().await;
    let anyone = Viewer::default();
    assert_eq!(name(&house, wang, &anyone, Purpose::Ranking).await, known("王芳"));
    let withdraw = Command::WithdrawConsent { purpose: Consent::Rankings };
    house.people.resident(house.meta(), wang, withdraw).await.unwrap();
    house.settle().await;
    assert_eq!(name(&house, wang, &anyone, Purpose::Ranking).await, withheld("3号楼"));

    let child = house.resident(NewResident {
        under_14: true,
        consents: vec![Consent::Guardian, Consent::Rankings],
        ..somebody("小明", "junhe-b03", "302", "")
    });
    let child = child.await;
    assert_eq!(name(&house, child, &anyone, Purpose::Ranking).await, known("小明"));
    let withdraw = Command::WithdrawConsent { purpose: Consent::Guardian };
    house.people.resident(house.meta(), child, withdraw).await.unwrap();
    house.settle().await;
    assert_eq!(name(&house, child, &anyone, Purpose::Ranking).await, withheld("3号楼"));
}

#[tokio::test]
async fn only_those_who_want_reminders_have_an_address_but_a_link_goes_to_whoever_asks() {
    let house = House::new().await;
    let email = "fang@example.org".to_owned();
    let quiet = NewResident { email: email.clone(), ..somebody("王芳", "junhe-b03", "302", "") };
    let quiet = house.resident(quiet).await;
    let keen = NewResident {
        consents: vec![Consent::Reminders],
        ..somebody("李强", "junhe-b03", "303", "13800138000")
    };
    let keen = house.resident(keen).await;
    let directory = &house.platform.directory;
    let addresses = directory.addresses(vec![quiet, keen]).await.unwrap();
    assert!(!addresses.contains_key(&quiet));
    let address = &addresses[&keen];
    assert_eq!((address.name.as_str(), address.email.as_deref()), ("李强", None));
    assert_eq!(address.phone.as_deref(), Some("13800138000"));
    match directory.sign_in(SignIn::MintLink { person: quiet }).await.unwrap() {
        SignedIn::Minted { to, .. } => assert_eq!(to.email, Some(email)),
        other => panic!("a link was to be made: {other:?}"),
    }
}

#[tokio::test]
async fn people_are_found_within_their_community() {
    let house = House::new().await;
    let phone = "138-0013-8000";
    let here = house.resident(somebody("王芳", "junhe-b03", "302", phone)).await;
    let double = house.resident(somebody("王芳", "junhe-b03", "501", "")).await;
    let there = house.resident(somebody("王强", "xiguan-b03", "101", "")).await;
    let directory = &house.platform.directory;
    let begins =
        |community: &str| Lookup::Name { community: community.into(), begins: "王".into() };
    let mut found = directory.find(begins("guangling")).await.unwrap();
    found.sort();
    let mut both = vec![here, double];
    both.sort();
    assert_eq!(found, both);
    assert_eq!(directory.find(begins("xiguan")).await.unwrap(), [there]);
    assert_eq!(directory.find(begins("tianbao")).await.unwrap(), Vec::<Uuid>::new());
    let among = vec![here, double, there];
    let flat = |flat: &str| Lookup::Flat { flat: flat.into(), among: among.clone() };
    assert_eq!(directory.find(flat(" ５０１ ")).await.unwrap(), [double], "a flat decides");
    assert_eq!(directory.find(flat("999")).await.unwrap(), Vec::<Uuid>::new());
    let by = Lookup::Phone("+86 13800138000".into());
    assert_eq!(directory.find(by.clone()).await.unwrap(), [here]);
    house.people.merge(house.meta(), here, double).await.unwrap();
    house.settle().await;
    assert_eq!(directory.find(by).await.unwrap(), [double], "the number goes over");
    assert_eq!(directory.find(begins("junhe")).await.unwrap(), [double]);
    let session = SignIn::Session { person: here, epoch: 0 };
    assert_eq!(directory.sign_in(session).await, Err(DirectoryError::Refused));
}

#[tokio::test]
async fn a_role_at_the_subdistrict_holds_in_its_communities_and_nowhere_else() {
    let house = House::new().await;
    let viewer = house.staff("above", "organiser", "guangling").await;
    for community in ["guangling", "junhe", "tianbao"] {
        assert!(viewer.may("activity.plan", community), "{community}");
        assert!(!viewer.may("staff.manage", community), "{community}");
    }
    assert!(!viewer.may("activity.plan", "xiguan"));
    assert!(house.staff("all", "administrator", "*").await.may("people.erase", "xiguan"));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let house = House::new().await;
    let first = house.staff("first", "administrator", "*").await.person().unwrap();
    let take = || house.people.take_role(house.meta(), first, "administrator", "*");
    assert!(take().await.is_err());
    assert!(house.people.leave(house.meta(), first).await.is_err());
    house.staff("second", "administrator", "*").await;
    take().await.unwrap();
}

#[tokio::test]
async fn an_index_row_that_was_lost_is_written_again() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "13800138000")).await;
    let before = house.platform.vault.entry(wang).unwrap().unwrap();
    house.platform.vault.remove(wang).unwrap();
    assert_eq!(house.people.mend_index().await.unwrap(), 1);
    assert_eq!(house.platform.vault.entry(wang).unwrap(), Some(before));
    assert_eq!(house.people.mend_index().await.unwrap(), 0);
}

#[tokio::test]
async fn places_know_their_zone_and_community_and_refuse_circles() {
    use linli_people::{
        contract::{Kind, Place},
        projections::places,
    };
    let house = House::new().await;
    let city = Place {
        code: "london".into(),
        name: "London".into(),
        kind: Kind::City,
        zone: "Europe/London".into(),
        ..Place::default()
    };
    let hackney = Place {
        code: "hackney".into(),
        name: "Hackney".into(),
        kind: Kind::Community,
        parent: "london".into(),
        ..Place::default()
    };
    house.people.add_place(house.meta(), city).await.unwrap();
    let added = house.people.add_place(house.meta(), hackney.clone()).await.unwrap();
    assert_eq!(added.events.len(), 1);
    let again = house.people.add_place(house.meta(), hackney).await.unwrap();
    assert!(again.events.is_empty());
    house.settle().await;
    let tables = &house.service.tables;
    let zone = |code: &'static str| tables.read_now(|db| places::zone(db, code)).unwrap();
    assert_eq!(
        (zone("hackney").as_str(), zone("junhe-b03").as_str()),
        ("Europe/London", "Asia/Shanghai")
    );
    let community = tables.read_now(|db| places::community_of(db, "junhe-b03")).unwrap();
    assert_eq!(community.unwrap().code, "junhe");
    let turn = |parent: &str| {
        let new = ("a".to_owned(), String::new(), parent.to_owned());
        house.people.change_place(house.meta(), "london", new)
    };
    assert!(turn("hackney").await.is_err());
    assert!(turn("nowhere").await.is_err());
}

#[tokio::test]
async fn a_search_finds_who_lives_here_however_many_elsewhere_are_called_the_same() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let elsewhere = house.resident(somebody("王芳", "xiguan-b03", "302", "")).await;
    let entry = house.platform.vault.entry(wang).unwrap().unwrap();
    let others: Vec<_> = (1..=6000).map(|n| (Uuid::from_u128(n), entry.clone())).collect();
    house.platform.vault.put_all(&others).unwrap();
    for (community, found) in [("junhe", wang), ("guangling", wang), ("xiguan", elsewhere)] {
        let by = Lookup::Name { community: community.into(), begins: "王".into() };
        assert_eq!(house.platform.directory.find(by).await.unwrap(), [found], "{community}");
    }
}
