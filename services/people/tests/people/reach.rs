//! What one desk can't do to people of another, and what can't be done with somebody else's key.

use axum::http::StatusCode;
use linli_people::deciders::resident::Command;
use linli_platform::web::Viewer;

use crate::house::{House, somebody};

/// The address in a page's `<code>`, if it shows one.
fn link(page: &str) -> Option<&str> {
    page.split("<code>").nth(1)?.split("</code>").next()
}

#[tokio::test]
async fn a_desk_gets_no_invitation_for_somebody_who_works_elsewhere_too() {
    let house = House::new().await;
    let chief = house.staff("chief", "administrator", "*").await.person().unwrap();
    let desk = house.staff("desk", "administrator", "junhe").await;
    // Full-width letters are the same address.
    for email in ["chief@example.org", " CHIEF@example.org", "ｃhief@example.org"] {
        let (cmd, path) = (house.cmd(), "/desk/junhe/staff");
        let form = [
            ("cmd", cmd.as_str()),
            ("name", "Somebody"),
            ("email", email),
            ("role", "viewer"),
            ("place", "junhe"),
        ];
        let answer = house.post(&desk, path, &form).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(link(&answer.text), None, "{email}");
        house.settle().await;
    }
    let roles = house.viewer(chief).await;
    assert!(roles.may("staff.manage", "xiguan") && roles.may("people.see", "junhe"));
    let all = house.viewer(chief).await;
    let cmd = house.cmd();
    let form = [
        ("cmd", cmd.as_str()),
        ("name", "desk"),
        ("email", "desk@example.org"),
        ("role", "viewer"),
        ("place", "*"),
    ];
    let again = house.post(&all, "/desk/junhe/staff", &form).await;
    assert!(link(&again.text).is_some(), "whoever reaches all of their roles gets a link");
}

#[tokio::test]
async fn nobody_takes_a_colleague_s_address() {
    let house = House::new().await;
    house.staff("chief", "administrator", "*").await;
    let who = house.staff("other", "viewer", "junhe").await.person().unwrap();
    let invited = house.people.invite_again(who).await.unwrap();
    let path = invited.link.strip_prefix("http://linli.test").unwrap();
    let accept = |email: &'static str| {
        let password = "a long password";
        [("name", "other"), ("email", email), ("password", password), ("again", password)]
    };
    let taken = house.post(&Viewer::default(), path, &accept("Chief@example.org")).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let done = house.post(&Viewer::default(), path, &accept("other@example.org")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "the invitation is still good");
}

#[tokio::test]
async fn a_resident_joins_teams_of_this_desk_alone() {
    let house = House::new().await;
    let (here, there) = (
        house.staff("here", "organiser", "junhe").await,
        house.staff("there", "organiser", "xiguan").await,
    );
    let who = house.resident(somebody("Test Adam", "junhe-b03", "101", "")).await;
    let mut joined = Vec::new();
    for (viewer, community) in [(&here, "junhe"), (&there, "xiguan")] {
        let team = house.cmd();
        let form = [("cmd", team.as_str()), ("name", "Team")];
        house.post(viewer, &format!("/desk/{community}/teams"), &form).await;
        house.settle().await;
        let cmd = house.cmd();
        let form = [("cmd", cmd.as_str()), ("team", &team), ("join", "true")];
        let path = format!("/desk/junhe/residents/{who}/team");
        joined.push(house.post(&here, &path, &form).await.status);
    }
    assert_eq!(joined, [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND]);
}

#[tokio::test]
async fn names_of_teams_are_not_books() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    for (path, extra) in [("teams", ("about", "")), ("units", ("kind", "school"))] {
        let (cmd, long) = (house.cmd(), "x".repeat(2000));
        let form = [("cmd", cmd.as_str()), ("name", long.as_str()), extra];
        let refused = house.post(&desk, &format!("/desk/junhe/{path}"), &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

#[tokio::test]
async fn whoever_is_erased_is_erased_with_their_doubles() {
    let house = House::new().await;
    let [first, second, third] = [
        house.resident(somebody("Test Adam", "junhe-b03", "101", "")).await,
        house.resident(somebody("Test Adam", "junhe-b03", "102", "")).await,
        house.resident(somebody("Test Adam", "junhe-b03", "103", "")).await,
    ];
    for (double, into) in [(first, second), (second, third)] {
        house.people.merge(house.meta(), double, into).await.unwrap();
        house.settle().await;
    }
    house.people.erase(house.meta(), third).await.unwrap();
    house.settle().await;
    for id in [first, second, third] {
        assert!(house.platform.vault.key(id).unwrap().is_none(), "a key opens the name still");
        let again = house.people.resident(house.meta(), id, Command::IssueCard(id)).await;
        assert!(again.unwrap_err().to_string().contains("erased"));
    }
}

#[tokio::test]
async fn the_same_form_with_somebody_else_in_it_is_another_command() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let cmd = house.cmd();
    let form = |name: &'static str, phone: &'static str| {
        [
            ("cmd", cmd.clone()),
            ("name", name.into()),
            ("building", "junhe-b03".into()),
            ("phone", phone.into()),
        ]
    };
    let mut shown = Vec::new();
    for (name, phone) in [("Test Adam", "13912345678"), ("Test Berta", "13912345679")] {
        let form = form(name, phone);
        let form = form.each_ref().map(|(key, value): &(&str, String)| (*key, value.as_str()));
        shown.push(house.post(&desk, "/desk/junhe/residents", &form).await.location);
        house.settle().await;
    }
    assert_ne!(shown[0].split('?').next(), shown[1].split('?').next());
    let vault = &house.platform.vault;
    for phone in ["13912345678", "13912345679"] {
        assert_eq!(vault.by_phone(phone).unwrap().len(), 1, "{phone}");
    }
}

#[tokio::test]
async fn a_command_sent_again_late_leaves_the_index_as_the_log_has_it() {
    let house = House::new().await;
    let who = house.resident(somebody("Test Adam", "junhe-b03", "101", "13912345678")).await;
    let (first, second) = (house.meta(), house.meta());
    let phone = |phone: &str| linli_people::adapters::Edit {
        phone: Some(phone.into()),
        ..linli_people::adapters::Edit::default()
    };
    house.people.change(first.clone(), who, phone("13912345671")).await.unwrap();
    house.settle().await;
    house.people.change(second, who, phone("13912345672")).await.unwrap();
    house.settle().await;
    house.people.change(first, who, phone("13912345671")).await.unwrap();
    let vault = &house.platform.vault;
    assert_eq!(vault.by_phone("13912345672").unwrap(), [who]);
    assert!(vault.by_phone("13912345671").unwrap().is_empty());
}
