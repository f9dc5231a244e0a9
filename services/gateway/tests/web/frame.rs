//! What stands around every page.

use axum::{
    body::Body,
    http::{StatusCode, header},
};

use linli_platform::event_log::memory::Chances;

use crate::house::{House, ask, get, look, look_as, post};

#[tokio::test]
async fn the_first_page_shows_the_communities_in_chinese() {
    let house = House::new().await;
    let page = look(&house.app(), "/").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("<html lang=\"zh-Hans-CN\">").shows("href=\"/c/xiguan\">西关社区</a>");
    page.shows("href=\"#main\"").shows("/sign-in?next=%2F").hides("/desk").hides("演示数据");
    assert_eq!(page.header("cache-control"), "private, no-cache");
}

#[tokio::test]
async fn english_and_large_type_stick() {
    let house = House::new().await;
    let app = house.app();
    let page = look(&app, "/?lang=en").await;
    page.shows("<html lang=\"en\">").shows("What is on in the communities").shows("Guanyuan");
    assert!(page.header("set-cookie").starts_with("lang=en; Path=/; HttpOnly; SameSite=Lax"));

    let wish = post("/preferences").body("large=1&back=%2Fc%2Fxiguan".into()).unwrap();
    let answer = ask(&app, wish).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/c/xiguan"));
    assert!(answer.header("set-cookie").starts_with("large=1;"));
    look_as(&app, "lang=en; large=1", "/").await.shows("<html lang=\"en\" class=\"large\">");
}

#[tokio::test]
async fn the_demonstration_says_so_on_every_page() {
    let mut house = House::new().await;
    house.options.demo = true;
    let app = house.app();
    look(&app, "/").await.shows("演示数据，依据公开报道编制，非官方日程");
    look(&app, "/screen/xiguan").await.shows("演示数据").hides("<nav");
    look(&app, "/nothing").await.shows("演示数据");
}

#[tokio::test]
async fn a_refusal_is_a_page_in_the_visitors_language_and_json_for_programs() {
    let house = House::new().await;
    let app = house.app();
    let page = look(&app, "/nothing/here").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.shows("<h1>没有找到</h1>").shows("</html>");
    look_as(&app, "lang=en", "/nothing").await.shows("<h1>Not found</h1>");

    let json = look(&app, "/api/v1/nothing").await;
    assert_eq!(
        (json.status, json.header("content-type")),
        (StatusCode::NOT_FOUND, "application/json")
    );
    let error: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!(error["status"], 404);
    assert!(error["error"].as_str().unwrap().contains("没有内容"));

    let wrong = get("/preferences").body(Body::empty()).unwrap();
    let wrong = ask(&app, wrong).await;
    assert_eq!((wrong.status, wrong.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    // A form that an extractor refuses has no page of its own.
    let wrong = post("/sign-in/email").body("nonsense".into()).unwrap();
    let wrong = ask(&app, wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.shows("<h1>填写的内容有误</h1>").hides("deserialize");
}

#[tokio::test]
async fn who_is_not_signed_in_is_shown_the_way() {
    let house = House::new().await;
    let app = house.app();
    let page = look(&app, "/my?x=1&at=1&lang=zh").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page.shows("href=\"/sign-in?next=%2Fmy%3Fx%3D1\"");
    let page = look(&app, "/desk/xiguan").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_frame_knows_who_works_where() {
    let house = House::new().await;
    let app = house.app();
    let organiser = house.hires("organiser", "xiguan").await;
    let cookie = house.signs_in(&app, organiser).await;
    let choose = look_as(&app, &cookie, "/desk").await;
    assert_eq!((choose.status, choose.header("location")), (StatusCode::SEE_OTHER, "/desk/xiguan"));
    let desk = look_as(&app, &cookie, "/desk/xiguan").await;
    assert_eq!(desk.status, StatusCode::OK, "{}", desk.text);
    desk.shows("href=\"/desk/xiguan\" aria-current=\"page\">工作台</a>")
        .shows("/desk/xiguan/residents");
    // An organiser neither hires nor works next door.
    desk.hides("/desk/xiguan/staff").shows("action=\"/sign-out\"");
    assert_eq!(desk.header("cache-control"), "private, no-store");
    let elsewhere = look_as(&app, &cookie, "/desk/guanyuan").await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    elsewhere.shows("<h1>您没有这项权限</h1>");
    let head = house.hires("administrator", "guangling").await;
    let cookie = house.signs_in(&app, head).await;
    look_as(&app, &cookie, "/desk").await.shows("/desk/xiguan").shows("/desk/guanyuan");
    // Every page of the desk is there, and is one click away for whoever may do all.
    let desk = look_as(&app, &cookie, "/desk/guanyuan").await;
    for page in [
        "plan",
        "publish",
        "affected",
        "cadences",
        "venues",
        "holidays",
        "residents",
        "teams",
        "units",
        "places",
        "staff",
        "calls",
        "deliveries",
    ] {
        let path = format!("/desk/guanyuan/{page}");
        desk.shows(&format!("href=\"{path}\""));
        assert_eq!(look_as(&app, &cookie, &path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn my_page_is_put_together_from_all_services() {
    let house = House::new().await;
    let app = house.app();
    let resident = house.settles_in().await;
    let cookie = house.signs_in(&app, resident).await;
    let page = look_as(&app, &cookie, "/my").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.shows("id=\"attendance\"").shows("id=\"profile\"").shows("/my/subscriptions");
    page.shows("webcal://linli.test/my/").shows("<svg").shows("合成居民甲");
    // Nobody who is not staff has a desk.
    page.hides("href=\"/desk");
    assert_eq!(look_as(&app, &cookie, "/desk").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_page_waits_for_what_was_done_and_says_when_it_is_not_there_yet() {
    let house = House::new().await;
    let app = house.app();
    let last = house.kit.platform.log.last().await.unwrap();
    look(&app, &format!("/?at={last}")).await.hides("正在更新");
    // A link of another log: there is nothing to wait for.
    look(&app, &format!("/?at={}", last.0 + 1)).await.hides("正在更新");
    house.kit.log.set_chances(Chances { cut: 1000, ..Chances::default() });
    house.kit.happened("xiguan/matters/matter/1", &serde_json::json!({"somethingNew": {}})).await;
    let late = look(&app, &format!("/?at={}", last.0 + 1)).await;
    assert_eq!(late.status, StatusCode::OK);
    late.shows("正在更新");
}

#[tokio::test]
async fn the_screen_asks_again_by_itself() {
    let house = House::new().await;
    let page = look(&house.app(), "/screen/xiguan").await;
    assert_eq!((page.status, page.header("refresh")), (StatusCode::OK, "60"));
    page.shows("11月2日 周一").shows("九月廿四").shows("春节 · 2月6日 周六 · 还有 96 天");
    assert_eq!(look(&house.app(), "/screen/nowhere").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_are_kept_by_browsers_until_they_change() {
    let house = House::new().await;
    let app = house.app();
    let page = look(&app, "/").await;
    let (_, rest) = page.text.split_once("/assets/linli.css?v=").unwrap();
    let mark = rest.split('"').next().unwrap();
    let css = look(&app, &format!("/assets/linli.css?v={mark}")).await;
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
    assert!(css.header("cache-control").contains("immutable"));
    let again = get("/assets/linli.css").header(header::IF_NONE_MATCH, css.header("etag"));
    let again = ask(&app, again.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(look(&app, "/assets/nothing.css").await.status, StatusCode::NOT_FOUND);
}
