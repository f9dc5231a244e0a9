use std::path::Path;

use linli_people::{
    adapters::NewResident, contract::Purpose as Consent, deciders::resident::Command,
};
use linli_platform::directory::{DirectoryError, Lookup, Name, Purpose, SignIn};

use crate::house::{House, somebody};

/// The files below `folder` that hold `text`, as UTF-8 or UTF-16.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let has = |sought: &[u8]| bytes.windows(sought.len()).any(|window| window == sought);
        if has(text.as_bytes()) || has(&wide) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn an_erased_resident_is_in_no_file_and_stays_counted() {
    let house = House::in_files().await;
    let (name, phone, email) = ("欧阳月明", "13912345678", "ouyang@example.org");
    let who = NewResident {
        email: email.into(),
        consents: vec![Consent::Reminders, Consent::Rankings],
        ..somebody(name, "junhe-b03", "30271", phone)
    };
    let who = house.resident(who).await;
    let other = house.resident(somebody("司马青", "junhe-b03", "101", "")).await;
    let (people, directory) = (&house.people, &house.platform.directory);
    people.issue_cards(&house.meta(), &[who]).await.unwrap();
    people.resident(house.meta(), other, Command::AllowProxy(who)).await.unwrap();
    house.settle().await;
    let folder = house.platform.data.clone();
    let before = holding(&folder, name);
    let in_vault = |file: &String| file.rsplit('/').next().unwrap().starts_with("vault.db");
    assert!(!before.is_empty() && before.iter().all(in_vault), "only the vault: {before:?}");

    people.erase(house.meta(), who).await.unwrap();
    house.settle().await;
    for text in [name, phone, email, "30271"] {
        assert_eq!(holding(&folder, text), Vec::<String>::new(), "{text}");
    }
    let all = house.staff("all", "administrator", "*").await;
    let names = directory.names(vec![who], all.principal.clone(), Purpose::Desk).await.unwrap();
    assert_eq!(names[&who], Name::Erased);
    assert!(directory.addresses(vec![who]).await.unwrap().is_empty());
    assert_eq!(
        directory.find(Lookup::Phone(phone.into())).await.unwrap(),
        Vec::<uuid::Uuid>::new()
    );
    let session = SignIn::Session { person: who, epoch: 0 };
    assert_eq!(directory.sign_in(session).await, Err(DirectoryError::Refused));
    assert!(!house.viewer(other).await.stands_for(who));
    let card = people.resident(house.meta(), who, Command::IssueCard(who)).await;
    assert!(card.is_err());
    // Once more finishes what a crash may have left, and changes nothing.
    people.erase(house.meta(), who).await.unwrap();
    let row =
        house.service.tables.read_now(|db| linli_people::projections::residents::resident(db, who));
    assert_eq!(row.unwrap().unwrap().building, "junhe-b03");
}
