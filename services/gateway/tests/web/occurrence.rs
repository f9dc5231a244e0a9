//! An occurrence's page, from the pieces of three services, and what is told when one of them stops.

use axum::http::{StatusCode, header};
use linli_calendar::{
    contract::Description,
    deciders::activity::{Activities, Command},
};
use linli_platform::{entropy::derived, ids::StreamId};

use crate::house::{House, ask, look, look_as, post};

const PAGE: &str = "/c/xiguan/tea-party/20261105T090000";

impl House {
    /// A tea party each Thursday at nine, for one alone.
    async fn publishes(&self) {
        let description = Description {
            title: "茶话会".into(),
            minutes: 60,
            capacity: 1,
            ..Description::default()
        };
        let from = "2026-11-01".parse().unwrap();
        let (rule, zone) = ("cron = \"0 0 9 * * Thu\"".into(), "Asia/Shanghai".into());
        let id = derived("xiguan", "tea-party");
        let stream = StreamId::new("xiguan", "calendar", "activity", id).unwrap();
        for command in [
            Command::Draft { slug: "tea-party".into(), description },
            Command::AddSegment { seen: None, from, until: None, rule, zone },
            Command::Publish,
        ] {
            let streams = &self.kit.platform.streams;
            streams.execute::<Activities>(&stream, self.meta(), command).await.unwrap();
        }
        self.settles().await;
    }
}

#[tokio::test]
async fn an_occurrence_shows_what_it_is_who_comes_and_what_one_is_told_of() {
    let house = House::new().await;
    house.publishes().await;
    let app = house.app();
    let page = look(&app, PAGE).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.shows("<h1>茶话会").shows("id=\"roll\"").shows("/sign-in?next=%2Fc%2Fxiguan%2Ftea-party");
    look(&app, "/c/xiguan").await.shows(PAGE).shows("余 1 位").hides("badge-full");
    look(&app, "/").await.shows(PAGE);
    for other in ["/c/xiguan/tea-party/20261106T090000", "/c/xiguan/nothing/20261105T090000"] {
        assert_eq!(look(&app, other).await.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test]
async fn whoever_registers_sees_it_on_the_next_page() {
    let house = House::new().await;
    house.publishes().await;
    let app = house.app();
    let resident = house.settles_in().await;
    let cookie = house.signs_in(&app, resident).await;
    look_as(&app, &cookie, PAGE).await.shows(&format!("action=\"{PAGE}/register\""));
    let form = post(&format!("{PAGE}/register")).header(header::COOKIE, &cookie);
    let cmd = house.kit.platform.entropy.uuid();
    let form = form.body(format!("cmd={cmd}&resident={resident}").into()).unwrap();
    let answer = ask(&app, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let then = look_as(&app, &cookie, answer.header("location")).await;
    then.shows("badge-registered").shows(&format!("action=\"{PAGE}/withdraw\""));
    then.hides("正在更新");
    look_as(&app, &cookie, "/my").await.shows(PAGE);
    look(&app, "/c/xiguan").await.shows("<span class=\"badge badge-full\">已满</span>");
}

#[tokio::test]
async fn a_service_that_stopped_is_told_on_every_page_with_its_last_time() {
    let house = House::new().await;
    let app = house.app();
    let organiser = house.hires("organiser", "xiguan").await;
    look(&app, "/").await.hides("暂时停止更新");
    let nonsense = serde_json::json!({ "activityDrafted": 5 });
    let id = derived("xiguan", "nonsense");
    house.kit.happened(&format!("xiguan/calendar/activity/{id}"), &nonsense).await;
    let mut progress = house.services[0].tables.progress();
    progress.wait_for(|progress| !progress.stopped.is_empty()).await.unwrap();
    look(&app, "/").await.shows("活动日历").shows("停留在 2026-11-02 08:00");
    let ready = look(&app, "/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    ready.shows("linli rebuild");
    let cookie = house.signs_in(&app, organiser).await;
    look_as(&app, &cookie, "/desk/xiguan").await.shows("部分内容已停止更新").shows(&id.to_string());
}

#[tokio::test]
async fn ones_calendar_address_shows_what_one_comes_to_and_can_be_renewed() {
    let house = House::new().await;
    house.publishes().await;
    let app = house.app();
    let resident = house.settles_in().await;
    let cookie = house.signs_in(&app, resident).await;
    let address = || async {
        let my = look_as(&app, &cookie, "/my").await.text;
        let from = my.find("http://linli.test/my/").unwrap() + "http://linli.test".len();
        my[from..].split('"').next().unwrap().to_owned()
    };
    let first = address().await;
    look(&app, &first).await.shows("SUMMARY:茶话会");
    let send = |path: String, body: String| {
        let form = post(&path).header(header::COOKIE, &cookie).body(body.into()).unwrap();
        ask(&app, form)
    };
    let cmd = house.kit.platform.entropy.uuid();
    send(format!("{PAGE}/register"), format!("cmd={cmd}&resident={resident}")).await;
    house.settles().await;
    look(&app, &first).await.shows("SUMMARY:【已报名】茶话会").shows("BEGIN:VALARM");

    let renewed = send("/my/calendar-address".into(), "known=0".into()).await;
    assert_eq!(renewed.header("location"), "/my#calendar");
    let second = address().await;
    assert_ne!(first, second);
    let led = look(&app, &first).await;
    assert_eq!((led.status, led.header("location")), (StatusCode::MOVED_PERMANENTLY, &*second));
    send("/my/calendar-address".into(), "known=1".into()).await;
    for old in [&first, &second] {
        assert_eq!(look(&app, old).await.status, StatusCode::NOT_FOUND);
    }
    look(&app, &address().await).await.shows("【已报名】");
}

#[tokio::test]
async fn a_contact_is_chosen_among_those_who_work_there() {
    let house = House::new().await;
    house.publishes().await;
    let app = house.app();
    let organiser = house.hires("organiser", "xiguan").await;
    let elsewhere = house.hires("viewer", "guanyuan").await;
    let cookie = house.signs_in(&app, organiser).await;
    let form = look_as(&app, &cookie, "/desk/xiguan/plan/new").await;
    form.shows(&format!("<option value=\"{organiser}\">测试员</option>"));
    form.hides(&elsewhere.to_string());
    let path = format!("/desk/xiguan/plan/{}", derived("xiguan", "tea-party"));
    let cmd = house.kit.platform.entropy.uuid();
    let body = format!("cmd={cmd}&title=Tea&minutes=60&capacity=1&described=1&contact={organiser}");
    let save = post(&path).header(header::COOKIE, &cookie).body(body.into()).unwrap();
    let answer = ask(&app, save).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    house.settles().await;
    let change = format!("/desk/xiguan/change/{}/20261105T090000", derived("xiguan", "tea-party"));
    look_as(&app, &cookie, &change).await.shows("负责人: 测试员");
}
