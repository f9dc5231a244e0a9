//! Who may do what, over all routes of all services; and what is told of them to programs.

use std::collections::BTreeSet;

use linli_people::values::roles::PERMISSIONS;
use linli_platform::web::Need;

use crate::house::{House, look};

/// The writing routes that anybody may use: they let people in or out, or keep how somebody wants
/// the pages on their own device.
const OPEN: [&str; 8] = [
    "/preferences",
    "/sign-in/email",
    "/sign-in/link",
    "/sign-in/card",
    "/sign-in/password",
    "/sign-out",
    "/invite/{secret}",
    "/unsubscribe/{token}",
];

#[tokio::test]
async fn every_writing_route_names_what_it_needs() {
    let house = House::new().await;
    let table = linli_gateway::table(house.parts());
    let open = table.iter().filter(|route| route.method == "POST" && route.need == Need::Anyone);
    let mut open: Vec<_> = open.map(|route| route.path.as_str()).collect();
    open.sort_unstable();
    let mut allowed = OPEN;
    allowed.sort_unstable();
    assert_eq!(open, allowed);
}

#[tokio::test]
async fn the_desk_is_for_those_with_a_permission_and_each_permission_is_one_of_the_table() {
    let house = House::new().await;
    let table = linli_gateway::table(house.parts());
    assert!(table.len() > 60, "{} routes", table.len());
    for route in table {
        if let Need::May(permission) = route.need {
            assert!(PERMISSIONS.contains(&permission), "{route:?}");
        } else {
            assert!(!route.path.starts_with("/desk/"), "{route:?}");
        }
    }
}

#[tokio::test]
async fn the_description_for_programs_names_every_route_and_what_it_needs() {
    let house = House::new().await;
    let answer = look(&house.app(), "/api/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let api: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let needs_session = operation.get("security").is_some();
            described.insert((method.to_uppercase(), path.clone(), needs_session));
        }
    }
    let table = linli_gateway::table(house.parts());
    let api = table.into_iter().filter(|route| route.path.starts_with("/api/"));
    let there: BTreeSet<_> =
        api.map(|r| (r.method.to_owned(), r.path, r.need != Need::Anyone)).collect();
    assert_eq!(described, there);
}
