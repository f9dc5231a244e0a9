use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use linli_people::{
    contract::Purpose, deciders::resident::Command, fragments, projections::residents,
};
use linli_platform::web::{Language, Need, Viewer};

use crate::house::{House, somebody};

#[tokio::test]
async fn every_writing_route_names_a_permission_or_is_ones_own() {
    let house = House::new().await;
    for route in house.service.routes.table() {
        if route.method != "POST" {
            continue;
        }
        let own = ["/sign-", "/invite/", "/my/"].iter().any(|start| route.path.starts_with(start));
        let named =
            matches!(route.need, Need::May(_)) && route.path.starts_with("/desk/{community}/");
        assert!(own || named, "{route:?}");
    }
}

#[tokio::test]
async fn every_page_of_the_desk_opens_in_both_languages_for_those_who_may() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "13800138000")).await;
    let mut all = house.staff("all", "administrator", "*").await;
    let beside = house.staff("beside", "administrator", "tianbao").await;
    let keeper = house.staff("keeper", "roll-keeper", "junhe").await;
    let paths = [
        "residents",
        "residents?q=%E7%8E%8B",
        "residents?q=13800138000",
        "residents?building=junhe-b03",
        "residents/new",
        "residents/import",
        "teams",
        "units",
        "places",
        "staff",
        &format!("residents/{wang}"),
    ];
    for path in paths {
        let path = format!("/desk/junhe/{path}");
        for language in [Language::Zh, Language::En] {
            all.language = language;
            let page = house.get(&all, &path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            let listed = !path.contains('?') || page.text.contains("王芳");
            assert!(listed, "{path}: {}", page.text);
        }
        assert_eq!(house.get(&beside, &path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(house.get(&Viewer::default(), &path).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(house.get(&keeper, "/desk/junhe/residents").await.status, StatusCode::OK);
    assert_eq!(house.get(&keeper, "/desk/junhe/residents/new").await.status, StatusCode::FORBIDDEN);
    // An id of another community is not to be had by way of one's own desk.
    let elsewhere = house.get(&beside, &format!("/desk/tianbao/residents/{wang}")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_resident_is_registered_once_however_often_the_button_is_pressed() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let cmd = house.cmd();
    let form = [
        ("cmd", cmd.as_str()),
        ("name", " 王芳 "),
        ("building", "junhe-b03"),
        ("flat", "３０２"),
        ("phone", ""),
        ("email", ""),
        ("language", "zh"),
        ("storage", "on"),
        ("volunteer", "on"),
    ];
    let first = house.post(&desk, "/desk/junhe/residents", &form).await;
    let second = house.post(&desk, "/desk/junhe/residents", &form).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert_eq!(first.location.split("at=").next(), second.location.split("at=").next());
    house.settle().await;
    let tables = &house.service.tables;
    let (rows, total) = tables.read_now(|db| residents::living(db, "junhe", (0, 9))).unwrap();
    assert_eq!((total, rows[0].volunteer), (1, true));
    assert!(rows[0].consents.contains(&Purpose::Storage));
    let entry = house.platform.vault.entry(rows[0].id).unwrap().unwrap();
    assert_eq!((entry.name.as_str(), entry.flat.as_deref()), ("王芳", Some("302")));
    let bad =
        [("cmd", cmd.as_str()), ("name", "李强"), ("building", "junhe-b03"), ("phone", "1.38E+10")];
    let bad = house.post(&desk, "/desk/junhe/residents", &bad).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = house.cmd();
    let outside = [("cmd", other.as_str()), ("name", "李强"), ("building", "xiguan-b03")];
    let outside = house.post(&desk, "/desk/junhe/residents", &outside).await;
    assert_eq!(outside.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_stale_form_comes_back_with_both_versions() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let path = format!("/desk/junhe/residents/{wang}/edit");
    let edit = |phone: &'static str, cmd: String| {
        let (house, desk, path) = (&house, &desk, &path);
        async move {
            let form = [
                ("cmd", cmd.as_str()),
                ("seen", "1"),
                ("name", "王芳"),
                ("flat", "302"),
                ("phone", phone),
                ("email", ""),
                ("language", "zh"),
            ];
            let answer = house.post(desk, path, &form).await;
            house.settle().await;
            answer
        }
    };
    assert_eq!(edit("13800138000", house.cmd()).await.status, StatusCode::SEE_OTHER);
    let late = edit("13900139000", house.cmd()).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("13900139000") && late.text.contains("13800138000"));
    let entry = house.platform.vault.entry(wang).unwrap().unwrap();
    assert_eq!(entry.phone.as_deref(), Some("13800138000"));
}

#[tokio::test]
async fn going_back_and_pressing_another_button_is_another_command() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let (path, cmd) = (format!("/desk/junhe/residents/{wang}/consent"), house.cmd());
    for purpose in ["reminders", "rankings"] {
        let form = [("cmd", cmd.as_str()), ("purpose", purpose), ("give", "true")];
        assert_eq!(house.post(&desk, &path, &form).await.status, StatusCode::SEE_OTHER);
    }
    house.settle().await;
    let row = house.service.tables.read_now(|db| residents::resident(db, wang)).unwrap().unwrap();
    assert!(row.consents_to(Purpose::Reminders) && row.consents_to(Purpose::Rankings));
}

#[tokio::test]
async fn teams_units_and_places_are_kept_at_the_desk() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let (team, unit, place) = (house.cmd(), house.cmd(), house.cmd());
    let forms: [(&str, Vec<(&str, &str)>); 3] = [
        ("teams", vec![("cmd", &team), ("name", "手拉手"), ("about", "邻里互助")]),
        ("units", vec![("cmd", &unit), ("name", "浚河小学"), ("kind", "school")]),
        (
            "places",
            vec![
                ("cmd", &place),
                ("code", "junhe-b05"),
                ("name", "5号楼"),
                ("kind", "building"),
                ("parent", "junhe-g1"),
            ],
        ),
    ];
    for (what, form) in &forms {
        let done = house.post(&desk, &format!("/desk/junhe/{what}"), form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{what}");
        house.settle().await;
        let page = house.get(&desk, &done.location).await;
        assert!(
            form.iter().any(|(key, name)| *key == "name" && page.text.contains(name)),
            "{what}"
        );
    }
    let wang = house.resident(somebody("王芳", "junhe-b05", "302", "")).await;
    let cmd = house.cmd();
    let join = [("cmd", cmd.as_str()), ("team", team.as_str()), ("join", "true")];
    let path = format!("/desk/junhe/residents/{wang}/team");
    assert_eq!(house.post(&desk, &path, &join).await.status, StatusCode::SEE_OTHER);
    house.settle().await;
    let api = house.get(&Viewer::default(), "/api/v1/c/junhe/teams").await;
    assert!(api.text.contains("\"members\":1") && !api.text.contains("王芳"), "{}", api.text);
    // Not below another desk's community, and no community by way of a desk.
    let beyond = [
        ("cmd", cmd.as_str()),
        ("code", "x"),
        ("name", "x"),
        ("kind", "building"),
        ("parent", "xiguan"),
    ];
    assert_eq!(
        house.post(&desk, "/desk/junhe/places", &beyond).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_list_is_checked_on_the_page_and_then_taken() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let upload = |list: &str, commit: bool| {
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let commit = if commit { part("commit", "yes") } else { String::new() };
        let body = format!("{}{}{commit}--b--\r\n", part("cmd", &house.cmd()), part("list", list));
        Request::post("/desk/junhe/residents/import")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from(body))
            .unwrap()
    };
    let bad = house.ask(&desk, upload("姓名,楼栋,手机\n王芳,3号楼,1.38E+10\n", true)).await;
    assert!(
        bad.text.contains("科学计数法")
            && bad.text.contains("<th scope=\"row\" class=\"numbers\">2</th>")
    );
    let good = "姓名,楼栋,手机\n王芳,3号楼,13800138000\n";
    let checked = house.ask(&desk, upload(good, false)).await;
    assert!(checked.text.contains("13800138000") && checked.text.contains("name=\"commit\""));
    let none =
        house.service.tables.read_now(|db| residents::living(db, "junhe", (0, 9))).unwrap().1;
    assert_eq!(none, 0);
    let taken = house.ask(&desk, upload(good, true)).await;
    assert_eq!(taken.status, StatusCode::OK);
    house.settle().await;
    let one = house.service.tables.read_now(|db| residents::living(db, "junhe", (0, 9))).unwrap().1;
    assert_eq!(one, 1);
}

#[tokio::test]
async fn a_resident_looks_after_their_own_profile() {
    let house = House::new().await;
    let mother = house.resident(somebody("李梅", "junhe-b03", "101", "")).await;
    let daughter = house.resident(somebody("陈静", "junhe-b04", "202", "")).await;
    house.people.resident(house.meta(), mother, Command::AllowProxy(daughter)).await.unwrap();
    house.settle().await;
    let viewer = house.viewer(mother).await;
    let shown = fragments::my(&house.people, &viewer).await.unwrap();
    assert!(shown.contains("李梅") && !shown.contains("陈静"), "{shown}");
    assert!(fragments::my(&house.people, &Viewer::default()).await.is_err());
    let (a, b, c) = (house.cmd(), house.cmd(), house.cmd());
    let profile = [("cmd", a.as_str()), ("language", "en"), ("large_type", "on")];
    let consent = [("cmd", b.as_str()), ("purpose", "reminders"), ("give", "true")];
    let proxy = daughter.to_string();
    let proxy = [("cmd", c.as_str()), ("proxy", proxy.as_str())];
    for (path, form) in
        [("/my/profile", &profile[..]), ("/my/consent", &consent), ("/my/proxy", &proxy)]
    {
        assert_eq!(house.post(&viewer, path, form).await.status, StatusCode::SEE_OTHER, "{path}");
        house.settle().await;
    }
    let now = house.viewer(mother).await;
    assert_eq!((now.language, now.large_type), (Language::En, true));
    assert!(!house.viewer(daughter).await.stands_for(mother));
    let guardian = [("cmd", a.as_str()), ("purpose", "guardian"), ("give", "true")];
    assert_eq!(house.post(&viewer, "/my/consent", &guardian).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_name_alone_never_says_who_is_meant() {
    let house = House::new().await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let mother = house.resident(somebody("李梅", "junhe-b03", "101", "")).await;
    let twins = [
        house.resident(somebody("王芳", "junhe-b03", "302", "13800138000")).await,
        house.resident(somebody("王芳", "junhe-b03", "501", "13800138000")).await,
    ];
    let card = house.people.issue_cards(&house.meta(), &twins[..1]).await.unwrap().0.remove(0);
    let path = format!("/desk/junhe/residents/{mother}/proxy");
    for (text, status) in [
        ("李梅", StatusCode::UNPROCESSABLE_ENTITY),
        ("王芳", StatusCode::UNPROCESSABLE_ENTITY),
        ("138 0013 8000", StatusCode::UNPROCESSABLE_ENTITY),
        ("王芳 702", StatusCode::UNPROCESSABLE_ENTITY),
        ("王芳 ５０１", StatusCode::SEE_OTHER),
        (card.code.as_str(), StatusCode::SEE_OTHER),
    ] {
        let cmd = house.cmd();
        let form = [("cmd", cmd.as_str()), ("proxy", text), ("allow", "true")];
        assert_eq!(house.post(&desk, &path, &form).await.status, status, "{text}");
    }
    house.settle().await;
    for twin in twins {
        assert!(house.viewer(twin).await.stands_for(mother));
    }
}
