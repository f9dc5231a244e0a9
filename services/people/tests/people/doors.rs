use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use chrono::TimeDelta;
use linli_people::adapters::{NewResident, NewStaff};
use linli_platform::{
    directory::{DirectoryError, SignIn, SignedIn},
    web::{Viewer, session},
};
use uuid::Uuid;

use crate::house::{House, encoded, somebody};

async fn minted(house: &House, person: Uuid) -> String {
    match house.platform.directory.sign_in(SignIn::MintLink { person }).await.unwrap() {
        SignedIn::Minted { secret, .. } => secret,
        other => panic!("a link was to be made: {other:?}"),
    }
}

/// Who a `Set-Cookie` signs in.
fn carried(house: &House, cookie: &str) -> Option<(Uuid, u32)> {
    let pair = cookie.split(';').next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, HeaderValue::from_str(&format!("other=1; {pair}")).unwrap());
    session::read(&house.platform, &headers)
}

#[tokio::test]
async fn a_mailed_link_signs_in_once_and_not_by_being_opened() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let (secret, nobody) = (minted(&house, wang).await, Viewer::default());
    for _ in 0..2 {
        let opened = house.get(&nobody, &format!("/sign-in/link?secret={secret}")).await;
        assert_eq!((opened.status, opened.cookie.as_str()), (StatusCode::OK, ""));
        assert!(opened.text.contains(&secret) && !opened.text.contains("王芳"));
    }
    let form = [("secret", secret.as_str()), ("next", "/c/junhe")];
    let pressed = house.post(&nobody, "/sign-in/link", &form).await;
    assert_eq!((pressed.status, pressed.location.as_str()), (StatusCode::SEE_OTHER, "/c/junhe"));
    assert_eq!(carried(&house, &pressed.cookie), Some((wang, 0)));
    let again = house.post(&nobody, "/sign-in/link", &form).await;
    assert_eq!((again.status, again.cookie.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, ""));
    let late = minted(&house, wang).await;
    house.platform.clock.advance(TimeDelta::minutes(15));
    let late = house.post(&nobody, "/sign-in/link", &[("secret", &late)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_being_revoked() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let viewer = house.viewer(wang).await;
    let who = viewer.principal.clone().unwrap();
    let cookie = session::issue(&house.platform, &who).unwrap();
    let cookie = cookie.to_str().unwrap();
    for part in ["linli=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let altered = cookie.replacen("linli=", "linli=A", 1);
    assert_eq!(carried(&house, &altered), None);
    assert_eq!(carried(&house, cookie), Some((wang, 0)));
    let held = |epoch| house.platform.directory.sign_in(SignIn::Session { person: wang, epoch });
    assert!(held(0).await.is_ok());
    let out = house.post(&viewer, "/sign-out/everywhere", &[]).await;
    assert!(out.cookie.starts_with("linli=; ") && out.cookie.contains("Max-Age=0"));
    assert_eq!(held(0).await, Err(DirectoryError::Refused));
    assert!(held(1).await.is_ok());
    house.platform.clock.advance(TimeDelta::days(30));
    assert_eq!(carried(&house, cookie), None);
}

#[tokio::test]
async fn an_unknown_address_is_answered_as_a_known_one() {
    let house = House::new().await;
    let email = "fang@example.org".to_owned();
    let known = NewResident { email: email.clone(), ..somebody("王芳", "junhe-b03", "302", "") };
    house.resident(known).await;
    let before = house.settle().await;
    let nobody = Viewer::default();
    let unknown = house.post(&nobody, "/sign-in/email", &[("email", "no@example.org")]).await;
    let known = house.post(&nobody, "/sign-in/email", &[("email", &email)]).await;
    assert_eq!((unknown.status, &unknown.text), (StatusCode::OK, &known.text));
    // The known one leaves its trace on the log, from which the mail follows; the other none.
    let mut progress = house.service.tables.progress();
    progress.wait_for(|progress| progress.position > before).await.unwrap();
    let stream = "_/people/resident";
    let asked = house.platform.log.last().await.unwrap();
    assert_eq!(asked.0, before.0 + 1, "{stream}");
    for _ in 0..9 {
        house.people.ask_link(&email).await.unwrap();
    }
    assert_eq!(house.settle().await.0, before.0 + 5);
}

#[tokio::test]
async fn a_card_signs_in_until_there_is_a_new_one() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let desk = house.staff("desk", "organiser", "junhe").await;
    let (cards, _) = house.people.issue_cards(&house.meta(), &[wang]).await.unwrap();
    let card = &cards[0];
    let nobody = Viewer::default();
    let path = card.address.strip_prefix("http://linli.test").unwrap();
    let scanned = house.get(&nobody, path).await;
    assert_eq!((scanned.status, scanned.cookie.as_str()), (StatusCode::OK, ""));
    let long = path.rsplit('/').next().unwrap();
    let typed = card.code.to_lowercase().replace('-', " ");
    for code in [long, &card.code, &typed] {
        let shown = house.post(&nobody, "/sign-in/card", &[("code", code)]).await;
        assert_eq!(
            (shown.status, shown.location.as_str()),
            (StatusCode::SEE_OTHER, "/my"),
            "{code}"
        );
    }
    let form = [("cmd", house.cmd()), ("building", "junhe-b03".to_owned())];
    let form = form.each_ref().map(|(k, v)| (*k, v.as_str()));
    let sheet = house.post(&desk, "/desk/junhe/cards", &form).await;
    assert_eq!(sheet.status, StatusCode::OK);
    assert!(sheet.text.contains("<svg") && sheet.text.contains("王芳"));
    let old = house.post(&nobody, "/sign-in/card", &[("code", long)]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_card_printed_by_a_double_click_is_the_same_card() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let (meta, ids) = (house.meta(), [wang]);
    let both =
        tokio::join!(house.people.issue_cards(&meta, &ids), house.people.issue_cards(&meta, &ids));
    let (first, second) = (both.0.unwrap().0.remove(0), both.1.unwrap().0.remove(0));
    assert_eq!((&first.code, &first.address), (&second.code, &second.address));
    let nobody = Viewer::default();
    let show = |code: String| {
        let (house, nobody) = (&house, &nobody);
        async move { house.post(nobody, "/sign-in/card", &[("code", &code)]).await.status }
    };
    assert_eq!(show(first.code.clone()).await, StatusCode::SEE_OTHER);
    let newer = house.people.issue_cards(&house.meta(), &ids).await.unwrap().0.remove(0);
    // The first sheet's form, sent once more, neither brings its card back nor voids the newer.
    assert!(house.people.issue_cards(&meta, &ids).await.is_err());
    assert_eq!(show(first.code).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(show(newer.code).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn one_account_is_tried_ten_times_and_then_not_for_a_while() {
    let house = House::new().await;
    let who = NewStaff {
        name: "林主任".into(),
        email: "lin@example.org".into(),
        language: "zh".into(),
        role: "administrator".into(),
        community: "*".into(),
    };
    let lin = house.people.invite(house.meta(), who).await.unwrap().person;
    house.settle().await;
    house.platform.vault.set_password(lin, &"a long password".into()).unwrap();
    let nobody = Viewer::default();
    let tried = |email: &'static str, password: &'static str| {
        let (house, nobody) = (&house, &nobody);
        async move {
            let form = [("email", email), ("password", password)];
            house.post(nobody, "/sign-in/password", &form).await
        }
    };
    let wrong = ("lin@example.org", "a wrong password");
    for _ in 0..9 {
        assert_eq!(tried(wrong.0, wrong.1).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Who gets it right in time starts anew.
    let right = ("LIN@example.org ", "a long password");
    assert_eq!(tried(right.0, right.1).await.status, StatusCode::SEE_OTHER);
    for _ in 0..10 {
        assert_eq!(tried(wrong.0, wrong.1).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let refused = tried(right.0, right.1).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let other = tried("wei@example.org", "a wrong password").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "another account is not held up");
    house.platform.clock.advance(TimeDelta::minutes(15));
    assert_eq!(tried(right.0, right.1).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_invitation_sets_a_password_once() {
    let house = House::new().await;
    let who = NewStaff {
        name: "林主任".into(),
        language: "zh".into(),
        role: "administrator".into(),
        community: "*".into(),
        ..NewStaff::default()
    };
    let invited = house.people.invite(house.meta(), who).await.unwrap();
    house.settle().await;
    let nobody = Viewer::default();
    let path = invited.link.strip_prefix("http://linli.test").unwrap();
    let opened = house.get(&nobody, path).await;
    assert!(opened.status == StatusCode::OK && opened.text.contains("林主任"));
    let accept = |password: &'static str, again: &'static str| {
        let (name, email) = (("name", "林主任"), ("email", "lin@example.org"));
        [name, email, ("password", password), ("again", again)]
    };
    let novel: &'static str = "x".repeat(1025).leak();
    for (password, again) in
        [("short", "short"), ("a long password", "another password"), (novel, novel)]
    {
        let refused = house.post(&nobody, path, &accept(password, again)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!refused.text.contains(password) || password == "short");
    }
    let done = house.post(&nobody, path, &accept("a long password", "a long password")).await;
    assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, "/desk"));
    assert_eq!(carried(&house, &done.cookie).map(|(person, _)| person), Some(invited.person));
    assert_eq!(house.get(&nobody, path).await.status, StatusCode::CONFLICT);
    for (email, password, status) in [
        ("LIN@example.org", "a long password", StatusCode::SEE_OTHER),
        ("lin@example.org", "a wrong password", StatusCode::UNPROCESSABLE_ENTITY),
        ("no@example.org", "a long password", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let form = [("email", email), ("password", password)];
        let answer = house.post(&nobody, "/sign-in/password", &form).await;
        assert_eq!(answer.status, status, "{}", encoded(email));
    }
}

#[tokio::test]
async fn a_calendar_address_keeps_its_secret() {
    let house = House::new().await;
    let wang = house.resident(somebody("王芳", "junhe-b03", "302", "")).await;
    let secret = house.people.feed_secret(wang).await.unwrap();
    assert_eq!(house.people.feed_secret(wang).await.unwrap(), secret);
    let feed =
        |secret: &str| house.platform.directory.sign_in(SignIn::Feed { secret: secret.to_owned() });
    assert!(matches!(feed(&secret).await, Ok(SignedIn::As(who)) if who.person == wang));
    assert_eq!(feed("wrong").await, Err(DirectoryError::Refused));
    let renewed = house.people.renew_feed(wang, false).await.unwrap();
    let led = SignedIn::Renewed { secret: renewed.clone() };
    assert_eq!(feed(&secret).await, Ok(led), "the old one leads to the new one");
    assert!(matches!(feed(&renewed).await, Ok(SignedIn::As(who)) if who.person == wang));
    house.people.renew_feed(wang, true).await.unwrap();
    for old in [&secret, &renewed] {
        assert_eq!(feed(old).await, Err(DirectoryError::Refused), "known to others: void");
    }
    let link = SignIn::Link { secret };
    assert_eq!(house.platform.directory.sign_in(link).await, Err(DirectoryError::Refused));
}
