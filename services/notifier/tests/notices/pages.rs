//! The pages: subscriptions, the way out, the desk, the demonstration's outbox.

use axum::http::StatusCode;
use linli_platform::{testing::at, web::Viewer};
use uuid::Uuid;

use crate::world::{OCC, World, viewer};

const CMD: &str = "00000000-0000-0000-0000-0000000000c1";

#[tokio::test]
async fn a_resident_subscribes_with_one_button_and_ends_it_again() {
    let world = World::with(1).await;
    world.quiet().await;
    let path = "/c/xiguan/party-day/subscribe";
    let form = format!("cmd={CMD}&back=/c/xiguan/party-day/20261105T090000");
    let nobody = world.ask(Viewer::default(), path, Some(&form)).await;
    assert_eq!(nobody.0, StatusCode::UNAUTHORIZED);
    let (status, to, _) = world.ask(viewer(1, None), path, Some(&form)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(to.starts_with("/c/xiguan/party-day/20261105T090000?at="), "{to}");
    world.quiet().await;
    let mine = world.ask(viewer(1, None), "/my/subscriptions", None).await.2;
    assert!(mine.contains("党员日") && mine.contains("提前1天、提前2小时"), "{mine}");
    world.until("2026-11-04T10:00:00+08:00").await;
    assert_eq!(world.sent().await.len(), 1);
    let path = "/c/xiguan/party-day/unsubscribe";
    world.ask(viewer(1, None), path, Some(&form)).await;
    world.until("2026-11-05T12:00:00+08:00").await;
    assert_eq!(world.sent().await.len(), 1);
}

#[tokio::test]
async fn a_wish_that_cannot_be_had_is_told_in_words() {
    let world = World::with(1).await;
    world.quiet().await;
    let subscription = Uuid::from_u128(5);
    let form =
        format!("cmd={CMD}&community=xiguan&subscription={subscription}&about=ALL:&digest=DEFAULT");
    let (status, _, body) = world.ask(viewer(1, None), "/my/subscriptions", Some(&form)).await;
    assert_eq!(
        (status, &*body),
        (StatusCode::UNPROCESSABLE_ENTITY, "请选择什么时候提醒，或选择一周汇总。")
    );
    let form = format!("{form}&lead_120=1");
    let (status, _, _) = world.ask(viewer(1, None), "/my/subscriptions", Some(&form)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let quiet = format!("cmd={CMD}&from=late&until=07:00");
    let (status, _, _) = world.ask(viewer(1, None), "/my/quiet", Some(&quiet)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_way_out_acts_on_post_alone_and_can_be_undone() {
    let world = World::with(1).await;
    world.subscribe(1, &[1440, 60]).await;
    world.until("2026-11-04T09:00:00+08:00").await;
    let letters = world.letters().await;
    let text = &letters[0].text;
    let link = text.split_once("https://linli.test/unsubscribe/").unwrap().1;
    let path = format!("/unsubscribe/{}", link.split_whitespace().next().unwrap());
    let (status, _, page) = world.ask(Viewer::default(), &path, None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("停止所有提醒"), "{page}");
    let one_click = Some("List-Unsubscribe=One-Click");
    let (status, _, page) = world.ask(Viewer::default(), &path, one_click).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("恢复提醒"), "{page}");
    world.until("2026-11-05T12:00:00+08:00").await;
    assert_eq!(world.sent().await.len(), 1);
    let (_, _, page) = world.ask(Viewer::default(), &path, Some("resume=1")).await;
    assert!(page.contains("已恢复提醒"), "{page}");
    let altered = format!("{path}x");
    assert_eq!(world.ask(Viewer::default(), &altered, None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_desk_ticks_a_call_and_sees_why_something_was_not_sent() {
    let world = World::with(0).await;
    world.people.reached(2, None, "zh");
    world.roll("registered", 2).await;
    world.cancelled(1).await;
    world.quiet().await;
    let desk = || viewer(9, Some("notifier.followup"));
    let path = "/desk/xiguan/calls";
    assert_eq!(world.ask(viewer(2, None), path, None).await.0, StatusCode::FORBIDDEN);
    let page = world.ask(desk(), path, None).await.2;
    for part in ["测试居民2", "000-0000", "党员日", "没有邮箱", "变更通知"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let resident = Uuid::from_u128(2);
    let form = format!("cmd={CMD}&source={OCC}&resident={resident}&revision=1");
    let (status, to, _) = world.ask(desk(), path, Some(&form)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let page = world.ask(desk(), &to, None).await.2;
    assert!(page.contains("没有需要电话通知的居民"), "{page}");
    let page = world.ask(desk(), "/desk/xiguan/deliveries", None).await.2;
    assert!(page.contains("未发送") && page.contains("没有邮箱"), "{page}");
}

#[tokio::test]
async fn the_demonstration_shows_its_mails() {
    let world = World::with(1).await;
    world.roll("registered", 1).await;
    world.quiet().await;
    world.kit.platform.clock.advance_to(at("2026-11-04T09:00:00+08:00"));
    world.quiet().await;
    let list = world.ask(Viewer::default(), "/outbox", None).await.2;
    assert!(list.contains("活动提醒：党员日"), "{list}");
    let file = world.outbox.list().await.unwrap()[0].file;
    let letter = world.ask(Viewer::default(), &format!("/outbox/{file}"), None).await.2;
    assert!(letter.contains("测试居民1，您好！"), "{letter}");
}
